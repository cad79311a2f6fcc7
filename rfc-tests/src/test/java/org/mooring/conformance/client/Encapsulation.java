package org.mooring.conformance.client;

import java.util.Optional;
import org.mooring.conformance.client.Octets.Fields;

/** How a packet is put into another (RFC 5944 §4.1), and the flag that asks for it. */
enum Encapsulation {
    /** RFC 2003. */
    IP_IN_IP(4, 0) {
        @Override
        Packet wrap(Address source, Address destination, Packet inner) {
            return new Packet(protocol, TTL, source, destination, inner.octets());
        }

        @Override
        Packet open(Packet outer) {
            return Packet.of(outer.payload());
        }
    },
    /** RFC 2784, with none of what is optional. */
    GRE(47, Request.GRE) {
        @Override
        Packet wrap(Address source, Address destination, Packet inner) {
            return new Packet(protocol, TTL, source, destination, PLAIN_GRE.and(inner.octets()));
        }

        @Override
        Packet open(Packet outer) {
            if (!outer.payload().range(0, 4).equals(PLAIN_GRE)) {
                throw new AssertionError("something in the GRE header that nobody asked for: " + outer);
            }
            return Packet.of(outer.payload().from(4));
        }
    },
    /** RFC 2004: the packet's own header is changed, and what was there before follows it. */
    MINIMAL(55, Request.MINIMAL) {
        @Override
        Packet wrap(Address source, Address destination, Packet inner) {
            int sum = forwardingHeader(inner, 0).checksum();
            return new Packet(
                    inner.tos(),
                    inner.identification(),
                    inner.fragment(),
                    inner.ttl(),
                    protocol,
                    source,
                    destination,
                    inner.options(),
                    forwardingHeader(inner, sum).and(inner.payload()));
        }

        @Override
        Packet open(Packet outer) {
            boolean withSource = (outer.payload().u8(1) & SOURCE_PRESENT) != 0;
            int length = withSource ? 12 : 8;
            if (outer.payload().range(0, length).checksum() != 0) {
                throw new AssertionError("wrong checksum of a minimal forwarding header: " + outer);
            }
            return new Packet(
                    outer.tos(),
                    outer.identification(),
                    outer.fragment(),
                    outer.ttl(),
                    outer.payload().u8(0),
                    withSource ? outer.payload().address(8) : outer.source(),
                    outer.payload().address(4),
                    outer.options(),
                    outer.payload().from(length));
        }
    };

    private static final int TTL = 64;
    private static final int SOURCE_PRESENT = 0x80;
    private static final Octets PLAIN_GRE = Octets.hex("00000800");

    final int protocol;
    final int flag;

    Encapsulation(int protocol, int flag) {
        this.protocol = protocol;
        this.flag = flag;
    }

    /** {@code inner} in a packet of the tunnel from {@code source} to {@code destination}. */
    abstract Packet wrap(Address source, Address destination, Packet inner);

    abstract Packet open(Packet outer);

    /** What is in {@code outer}, if it is this kind of tunnel's. */
    Optional<Packet> inner(Packet outer) {
        return outer.protocol() == protocol ? Optional.of(open(outer)) : Optional.empty();
    }

    private static Octets forwardingHeader(Packet inner, int checksum) {
        return new Fields()
                .u8(inner.protocol())
                .u8(SOURCE_PRESENT)
                .u16(checksum)
                .address(inner.destination())
                .address(inner.source())
                .done();
    }
}
