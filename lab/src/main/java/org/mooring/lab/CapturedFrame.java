package org.mooring.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One frame of a capture file.
 *
 * @param time nanoseconds since 1970
 * @param device the interface's index, if it was captured on all interfaces; else 0
 * @param outgoing whether this machine sent it, if it was captured on all interfaces
 * @param length how long it was on the link, with its link header of 14 (or, on all interfaces, 20) octets
 * @param packet what was captured of it, from the network header on
 */
record CapturedFrame(long time, int device, boolean outgoing, int length, ByteBuffer packet) {
    private static final int MAGIC_NANOSECONDS = 0xa1b23c4d;
    private static final int FILE_HEADER = 24;
    private static final int RECORD_HEADER = 16;
    private static final int ETHERNET = 1;
    private static final int ETHERNET_HEADER = 14;
    private static final int LINUX_SLL2 = 276;
    private static final int SLL2_HEADER = 20;
    private static final int PACKET_OUTGOING = 4;
    private static final int IP_IN_IP = 4;

    /** Reads a file of pcap-savefile(5) as we have tcpdump write it; a frame that is being written is left out. */
    static List<CapturedFrame> readAll(Path file) {
        try {
            return parse(ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<CapturedFrame> parse(ByteBuffer file) throws IOException {
        if (file.remaining() < FILE_HEADER || file.getInt(0) != MAGIC_NANOSECONDS) {
            throw new IOException("not a capture with nanoseconds, of this machine's byte order");
        }
        boolean all = file.getInt(20) == LINUX_SLL2;
        if (!all && file.getInt(20) != ETHERNET) {
            throw new IOException("captured on links of type " + file.getInt(20));
        }
        var frames = new ArrayList<CapturedFrame>();
        int at = FILE_HEADER;
        while (file.limit() - at >= RECORD_HEADER) {
            int captured = file.getInt(at + 8);
            if (file.limit() - at - RECORD_HEADER < captured) {
                break;
            }
            long time = Integer.toUnsignedLong(file.getInt(at)) * 1_000_000_000L + file.getInt(at + 4);
            int length = file.getInt(at + 12);
            ByteBuffer link = file.slice(at + RECORD_HEADER, captured).order(ByteOrder.BIG_ENDIAN);
            int header = all ? SLL2_HEADER : ETHERNET_HEADER;
            if (captured >= header) {
                int device = all ? link.getInt(4) : 0;
                boolean outgoing = all && link.get(10) == PACKET_OUTGOING;
                frames.add(new CapturedFrame(
                        time,
                        device,
                        outgoing,
                        length,
                        link.slice(header, captured - header).order(ByteOrder.BIG_ENDIAN)));
            }
            at += RECORD_HEADER + captured;
        }
        return frames;
    }

    /** The packet in it, if this is a tunnel's (RFC 2003). */
    Optional<CapturedFrame> inner() {
        int header = packet.limit() < 20 ? 0 : (packet.get(0) & 0xf) * 4;
        return packet.limit() > header && header >= 20 && packet.get(9) == IP_IN_IP
                ? Optional.of(new CapturedFrame(
                        time,
                        device,
                        outgoing,
                        length - header,
                        packet.slice(header, packet.limit() - header).order(ByteOrder.BIG_ENDIAN)))
                : Optional.empty();
    }

    /** The UDP payload, if this is an unfragmented IPv4 packet with one; else an empty buffer. */
    ByteBuffer udpPayload() {
        if (packet.limit() < 28 || packet.get(0) >>> 4 != 4 || packet.get(9) != 17) {
            return ByteBuffer.allocate(0);
        }
        int start = (packet.get(0) & 0xf) * 4 + 8;
        return start <= packet.limit() ? packet.slice(start, packet.limit() - start) : ByteBuffer.allocate(0);
    }
}
