package org.mooring.protocol.security;

import org.mooring.protocol.wire.Octets;

/**
 * A shared secret (RFC 3344 §5.1: any octets will do, 128 bits by default). Its text says how long it is, never what.
 */
public record Key(Octets octets) {
    public Key {
        if (octets.length() == 0) {
            throw new IllegalArgumentException("a key has at least one octet");
        }
    }

    @Override
    public String toString() {
        return "Key[" + octets.length() * 8 + " bits]";
    }
}
