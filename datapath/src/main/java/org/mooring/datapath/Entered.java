package org.mooring.datapath;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * {@code struct entered} of mip.bpf.c: how many packets for a home address have gone to wait.
 *
 * @param cpu where the last one came in
 */
record Entered(long byOld, long byNew, int cpu) {
    static final int SIZE = 24;

    static Entered read(ByteBuffer value) {
        ByteBuffer in = value.slice().order(ByteOrder.nativeOrder());
        return new Entered(in.getLong(), in.getLong(), in.getInt());
    }

    long by(Path path) {
        return path == Path.OLD ? byOld : byNew;
    }
}
