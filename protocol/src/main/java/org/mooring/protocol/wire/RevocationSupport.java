package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;

/**
 * Revocation Support (RFC 3543 §3.2): its sender can revoke what is being registered.
 *
 * @param flags I in the most significant of 16 bits, the others reserved and kept
 * @param timestamp the sender's time in seconds, which later revocations are compared with; unsigned
 * @param rest what a later version may add
 */
public record RevocationSupport(int flags, int timestamp, Octets rest) implements Extension {
    public static final int TYPE = 137;

    /** I: the sender would have the mobile node told of a revocation. */
    public static final int INFORM = 0x8000;

    static final int LEAST_LENGTH = 8;

    public RevocationSupport {
        Field.requireUnsigned(16, flags);
        Field.requireAtMost(249, rest);
    }

    public RevocationSupport(boolean informs, int timestamp) {
        this(informs ? INFORM : 0, timestamp, Octets.EMPTY);
    }

    public boolean informs() {
        return (flags & INFORM) != 0;
    }

    @Override
    public int type() {
        return TYPE;
    }

    @Override
    public int length() {
        return LEAST_LENGTH + rest.length();
    }

    @Override
    public void writeTo(ByteBuf out) {
        out.writeByte(TYPE);
        out.writeByte(length() - 2);
        out.writeShort(flags);
        out.writeInt(timestamp);
        rest.writeTo(out);
    }
}
