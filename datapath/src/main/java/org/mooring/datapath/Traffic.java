package org.mooring.datapath;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How much went through the tunnels of one home address, in inner packets and their octets. Segments that the kernel hands on as one
 * are counted as what they will be, but for where the kernel makes the tunnels.
 */
public record Traffic(
        long packetsEncapsulated, long octetsEncapsulated, long packetsDecapsulated, long octetsDecapsulated) {
    static final int SIZE = 4 * Long.BYTES;

    private static final int WAY_BITS = 20;

    /** Reads {@code struct binding} of mip.bpf.c. */
    static Traffic read(ByteBuffer value) {
        ByteBuffer in = value.slice().order(ByteOrder.nativeOrder());
        return new Traffic(in.getLong() >>> WAY_BITS, in.getLong(), in.getLong(), in.getLong());
    }
}
