package org.mooring.home;

import org.mooring.datapath.Encapsulation;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * The far end of a binding's tunnel. Home address and peer together name a binding.
 *
 * @param address the care-of address; in UDP, what a NAT has made of it: the effective one (RFC 3519 §4.6)
 * @param port the far UDP port; zero where packets are not carried in UDP, and {@link #UNKNOWN_PORT}
 */
public record Peer(Ipv4Address address, int port, Encapsulation encapsulation) {
    /** In UDP: a keepalive is to tell it (RFC 3519 §4.6). */
    static final int UNKNOWN_PORT = 0;

    static Peer ipip(Ipv4Address careOfAddress) {
        return new Peer(careOfAddress, 0, Encapsulation.IPIP);
    }

    /** Whether a tunnel can go there. */
    public boolean isKnown() {
        return encapsulation != Encapsulation.UDP || port != UNKNOWN_PORT;
    }

    @Override
    public String toString() {
        return port == 0 ? address.toString() : address + ":" + port;
    }
}
