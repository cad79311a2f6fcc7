package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;

/**
 * Mobile-Foreign Challenge (RFC 4721 §4): what a foreign agent has made up lately, so that it can tell a request of now from one
 * that was recorded.
 */
public record Challenge(Octets value) implements Extension {
    public static final int TYPE = 132;

    public Challenge {
        Field.requireAtMost(255, value);
    }

    @Override
    public int type() {
        return TYPE;
    }

    @Override
    public int length() {
        return 2 + value.length();
    }

    @Override
    public void writeTo(ByteBuf out) {
        out.writeByte(TYPE);
        out.writeByte(value.length());
        value.writeTo(out);
    }
}
