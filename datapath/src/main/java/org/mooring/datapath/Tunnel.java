package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.Ipv4Packet;

/**
 * A tunnel that begins at an agent's own address.
 *
 * @param remote the tunnel exit (RFC 2003 §3), which is also the only outer source that packets are taken from
 * @param port of the tunnel exit, which is also the only source port that packets are taken from (RFC 3519 §4.3); zero unless the
 *     encapsulation is {@link Encapsulation#UDP}. At this end it is always 434.
 */
public record Tunnel(Inet4Address remote, int port, Encapsulation encapsulation) {
    /** Of tunnel data at this end (RFC 3519 §3.3). */
    static final int OWN_PORT = 434;

    /** Type of tunnel data among the messages to that port. */
    static final int DATA = 4;

    private static final int PORTS = 1 << Short.SIZE;

    public Tunnel {
        boolean hasPort = encapsulation == Encapsulation.UDP;
        if (hasPort ? port <= 0 || port >= PORTS : port != 0) {
            throw new IllegalArgumentException(encapsulation + " with port " + port);
        }
    }

    /** The encapsulation that every agent must support (RFC 3344 §4.1). */
    public static Tunnel ipip(Inet4Address remote) {
        return of(remote, Encapsulation.IPIP);
    }

    /** A tunnel without ports. */
    public static Tunnel of(Inet4Address remote, Encapsulation encapsulation) {
        return new Tunnel(remote, 0, encapsulation);
    }

    public static Tunnel udp(Inet4Address remote, int port) {
        return new Tunnel(remote, port, Encapsulation.UDP);
    }

    /** What is behind the outer IP header when {@code packet} is in the tunnel. */
    ByteBuffer payload(Ipv4Packet packet) {
        ByteBuffer octets = packet.toOctets();
        return switch (encapsulation) {
            case IPIP -> octets;
            case GRE -> prefixed(ByteBuffer.allocate(Integer.BYTES).putInt(EtherType.IPV4), octets);
            case MINIMAL -> prefixed(minimal(packet), packet.payload());
            case UDP -> prefixed(udp(octets.remaining()), octets);
        };
    }

    /** RFC 2004 §3.1. */
    private static ByteBuffer minimal(Ipv4Packet packet) {
        ByteBuffer header = ByteBuffer.allocate(Encapsulation.MINIMAL.overhead())
                .put((byte) packet.protocol())
                .put((byte) 0x80) // with the original source address
                .putShort((short) 0)
                .put(packet.destination().getAddress())
                .put(packet.source().getAddress());
        return header.putShort(2, (short) Checksum.of(header.duplicate().flip()));
    }

    /** RFC 3519 §3.3. */
    private ByteBuffer udp(int length) {
        int header = Encapsulation.UDP.overhead() - Ipv4Packet.HEADER_LENGTH;
        return ByteBuffer.allocate(header)
                .putShort((short) OWN_PORT)
                .putShort((short) port)
                .putShort((short) (header + length))
                .putShort((short) 0) // the inner packet has a checksum
                .put((byte) DATA)
                .put((byte) Ipv4Packet.IPIP)
                .putShort((short) 0);
    }

    private static ByteBuffer prefixed(ByteBuffer header, ByteBuffer packet) {
        return ByteBuffer.allocate(header.position() + packet.remaining())
                .put(header.flip())
                .put(packet)
                .flip();
    }
}
