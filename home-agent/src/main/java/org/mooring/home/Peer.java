package org.mooring.home;

import org.mooring.datapath.Encapsulation;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * The far end of a binding's tunnel. Home address and peer together name a binding.
 *
 * @param address the care-of address
 * @param port the far UDP port, zero where packets are not carried in UDP
 */
public record Peer(Ipv4Address address, int port, Encapsulation encapsulation) {
    static Peer ipip(Ipv4Address careOfAddress) {
        return new Peer(careOfAddress, 0, Encapsulation.IPIP);
    }

    @Override
    public String toString() {
        return port == 0 ? address.toString() : address + ":" + port;
    }
}
