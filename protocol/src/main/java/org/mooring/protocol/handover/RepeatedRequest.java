package org.mooring.protocol.handover;

import io.netty.buffer.Unpooled;
import java.util.Optional;
import org.mooring.protocol.wire.Octets;

/**
 * AGAIN: a Registration Request that has just been sent, once more, for agents that know of handovers (docs/handover.md, "Messages beside
 * registration"). It is no request for all others, to whom RFC 3344 §3.6.3 has two of those be a second apart. Nothing but the request's own
 * authenticator says whose it is.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   Type: 255   |    Kind: 7    |           Reserved            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       Enterprise number                       |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * | The request, as it was sent ...
 * +-+-+-+-+-+-+-+-
 * </pre>
 */
public final class RepeatedRequest {
    /** Where the request begins. */
    public static final int REQUEST = 8;

    private static final int KIND = 7;

    private RepeatedRequest() {}

    /** {@code request} as it is sent again. */
    public static Octets encode(Octets request, int enterpriseNumber) {
        var message = Unpooled.buffer(REQUEST + request.length())
                .writeByte(HandoverMessage.TYPE)
                .writeByte(KIND)
                .writeShort(0)
                .writeInt(enterpriseNumber);
        request.writeTo(message);
        return Octets.copyOf(message);
    }

    /** What is repeated, which may be anything; empty if {@code datagram} repeats nothing, or is another enterprise's. */
    public static Optional<Octets> decode(Octets datagram, int enterpriseNumber) {
        return datagram.length() > REQUEST
                        && HandoverMessage.isOne(datagram)
                        && datagram.unsignedByte(MessageLayout.KIND) == KIND
                        && datagram.int32(MessageLayout.ENTERPRISE) == enterpriseNumber
                ? Optional.of(datagram.slice(REQUEST))
                : Optional.empty();
    }
}
