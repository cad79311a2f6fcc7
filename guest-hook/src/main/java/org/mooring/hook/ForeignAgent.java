package org.mooring.hook;

import org.mooring.protocol.wire.Ipv4Address;

/**
 * A foreign agent of this host's link, as it is configured or as it advertises itself (RFC 3344 §2.1.1).
 *
 * @param address its own on the link, where requests go
 * @param careOfAddress what it offers to visitors
 * @param longestLifetime the longest that it may grant, in seconds; 0xffff is infinity
 * @param reverseTunneling whether it sends what visitors send through their tunnels (RFC 3024 §3.1)
 */
public record ForeignAgent(
        Ipv4Address address, Ipv4Address careOfAddress, int longestLifetime, boolean reverseTunneling)
        implements TunnelEnd {
    private static final int INFINITE = 0xffff;

    /** One that is configured: its denials will tell its limits. */
    public ForeignAgent(Ipv4Address address, Ipv4Address careOfAddress) {
        this(address, careOfAddress, INFINITE, true);
    }
}
