package org.mooring.protocol.handover;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.mooring.protocol.wire.Octets;

/** Where things stand in a {@link HandoverMessage}. */
final class MessageLayout {
    static final int KIND = 1;
    static final int ENTERPRISE = 4;
    static final int ID = 8;
    static final int HEADER = 16;

    static final int IP_HEADER = 20;
    static final int IP_TOTAL_LENGTH = 2;
    static final int IP_DESTINATION = 16;

    private MessageLayout() {}

    static ByteBuf header(int kind, int enterpriseNumber, HandoverId id) {
        return Unpooled.buffer()
                .writeByte(HandoverMessage.TYPE)
                .writeByte(kind)
                .writeShort(0)
                .writeInt(enterpriseNumber)
                .writeLong(id.bits());
    }

    /** Whether one whole IPv4 packet (RFC 791 §3.1), and nothing else, begins at {@code from}. */
    static boolean isIpv4(Octets octets, int from) {
        int length = octets.length() - from;
        if (length < IP_HEADER || octets.unsignedByte(from) >> 4 != 4) {
            return false;
        }
        int header = (octets.unsignedByte(from) & 0xf) * Integer.BYTES;
        return header >= IP_HEADER && header <= length && octets.unsignedShort(from + IP_TOTAL_LENGTH) == length;
    }
}
