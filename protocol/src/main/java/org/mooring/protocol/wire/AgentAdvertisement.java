package org.mooring.protocol.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AdvertisementExtension.Padding;
import org.mooring.protocol.wire.AdvertisementExtension.PrefixLengths;

/**
 * Agent Advertisement (RFC 3344 §2.1): a Router Advertisement (RFC 1256 §3) with a Mobility Agent Advertisement
 * Extension.
 *
 * @param code 0 if the agent also routes ordinary traffic, 16 if not
 * @param lifetime seconds for which the advertisement itself holds
 * @param entrySize of each router's entry, in words of 32 bits; at least 2
 * @param routers may be empty
 * @param extensions in their order
 */
public record AgentAdvertisement(
        int code, int lifetime, int entrySize, List<Router> routers, List<AdvertisementExtension> extensions)
        implements AgentDiscoveryMessage {
    /** Code 16: does not route ordinary traffic. */
    public static final int NO_COMMON_TRAFFIC = 16;

    static final int TYPE = 9;
    static final int FIXED_LENGTH = 8;
    static final int WORD = Integer.BYTES;

    private static final int LEAST_ENTRY_SIZE = 2;

    public AgentAdvertisement {
        Field.requireUnsigned(8, code);
        Field.requireUnsigned(16, lifetime);
        Field.requireUnsigned(8, entrySize);
        routers = List.copyOf(routers);
        Field.requireUnsigned(8, routers.size());
        extensions = List.copyOf(extensions);
        if (entrySize < LEAST_ENTRY_SIZE) {
            throw new IllegalArgumentException("entries of " + entrySize + " words have no room for a router");
        }
        for (var router : routers) {
            if (router.length() != WORD * entrySize) {
                throw new IllegalArgumentException(router + " does not fill " + entrySize + " words");
            }
        }
    }

    /** One with {@code extensions}, and a pad octet where their number would be odd without it (RFC 3344 §2.1.3). */
    public static AgentAdvertisement of(
            int code, int lifetime, List<Router> routers, List<? extends AdvertisementExtension> extensions) {
        var padded = new ArrayList<AdvertisementExtension>(extensions);
        int length =
                extensions.stream().mapToInt(AdvertisementExtension::length).sum();
        if (length % 2 != 0) {
            padded.add(new Padding());
        }
        return new AgentAdvertisement(code, lifetime, LEAST_ENTRY_SIZE, routers, padded);
    }

    /** Empty in a plain Router Advertisement. */
    public Optional<MobilityAgent> mobilityAgent() {
        return first(MobilityAgent.class);
    }

    /** One for each router; empty if none are told. */
    public Optional<PrefixLengths> prefixLengths() {
        return first(PrefixLengths.class);
    }

    /** Empty where mobile nodes need none (RFC 4721 §2). */
    public Optional<Octets> challenge() {
        return first(AdvertisementExtension.Challenge.class).map(AdvertisementExtension.Challenge::value);
    }

    private <E extends AdvertisementExtension> Optional<E> first(Class<E> kind) {
        return extensions.stream().filter(kind::isInstance).map(kind::cast).findFirst();
    }

    /**
     * A router's address and how much it should be preferred (RFC 1256 §3).
     *
     * @param preference signed; higher is better
     * @param more of an entry that has room for it; ignored, kept
     */
    public record Router(Ipv4Address address, int preference, Octets more) {
        public Router(Ipv4Address address, int preference) {
            this(address, preference, Octets.EMPTY);
        }

        int length() {
            return 2 * WORD + more.length();
        }
    }
}
