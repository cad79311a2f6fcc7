package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;

/**
 * UDP Tunnel Request (RFC 3519 §3.1).
 *
 * @param subtype zero, kept
 * @param reserved1 sent as zero, ignored, kept
 * @param flags F and R in the two most significant of 8 bits, the others reserved and kept
 * @param encapsulation what goes into UDP: zero for IP in IP, or a protocol's number as in {@link TunnelData}
 * @param reserved3 sent as zero; an extension with anything else is not understood (§3.1.3)
 */
public record UdpTunnelRequest(int subtype, int reserved1, int flags, int encapsulation, int reserved3)
        implements Extension {
    public static final int TYPE = 144;

    /** F: use UDP though no NAT shows. */
    public static final int FORCE = 0x80;

    /** R: registered through a foreign agent with a co-located care-of address; the first keepalive tells where from. */
    public static final int REGISTERED_THROUGH_FOREIGN_AGENT = 0x40;

    static final int LENGTH = 8;

    public UdpTunnelRequest {
        Field.requireUnsigned(8, subtype);
        Field.requireUnsigned(8, reserved1);
        Field.requireUnsigned(8, flags);
        Field.requireUnsigned(8, encapsulation);
        Field.requireUnsigned(16, reserved3);
    }

    public UdpTunnelRequest(int flags, int encapsulation) {
        this(0, 0, flags, encapsulation, 0);
    }

    /** §3.1.3: with what a later version has in its place it is to be skipped. */
    public boolean isUnderstood() {
        return subtype == 0 && reserved3 == 0;
    }

    public boolean forces() {
        return (flags & FORCE) != 0;
    }

    public boolean isRegisteredThroughForeignAgent() {
        return (flags & REGISTERED_THROUGH_FOREIGN_AGENT) != 0;
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
        out.writeByte(reserved1);
        out.writeByte(flags);
        out.writeByte(encapsulation);
        out.writeShort(reserved3);
    }
}
