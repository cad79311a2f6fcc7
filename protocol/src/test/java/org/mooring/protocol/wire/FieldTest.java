package org.mooring.protocol.wire;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AdvertisementExtension.PrefixLengths;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Extension.GeneralizedAuthentication;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Extension.NormalVendorSpecific;
import org.mooring.protocol.wire.Extension.Skippable;
import org.mooring.protocol.wire.Extension.UdpTunnelReply;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("A value has to fit its field")
class FieldTest {
    private static final Ipv4Address ADDRESS = Ipv4Address.of("10.1.0.5");
    private static final Identification ID = Identification.of(1, 2);

    static Stream<Arguments> numbers() {
        return Stream.of(
                number("request: flags", 8, Flags::new),
                number(
                        "request: lifetime",
                        16,
                        value -> new RegistrationRequest(Flags.NONE, value, ADDRESS, ADDRESS, ADDRESS, ID, List.of())),
                number("reply: code", 8, ReplyCode::new),
                number(
                        "reply: lifetime",
                        16,
                        value -> new RegistrationReply(ReplyCode.ACCEPTED, value, ADDRESS, ADDRESS, ID, List.of())),
                number("revocation: reserved", 8, value -> revocation(value, 0)),
                number("revocation: flags", 16, value -> revocation(0, value)),
                number("acknowledgment: reserved", 8, value -> acknowledgment(value, 0)),
                number("acknowledgment: flags", 16, value -> acknowledgment(0, value)),
                number("tunnel data: next header", 8, value -> new TunnelData(value, 0, Octets.EMPTY)),
                number("tunnel data: reserved", 16, value -> new TunnelData(0, value, Octets.EMPTY)),
                number("advertisement: code", 8, value -> new AgentAdvertisement(value, 0, 2, List.of(), List.of())),
                number(
                        "advertisement: lifetime",
                        16,
                        value -> new AgentAdvertisement(0, value, 2, List.of(), List.of())),
                number(
                        "advertisement: entry size",
                        8,
                        value -> new AgentAdvertisement(0, 0, value, List.of(), List.of())),
                number("mobility agent: sequence", 16, value -> new MobilityAgent(value, 0, 0, List.of())),
                number("mobility agent: lifetime", 16, value -> new MobilityAgent(0, value, 0, List.of())),
                number("mobility agent: flags", 16, value -> new MobilityAgent(0, 0, value, List.of())),
                number(
                        "generalized authentication: subtype",
                        8,
                        value -> new GeneralizedAuthentication(value, 256, Octets.EMPTY)),
                number("critical: reserved", 8, value -> new CriticalVendorSpecific(value, 0, 0, Octets.EMPTY)),
                number("critical: type", 16, value -> new CriticalVendorSpecific(0, 0, value, Octets.EMPTY)),
                number("normal: reserved", 16, value -> new NormalVendorSpecific(value, 0, 0, Octets.EMPTY)),
                number("normal: type", 16, value -> new NormalVendorSpecific(0, 0, value, Octets.EMPTY)),
                number("UDP tunnel reply: subtype", 8, value -> new UdpTunnelReply(value, 0, 0, 0)),
                number("UDP tunnel reply: code", 8, value -> new UdpTunnelReply(0, value, 0, 0)),
                number("UDP tunnel reply: flags", 16, value -> new UdpTunnelReply(0, 0, value, 0)),
                number("UDP tunnel reply: keepalive", 16, value -> new UdpTunnelReply(0, 0, 0, value)),
                number("UDP tunnel request: subtype", 8, value -> new UdpTunnelRequest(value, 0, 0, 0, 0)),
                number("UDP tunnel request: first reserved", 8, value -> new UdpTunnelRequest(0, value, 0, 0, 0)),
                number("UDP tunnel request: flags", 8, value -> new UdpTunnelRequest(0, 0, value, 0, 0)),
                number("UDP tunnel request: encapsulation", 8, value -> new UdpTunnelRequest(0, 0, 0, value, 0)),
                number("UDP tunnel request: last reserved", 16, value -> new UdpTunnelRequest(0, 0, 0, 0, value)),
                number("revocation support: flags", 16, value -> new RevocationSupport(value, 0, Octets.EMPTY)),
                number("dynamic home agent: subtype", 8, value -> new DynamicHomeAgent(value, ADDRESS)),
                number("proxy authentication method", 8, ProxyAuthenticationMethod::new),
                number("device id: type", 8, value -> new DeviceId(value, Octets.EMPTY)));
    }

    private static Revocation revocation(int reserved, int flags) {
        return new Revocation(reserved, flags, ADDRESS, ADDRESS, ADDRESS, 0, List.of());
    }

    private static RevocationAcknowledgment acknowledgment(int reserved, int flags) {
        return new RevocationAcknowledgment(reserved, flags, ADDRESS, 0, List.of());
    }

    private static Arguments number(String field, int bits, IntConsumer maker) {
        return Arguments.of(field, bits, maker);
    }

    @ParameterizedTest(name = "{0} has {1} bits")
    @MethodSource("numbers")
    void numbersHaveAsManyBitsAsTheirField(String field, int bits, IntConsumer maker) {
        assertDoesNotThrow(() -> maker.accept((1 << bits) - 1), field);
        assertThrows(IllegalArgumentException.class, () -> maker.accept(1 << bits), field);
        assertThrows(IllegalArgumentException.class, () -> maker.accept(-1), field);
    }

    static Stream<Arguments> lengths() {
        return Stream.of(
                length(
                        "authenticator",
                        251,
                        octets -> new Authentication(Authentication.Kind.MOBILE_HOME, 256, octets)),
                length("generalized authenticator", 65_531, octets -> new GeneralizedAuthentication(1, 256, octets)),
                length("critical vendor extension", 65_529, octets -> new CriticalVendorSpecific(1, 1, octets)),
                length("normal vendor extension", 247, octets -> new NormalVendorSpecific(1, 1, octets)),
                length("NAI", 255, Nai::new),
                length("challenge", 255, Challenge::new),
                length("device id", 253, octets -> new DeviceId(2, octets)),
                length("revocation support", 249, octets -> new RevocationSupport(0, 0, octets)),
                length("skippable extension", 255, octets -> new Skippable(200, octets)));
    }

    private static Arguments length(String what, int most, Function<Octets, Extension> maker) {
        return Arguments.of(what, most, maker);
    }

    @ParameterizedTest(name = "{0}: {1} octets at most")
    @MethodSource("lengths")
    void octetsAreNoMoreThanTheirLengthFieldCanSay(String what, int most, Function<Octets, Extension> maker) {
        var longest = maker.apply(Octets.of(new byte[most]));
        var message = new RegistrationReply(ReplyCode.ACCEPTED, 0, ADDRESS, ADDRESS, ID, List.of(longest));

        var decoded = RegistrationCodec.decode(RegistrationCodec.encode(message));

        assertEquals(new Decoded.Message(message, RegistrationCodec.encode(message)), decoded);
        assertThrows(IllegalArgumentException.class, () -> maker.apply(Octets.of(new byte[most + 1])), what);
    }

    @ParameterizedTest
    @MethodSource("advertised")
    void advertisedOctetsAreNoMoreThanTheirLengthFieldCanSay(int most, Function<Octets, ?> maker) {
        assertDoesNotThrow(() -> maker.apply(Octets.of(new byte[most])));
        assertThrows(IllegalArgumentException.class, () -> maker.apply(Octets.of(new byte[most + 1])));
    }

    static Stream<Arguments> advertised() {
        Function<Octets, ?> skippable = octets -> new AdvertisementExtension.Skippable(200, octets);
        Function<Octets, ?> prefixLengths = PrefixLengths::new;
        Function<Octets, ?> challenge = AdvertisementExtension.Challenge::new;
        return Stream.of(Arguments.of(255, skippable), Arguments.of(255, prefixLengths), Arguments.of(255, challenge));
    }
}
