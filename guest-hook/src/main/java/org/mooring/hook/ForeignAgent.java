package org.mooring.hook;

import java.util.Optional;
import java.util.Set;
import org.mooring.datapath.Encapsulation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * A foreign agent of this host's link, as it is configured or as it advertises itself (RFC 3344 §2.1.1).
 *
 * @param address its own on the link, where requests go
 * @param careOfAddress what it offers to visitors
 * @param longestLifetime the longest that it may grant, in seconds; 0xffff is infinity
 * @param reverseTunneling whether it sends what visitors send through their tunnels (RFC 3024 §3.1)
 * @param encapsulations what its tunnels can have besides IP in IP (§3.6.1.2)
 * @param udpTunneling whether it says that it is behind a NAT (RFC 3519 §3.4, U)
 * @param challenge what it has advertised last for requests to say (RFC 4721 §2)
 */
public record ForeignAgent(
        Ipv4Address address,
        Ipv4Address careOfAddress,
        int longestLifetime,
        boolean reverseTunneling,
        Set<Encapsulation> encapsulations,
        boolean udpTunneling,
        Optional<Octets> challenge)
        implements TunnelEnd {
    private static final int INFINITE = 0xffff;

    /**
     * One whose address nobody knows (RFC 3344 §3.6.1.1): it is sent to as one of all mobility agents, which no router passes on, and a
     * reverse tunnel needs more (RFC 3024 §3.2).
     */
    public static ForeignAgent withoutAddress(Ipv4Address careOfAddress) {
        return new ForeignAgent(
                Ipv4Address.ALL_MOBILITY_AGENTS, careOfAddress, INFINITE, false, Set.of(), false, Optional.empty());
    }

    /** One that is configured: its denials will tell its limits. */
    public ForeignAgent(Ipv4Address address, Ipv4Address careOfAddress) {
        this(address, careOfAddress, INFINITE, true, Set.of(Encapsulation.values()), false, Optional.empty());
    }
}
