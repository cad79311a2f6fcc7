package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * Registration Reply (RFC 3344 §3.4).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * |   Type = 3    |     Code      |           Lifetime            |
 * +---------------+---------------+-------------------------------+
 * |                         Home Address                          |
 * |                          Home Agent                           |
 * |                     Identification (64)                       |
 * | Extensions ...
 * </pre>
 *
 * @param lifetime seconds granted; without meaning in a denial, except for code 69, where it is the foreign agent's
 *     maximum
 */
public record RegistrationReply(
        ReplyCode code,
        int lifetime,
        Ipv4Address homeAddress,
        Ipv4Address homeAgent,
        Identification identification,
        List<Extension> extensions)
        implements RegistrationMessage {
    public static final int TYPE = 3;
    public static final int FIXED_LENGTH = 20;

    public RegistrationReply {
        if (lifetime >>> 16 != 0) {
            throw new IllegalArgumentException("a lifetime of " + lifetime + " does not fit in 16 bits");
        }
        extensions = List.copyOf(extensions);
    }

    @Override
    public int fixedLength() {
        return FIXED_LENGTH;
    }

    @Override
    public void writeFixedPartTo(ByteBuf out) {
        out.writeByte(TYPE);
        out.writeByte(code.value());
        out.writeShort(lifetime);
        out.writeInt(homeAddress.bits());
        out.writeInt(homeAgent.bits());
        out.writeLong(identification.bits());
    }
}
