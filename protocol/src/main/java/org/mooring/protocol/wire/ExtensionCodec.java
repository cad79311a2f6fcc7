package org.mooring.protocol.wire;

import java.util.List;
import java.util.Optional;
import org.mooring.protocol.wire.Decoded.Reason;
import org.mooring.protocol.wire.Decoded.Undecodable;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Extension.GeneralizedAuthentication;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Extension.NormalVendorSpecific;
import org.mooring.protocol.wire.Extension.Padding;
import org.mooring.protocol.wire.Extension.Skippable;
import org.mooring.protocol.wire.Extension.UdpTunnelReply;

/**
 * Reads the extensions of a message: the header forms of RFC 3344 §1.9 (TLV), §1.10 (long), §1.11 (short) and RFC 3115
 * §2.1.
 */
final class ExtensionCodec {
    private static final int FIRST_SKIPPABLE = 128;

    /** A datagram may hold many. */
    private static final Optional<Extension> PADDING = Optional.of(new Padding());

    private ExtensionCodec() {}

    /**
     * Reads what follows {@code from} into {@code extensions}; stops at the first that cannot be read, and says why.
     */
    static Optional<Undecodable> decode(Octets datagram, int from, List<Extension> extensions) {
        int at = from;
        while (at < datagram.length()) {
            int type = datagram.unsignedByte(at);
            if (type < FIRST_SKIPPABLE && !isRecognised(type)) {
                return Optional.of(new Undecodable(Reason.UNRECOGNISED_EXTENSION, at));
            }
            int length = lengthAt(datagram, at, type);
            if (length > datagram.length() - at) {
                return Optional.of(new Undecodable(Reason.EXTENSION_OVERRUNS_DATAGRAM, at));
            }
            var extension = decode(type, datagram.slice(at, at + length));
            if (extension.isEmpty()) {
                return Optional.of(new Undecodable(Reason.MALFORMED_EXTENSION, at));
            }
            extensions.add(extension.get());
            at += length;
        }
        return Optional.empty();
    }

    private static boolean isRecognised(int type) {
        return switch (type) {
            case Padding.TYPE,
                    32,
                    33,
                    34,
                    GeneralizedAuthentication.TYPE,
                    CriticalVendorSpecific.TYPE,
                    UdpTunnelReply.TYPE,
                    ForeignAgentError.TYPE,
                    ProxyAuthenticationMethod.TYPE -> true;
            default -> false;
        };
    }

    /** The whole extension's length; more than is left where not even the header is whole. */
    private static int lengthAt(Octets datagram, int at, int type) {
        int left = datagram.length() - at;
        return switch (type) {
            case Padding.TYPE -> 1;
            case GeneralizedAuthentication.TYPE, CriticalVendorSpecific.TYPE, ProxyAuthenticationMethod.TYPE ->
                left < 4 ? 4 : 4 + datagram.unsignedShort(at + 2);
            default -> {
                if (type == DynamicHomeAgent.TYPE && DynamicHomeAgent.isLongForm(datagram, at)) {
                    yield DynamicHomeAgent.LONG_LENGTH;
                }
                yield left < 2 ? 2 : 2 + datagram.unsignedByte(at + 1);
            }
        };
    }

    private static Optional<Extension> decode(int type, Octets octets) {
        return switch (type) {
            case Padding.TYPE -> PADDING;
            case 32 -> authentication(Authentication.Kind.MOBILE_HOME, octets);
            case 33 -> authentication(Authentication.Kind.MOBILE_FOREIGN, octets);
            case 34 -> authentication(Authentication.Kind.FOREIGN_HOME, octets);
            case GeneralizedAuthentication.TYPE -> generalizedAuthentication(octets);
            case CriticalVendorSpecific.TYPE -> criticalVendorSpecific(octets);
            case UdpTunnelReply.TYPE -> udpTunnelReply(octets);
            case ForeignAgentError.TYPE -> foreignAgentError(octets);
            case ProxyAuthenticationMethod.TYPE -> proxyAuthenticationMethod(octets);
            case Challenge.TYPE -> Optional.of(new Challenge(octets.slice(2)));
            case Nai.TYPE -> Optional.of(new Nai(octets.slice(2)));
            // A skippable type whose data does not fit what we know of it is one that we do not recognise.
            case NormalVendorSpecific.TYPE -> normalVendorSpecific(octets).or(() -> skippable(type, octets));
            case DeviceId.TYPE -> deviceId(octets).or(() -> skippable(type, octets));
            case EncapsulatingDelivery.TYPE -> encapsulatingDelivery(octets).or(() -> skippable(type, octets));
            case RevocationSupport.TYPE -> revocationSupport(octets).or(() -> skippable(type, octets));
            case DynamicHomeAgent.TYPE -> dynamicHomeAgent(octets).or(() -> skippable(type, octets));
            case UdpTunnelRequest.TYPE -> udpTunnelRequest(octets).or(() -> skippable(type, octets));
            default -> skippable(type, octets);
        };
    }

    private static Optional<Extension> authentication(Authentication.Kind kind, Octets octets) {
        return octets.length() < Authentication.AUTHENTICATOR_OFFSET
                ? Optional.empty()
                : Optional.of(
                        new Authentication(kind, octets.int32(2), octets.slice(Authentication.AUTHENTICATOR_OFFSET)));
    }

    private static Optional<Extension> generalizedAuthentication(Octets octets) {
        return octets.length() < GeneralizedAuthentication.LEAST_LENGTH
                ? Optional.empty()
                : Optional.of(new GeneralizedAuthentication(octets.unsignedByte(1), octets.int32(4), octets.slice(8)));
    }

    private static Optional<Extension> criticalVendorSpecific(Octets octets) {
        return octets.length() < 10
                ? Optional.empty()
                : Optional.of(new CriticalVendorSpecific(
                        octets.unsignedByte(1), octets.int32(4), octets.unsignedShort(8), octets.slice(10)));
    }

    private static Optional<Extension> udpTunnelReply(Octets octets) {
        return octets.length() != 8
                ? Optional.empty()
                : Optional.of(new UdpTunnelReply(
                        octets.unsignedByte(2),
                        octets.unsignedByte(3),
                        octets.unsignedShort(4),
                        octets.unsignedShort(6)));
    }

    private static Optional<Extension> foreignAgentError(Octets octets) {
        return octets.length() != ForeignAgentError.LENGTH
                ? Optional.empty()
                : Optional.of(new ForeignAgentError(octets.unsignedByte(2), octets.unsignedByte(3)));
    }

    private static Optional<Extension> proxyAuthenticationMethod(Octets octets) {
        return octets.length() != ProxyAuthenticationMethod.LENGTH
                        || octets.unsignedByte(1) != ProxyAuthenticationMethod.SUBTYPE
                ? Optional.empty()
                : Optional.of(new ProxyAuthenticationMethod(octets.unsignedByte(4)));
    }

    private static Optional<Extension> normalVendorSpecific(Octets octets) {
        return octets.length() < 10
                ? Optional.empty()
                : Optional.of(new NormalVendorSpecific(
                        octets.unsignedShort(2), octets.int32(4), octets.unsignedShort(8), octets.slice(10)));
    }

    private static Optional<Extension> deviceId(Octets octets) {
        return octets.length() < 4 || octets.unsignedByte(2) != DeviceId.SUBTYPE
                ? Optional.empty()
                : Optional.of(new DeviceId(octets.unsignedByte(3), octets.slice(4)));
    }

    private static Optional<Extension> encapsulatingDelivery(Octets octets) {
        return octets.length() == 2 ? Optional.of(new EncapsulatingDelivery()) : Optional.empty();
    }

    private static Optional<Extension> revocationSupport(Octets octets) {
        return octets.length() < RevocationSupport.LEAST_LENGTH
                ? Optional.empty()
                : Optional.of(new RevocationSupport(
                        octets.unsignedShort(2), octets.int32(4), octets.slice(RevocationSupport.LEAST_LENGTH)));
    }

    private static Optional<Extension> dynamicHomeAgent(Octets octets) {
        if (DynamicHomeAgent.isLongForm(octets, 0)) {
            return Optional.of(new DynamicHomeAgent(octets.unsignedByte(1), new Ipv4Address(octets.int32(4)), true));
        }
        return octets.length() != DynamicHomeAgent.LENGTH
                ? Optional.empty()
                : Optional.of(new DynamicHomeAgent(octets.unsignedByte(2), new Ipv4Address(octets.int32(3))));
    }

    private static Optional<Extension> udpTunnelRequest(Octets octets) {
        return octets.length() != UdpTunnelRequest.LENGTH
                ? Optional.empty()
                : Optional.of(new UdpTunnelRequest(
                        octets.unsignedByte(2),
                        octets.unsignedByte(3),
                        octets.unsignedByte(4),
                        octets.unsignedByte(5),
                        octets.unsignedShort(6)));
    }

    private static Optional<Extension> skippable(int type, Octets octets) {
        return Optional.of(new Skippable(type, octets.slice(2)));
    }
}
