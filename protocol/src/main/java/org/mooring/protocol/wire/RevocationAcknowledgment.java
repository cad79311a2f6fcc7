package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * Registration Revocation Acknowledgment (RFC 3543 §3.4).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-+-----------------------------+
 * |   Type = 15   |   Reserved    |I|          Reserved           |
 * +---------------+---------------+-+-----------------------------+
 * |                         Home Address                          |
 * |                     Revocation Identifier                     |
 * | Extensions ...
 * </pre>
 *
 * @param reserved the second octet: sent as zero, ignored, kept
 * @param flags I in the most significant of 16 bits, the others reserved and kept
 * @param homeAddress the revocation's
 * @param identifier the revocation's
 */
public record RevocationAcknowledgment(
        int reserved, int flags, Ipv4Address homeAddress, int identifier, List<Extension> extensions)
        implements RevocationMessage {
    public static final int TYPE = 15;
    public static final int FIXED_LENGTH = 12;

    /** I: the mobile node is told. Not where this bit is in a revocation. */
    public static final int INFORM = 0x8000;

    public RevocationAcknowledgment {
        Field.requireUnsigned(8, reserved);
        Field.requireUnsigned(16, flags);
        extensions = List.copyOf(extensions);
    }

    public boolean informs() {
        return (flags & INFORM) != 0;
    }

    @Override
    public int fixedLength() {
        return FIXED_LENGTH;
    }

    @Override
    public void writeFixedPartTo(ByteBuf out) {
        out.writeByte(TYPE);
        out.writeByte(reserved);
        out.writeShort(flags);
        out.writeInt(homeAddress.bits());
        out.writeInt(identifier);
    }
}
