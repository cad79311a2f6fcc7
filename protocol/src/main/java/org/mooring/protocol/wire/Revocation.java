package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * Registration Revocation (RFC 3543 §3.3): an agent ends a binding.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-+-+---------------------------+
 * |   Type = 7    |   Reserved    |A|I|         Reserved          |
 * +---------------+---------------+-+-+---------------------------+
 * |                         Home Address                          |
 * |                      Home Domain Address                      |
 * |                     Foreign Domain Address                    |
 * |                     Revocation Identifier                     |
 * | Extensions ...
 * </pre>
 *
 * @param reserved the second octet: sent as zero, ignored, kept
 * @param flags A and I in the two most significant of 16 bits, the others reserved and kept
 * @param homeDomainAddress the home agent's
 * @param foreignDomainAddress the care-of address
 */
public record Revocation(
        int reserved,
        int flags,
        Ipv4Address homeAddress,
        Ipv4Address homeDomainAddress,
        Ipv4Address foreignDomainAddress,
        int identifier,
        List<Extension> extensions)
        implements RevocationMessage {
    public static final int TYPE = 7;
    public static final int FIXED_LENGTH = 20;

    /** A: sent by the home agent. What claims to come from the receiver's own side is reflected. */
    public static final int FROM_HOME_AGENT = 0x8000;

    /** I: the mobile node should be told. Not where this bit is in an acknowledgment. */
    public static final int INFORM = 0x4000;

    public Revocation {
        Field.requireUnsigned(8, reserved);
        Field.requireUnsigned(16, flags);
        extensions = List.copyOf(extensions);
    }

    public boolean isFromHomeAgent() {
        return (flags & FROM_HOME_AGENT) != 0;
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
        out.writeInt(homeDomainAddress.bits());
        out.writeInt(foreignDomainAddress.bits());
        out.writeInt(identifier);
    }
}
