package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.mooring.protocol.wire.Decoded.Message;
import org.mooring.protocol.wire.Decoded.Reason;
import org.mooring.protocol.wire.Decoded.Undecodable;

/** Registration and revocation messages to octets and back, losing nothing: what is accepted is given back octet for octet. */
public final class RegistrationCodec {
    private RegistrationCodec() {}

    /** Decodes the payload of one datagram. Copies what it keeps. */
    public static Decoded decode(ByteBuf datagram) {
        return decode(Octets.copyOf(datagram));
    }

    /** Decodes the payload of one datagram. */
    public static Decoded decode(Octets datagram) {
        if (datagram.length() == 0) {
            return new Undecodable(Reason.TRUNCATED, 0);
        }
        int fixedLength = switch (datagram.unsignedByte(0)) {
            case RegistrationRequest.TYPE -> RegistrationRequest.FIXED_LENGTH;
            case RegistrationReply.TYPE -> RegistrationReply.FIXED_LENGTH;
            case Revocation.TYPE -> Revocation.FIXED_LENGTH;
            case RevocationAcknowledgment.TYPE -> RevocationAcknowledgment.FIXED_LENGTH;
            default -> 0;
        };
        if (fixedLength == 0) {
            return new Undecodable(Reason.UNKNOWN_MESSAGE_TYPE, 0);
        }
        if (datagram.length() < fixedLength) {
            return new Undecodable(Reason.TRUNCATED, datagram.length());
        }
        var extensions = new ArrayList<Extension>();
        var wrong = ExtensionCodec.decode(datagram, fixedLength, extensions);
        return wrong.isPresent() ? wrong.get() : new Message(message(datagram, extensions), datagram);
    }

    /** The octets of {@code message}, its extensions as they stand. */
    public static Octets encode(ControlMessage message) {
        var out = Unpooled.buffer();
        message.writeFixedPartTo(out);
        message.extensions().forEach(extension -> extension.writeTo(out));
        return Octets.copyOf(out);
    }

    /** The octets of {@code extensions} alone, to be appended to a message. */
    public static Octets encode(List<? extends Extension> extensions) {
        var out = Unpooled.buffer();
        extensions.forEach(extension -> extension.writeTo(out));
        return Octets.copyOf(out);
    }

    private static ControlMessage message(Octets octets, List<Extension> extensions) {
        return switch (octets.unsignedByte(0)) {
            case RegistrationRequest.TYPE ->
                new RegistrationRequest(
                        new RegistrationRequest.Flags(octets.unsignedByte(1)),
                        octets.unsignedShort(2),
                        new Ipv4Address(octets.int32(4)),
                        new Ipv4Address(octets.int32(8)),
                        new Ipv4Address(octets.int32(12)),
                        Identification.of(octets.int32(16), octets.int32(20)),
                        extensions);
            case RegistrationReply.TYPE ->
                new RegistrationReply(
                        new ReplyCode(octets.unsignedByte(1)),
                        octets.unsignedShort(2),
                        new Ipv4Address(octets.int32(4)),
                        new Ipv4Address(octets.int32(8)),
                        Identification.of(octets.int32(12), octets.int32(16)),
                        extensions);
            case Revocation.TYPE ->
                new Revocation(
                        octets.unsignedByte(1),
                        octets.unsignedShort(2),
                        new Ipv4Address(octets.int32(4)),
                        new Ipv4Address(octets.int32(8)),
                        new Ipv4Address(octets.int32(12)),
                        octets.int32(16),
                        extensions);
            case RevocationAcknowledgment.TYPE ->
                new RevocationAcknowledgment(
                        octets.unsignedByte(1),
                        octets.unsignedShort(2),
                        new Ipv4Address(octets.int32(4)),
                        octets.int32(8),
                        extensions);
            default -> throw new AssertionError("no fixed length was known for this type");
        };
    }
}
