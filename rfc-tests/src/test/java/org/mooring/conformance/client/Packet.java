package org.mooring.conformance.client;

import java.util.List;
import java.util.Optional;
import org.mooring.conformance.client.Octets.Fields;

/**
 * An IPv4 packet (RFC 791).
 *
 * @param fragment flags and fragment offset, as they stand in the header
 */
record Packet(
        int tos,
        int identification,
        int fragment,
        int ttl,
        int protocol,
        Address source,
        Address destination,
        Octets options,
        Octets payload) {
    static final int ICMP = 1;
    static final int IP_IN_IP = 4;
    static final int UDP = 17;
    static final int DONT_FRAGMENT = 0x4000;
    static final int MORE_FRAGMENTS = 0x2000;

    private static final int HEADER = 20;
    private static final int FRAGMENT_OFFSET = 0x1fff;

    Packet(int protocol, int ttl, Address source, Address destination, Octets payload) {
        this(0, 0, 0, ttl, protocol, source, destination, Octets.NONE, payload);
    }

    /** The packet in a frame, whose padding is left out. */
    static Packet of(Octets octets) {
        int header = (octets.u8(0) & 0xf) * 4;
        if (octets.u8(0) >> 4 != 4 || octets.range(0, header).checksum() != 0) {
            throw new AssertionError("no IPv4 header: " + octets);
        }
        return new Packet(
                octets.u8(1),
                octets.u16(4),
                octets.u16(6),
                octets.u8(8),
                octets.u8(9),
                octets.address(12),
                octets.address(16),
                octets.range(HEADER, header),
                octets.range(header, octets.u16(2)));
    }

    Packet withTos(int other) {
        return new Packet(other, identification, fragment, ttl, protocol, source, destination, options, payload);
    }

    Packet withIdentification(int other) {
        return new Packet(tos, other, fragment, ttl, protocol, source, destination, options, payload);
    }

    Packet withFragment(int other) {
        return new Packet(tos, identification, other, ttl, protocol, source, destination, options, payload);
    }

    Packet withTtl(int other) {
        return new Packet(tos, identification, fragment, other, protocol, source, destination, options, payload);
    }

    boolean dontFragment() {
        return (fragment & DONT_FRAGMENT) != 0;
    }

    boolean isFragment() {
        return moreFragments() || fragmentOffset() != 0;
    }

    boolean moreFragments() {
        return (fragment & MORE_FRAGMENTS) != 0;
    }

    /** In octets. */
    int fragmentOffset() {
        return (fragment & FRAGMENT_OFFSET) * 8;
    }

    /**
     * The two fragments that a router on the way makes of it (RFC 791 §3.2).
     *
     * @param octets of its payload that are in the first: a multiple of 8
     */
    List<Packet> inTwo(int octets) {
        return List.of(
                withPayload(payload.range(0, octets)).withFragment(MORE_FRAGMENTS),
                withPayload(payload.from(octets)).withFragment(octets / 8));
    }

    private Packet withPayload(Octets other) {
        return new Packet(tos, identification, fragment, ttl, protocol, source, destination, options, other);
    }

    Octets octets() {
        return header(header(0).checksum()).and(payload);
    }

    private Octets header(int checksum) {
        int words = (HEADER + options.length()) / 4;
        return new Fields()
                .u8(4 << 4 | words)
                .u8(tos)
                .u16(words * 4 + payload.length())
                .u16(identification)
                .u16(fragment)
                .u8(ttl)
                .u8(protocol)
                .u16(checksum)
                .address(source)
                .address(destination)
                .octets(options)
                .done();
    }

    Optional<Datagram> datagram() {
        return protocol == UDP && fragmentOffset() == 0 ? Optional.of(Datagram.of(this)) : Optional.empty();
    }

    Optional<Icmp> icmp() {
        return protocol == ICMP ? Optional.of(Icmp.of(payload)) : Optional.empty();
    }

    /** What it carries by RFC 2003. */
    Optional<Packet> inner() {
        return protocol == IP_IN_IP ? Optional.of(of(payload)) : Optional.empty();
    }

    @Override
    public String toString() {
        return "[" + source + " > " + destination + " ttl " + ttl + " tos " + tos + " fragment " + fragment + " "
                + inner().map(Object::toString)
                        .or(() -> datagram().map(Object::toString))
                        .or(() -> icmp().map(Object::toString))
                        .orElseGet(() -> "protocol " + protocol + " " + payload)
                + "]";
    }
}
