package org.mooring.runtime.udp;

import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Optional;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * An ICMP error about a UDP datagram that this machine sent (RFC 792). Anybody can send one: it is a hint, to be believed
 * only about a datagram that was sent.
 *
 * @param from who says so: the destination itself, or a router on the way
 * @param type {@link #DESTINATION_UNREACHABLE} or {@link #TIME_EXCEEDED}
 * @param source of the datagram
 * @param destination of the datagram
 * @param quoted the beginning of the datagram's payload; none, if whoever sent the error kept to eight octets
 */
public record IcmpError(
        Instant at,
        Ipv4Address from,
        int type,
        int code,
        InetSocketAddress source,
        InetSocketAddress destination,
        Octets quoted) {
    public static final int DESTINATION_UNREACHABLE = 3;
    public static final int TIME_EXCEEDED = 11;

    private static final int ICMP_HEADER = 8;
    private static final int IPV4_HEADER = 20;
    private static final int UDP_HEADER = 8;
    private static final int FRAGMENT_OFFSET = 0x1fff;

    /** Takes a packet apart; empty if it is no error about a UDP datagram. */
    static Optional<IcmpError> parse(Instant at, Ipv4Packet packet) {
        ByteBuffer icmp = packet.payload().slice().order(ByteOrder.BIG_ENDIAN);
        if (packet.protocol() != Ipv4Packet.ICMP || icmp.remaining() < ICMP_HEADER + IPV4_HEADER + UDP_HEADER) {
            return Optional.empty();
        }
        int type = icmp.get(0) & 0xff;
        if (type != DESTINATION_UNREACHABLE && type != TIME_EXCEEDED) {
            return Optional.empty();
        }
        ByteBuffer ip = icmp.slice(ICMP_HEADER, icmp.remaining() - ICMP_HEADER);
        int headerLength = (ip.get(0) & 0xf) * 4;
        boolean udp = (ip.get(0) & 0xf0) == 0x40
                && headerLength >= IPV4_HEADER
                && ip.remaining() >= headerLength + UDP_HEADER
                && ip.get(9) == Ipv4Packet.UDP
                && (ip.getShort(6) & FRAGMENT_OFFSET) == 0;
        if (!udp) {
            return Optional.empty();
        }
        byte[] quoted = new byte[ip.remaining() - headerLength - UDP_HEADER];
        ip.get(headerLength + UDP_HEADER, quoted);
        return Optional.of(new IcmpError(
                at,
                Ipv4Address.of(packet.source()),
                type,
                icmp.get(1) & 0xff,
                socket(ip.getInt(12), ip.getShort(headerLength)),
                socket(ip.getInt(16), ip.getShort(headerLength + 2)),
                Octets.of(quoted)));
    }

    private static InetSocketAddress socket(int address, short port) {
        Inet4Address inet = new Ipv4Address(address).toInet();
        return new InetSocketAddress(inet, port & 0xffff);
    }
}
