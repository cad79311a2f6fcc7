package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;

/**
 * Per-Node Authentication Method (RFC 5563 §5.1): the request is authenticated by an association of the node that sends it for
 * a mobile node, and not by the mobile node's own. The header is the long one of RFC 3344 §1.10. Recognised so that it can be
 * refused: a home agent without such associations answers with code 149 (§8.1).
 *
 * @param method 1 for foreign-home authentication, 2 for IPsec
 */
public record ProxyAuthenticationMethod(int method) implements Extension {
    public static final int TYPE = 47;
    public static final int FOREIGN_HOME = 1;

    static final int LENGTH = 5;
    static final int SUBTYPE = 1;

    public ProxyAuthenticationMethod {
        Field.requireUnsigned(8, method);
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
        out.writeByte(SUBTYPE);
        out.writeShort(LENGTH - 4);
        out.writeByte(method);
    }
}
