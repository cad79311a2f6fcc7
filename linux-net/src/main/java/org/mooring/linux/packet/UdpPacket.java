package org.mooring.linux.packet;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * A UDP datagram over IPv4 in one piece (RFC 768).
 *
 * @param ttl of the IPv4 packet that carries it
 */
public record UdpPacket(
        Inet4Address source,
        int sourcePort,
        Inet4Address destination,
        int destinationPort,
        int ttl,
        ByteBuffer payload) {
    public static final int HEADER_LENGTH = 8;

    public UdpPacket {
        payload = Octets.copyOf(payload);
    }

    /** Takes a packet apart; empty if it is no UDP, a fragment, or a length or the checksum is wrong. */
    public static Optional<UdpPacket> parse(Ipv4Packet packet) {
        return parse(packet, true);
    }

    /**
     * As {@link #parse(Ipv4Packet)}.
     *
     * @param checksummed whether the checksum is there to be verified; it is not in what a program on this machine sent, where
     *     the device was left to fill it in
     */
    static Optional<UdpPacket> parse(Ipv4Packet packet, boolean checksummed) {
        ByteBuffer in = packet.payload().order(ByteOrder.BIG_ENDIAN);
        if (packet.protocol() != Ipv4Packet.UDP || packet.isFragment() || in.remaining() < HEADER_LENGTH) {
            return Optional.empty();
        }
        int length = in.getShort(4) & 0xffff;
        if (length < HEADER_LENGTH || length > in.remaining()) {
            return Optional.empty();
        }
        ByteBuffer datagram = in.slice(0, length);
        boolean verify = checksummed && in.getShort(6) != 0; // RFC 768: all zero means that the sender made none
        if (verify && Checksum.of(pseudoHeader(packet.source(), packet.destination(), length), datagram) != 0) {
            return Optional.empty();
        }
        return Optional.of(new UdpPacket(
                packet.source(),
                in.getShort(0) & 0xffff,
                packet.destination(),
                in.getShort(2) & 0xffff,
                packet.ttl(),
                in.slice(HEADER_LENGTH, length - HEADER_LENGTH)));
    }

    /** The IPv4 packet that carries this datagram, with its checksum. */
    public Ipv4Packet toIpv4() {
        int length = HEADER_LENGTH + payload.remaining();
        ByteBuffer out = ByteBuffer.allocate(length)
                .putShort((short) sourcePort)
                .putShort((short) destinationPort)
                .putShort((short) length)
                .putShort((short) 0)
                .put(payload())
                .flip();
        int checksum = Checksum.of(pseudoHeader(source, destination, length), out);
        out.putShort(6, (short) (checksum == 0 ? 0xffff : checksum));
        return Ipv4Packet.of(source, destination, Ipv4Packet.UDP, ttl, out);
    }

    /** Read-only, with a position of its own. */
    @Override
    public ByteBuffer payload() {
        return payload.duplicate();
    }

    private static ByteBuffer pseudoHeader(Inet4Address source, Inet4Address destination, int length) {
        return ByteBuffer.allocate(12)
                .put(source.getAddress())
                .put(destination.getAddress())
                .put((byte) 0)
                .put((byte) Ipv4Packet.UDP)
                .putShort((short) length)
                .flip();
    }
}
