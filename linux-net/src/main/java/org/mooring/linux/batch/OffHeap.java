package org.mooring.linux.batch;

import java.nio.ByteBuffer;
import java.util.Objects;
import org.mooring.linux.libc.Memory;

/** Memory outside the heap, in which packets lie, zeroed at first. It has to stay reachable as long as it is used. */
public final class OffHeap {
    private final Memory memory;

    public OffHeap(int size) {
        memory = new Memory(size);
    }

    /** The whole memory, in the order of the network, with a position and limit of its own. */
    public ByteBuffer octets() {
        return memory.octets();
    }

    /** Where in memory so many octets from {@code offset} on are. */
    long address(int offset, int count) {
        return memory.address() + Objects.checkFromIndexSize(offset, count, memory.size());
    }
}
