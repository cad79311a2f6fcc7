package org.mooring.protocol.handover;

import java.util.Optional;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * What keeps a guest's packets in order while it changes sites: an experimental message (RFC 4064) between UDP ports 434 (docs/handover.md,
 * "Messages beside registration").
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   Type: 255   |     Kind      |           Reserved            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       Enterprise number                       |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                                                               |
 * +                          Handover id                          +
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * | What the kind adds ...
 * +-+-+-+-+-+-+-+-
 * </pre>
 */
public sealed interface HandoverMessage {
    /** The first octet, which tells these from registration messages. */
    int TYPE = 255;

    HandoverId id();

    /** As it stands in a datagram. */
    Octets encode(int enterpriseNumber);

    /**
     * What the guest should have read at the old site.
     *
     * @param sequence of this one among those of the handover, from 0; unsigned
     * @param packet an IPv4 packet to the guest, without what a link may have added
     */
    record Rescued(HandoverId id, int sequence, Octets packet) implements HandoverMessage {
        static final int KIND = 1;

        /** Where a packet that was decoded goes. */
        public Ipv4Address destination() {
            return new Ipv4Address(packet.int32(MessageLayout.IP_DESTINATION));
        }

        @Override
        public Octets encode(int enterpriseNumber) {
            var message = MessageLayout.header(KIND, enterpriseNumber, id).writeInt(sequence);
            packet.writeTo(message);
            return Octets.copyOf(message);
        }
    }

    /**
     * What still comes from the old site's hook is not worth waiting for.
     *
     * @param count how many {@link Rescued} there were so far; unsigned
     */
    record End(HandoverId id, int count) implements HandoverMessage {
        static final int KIND = 2;

        @Override
        public Octets encode(int enterpriseNumber) {
            return Octets.copyOf(
                    MessageLayout.header(KIND, enterpriseNumber, id).writeInt(count));
        }
    }

    /** What comes to the old foreign agent goes on to the new care-of address from now on. */
    record Redirected(HandoverId id) implements HandoverMessage {
        static final int KIND = 3;

        @Override
        public Octets encode(int enterpriseNumber) {
            return Octets.copyOf(MessageLayout.header(KIND, enterpriseNumber, id));
        }
    }

    /** The last packet that the home agent has sent to the old care-of address is before this. */
    record Marker(HandoverId id) implements HandoverMessage {
        static final int KIND = 4;

        @Override
        public Octets encode(int enterpriseNumber) {
            return Octets.copyOf(MessageLayout.header(KIND, enterpriseNumber, id));
        }
    }

    /**
     * Where the guest has come, none of its packets waits any more.
     *
     * @param packets how many had to; unsigned
     */
    record Held(HandoverId id, int packets) implements HandoverMessage {
        static final int KIND = 5;

        @Override
        public Octets encode(int enterpriseNumber) {
            return Octets.copyOf(
                    MessageLayout.header(KIND, enterpriseNumber, id).writeInt(packets));
        }
    }

    /**
     * Where the guest was, packets for it have been redirected.
     *
     * @param packets how many so far; unsigned
     */
    record Followed(HandoverId id, int packets) implements HandoverMessage {
        static final int KIND = 6;

        @Override
        public Octets encode(int enterpriseNumber) {
            return Octets.copyOf(
                    MessageLayout.header(KIND, enterpriseNumber, id).writeInt(packets));
        }
    }

    /** Whether {@code datagram} should be one of these, well-formed or not. */
    static boolean isOne(Octets datagram) {
        return datagram.length() > 0 && datagram.unsignedByte(0) == TYPE;
    }

    /** What {@code datagram} says; empty if it is another enterprise's, or has not the form that it should have. */
    static Optional<HandoverMessage> decode(Octets datagram, int enterpriseNumber) {
        if (!isOne(datagram)
                || datagram.length() < MessageLayout.HEADER
                || datagram.int32(MessageLayout.ENTERPRISE) != enterpriseNumber) {
            return Optional.empty();
        }
        var id = new HandoverId((long) datagram.int32(MessageLayout.ID) << Integer.SIZE
                | Integer.toUnsignedLong(datagram.int32(MessageLayout.ID + Integer.BYTES)));
        var added = datagram.slice(MessageLayout.HEADER);
        return switch (datagram.unsignedByte(MessageLayout.KIND)) {
            case Rescued.KIND ->
                MessageLayout.isIpv4(added, Integer.BYTES)
                        ? Optional.of(new Rescued(id, added.int32(0), added.slice(Integer.BYTES)))
                        : Optional.empty();
            case End.KIND ->
                added.length() == Integer.BYTES ? Optional.of(new End(id, added.int32(0))) : Optional.empty();
            case Redirected.KIND -> added.length() == 0 ? Optional.of(new Redirected(id)) : Optional.empty();
            case Marker.KIND -> added.length() == 0 ? Optional.of(new Marker(id)) : Optional.empty();
            case Held.KIND ->
                added.length() == Integer.BYTES ? Optional.of(new Held(id, added.int32(0))) : Optional.empty();
            case Followed.KIND ->
                added.length() == Integer.BYTES ? Optional.of(new Followed(id, added.int32(0))) : Optional.empty();
            default -> Optional.empty();
        };
    }
}
