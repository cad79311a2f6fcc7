package org.mooring.linux.packet;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the kernel leaves to the device that sends a frame: to write a checksum, to cut it into segments. It is told with what
 * {@link PacketSocket.Option#OFFLOADS} receives; {@link Segmentation} does it.
 *
 * @param octets a {@code struct virtio_net_hdr} (packet(7), PACKET_VNET_HDR), in the machine's order
 */
public record Offload(ByteBuffer octets) {
    static final int LENGTH = 10;

    /** Nothing is left to do. */
    public static final Offload NONE = new Offload(ByteBuffer.allocate(LENGTH));

    private static final int NEEDS_CHECKSUM = 1; // VIRTIO_NET_HDR_F_NEEDS_CSUM
    private static final int FLAGS = 0;
    private static final int SEGMENTATION = 1;
    private static final int SEGMENT_SIZE = 4;
    private static final int CHECKSUM_START = 6;
    private static final int CHECKSUM_OFFSET = 8;

    public Offload {
        octets = Octets.copyOf(octets);
        if (octets.remaining() != LENGTH) {
            throw new IllegalArgumentException("an offload of " + octets.remaining() + " octets");
        }
    }

    /** Read-only, with a position of its own. */
    @Override
    public ByteBuffer octets() {
        return octets.duplicate();
    }

    boolean needsChecksum() {
        return (octets.get(FLAGS) & NEEDS_CHECKSUM) != 0;
    }

    /** Where in the frame that begins which the checksum covers. */
    int checksumStart() {
        return unsignedShort(CHECKSUM_START);
    }

    /** Where the checksum is, from {@link #checksumStart} on. */
    int checksumOffset() {
        return unsignedShort(CHECKSUM_OFFSET);
    }

    Kind segmentation() {
        return Kind.of(octets.get(SEGMENTATION) & 0xff);
    }

    /** How much of the payload each segment has. */
    int segmentSize() {
        return unsignedShort(SEGMENT_SIZE);
    }

    private int unsignedShort(int index) {
        return octets().order(ByteOrder.nativeOrder()).getShort(index) & 0xffff;
    }

    /** What has to be cut. */
    enum Kind {
        NONE,
        TCP_IPV4,
        /** Datagrams of a size, of which each gets a header of its own. */
        UDP,
        OTHER;

        /** Besides, there may be congestion to tell of: the header says so as well. */
        private static final int ECN = 0x80;

        private static Kind of(int number) {
            return switch (number & ~ECN) {
                case 0 -> NONE;
                case 1 -> TCP_IPV4;
                case 5 -> UDP;
                default -> OTHER;
            };
        }
    }
}
