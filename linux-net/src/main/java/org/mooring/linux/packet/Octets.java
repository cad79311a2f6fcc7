package org.mooring.linux.packet;

import java.nio.ByteBuffer;

/** Buffers that nobody can change, so that records which hold one are values. */
final class Octets {
    private Octets() {}

    /** A copy of what {@code source} has left to read, with position zero; {@code source} stays as it is. */
    static ByteBuffer copyOf(ByteBuffer source) {
        ByteBuffer copy = ByteBuffer.allocate(source.remaining());
        copy.put(source.duplicate()).flip();
        return copy.asReadOnlyBuffer();
    }
}
