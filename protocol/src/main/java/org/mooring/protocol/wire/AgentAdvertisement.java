package org.mooring.protocol.wire;

import java.util.List;
import java.util.Optional;

/**
 * Agent Advertisement (RFC 3344 §2.1): a Router Advertisement (RFC 1256 §3) with a Mobility Agent Advertisement
 * Extension.
 *
 * @param code 0 if the agent also routes ordinary traffic, 16 if not
 * @param lifetime seconds for which the advertisement itself holds
 * @param routers may be empty
 * @param mobilityAgent empty in a plain Router Advertisement
 * @param prefixLengths one for each router, or none (RFC 3344 §2.1.2)
 */
public record AgentAdvertisement(
        int code,
        int lifetime,
        List<Router> routers,
        Optional<MobilityAgent> mobilityAgent,
        List<Integer> prefixLengths)
        implements AgentDiscoveryMessage {
    static final int TYPE = 9;
    static final int FIXED_LENGTH = 8;

    public AgentAdvertisement {
        routers = List.copyOf(routers);
        prefixLengths = List.copyOf(prefixLengths);
        if (!prefixLengths.isEmpty() && prefixLengths.size() != routers.size()) {
            throw new IllegalArgumentException(
                    prefixLengths.size() + " prefix lengths for " + routers.size() + " routers");
        }
    }

    /**
     * A router's address and how much it should be preferred (RFC 1256 §3).
     *
     * @param preference signed; higher is better
     */
    public record Router(Ipv4Address address, int preference) {}

    /**
     * Mobility Agent Advertisement Extension (RFC 3344 §2.1.1).
     *
     * @param sequence 0 after the agent's start, 256 after 0xffff (§2.3.2)
     * @param registrationLifetime the longest lifetime that the agent accepts, in seconds; 0xffff is infinity
     * @param flags {@code R B H F M G r T}, then eight bits that are ignored or later RFCs' (§2.1.1)
     */
    public record MobilityAgent(int sequence, int registrationLifetime, int flags, List<Ipv4Address> careOfAddresses) {
        static final int TYPE = 16;

        /** R: register through this agent even with a co-located care-of address. */
        public static final int REGISTRATION_REQUIRED = 0x8000;

        /** B: no new mobile nodes. */
        public static final int BUSY = 0x4000;

        /** H. */
        public static final int HOME_AGENT = 0x2000;

        /** F. */
        public static final int FOREIGN_AGENT = 0x1000;

        /** T (RFC 3024 §3.1). */
        public static final int REVERSE_TUNNELING = 0x0100;

        public MobilityAgent {
            careOfAddresses = List.copyOf(careOfAddresses);
        }
    }
}
