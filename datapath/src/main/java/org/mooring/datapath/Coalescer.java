package org.mooring.datapath;

import java.nio.ByteBuffer;
import org.mooring.linux.batch.OffHeap;
import org.mooring.linux.batch.Pieces;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;

/**
 * Has consecutive segments of a TCP stream go on as one, as a device's receive offload does. Of those only that arrived together: nothing
 * waits for more. No I/O. Makes no garbage. Confined to one thread.
 */
final class Coalescer {
    /** What takes a packet with a {@link Offloaded} header in front. */
    interface Outlet {
        void write(Pieces packet);
    }

    private static final int MOST = 64;
    private static final int LONGEST = Ipv4Packet.MAX_LENGTH;

    private final OffHeap data;
    private final ByteBuffer in;
    private final int most;
    private final Outlet outlet;
    private final OffHeap offloaded = new OffHeap(Offloaded.LENGTH);
    private final ByteBuffer header = offloaded.octets();
    private final Pieces pieces = new Pieces(MOST + 1);

    // Of the segments that are together; none if count is zero.
    private int count;
    private int first;
    private int ipHeader;
    private int headers;
    private int segment;
    private int payload;
    private int next;
    private int flags;

    /**
     * @param data where the packets are
     * @param most the longest packet that may come whole through the tunnel
     */
    Coalescer(OffHeap data, int most, Outlet outlet) {
        this.data = data;
        this.in = data.octets();
        this.most = most;
        this.outlet = outlet;
    }

    /** A packet, which stays where it is until {@link #flush}. */
    void add(int at, int length) {
        int ip = Ip.headerLength(in, at);
        int tcp = at + ip;
        boolean possible = Ip.protocol(in, at) == Ipv4Packet.TCP
                && !Ip.isFragment(in, at)
                && length >= ip + Ip.TCP_HEADER
                && length <= most;
        int both = possible ? ip + Ip.tcpHeaderLength(in, tcp) : 0;
        boolean isPlain = possible
                && both < length
                && both >= ip + Ip.TCP_HEADER
                && (in.get(tcp + Ip.TCP_FLAGS) & ~Ip.PSH) == Ip.ACK
                && isRight(at, ip, length);
        if (!isPlain) {
            flush();
            Offloaded.describe(header, 0, in, at, length, most);
            write(at, length);
            return;
        }
        if (count != 0 && !follows(at, ip, both, length)) {
            flush();
        }
        if (count == 0) {
            begin(at, ip, both, length);
        } else {
            pieces.add(data, at + both, length - both);
        }
        count++;
        int more = length - both;
        payload += more;
        next = in.getInt(tcp + Ip.TCP_SEQUENCE) + more;
        flags |= in.get(tcp + Ip.TCP_FLAGS);
        if (more < segment || (flags & Ip.PSH) != 0 || count == MOST) {
            flush();
        }
    }

    /** Lets go what is together. */
    void flush() {
        if (count == 0) {
            return;
        }
        Offloaded.none(header, 0);
        if (count > 1) {
            int tcp = first + ipHeader;
            in.putShort(first + Ip.TOTAL_LENGTH, (short) (headers + payload));
            Ip.writeChecksum(in, first, ipHeader);
            in.put(tcp + Ip.TCP_FLAGS, (byte) flags);
            int pseudo = Checksum.fold(Ip.pseudoHeader(in, first, headers - ipHeader + payload));
            in.putShort(tcp + Ip.TCP_CHECKSUM, (short) pseudo);
            Offloaded.cut(header, 0, ipHeader, headers, segment);
        }
        count = 0;
        outlet.write(pieces);
    }

    private void begin(int at, int ip, int both, int length) {
        first = at;
        ipHeader = ip;
        headers = both;
        segment = length - both;
        payload = 0;
        flags = 0;
        start(at, length);
    }

    private void write(int at, int length) {
        start(at, length);
        outlet.write(pieces);
    }

    private void start(int at, int length) {
        pieces.clear();
        pieces.add(offloaded, 0, Offloaded.LENGTH);
        pieces.add(data, at, length);
    }

    private boolean isRight(int at, int ip, int length) {
        long sum = Ip.pseudoHeader(in, at, length - ip);
        return Checksum.fold(Checksum.add(in, at + ip, length - ip, sum)) == 0xffff;
    }

    /** Whether it is the next segment, and differs in nothing that the receiver will look at. */
    private boolean follows(int at, int ip, int both, int length) {
        int tcp = at + ip;
        int before = first + ipHeader;
        boolean isNext = ip == ipHeader
                && both == headers
                && in.getInt(tcp + Ip.TCP_SEQUENCE) == next
                && length - both <= segment
                && headers + payload + length - both <= LONGEST
                && in.getLong(at + Ip.SOURCE) == in.getLong(first + Ip.SOURCE)
                && in.getInt(tcp) == in.getInt(before)
                && in.getInt(tcp + Ip.TCP_ACKNOWLEDGEMENT) == in.getInt(before + Ip.TCP_ACKNOWLEDGEMENT)
                && in.getShort(tcp + Ip.TCP_FLAGS + 1) == in.getShort(before + Ip.TCP_FLAGS + 1)
                && in.get(at + Ip.TYPE_OF_SERVICE) == in.get(first + Ip.TYPE_OF_SERVICE)
                && in.get(at + Ip.TTL) == in.get(first + Ip.TTL)
                && in.getShort(at + Ip.FRAGMENT) == in.getShort(first + Ip.FRAGMENT);
        return isNext
                && same(at + Ip.HEADER, first + Ip.HEADER, ip - Ip.HEADER)
                && same(tcp + Ip.TCP_HEADER, before + Ip.TCP_HEADER, both - ip - Ip.TCP_HEADER);
    }

    private boolean same(int one, int other, int length) {
        for (int i = 0; i < length; i += Integer.BYTES) {
            if (in.getInt(one + i) != in.getInt(other + i)) {
                return false;
            }
        }
        return true;
    }
}
