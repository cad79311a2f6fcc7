package org.mooring.protocol.handover;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Extension.NormalVendorSpecific;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/** What Mooring's parties say to each other beyond RFC 3344, in vendor extensions of RFC 3115 (docs/handover.md, "Octets"). */
public sealed interface HandoverExtension {
    /** The enterprise number for documentation (RFC 5612), unless the operator has one. */
    int DEFAULT_ENTERPRISE_NUMBER = 32473;

    /**
     * How far ahead of its clock the home agent accepts PREPARE and ARM (docs/handover.md, "Identification"): what one hook sends from a
     * clock that is further ahead, the other one's CONFIRM, which is a second ahead, could not follow.
     */
    Duration MOST_AHEAD = Duration.ofMillis(500);

    int vendorType();

    Octets value();

    /** As it stands in a message. */
    default Extension toExtension(int enterpriseNumber) {
        return new NormalVendorSpecific(enterpriseNumber, vendorType(), value());
    }

    /** Prepares a care-of address for a guest that still is elsewhere. Critical: who doesn't know it must not register the guest. */
    record Prepare(HandoverId id, int holdSeconds) implements HandoverExtension {
        static final int TYPE = 1;
        static final int LENGTH = Long.BYTES + Short.BYTES;

        public Prepare {
            requireHoldTime(holdSeconds);
        }

        @Override
        public int vendorType() {
            return TYPE;
        }

        @Override
        public Octets value() {
            return octets(Unpooled.buffer(LENGTH).writeLong(id.bits()).writeShort(holdSeconds));
        }

        @Override
        public Extension toExtension(int enterpriseNumber) {
            return new CriticalVendorSpecific(enterpriseNumber, TYPE, value());
        }
    }

    /** Tells the new foreign agent from where packets may be redirected to it. */
    record Previous(Ipv4Address careOfAddress) implements HandoverExtension {
        static final int TYPE = 2;
        static final int LENGTH = Integer.BYTES;

        @Override
        public int vendorType() {
            return TYPE;
        }

        @Override
        public Octets value() {
            return octets(Unpooled.buffer(LENGTH).writeInt(careOfAddress.bits()));
        }
    }

    /** Asks what is staged. */
    record Arm() implements HandoverExtension {
        static final int TYPE = 3;

        @Override
        public int vendorType() {
            return TYPE;
        }

        @Override
        public Octets value() {
            return Octets.EMPTY;
        }
    }

    /**
     * Answers {@link Arm}.
     *
     * @param holdSeconds how much longer, from the answer on, this is held ready
     */
    record Staged(HandoverId id, Ipv4Address careOfAddress, int holdSeconds) implements HandoverExtension {
        static final int TYPE = 4;
        static final int LENGTH = Long.BYTES + Integer.BYTES + Short.BYTES;

        public Staged {
            requireHoldTime(holdSeconds);
        }

        @Override
        public int vendorType() {
            return TYPE;
        }

        @Override
        public Octets value() {
            return octets(Unpooled.buffer(LENGTH)
                    .writeLong(id.bits())
                    .writeInt(careOfAddress.bits())
                    .writeShort(holdSeconds));
        }
    }

    /** The guest has stopped: its packets go to what is staged from now on. */
    record Commit(HandoverId id) implements HandoverExtension {
        static final int TYPE = 5;

        @Override
        public int vendorType() {
            return TYPE;
        }

        @Override
        public Octets value() {
            return octets(id);
        }
    }

    /** The guest doesn't come: what is staged is dropped. */
    record Abort(HandoverId id) implements HandoverExtension {
        static final int TYPE = 6;

        @Override
        public int vendorType() {
            return TYPE;
        }

        @Override
        public Octets value() {
            return octets(id);
        }
    }

    /** The sender's time as it sends, in the form of an Identification: in a reply the home agent's, for which a request's asks. */
    record Clock(Identification time) implements HandoverExtension {
        static final int TYPE = 7;

        @Override
        public int vendorType() {
            return TYPE;
        }

        @Override
        public Octets value() {
            return octets(Unpooled.buffer(Long.BYTES).writeLong(time.bits()));
        }
    }

    /** What {@code extension} says; empty if it is another's, or has not the form that it should have. */
    static Optional<HandoverExtension> of(Extension extension, int enterpriseNumber) {
        if (extension instanceof CriticalVendorSpecific critical && critical.vendor() == enterpriseNumber) {
            return critical.vendorType() == Prepare.TYPE && critical.value().length() == Prepare.LENGTH
                    ? Optional.of(
                            new Prepare(id(critical.value()), critical.value().unsignedShort(Long.BYTES)))
                    : Optional.empty();
        }
        if (extension instanceof NormalVendorSpecific normal && normal.vendor() == enterpriseNumber) {
            return of(normal.vendorType(), normal.value());
        }
        return Optional.empty();
    }

    /** The first of {@code extensions} that is a {@code kind}. */
    static <E extends HandoverExtension> Optional<E> first(
            Class<E> kind, List<Extension> extensions, int enterpriseNumber) {
        return extensions.stream()
                .flatMap(extension -> of(extension, enterpriseNumber).stream())
                .filter(kind::isInstance)
                .map(kind::cast)
                .findFirst();
    }

    private static Optional<HandoverExtension> of(int vendorType, Octets value) {
        int length = value.length();
        return switch (vendorType) {
            case Previous.TYPE -> when(length == Previous.LENGTH, () -> new Previous(address(value, 0)));
            case Arm.TYPE -> when(length == 0, Arm::new);
            case Staged.TYPE ->
                when(
                        length == Staged.LENGTH,
                        () -> new Staged(
                                id(value),
                                address(value, Long.BYTES),
                                value.unsignedShort(Long.BYTES + Integer.BYTES)));
            case Commit.TYPE -> when(length == Long.BYTES, () -> new Commit(id(value)));
            case Abort.TYPE -> when(length == Long.BYTES, () -> new Abort(id(value)));
            case Clock.TYPE ->
                when(length == Long.BYTES, () -> new Clock(Identification.of(value.int32(0), value.int32(4))));
            default -> Optional.empty();
        };
    }

    private static Optional<HandoverExtension> when(boolean wellFormed, Supplier<HandoverExtension> extension) {
        return wellFormed ? Optional.of(extension.get()) : Optional.empty();
    }

    private static void requireHoldTime(int seconds) {
        if (seconds < 0 || seconds > 0xffff) {
            throw new IllegalArgumentException("not 16 bits: " + seconds);
        }
    }

    private static HandoverId id(Octets value) {
        return new HandoverId(
                (long) value.int32(0) << Integer.SIZE | Integer.toUnsignedLong(value.int32(Integer.BYTES)));
    }

    private static Ipv4Address address(Octets value, int at) {
        return new Ipv4Address(value.int32(at));
    }

    private static Octets octets(HandoverId id) {
        return octets(Unpooled.buffer(Long.BYTES).writeLong(id.bits()));
    }

    private static Octets octets(ByteBuf buffer) {
        return Octets.copyOf(buffer);
    }
}
