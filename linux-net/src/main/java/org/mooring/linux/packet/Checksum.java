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
        return ~fold(sum) & 0xffff;
    }

    /**
     * Adds up octets, without making garbage.
     *
     * @param in in the order of the network
     * @param so the sum so far, of an even number of octets
     */
    public static long add(ByteBuffer in, int offset, int length, long so) {
        long sum = so;
        int at = offset;
        int end = offset + length;
        for (; at + Long.BYTES <= end; at += Long.BYTES) {
            long word = in.getLong(at);
            sum += (word & 0xffff_ffffL) + (word >>> 32);
        }
        for (; at + Short.BYTES <= end; at += Short.BYTES) {
            sum += in.getShort(at) & 0xffff;
        }
        return at < end ? sum + ((in.get(at) & 0xff) << 8) : sum;
    }

    /** What is left of a sum in 16 bits; its complement is the checksum. */
    public static int fold(long sum) {
        long rest = sum;
        while (rest >>> 16 != 0) {
            rest = (rest & 0xffff) + (rest >>> 16);
        }
        return (int) rest;
    }
}
