package org.mooring.linux.packet;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The Internet checksum (RFC 1071). */
public final class Checksum {
    private Checksum() {}

    /**
     * The checksum over what the parts have left to read; they stay as they are.
     *
     * @param parts all but the last have an even length
     */
    public static int of(ByteBuffer... parts) {
        long sum = 0;
        for (ByteBuffer part : parts) {
            ByteBuffer in = part.duplicate().order(ByteOrder.BIG_ENDIAN);
            while (in.remaining() >= Short.BYTES) {
                sum += in.getShort() & 0xffff;
            }
            if (in.hasRemaining()) {
                sum += (in.get() & 0xff) << 8;
            }
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) ~sum & 0xffff;
    }
}
