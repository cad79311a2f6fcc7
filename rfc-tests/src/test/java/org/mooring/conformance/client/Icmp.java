package org.mooring.conformance.client;

import org.mooring.conformance.client.Octets.Fields;

/**
 * An ICMP message (RFC 792).
 *
 * @param rest what follows the checksum
 */
record Icmp(int type, int code, Octets rest) {
    static final int ECHO_REPLY = 0;
    static final int UNREACHABLE = 3;
    static final int SOURCE_QUENCH = 4;
    static final int REDIRECT = 5;
    static final int ECHO = 8;
    static final int ROUTER_ADVERTISEMENT = 9;
    static final int ROUTER_SOLICITATION = 10;
    static final int TIME_EXCEEDED = 11;

    static Icmp of(Octets octets) {
        if (octets.checksum() != 0) {
            throw new AssertionError("wrong ICMP checksum: " + octets);
        }
        return new Icmp(octets.u8(0), octets.u8(1), octets.from(4));
    }

    /** An error about {@code packet}, of which as much is returned as RFC 792 asks for: the header and 64 bits. */
    static Icmp error(int type, int code, Packet packet) {
        return new Icmp(
                type,
                code,
                new Fields().u32(0).octets(packet.octets().range(0, 28)).done());
    }

    Octets octets() {
        return octets(octets(0).checksum());
    }

    private Octets octets(int checksum) {
        return new Fields().u8(type).u8(code).u16(checksum).octets(rest).done();
    }

    Packet packet(Address source, Address destination, int ttl) {
        return new Packet(Packet.ICMP, ttl, source, destination, octets());
    }
}
