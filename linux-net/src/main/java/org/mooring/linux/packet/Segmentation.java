package org.mooring.linux.packet;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Does to a frame what its sender left to the device, as the kernel does for a device that can't: completes a checksum, cuts apart what
 * travels as one.
 */
public final class Segmentation {
    // In an IPv4 header (RFC 791).
    private static final int TOTAL_LENGTH = 2;
    private static final int IDENTIFICATION = 4;
    private static final int PROTOCOL = 9;
    private static final int HEADER_CHECKSUM = 10;
    private static final int ADDRESSES = 12;
    private static final int ADDRESSES_LENGTH = 8;

    // In a TCP header (RFC 9293 §3.1).
    private static final int SEQUENCE_NUMBER = 4;
    private static final int DATA_OFFSET = 12;
    private static final int FLAGS = 13;
    private static final int TCP_CHECKSUM = 16;
    private static final int TCP_HEADER_LENGTH = 20;
    private static final int FIN = 0x01;
    private static final int PSH = 0x08;
    private static final int CWR = 0x80;

    // In a UDP header (RFC 768).
    private static final int UDP_LENGTH = 4;
    private static final int UDP_CHECKSUM = 6;

    private final ByteBuffer packet;
    private final int headerLength;
    private final Offload offload;

    private Segmentation(ByteBuffer packet, int headerLength, Offload offload) {
        this.packet = packet;
        this.headerLength = headerLength;
        this.offload = offload;
    }

    /**
     * The IPv4 packets that {@code frame} is on the wire, without the padding of a short frame.
     *
     * @return none if it carries something else, if a length doesn't fit, or if more is left to the device than is known here
     */
    public static List<ByteBuffer> ipv4Packets(EthernetFrame frame, Offload offload) {
        return of(frame, offload).map(Segmentation::packets).orElse(List.of());
    }

    private static Optional<Segmentation> of(EthernetFrame frame, Offload offload) {
        ByteBuffer in = frame.payload().order(ByteOrder.BIG_ENDIAN);
        if (frame.etherType() != EtherType.IPV4 || in.remaining() < Ipv4Packet.HEADER_LENGTH) {
            return Optional.empty();
        }
        int headerLength = (in.get(0) & 0xf) * 4;
        int totalLength = in.getShort(TOTAL_LENGTH) & 0xffff;
        boolean fits = in.get(0) >> 4 == 4
                && headerLength >= Ipv4Packet.HEADER_LENGTH
                && headerLength <= totalLength
                && totalLength <= in.remaining();
        return fits ? Optional.of(new Segmentation(in.slice(0, totalLength), headerLength, offload)) : Optional.empty();
    }

    private List<ByteBuffer> packets() {
        int protocol = packet.get(PROTOCOL) & 0xff;
        return switch (offload.segmentation()) {
            case NONE -> offload.needsChecksum() ? completed().stream().toList() : List.of(packet);
            case TCP_IPV4 -> protocol == Ipv4Packet.TCP ? tcpSegments() : List.of();
            case UDP -> protocol == Ipv4Packet.UDP ? udpDatagrams() : List.of();
            case OTHER -> List.of();
        };
    }

    /** What is there in the checksum's place is the sum of the pseudo-header. */
    private Optional<ByteBuffer> completed() {
        int start = offload.checksumStart() - EthernetFrame.HEADER_LENGTH;
        int place = start + offload.checksumOffset();
        if (start < headerLength || place + Short.BYTES > packet.limit()) {
            return Optional.empty();
        }
        ByteBuffer out = copy(packet.limit(), 0, 0);
        int checksum = Checksum.of(out.slice(start, out.limit() - start));
        // All zero is what a UDP checksum never is, and no other has to be (RFC 768).
        out.putShort(place, (short) (checksum == 0 ? 0xffff : checksum));
        return Optional.of(out);
    }

    private List<ByteBuffer> tcpSegments() {
        if (packet.limit() < headerLength + TCP_HEADER_LENGTH) {
            return List.of();
        }
        int tcpHeaderLength = ((packet.get(headerLength + DATA_OFFSET) & 0xf0) >> 4) * 4;
        if (tcpHeaderLength < TCP_HEADER_LENGTH) {
            return List.of();
        }
        int flags = packet.get(headerLength + FLAGS);
        int sequenceNumber = packet.getInt(headerLength + SEQUENCE_NUMBER);
        return cut(tcpHeaderLength, (segment, from, last) -> {
            int kept = flags & (last ? ~0 : ~(FIN | PSH)) & (from == 0 ? ~0 : ~CWR);
            segment.put(FLAGS, (byte) kept).putInt(SEQUENCE_NUMBER, sequenceNumber + from);
            segment.putShort(TCP_CHECKSUM, (short) 0).putShort(TCP_CHECKSUM, (short) transportChecksum(segment));
        });
    }

    private List<ByteBuffer> udpDatagrams() {
        return cut(UdpPacket.HEADER_LENGTH, (datagram, from, last) -> {
            datagram.putShort(UDP_LENGTH, (short) datagram.limit()).putShort(UDP_CHECKSUM, (short) 0);
            int checksum = transportChecksum(datagram);
            datagram.putShort(UDP_CHECKSUM, (short) (checksum == 0 ? 0xffff : checksum));
        });
    }

    /** Mends the transport header of a piece, in which {@code from} octets of payload are before this one's. */
    private interface Piece {
        void mend(ByteBuffer transport, int from, boolean last);
    }

    private List<ByteBuffer> cut(int transportHeaderLength, Piece piece) {
        int headers = headerLength + transportHeaderLength;
        int payload = packet.limit() - headers;
        int size = offload.segmentSize();
        if (payload <= 0 || size == 0) {
            return List.of();
        }
        int identification = packet.getShort(IDENTIFICATION);
        List<ByteBuffer> pieces = new ArrayList<>();
        for (int from = 0; from < payload; from += size) {
            int length = Math.min(size, payload - from);
            ByteBuffer out = copy(headers, length, headers + from);
            out.putShort(TOTAL_LENGTH, (short) out.limit());
            out.putShort(IDENTIFICATION, (short) (identification + pieces.size()));
            out.putShort(HEADER_CHECKSUM, (short) 0);
            out.putShort(HEADER_CHECKSUM, (short) Checksum.of(out.slice(0, headerLength)));
            piece.mend(out.slice(headerLength, out.limit() - headerLength), from, from + length == payload);
            pieces.add(out);
        }
        return pieces;
    }

    private int transportChecksum(ByteBuffer transport) {
        ByteBuffer rest = ByteBuffer.allocate(4)
                .putShort((short) (packet.get(PROTOCOL) & 0xff))
                .putShort((short) transport.limit())
                .flip();
        return Checksum.of(packet.slice(ADDRESSES, ADDRESSES_LENGTH), rest, transport);
    }

    /** The first {@code headers} octets, then {@code length} from {@code from} on. */
    private ByteBuffer copy(int headers, int length, int from) {
        return ByteBuffer.allocate(headers + length)
                .put(packet.slice(0, headers))
                .put(packet.slice(from, length))
                .flip();
    }
}
