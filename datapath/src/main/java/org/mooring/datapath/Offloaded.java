package org.mooring.datapath;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;

/**
 * The {@code struct virtio_net_hdr} in front of each packet that the agent's device reads and writes: what is left to who gets it. Makes no
 * garbage.
 */
final class Offloaded {
    static final int LENGTH = 10;

    private static final int FLAGS = 0;
    private static final int KIND = 1;
    private static final int HEADERS = 2;
    private static final int SEGMENT = 4;
    private static final int CHECKSUM_START = 6;
    private static final int CHECKSUM_OFFSET = 8;

    private static final int NEEDS_CHECKSUM = 1;
    private static final int TCP_IPV4 = 1;
    private static final int ECN = 0x80;
    private static final boolean BIG = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN;

    private Offloaded() {}

    static boolean needsChecksum(ByteBuffer in, int at) {
        return (in.get(at + FLAGS) & NEEDS_CHECKSUM) != 0;
    }

    /** Whether it is a TCP segment that is to be cut. */
    static boolean isToBeCut(ByteBuffer in, int at) {
        return (in.get(at + KIND) & ~ECN) == TCP_IPV4;
    }

    /** How much payload each segment has. */
    static int segment(ByteBuffer in, int at) {
        return number(in, at + SEGMENT);
    }

    /**
     * Writes the checksum that was left to us.
     *
     * @param at of the header, behind which the packet is
     * @return whether it could be
     */
    static boolean complete(ByteBuffer packet, int at, int length) {
        int start = number(packet, at + CHECKSUM_START);
        int place = start + number(packet, at + CHECKSUM_OFFSET);
        if (start < Ip.HEADER || place + 2 > length) {
            return false;
        }
        int first = at + LENGTH;
        int checksum = ~Checksum.fold(Checksum.add(packet, first + start, length - start, 0)) & 0xffff;
        // All zero is what a UDP checksum never is, and no other has to be (RFC 768).
        packet.putShort(first + place, (short) (checksum == 0 ? 0xffff : checksum));
        return true;
    }

    /** Nothing is left to do. */
    static void none(ByteBuffer out, int at) {
        out.putLong(at, 0).putShort(at + Long.BYTES, (short) 0);
    }

    /** A TCP segment that was put together, or is too long, and has the pseudo-header's sum for a checksum. */
    static void cut(ByteBuffer out, int at, int ipHeader, int headers, int segment) {
        out.put(at + FLAGS, (byte) NEEDS_CHECKSUM).put(at + KIND, (byte) TCP_IPV4);
        put(out, at + HEADERS, headers);
        put(out, at + SEGMENT, segment);
        put(out, at + CHECKSUM_START, ipHeader);
        put(out, at + CHECKSUM_OFFSET, Ip.TCP_CHECKSUM);
    }

    /**
     * Describes a packet that came out of a tunnel. Where the other end, on the same machine, has left a checksum to a device that was none,
     * or segments uncut, so is it here.
     *
     * @param out where to
     * @param most the longest packet that may come whole through the tunnel
     */
    static void describe(ByteBuffer out, int at, ByteBuffer packet, int first, int length, int most) {
        none(out, at);
        int header = Ip.headerLength(packet, first);
        int protocol = Ip.protocol(packet, first);
        boolean isTcp = protocol == Ipv4Packet.TCP && length >= header + Ip.TCP_HEADER;
        boolean isUdp = protocol == Ipv4Packet.UDP && length >= header + Ip.UDP_HEADER;
        if ((!isTcp && !isUdp) || Ip.isFragment(packet, first)) {
            return;
        }
        int place = isTcp ? Ip.TCP_CHECKSUM : Ip.UDP_CHECKSUM;
        int pseudo = Checksum.fold(Ip.pseudoHeader(packet, first, length - header));
        if (isTcp && length > most) {
            packet.putShort(first + header + place, (short) pseudo);
            int headers = header + Ip.tcpHeaderLength(packet, first + header);
            cut(out, at, header, headers, most - headers);
        } else if ((packet.getShort(first + header + place) & 0xffff) == pseudo) {
            out.put(at + FLAGS, (byte) NEEDS_CHECKSUM);
            put(out, at + CHECKSUM_START, header);
            put(out, at + CHECKSUM_OFFSET, place);
        }
    }

    private static int number(ByteBuffer in, int at) {
        short value = in.getShort(at);
        return (BIG ? value : Short.reverseBytes(value)) & 0xffff;
    }

    private static void put(ByteBuffer out, int at, int value) {
        out.putShort(at, BIG ? (short) value : Short.reverseBytes((short) value));
    }
}
