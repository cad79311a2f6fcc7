package org.mooring.linux.packet;

import java.nio.ByteBuffer;
import java.time.Instant;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.MessageHeader;
import org.mooring.linux.libc.Syscall;

/** The memory that recvmsg(2) writes a frame and the facts about it to. */
final class FrameBuffer {
    private static final int FRAME_SIZE = 0x1_0000 + EthernetFrame.HEADER_LENGTH;
    private static final int CONTROL_SIZE = 128;
    private static final int CONTROL_HEADER_SIZE = 16; // struct cmsghdr
    private static final int TP_STATUS_CSUMNOTREADY = 8;

    private final Memory address = new Memory(PacketSocket.ADDRESS_SIZE);
    private final int offloadLength;
    private final Memory frame;
    private final MessageHeader message;

    /** @param offloads whether an {@link Offload} comes before each frame */
    FrameBuffer(boolean offloads) {
        offloadLength = offloads ? Offload.LENGTH : 0;
        frame = new Memory(offloadLength + FRAME_SIZE);
        message = new MessageHeader(address, frame, new Memory(CONTROL_SIZE));
    }

    /** What the next call writes to. */
    MessageHeader message() {
        message.reset();
        return message;
    }

    /** What the last call wrote: a frame, with what comes before it, of {@code length} octets. */
    ReceivedFrame frame(int length) {
        Instant at = Instant.EPOCH;
        boolean checksummed = true;
        ByteBuffer in = message.control();
        while (in.remaining() >= CONTROL_HEADER_SIZE) {
            int start = in.position();
            int end = start + (int) in.getLong();
            int level = in.getInt();
            int type = in.getInt();
            if (level == Syscall.SOL_SOCKET && type == Syscall.SO_TIMESTAMPNS) {
                at = Instant.ofEpochSecond(in.getLong(), in.getLong());
            } else if (level == PacketSocket.SOL_PACKET && type == PacketSocket.PACKET_AUXDATA) {
                checksummed = (in.getInt() & TP_STATUS_CSUMNOTREADY) == 0;
            }
            in.position(Math.min(aligned(end), in.limit()));
        }
        ByteBuffer from = address.bytes();
        ByteBuffer octets = frame.bytes().limit(Math.min(length, frame.size()));
        Offload offload = offloadLength > 0 ? new Offload(octets.slice(0, offloadLength)) : Offload.NONE;
        return new ReceivedFrame(
                from.getInt(4),
                ReceivedFrame.Type.of(from.get(10)),
                at,
                checksummed,
                offload,
                octets.position(offloadLength));
    }

    private static int aligned(int offset) {
        return (offset + 7) & ~7;
    }
}
