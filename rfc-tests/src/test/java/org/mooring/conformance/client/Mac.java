package org.mooring.conformance.client;

import java.util.HexFormat;

/** A link-layer address. */
record Mac(long bits) {
    static final Mac BROADCAST = new Mac(0xffff_ffff_ffffL);
    static final Mac NONE = new Mac(0);

    static Mac of(String colons) {
        return new Mac(HexFormat.fromHexDigitsToLong(colons.replace(":", "")));
    }

    @Override
    public String toString() {
        return "%012x".formatted(bits).replaceAll("..(?=.)", "$0:");
    }
}
