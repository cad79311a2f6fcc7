package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;

/**
 * Dynamic Home Agent (RFC 4433 §3.4): the home agent that a mobile node would like to have, or is sent to. The header
 * is the short one of RFC 3344 §1.11, as erratum 898 has it. One in the long form, as the RFC draws it, is read as well.
 *
 * @param longForm whether it came so
 */
public record DynamicHomeAgent(int subtype, Ipv4Address homeAgent, boolean longForm) implements Extension {
    public static final int TYPE = 139;

    /** In a request. */
    public static final int REQUESTED = 1;

    /** In a reply with code 143. */
    public static final int REDIRECTED = 2;

    static final int LENGTH = 7;
    static final int LONG_LENGTH = 8;

    public DynamicHomeAgent {
        Field.requireUnsigned(8, subtype);
        if (longForm && subtype != REQUESTED && subtype != REDIRECTED) {
            throw new IllegalArgumentException("no subtype of the long form: " + subtype);
        }
    }

    public DynamicHomeAgent(int subtype, Ipv4Address homeAgent) {
        this(subtype, homeAgent, false);
    }

    /**
     * Whether an extension of this type at {@code at} is in the long form. In the short one, its second octet would be a length
     * that no such extension has.
     */
    static boolean isLongForm(Octets datagram, int at) {
        return datagram.length() - at >= LONG_LENGTH
                && (datagram.unsignedByte(at + 1) == REQUESTED || datagram.unsignedByte(at + 1) == REDIRECTED)
                && datagram.unsignedShort(at + 2) == LONG_LENGTH - 4;
    }

    @Override
    public int type() {
        return TYPE;
    }

    @Override
    public int length() {
        return longForm ? LONG_LENGTH : LENGTH;
    }

    @Override
    public void writeTo(ByteBuf out) {
        out.writeByte(TYPE);
        if (longForm) {
            out.writeByte(subtype);
            out.writeShort(LONG_LENGTH - 4);
        } else {
            out.writeByte(LENGTH - 2);
            out.writeByte(subtype);
        }
        out.writeInt(homeAgent.bits());
    }
}
