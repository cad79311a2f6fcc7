package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;

/**
 * FA Error (RFC 4636 §3): the foreign agent does not honour the home agent's reply, which is left as it is so that its authentication holds.
 *
 * @param subtype zero for an error
 * @param status a code as in a denial of the foreign agent's own
 */
public record ForeignAgentError(int subtype, int status) implements Extension {
    public static final int TYPE = 45;

    static final int LENGTH = 4;

    public ForeignAgentError {
        Field.requireUnsigned(8, subtype);
        Field.requireUnsigned(8, status);
    }

    public ForeignAgentError(ReplyCode code) {
        this(0, code.value());
    }

    public ReplyCode code() {
        return new ReplyCode(status);
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
        out.writeByte(status);
    }
}
