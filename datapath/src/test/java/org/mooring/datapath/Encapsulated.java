package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.mooring.linux.Ipv4;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;

/** Tunnelled packets as the RFCs have them, written without the datapath's help. */
final class Encapsulated {
    private static final int GRE = 0x0000_0800;
    private static final int TUNNEL_DATA = 0x0404_0000;
    private static final int UDP_HEADER = 8;
    private static final int REGISTRATION_PORT = 434;

    private Encapsulated() {}

    /** Whether this is one. */
    static boolean is(Ipv4Packet packet) {
        boolean possible = Arrays.stream(Encapsulation.values())
                .anyMatch(encapsulation -> encapsulation.protocol() == packet.protocol());
        return possible
                && (packet.protocol() != Ipv4Packet.UDP || packet.payload().getShort(2) == REGISTRATION_PORT);
    }

    /** What is in it. */
    static Ipv4Packet inner(Ipv4Packet outer) {
        ByteBuffer payload = outer.payload();
        return switch (outer.protocol()) {
            case Ipv4Packet.IPIP -> Ipv4Packet.parse(payload).orElseThrow();
            case 47 -> {
                check(payload.getInt() == GRE, outer);
                yield Ipv4Packet.parse(payload.slice()).orElseThrow();
            }
            case Ipv4Packet.UDP -> {
                check(payload.getInt(UDP_HEADER) == TUNNEL_DATA, outer);
                yield Ipv4Packet.parse(payload.position(UDP_HEADER + 4).slice()).orElseThrow();
            }
            case 55 -> minimal(outer);
            default -> throw new AssertionError(outer);
        };
    }

    private static Ipv4Packet minimal(Ipv4Packet outer) {
        ByteBuffer payload = outer.payload();
        boolean hasSource = (payload.get(1) & 0x80) != 0;
        int length = hasSource ? 12 : 8;
        check(Checksum.of(payload.slice(0, length)) == 0, outer);
        return new Ipv4Packet(
                outer.typeOfService(),
                outer.identification(),
                outer.fragment(),
                outer.ttl(),
                payload.get(0) & 0xff,
                hasSource ? Ipv4.read(payload.slice(8, 4)) : outer.source(),
                Ipv4.read(payload.slice(4, 4)),
                payload.slice(length, payload.remaining() - length));
    }

    /** {@code inner} in an outer packet with a time to live of 64, but for the minimal encapsulation; in UDP from and to port 434. */
    static Ipv4Packet in(Encapsulation encapsulation, Inet4Address source, Inet4Address destination, Ipv4Packet inner) {
        return inUdp(encapsulation, source, REGISTRATION_PORT, destination, inner);
    }

    /** As {@link #in}, if it is in UDP from this port. */
    static Ipv4Packet inUdp(
            Encapsulation encapsulation, Inet4Address source, int port, Inet4Address destination, Ipv4Packet inner) {
        ByteBuffer whole = inner.toOctets();
        ByteBuffer payload = ByteBuffer.allocate(whole.remaining() + 12);
        int ttl = 64;
        switch (encapsulation) {
            case IPIP -> payload.put(whole);
            case GRE -> payload.putInt(GRE).put(whole);
            case UDP ->
                payload.putShort((short) port)
                        .putShort((short) REGISTRATION_PORT)
                        .putShort((short) (whole.remaining() + 12))
                        .putShort((short) 0)
                        .putInt(TUNNEL_DATA)
                        .put(whole);
            case MINIMAL -> {
                payload.put((byte) inner.protocol())
                        .put((byte) 0x80)
                        .putShort((short) 0)
                        .put(inner.destination().getAddress())
                        .put(inner.source().getAddress());
                payload.putShort(2, (short) Checksum.of(payload.slice(0, 12)));
                payload.put(inner.payload());
                ttl = inner.ttl();
            }
        }
        return new Ipv4Packet(
                inner.typeOfService(),
                inner.identification(),
                inner.fragment() & Ipv4Packet.DONT_FRAGMENT,
                ttl,
                encapsulation.protocol(),
                source,
                destination,
                payload.flip());
    }

    private static void check(boolean condition, Ipv4Packet outer) {
        if (!condition) {
            throw new AssertionError(outer);
        }
    }
}
