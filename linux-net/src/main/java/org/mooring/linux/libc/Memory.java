package org.mooring.linux.libc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * Zeroed memory outside the heap, in which a C structure is laid out. It is freed some time after it became unreachable; memory
 * that it points to lives as long as it does.
 */
public final class Memory {
    private final ByteBuffer bytes;
    private final long address;
    private final List<Memory> targets = new ArrayList<>();

    public Memory(int size) {
        // The kernel takes no null address where a length of zero would do.
        bytes = ByteBuffer.allocateDirect(Math.max(size, 1))
                .order(ByteOrder.nativeOrder())
                .limit(size);
        address = Pointer.wrap(Runtime.getSystemRuntime(), bytes).address();
    }

    /** A copy of what {@code source} has left to read; {@code source} stays as it is. */
    public static Memory copyOf(ByteBuffer source) {
        Memory memory = new Memory(source.remaining());
        memory.bytes.duplicate().put(source.duplicate());
        return memory;
    }

    /** {@code text} in UTF-8 with a zero after it. */
    public static Memory ofString(String text) {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        Memory memory = new Memory(encoded.length + 1);
        memory.bytes.duplicate().put(encoded);
        return memory;
    }

    /** The whole memory, in native byte order, with a position and limit of its own. */
    public ByteBuffer bytes() {
        return bytes.duplicate().order(ByteOrder.nativeOrder());
    }

    public int size() {
        return bytes.limit();
    }

    /** Makes the eight octets at {@code offset} point to {@code target}, and keeps it. */
    public Memory point(int offset, Memory target) {
        bytes.putLong(offset, target.address);
        targets.add(target);
        return this;
    }

    /** As {@link #bytes}, in the order of the network. */
    public ByteBuffer octets() {
        return bytes.duplicate();
    }

    /** Valid as long as this object is reachable: whoever calls has a fence after the call. */
    public long address() {
        return address;
    }
}
