package org.mooring.linux.batch;

import java.nio.ByteBuffer;
import org.mooring.linux.libc.Memory;

/** Pieces of memory in a row: an array of {@code struct iovec}. Makes no garbage once it is there. */
public final class Pieces {
    private static final int SIZE = 16;

    private final Memory memory;
    private final ByteBuffer out;
    private final int most;
    private int count;

    public Pieces(int most) {
        this.most = most;
        memory = new Memory(most * SIZE);
        out = memory.bytes();
    }

    public void clear() {
        count = 0;
    }

    public boolean isFull() {
        return count == most;
    }

    /** Adds so many octets from {@code offset} of {@code data} on, which has to stay reachable. */
    public void add(OffHeap data, int offset, int length) {
        set(count++, data, offset, length);
    }

    /** Puts others in the place of those that were added with this number. */
    public void set(int index, OffHeap data, int offset, int length) {
        out.putLong(index * SIZE, data.address(offset, length));
        out.putLong(index * SIZE + Long.BYTES, length);
    }

    int most() {
        return most;
    }

    int count() {
        return count;
    }

    long address() {
        return memory.address();
    }

    /** Of the piece with this number. */
    long address(int index) {
        return memory.address() + (long) index * SIZE;
    }
}
