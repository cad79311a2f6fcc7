package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;

/**
 * Dynamic Home Agent (RFC 4433 §3.4): the home agent that a mobile node would like to have, or is sent to. The header
 * is the short one of RFC 3344 §1.11, as erratum 898 has it.
 */
public record DynamicHomeAgent(int subtype, Ipv4Address homeAgent) implements Extension {
    public static final int TYPE = 139;

    /** In a request. */
    public static final int REQUESTED = 1;

    /** In a reply with code 143. */
    public static final int REDIRECTED = 2;

    static final int LENGTH = 7;

    public DynamicHomeAgent {
        Field.requireUnsigned(8, subtype);
    }

    @Override
    public int type() {
        return TYPE;
    }

    @Override
    public int length() {
        return LENGTH;
    }

    @Override
    public void writeTo(ByteBuf out) {
        out.writeByte(TYPE);
        out.writeByte(LENGTH - 2);
        out.writeByte(subtype);
        out.writeInt(homeAgent.bits());
    }
}
