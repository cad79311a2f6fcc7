package org.mooring.datapath;

import java.nio.ByteBuffer;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;

/** Fields of packets that lie in memory, in the order of the network. Nothing here makes garbage. */
final class Ip {
    // In an IPv4 header (RFC 791).
    static final int HEADER = Ipv4Packet.HEADER_LENGTH;
    static final int TYPE_OF_SERVICE = 1;
    static final int TOTAL_LENGTH = 2;
    static final int IDENTIFICATION = 4;
    static final int FRAGMENT = 6;
    static final int TTL = 8;
    static final int PROTOCOL = 9;
    static final int CHECKSUM = 10;
    static final int SOURCE = 12;
    static final int DESTINATION = 16;

    static final int DONT_FRAGMENT = 0x4000;
    static final int MORE_FRAGMENTS = 0x2000;
    static final int OFFSET = 0x1fff;

    // In a TCP header (RFC 9293 §3.1).
    static final int TCP_HEADER = 20;
    static final int TCP_SEQUENCE = 4;
    static final int TCP_ACKNOWLEDGEMENT = 8;
    static final int TCP_DATA_OFFSET = 12;
    static final int TCP_FLAGS = 13;
    static final int TCP_CHECKSUM = 16;
    static final int FIN = 0x01;
    static final int SYN = 0x02;
    static final int PSH = 0x08;
    static final int ACK = 0x10;
    static final int CWR = 0x80;

    static final int UDP_HEADER = 8;
    static final int UDP_CHECKSUM = 6;

    private static final int END = 0;
    private static final int NO_OPERATION = 1;
    private static final int SEGMENT_SIZE = 2;
    private static final int SEGMENT_SIZE_LENGTH = 4;

    private Ip() {}

    /** Whether an IPv4 packet begins here whose header, and all that it says it has, is within {@code length}. */
    static boolean isWhole(ByteBuffer in, int at, int length) {
        if (length < HEADER || (in.get(at) & 0xf0) != 0x40) {
            return false;
        }
        int header = headerLength(in, at);
        int total = totalLength(in, at);
        return header >= HEADER && header <= total && total <= length;
    }

    static int headerLength(ByteBuffer in, int at) {
        return (in.get(at) & 0xf) * 4;
    }

    static int totalLength(ByteBuffer in, int at) {
        return in.getShort(at + TOTAL_LENGTH) & 0xffff;
    }

    static int protocol(ByteBuffer in, int at) {
        return in.get(at + PROTOCOL) & 0xff;
    }

    static boolean isFragment(ByteBuffer in, int at) {
        return (in.getShort(at + FRAGMENT) & (MORE_FRAGMENTS | OFFSET)) != 0;
    }

    static boolean isGroup(int address) {
        return address >>> 28 == 0xe || address == -1;
    }

    static void writeChecksum(ByteBuffer out, int at, int headerLength) {
        out.putShort(at + CHECKSUM, (short) 0);
        out.putShort(at + CHECKSUM, (short) ~Checksum.fold(Checksum.add(out, at, headerLength, 0)));
    }

    /** The sum of the pseudo-header of a TCP segment or UDP datagram of this length, with its header. */
    static long pseudoHeader(ByteBuffer in, int at, int length) {
        return Checksum.add(in, at + SOURCE, DESTINATION + 4 - SOURCE, protocol(in, at) + (long) length);
    }

    static int tcpHeaderLength(ByteBuffer in, int tcp) {
        return ((in.get(tcp + TCP_DATA_OFFSET) >> 4) & 0xf) * 4;
    }

    /** Writes another 16 bits into what a checksum covers, and mends that (RFC 1624). */
    static void replace(ByteBuffer out, int at, int value, int checksum) {
        int old = out.getShort(at) & 0xffff;
        long sum = (long) (~out.getShort(checksum) & 0xffff) + (~old & 0xffff) + (value & 0xffff);
        out.putShort(at, (short) value).putShort(checksum, (short) ~Checksum.fold(sum));
    }

    /**
     * Lowers the maximum segment size that a SYN announces (RFC 9293 §3.7.1).
     *
     * @param most zero to leave it
     * @param mended whether the checksum is there, and has to stay right
     */
    static void clamp(ByteBuffer packet, int at, int length, int most, boolean mended) {
        int tcp = at + headerLength(packet, at);
        boolean isSyn = most != 0
                && protocol(packet, at) == Ipv4Packet.TCP
                && (packet.getShort(at + FRAGMENT) & OFFSET) == 0
                && tcp + TCP_HEADER <= at + length
                && (packet.get(tcp + TCP_FLAGS) & SYN) != 0;
        if (!isSyn) {
            return;
        }
        int end = Math.min(tcp + tcpHeaderLength(packet, tcp), at + length);
        int option = tcp + TCP_HEADER;
        while (option + SEGMENT_SIZE_LENGTH <= end && packet.get(option) != END) {
            if (packet.get(option) == NO_OPERATION) {
                option++;
                continue;
            }
            if (packet.get(option) == SEGMENT_SIZE) {
                lower(packet, option + 2, most, tcp, mended);
                return;
            }
            option += Math.max(packet.get(option + 1) & 0xff, 2);
        }
    }

    private static void lower(ByteBuffer packet, int at, int most, int tcp, boolean mended) {
        if ((packet.getShort(at) & 0xffff) <= most) {
            return;
        }
        // An option may begin at an odd octet; sums are of words from the segment's beginning on.
        if (mended && (at - tcp) % 2 == 0) {
            replace(packet, at, most, tcp + TCP_CHECKSUM);
        } else if (mended) {
            int first = packet.get(at - 1) & 0xff;
            int last = packet.get(at + 2) & 0xff;
            replace(packet, at - 1, (first << 8) | (most >> 8), tcp + TCP_CHECKSUM);
            replace(packet, at + 1, ((most & 0xff) << 8) | last, tcp + TCP_CHECKSUM);
        } else {
            packet.putShort(at, (short) most);
        }
    }
}
