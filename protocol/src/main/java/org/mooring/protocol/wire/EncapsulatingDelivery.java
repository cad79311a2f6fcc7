package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;

/** Encapsulating Delivery Style (RFC 3024 §3.3): the mobile node will tunnel to its foreign agent. Says no more than that. */
public record EncapsulatingDelivery() implements Extension {
    public static final int TYPE = 130;

    @Override
    public int type() {
        return TYPE;
    }

    @Override
    public int length() {
        return 2;
    }

    @Override
    public void writeTo(ByteBuf out) {
        out.writeByte(TYPE);
        out.writeByte(0);
    }
}
