package org.mooring.linux.packet;

import java.nio.ByteBuffer;

/**
 * What the kernel leaves to the device that sends a frame: to write a checksum, to cut it into segments. It is told with what
 * {@link PacketSocket.Option#OFFLOADS} receives, and a frame that is sent on with it leaves as it would have then.
 *
 * @param octets a {@code struct virtio_net_hdr} (packet(7), PACKET_VNET_HDR)
 */
public record Offload(ByteBuffer octets) {
    static final int LENGTH = 10;

    /** Nothing is left to do. */
    public static final Offload NONE = new Offload(ByteBuffer.allocate(LENGTH));

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
}
