package org.mooring.protocol.wire;

/** Refuses values that their field on the wire has no room for. */
final class Field {
    private Field() {}

    static void requireUnsigned(int bits, int value) {
        if (value >>> bits != 0) {
            throw new IllegalArgumentException(value + " does not fit in " + bits + " bits");
        }
    }

    static void requireAtMost(int limit, Octets octets) {
        if (octets.length() > limit) {
            throw new IllegalArgumentException(octets.length() + " octets where at most " + limit + " fit");
        }
    }
}
