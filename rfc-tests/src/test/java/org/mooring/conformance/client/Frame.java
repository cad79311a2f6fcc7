package org.mooring.conformance.client;

import java.util.Optional;
import org.mooring.conformance.client.Octets.Fields;

/** An Ethernet frame. */
record Frame(Mac destination, Mac source, int type, Octets payload) {
    private static final int IPV4 = 0x0800;
    private static final int ARP = 0x0806;
    private static final int HEADER = 14;

    Frame(Mac destination, Mac source, Packet packet) {
        this(destination, source, IPV4, packet.octets());
    }

    Frame(Mac destination, Mac source, Arp arp) {
        this(destination, source, ARP, arp.octets());
    }

    static Frame of(Octets octets) {
        return new Frame(octets.mac(0), octets.mac(6), octets.u16(12), octets.from(HEADER));
    }

    Octets octets() {
        return new Fields()
                .mac(destination)
                .mac(source)
                .u16(type)
                .octets(payload)
                .done();
    }

    Optional<Packet> packet() {
        return type == IPV4 ? Optional.of(Packet.of(payload)) : Optional.empty();
    }

    Optional<Arp> arp() {
        return type == ARP ? Optional.of(Arp.of(payload)) : Optional.empty();
    }

    @Override
    public String toString() {
        return source + " > " + destination + " "
                + packet().map(Object::toString)
                        .or(() -> arp().map(Object::toString))
                        .orElseGet(payload::toString);
    }
}
