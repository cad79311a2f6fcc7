package org.mooring.home;

import org.mooring.protocol.wire.Ipv4Address;

/**
 * The far end of a binding's tunnel. Home address and peer together name a binding.
 *
 * @param address the care-of address
 * @param port the far UDP port, zero where packets are not carried in UDP
 */
public record Peer(Ipv4Address address, int port, Encapsulation encapsulation) {
    /** How the home address's packets are carried (RFC 3344 §4.1). */
    public enum Encapsulation {
        /** RFC 2003. */
        IPIP
    }

    static Peer ipip(Ipv4Address careOfAddress) {
        return new Peer(careOfAddress, 0, Encapsulation.IPIP);
    }

    @Override
    public String toString() {
        return port == 0 ? address.toString() : address + ":" + port;
    }
}
