package org.mooring.linux.packet;

import java.nio.ByteBuffer;
import java.time.Instant;
import org.mooring.linux.MacAddress;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.Syscall;

/** The memory that recvmmsg(2) writes frames and the facts about them to. */
final class FrameBuffer {
    private static final int FRAME_SIZE = 0x1_0000 + EthernetFrame.HEADER_LENGTH;
    private static final int CONTROL_SIZE = 128;
    private static final int CONTROL_HEADER_SIZE = 16; // struct cmsghdr
    private static final int TP_STATUS_CSUMNOTREADY = 8;

    private static final int HEADER_SIZE = 64; // struct mmsghdr
    private static final int ADDRESS_LENGTH = 8;
    private static final int VECTOR = 16;
    private static final int VECTOR_COUNT = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int LENGTH = 56;
    private static final int VECTOR_SIZE = 16; // struct iovec

    private final int most;
    private final int offloadLength;
    private final int frameSize;
    private final Memory headers;
    private final Memory vectors;
    private final Memory addresses;
    private final Memory controls;
    private final Memory frames;
    private final ByteBuffer header;
    private final ByteBuffer octets;

    /** Of how many the kernel may have changed the lengths. */
    private int used;

    /**
     * @param offloads whether an {@link Offload} comes before each frame
     * @param most frames at once
     */
    FrameBuffer(boolean offloads, int most) {
        this.most = most;
        offloadLength = offloads ? Offload.LENGTH : 0;
        frameSize = offloadLength + FRAME_SIZE;
        headers = new Memory(most * HEADER_SIZE);
        vectors = new Memory(most * VECTOR_SIZE);
        addresses = new Memory(most * PacketSocket.ADDRESS_SIZE);
        controls = new Memory(most * CONTROL_SIZE);
        frames = new Memory(most * frameSize);
        header = headers.bytes();
        octets = frames.octets();
        used = most;
        ByteBuffer vector = vectors.bytes();
        for (int i = 0; i < most; i++) {
            vector.putLong(frames.address() + (long) i * frameSize).putLong(frameSize);
            header.putLong(i * HEADER_SIZE, addresses.address() + (long) i * PacketSocket.ADDRESS_SIZE)
                    .putLong(i * HEADER_SIZE + VECTOR, vectors.address() + (long) i * VECTOR_SIZE)
                    .putLong(i * HEADER_SIZE + VECTOR_COUNT, 1)
                    .putLong(i * HEADER_SIZE + CONTROL, controls.address() + (long) i * CONTROL_SIZE);
        }
    }

    /** Takes the frames that have come and wait, and doesn't wait itself: how many they are, or an error. */
    long receive(int socket) {
        for (int i = 0; i < used; i++) {
            header.putInt(i * HEADER_SIZE + ADDRESS_LENGTH, PacketSocket.ADDRESS_SIZE)
                    .putLong(i * HEADER_SIZE + CONTROL_LENGTH, CONTROL_SIZE);
        }
        long count = Syscall.recvmmsg(socket, headers.address(), most);
        // One whose reception failed may have been written to as well.
        used = (int) Math.min(most, Math.max(count, 0) + 1);
        return count;
    }

    /** The frame's source, as {@link MacAddress#bits}. Whatever it is, if the frame is too short. */
    long source(int index) {
        return octets.getLong(index * frameSize + offloadLength + MacAddress.LENGTH) >>> 16;
    }

    /** One of those that came last. */
    ReceivedFrame frame(int index) {
        Instant at = Instant.EPOCH;
        boolean checksummed = true;
        ByteBuffer in = controls.bytes().position(index * CONTROL_SIZE);
        in.limit(in.position() + (int) header.getLong(index * HEADER_SIZE + CONTROL_LENGTH));
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
        ByteBuffer from = addresses.bytes();
        int address = index * PacketSocket.ADDRESS_SIZE;
        int start = index * frameSize;
        int length = Math.min(header.getInt(index * HEADER_SIZE + LENGTH), frameSize);
        Offload offload = offloadLength > 0 ? new Offload(frames.bytes().slice(start, offloadLength)) : Offload.NONE;
        return new ReceivedFrame(
                from.getInt(address + 4),
                ReceivedFrame.Type.of(from.get(address + 10)),
                at,
                checksummed,
                offload,
                frames.bytes().position(start + offloadLength).limit(start + length));
    }

    private static int aligned(int offset) {
        return (offset + 7) & ~7;
    }
}
