package org.mooring.linux.packet;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;

/**
 * An IPv4 packet (RFC 791). Options are skipped when it is taken apart, and never sent.
 *
 * @param fragment the flags in the highest three bits, the offset in units of eight octets below
 */
public record Ipv4Packet(
        int typeOfService,
        int identification,
        int fragment,
        int ttl,
        int protocol,
        Inet4Address source,
        Inet4Address destination,
        ByteBuffer payload) {
    public static final int HEADER_LENGTH = 20;
    public static final int MAX_LENGTH = 0xffff;
    public static final int DONT_FRAGMENT = 0x4000;
    public static final int ICMP = 1;
    public static final int IPIP = 4;
    public static final int TCP = 6;
    public static final int UDP = 17;

    private static final int MORE_FRAGMENTS = 0x2000;
    private static final int OFFSET = 0x1fff;

    public Ipv4Packet {
        payload = Octets.copyOf(payload);
        if (HEADER_LENGTH + payload.remaining() > MAX_LENGTH) {
            throw new IllegalArgumentException("payload of " + payload.remaining() + " octets");
        }
    }

    /** A packet that may be fragmented on its way. */
    public static Ipv4Packet of(
            Inet4Address source, Inet4Address destination, int protocol, int ttl, ByteBuffer payload) {
        return new Ipv4Packet(0, 0, 0, ttl, protocol, source, destination, payload);
    }

    /** Takes the payload of a frame apart; empty if it carries something else, or as {@link #parse(ByteBuffer)}. */
    public static Optional<Ipv4Packet> parse(EthernetFrame frame) {
        return frame.etherType() == EtherType.IPV4 ? parse(frame.payload()) : Optional.empty();
    }

    /** Takes a packet apart; empty if a length does not fit or the header's checksum is wrong (RFC 1122 §3.2.1). */
    public static Optional<Ipv4Packet> parse(ByteBuffer octets) {
        ByteBuffer in = octets.slice().order(ByteOrder.BIG_ENDIAN);
        if (in.remaining() < HEADER_LENGTH || (in.get(0) & 0xf0) != 0x40) {
            return Optional.empty();
        }
        int headerLength = (in.get(0) & 0xf) * 4;
        int totalLength = in.getShort(2) & 0xffff;
        if (headerLength < HEADER_LENGTH || totalLength < headerLength || totalLength > in.remaining()) {
            return Optional.empty();
        }
        if (Checksum.of(in.slice(0, headerLength)) != 0) {
            return Optional.empty();
        }
        return Optional.of(new Ipv4Packet(
                in.get(1) & 0xff,
                in.getShort(4) & 0xffff,
                in.getShort(6) & 0xffff,
                in.get(8) & 0xff,
                in.get(9) & 0xff,
                Ipv4.read(in.slice(12, Ipv4.LENGTH)),
                Ipv4.read(in.slice(16, Ipv4.LENGTH)),
                in.slice(headerLength, totalLength - headerLength)));
    }

    /** The packet as it is sent, with its header's checksum. */
    public ByteBuffer toOctets() {
        int length = HEADER_LENGTH + payload.remaining();
        ByteBuffer out = ByteBuffer.allocate(length)
                .put((byte) 0x45)
                .put((byte) typeOfService)
                .putShort((short) length)
                .putShort((short) identification)
                .putShort((short) fragment)
                .put((byte) ttl)
                .put((byte) protocol)
                .putShort((short) 0)
                .put(source.getAddress())
                .put(destination.getAddress());
        out.putShort(10, (short) Checksum.of(out.slice(0, HEADER_LENGTH)));
        return out.put(payload()).flip().asReadOnlyBuffer();
    }

    /** The frame that carries this packet. */
    public EthernetFrame toFrame(MacAddress from, MacAddress to) {
        return new EthernetFrame(to, from, EtherType.IPV4, toOctets());
    }

    /** Whether this is only a part of the packet that was sent, be it the first one. */
    public boolean isFragment() {
        return (fragment & (MORE_FRAGMENTS | OFFSET)) != 0;
    }

    /** Read-only, with a position of its own. */
    @Override
    public ByteBuffer payload() {
        return payload.duplicate();
    }
}
