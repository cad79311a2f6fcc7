package org.mooring.conformance.client;

import org.mooring.conformance.client.Octets.Fields;

/**
 * A UDP datagram (RFC 768).
 *
 * @param checksummed whether it has a checksum
 */
record Datagram(int sourcePort, int destinationPort, Octets payload, boolean checksummed) {
    static final int MOBILE_IP = 434;

    private static final int HEADER = 8;

    Datagram(int sourcePort, int destinationPort, Octets payload) {
        this(sourcePort, destinationPort, payload, true);
    }

    static Datagram of(Packet packet) {
        var octets = packet.payload().range(0, packet.payload().u16(4));
        boolean checksummed = octets.u16(6) != 0;
        if (checksummed
                && pseudoHeader(packet.source(), packet.destination(), octets.length())
                                .and(octets)
                                .checksum()
                        != 0) {
            throw new AssertionError("wrong UDP checksum: " + octets);
        }
        return new Datagram(octets.u16(0), octets.u16(2), octets.from(HEADER), checksummed);
    }

    Datagram withoutChecksum() {
        return new Datagram(sourcePort, destinationPort, payload, false);
    }

    Packet packet(Address source, Address destination, int ttl) {
        int sum = pseudoHeader(source, destination, HEADER + payload.length())
                .and(octets(0))
                .checksum();
        return new Packet(Packet.UDP, ttl, source, destination, octets(!checksummed ? 0 : sum == 0 ? 0xffff : sum));
    }

    private Octets octets(int checksum) {
        return new Fields()
                .u16(sourcePort)
                .u16(destinationPort)
                .u16(HEADER + payload.length())
                .u16(checksum)
                .octets(payload)
                .done();
    }

    private static Octets pseudoHeader(Address source, Address destination, int length) {
        return new Fields()
                .address(source)
                .address(destination)
                .u16(Packet.UDP)
                .u16(length)
                .done();
    }
}
