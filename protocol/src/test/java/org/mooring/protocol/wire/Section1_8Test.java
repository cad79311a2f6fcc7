package org.mooring.protocol.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.protocol.wire.Decoded.Message;
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

@DisplayName("RFC 3344 §1.8-§1.11 Message Format and Protocol Extensibility")
class Section1_8Test {
    private static final String REQUEST = "0122012c0a0100050a010001c000024de8b41f001234abcd";
    private static final String AUTHENTICATOR = "62d9ffd899645abd8be915dd3d25432c";

    static List<Object[]> extensions() {
        return List.of(
                new Object[] {"00", new Padding()},
                new Object[] {"8000", new Skippable(128, Octets.EMPTY)},
                new Object[] {"8608 0000 0000a1b2 0007", new NormalVendorSpecific(0xa1b2, 7, Octets.EMPTY)},
                new Object[] {"9302 02 01", new DeviceId(1, Octets.EMPTY)},
                new Object[] {
                    "2006 00000100 abcd", new Authentication(Authentication.Kind.MOBILE_HOME, 256, Octets.ofHex("abcd"))
                },
                new Object[] {"2104 ffffffff", new Authentication(Authentication.Kind.MOBILE_FOREIGN, -1, Octets.EMPTY)
                },
                new Object[] {
                    "2205 00001001 00", new Authentication(Authentication.Kind.FOREIGN_HOME, 0x1001, Octets.ofHex("00"))
                },
                new Object[] {
                    "2401 0014 00000200" + AUTHENTICATOR,
                    new GeneralizedAuthentication(1, 0x200, Octets.ofHex(AUTHENTICATOR))
                },
                new Object[] {
                    "2402 0015 00000200 ab" + AUTHENTICATOR,
                    new GeneralizedAuthentication(2, 0x200, Octets.ofHex("ab" + AUTHENTICATOR))
                },
                new Object[] {
                    "2600 0009 0000a1b2 0007 010203", new CriticalVendorSpecific(0xa1b2, 7, Octets.ofHex("010203"))
                },
                new Object[] {"26ff 0006 0000a1b2 0007", new CriticalVendorSpecific(255, 0xa1b2, 7, Octets.EMPTY)},
                new Object[] {"2c06 00 40 7fff 0000", new UdpTunnelReply(0, 64, 0x7fff, 0)},
                new Object[] {"2d02 00 42", new ForeignAgentError(ReplyCode.FA_INSUFFICIENT_RESOURCES)},
                new Object[] {"2d02 01 ff", new ForeignAgentError(1, 255)},
                new Object[] {"8303 614062", Nai.of("a@b")},
                new Object[] {"8609 0000 0000a1b2 0007 01", new NormalVendorSpecific(0xa1b2, 7, Octets.ofHex("01"))},
                new Object[] {"9308 02 01 525400010050", DeviceId.ethernet(Octets.ofHex("525400010050"))},
                new Object[] {"8200", new EncapsulatingDelivery()},
                new Object[] {"8201 00", new Skippable(130, Octets.ofHex("00"))},
                new Object[] {"8906 8000 65a1b2c3", new RevocationSupport(true, 0x65a1b2c3)},
                new Object[] {"8907 7fff ffffffff ab", new RevocationSupport(0x7fff, -1, Octets.ofHex("ab"))},
                new Object[] {"8905 8000 65a1b2", new Skippable(137, Octets.ofHex("800065a1b2"))},
                new Object[] {"8b05 01 0a010001", new DynamicHomeAgent(1, Ipv4Address.of("10.1.0.1"))},
                new Object[] {"8b01 0004 0a010001", new DynamicHomeAgent(1, Ipv4Address.of("10.1.0.1"), true)},
                new Object[] {"8b02 0004 0a010001", new DynamicHomeAgent(2, Ipv4Address.of("10.1.0.1"), true)},
                new Object[] {"8b01 00", new Skippable(139, Octets.ofHex("00"))},
                new Object[] {"8b06 0004 0a010001", new Skippable(139, Octets.ofHex("00040a010001"))},
                new Object[] {"2f01 0001 02", new ProxyAuthenticationMethod(2)},
                new Object[] {"8404 01020304", new Challenge(Octets.ofHex("01020304"))},
                new Object[] {"9006 00 00 80 2f 0000", new UdpTunnelRequest(UdpTunnelRequest.FORCE, 47)},
                new Object[] {"9006 01 02 03 04 0506", new UdpTunnelRequest(1, 2, 3, 4, 0x506)},
                new Object[] {"9005 0000 8000 00", new Skippable(144, Octets.ofHex("0000800000"))},
                new Object[] {"9303 01 abcd", new Skippable(147, Octets.ofHex("01abcd"))},
                new Object[] {"9301 02", new Skippable(147, Octets.ofHex("02"))},
                new Object[] {"8603 000000", new Skippable(134, Octets.ofHex("000000"))},
                new Object[] {"c807 01020304050607", new Skippable(200, Octets.ofHex("01020304050607"))},
                new Object[] {"ff00", new Skippable(255, Octets.EMPTY)});
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("extensions")
    void extensionsAreReadAndWrittenBack(String hex, Extension value) {
        var datagram = Octets.ofHex(REQUEST + hex);

        var message = assertInstanceOf(Message.class, RegistrationCodec.decode(datagram))
                .message();

        assertEquals(List.of(value), message.extensions());
        assertEquals(datagram, RegistrationCodec.encode(message));
        assertEquals(datagram.length(), message.offsetOf(0) + value.length());
        assertEquals(Octets.ofHex(hex).unsignedByte(0), value.type());
        assertEquals(Optional.of(value), message.extension(value.getClass()));
    }

    @Test
    void extensionsKeepTheirOrder() {
        var datagram = Octets.ofHex(REQUEST + "00 c800 2004 00000100 00 c801aa 00 2204 00001001");

        var message = assertInstanceOf(Message.class, RegistrationCodec.decode(datagram))
                .message();

        assertEquals(
                List.of(0, 200, 32, 0, 200, 0, 34),
                message.extensions().stream().map(Extension::type).toList());
        assertEquals(24 + 1 + 2, message.offsetOf(2));
        assertEquals(datagram, RegistrationCodec.encode(message));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16, 31, 35, 37, 40, 43, 46, 48, 50, 100, 127})
    void discardsAMessageWithAnUnrecognisedTypeBelow128(int type) {
        var datagram = Octets.ofHex(REQUEST + "c800 %02x0100 00".formatted(type));

        assertEquals(new Undecodable(Reason.UNRECOGNISED_EXTENSION, 26), RegistrationCodec.decode(datagram));
    }

    @ParameterizedTest(name = "{0} -> {1} at {2}")
    @CsvSource({
        "2014 00000100 00,      EXTENSION_OVERRUNS_DATAGRAM, 24",
        "00 20,                 EXTENSION_OVERRUNS_DATAGRAM, 25",
        "c801,                  EXTENSION_OVERRUNS_DATAGRAM, 24",
        "2600 00,               EXTENSION_OVERRUNS_DATAGRAM, 24",
        "2600 0001,             EXTENSION_OVERRUNS_DATAGRAM, 24",
        "2600 0007 0000a1b2 0007, EXTENSION_OVERRUNS_DATAGRAM, 24",
        "2003 000001,           MALFORMED_EXTENSION,         24",
        "2600 0005 0000a1b2 00, MALFORMED_EXTENSION,         24",
        "2401 0003 000002,      MALFORMED_EXTENSION,         24",
        "2401 0004 00000200,    MALFORMED_EXTENSION,         24",
        "2401 0013 00000200 62d9ffd899645abd8be915dd3d2543, MALFORMED_EXTENSION, 24",
        "2c05 0040 7fff 00,     MALFORMED_EXTENSION,         24",
        "2f02 0001 01,          MALFORMED_EXTENSION,         24",
        "2f01 0002 0101,        MALFORMED_EXTENSION,         24",
        "2f01 00,               EXTENSION_OVERRUNS_DATAGRAM, 24",
        "2d01 00,               MALFORMED_EXTENSION,         24",
        "2d03 004200,           MALFORMED_EXTENSION,         24"
    })
    void discardsAMessageWithAMalformedExtension(String hex, Reason reason, int offset) {
        assertEquals(new Undecodable(reason, offset), RegistrationCodec.decode(Octets.ofHex(REQUEST + hex)));
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "'',        TRUNCATED,            0",
        "01,        TRUNCATED,            1",
        "0300012c,  TRUNCATED,            4",
        "00,        UNKNOWN_MESSAGE_TYPE, 0",
        "02,        UNKNOWN_MESSAGE_TYPE, 0",
        "0404,      UNKNOWN_MESSAGE_TYPE, 0"
    })
    void discardsWhatIsNoRegistrationMessage(String hex, Reason reason, int offset) {
        assertEquals(new Undecodable(reason, offset), RegistrationCodec.decode(Octets.ofHex(hex)));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @DisplayName("§3.2, RFC 4721 §5: which extensions enable authorization")
    @CsvSource({
        "2004 00000100,      true",
        "2104 00000100,      false",
        "2204 00000100,      false",
        "2401 0014 00000200 62d9ffd899645abd8be915dd3d25432c, true",
        "2402 0014 00000200 62d9ffd899645abd8be915dd3d25432c, false",
        "8303 614062,        false"
    })
    void authorizationEnabling(String hex, boolean enabling) {
        var message = assertInstanceOf(Message.class, RegistrationCodec.decode(Octets.ofHex(REQUEST + hex)))
                .message();

        assertEquals(enabling, message.extensions().get(0).isAuthorizationEnabling());
    }

    @Test
    void extensionsSayWhatTheyMean() {
        assertEquals("vm42@site-a.example", Nai.of("vm42@site-a.example").text());
        assertTrue(DeviceId.ethernet(Octets.ofHex("525400010050")).isEthernet());
        assertFalse(new DeviceId(2, Octets.ofHex("525400010050")).isEthernet());
        assertFalse(new DeviceId(DeviceId.ETHERNET_MAC, Octets.ofHex("52540001")).isEthernet());
        assertTrue(new UdpTunnelRequest(UdpTunnelRequest.FORCE, 4).forces());
        assertFalse(new UdpTunnelRequest(~UdpTunnelRequest.FORCE & 0xff, 4).forces());
        assertTrue(new RevocationSupport(true, 1).informs());
        assertFalse(new RevocationSupport(false, 1).informs());
        assertFalse(new RevocationSupport(~RevocationSupport.INFORM & 0xffff, 1, Octets.EMPTY).informs());
    }

    @Test
    void decodingLeavesTheBufferAsItWas() {
        var buffer = Unpooled.wrappedBuffer(Octets.ofHex("ffff" + REQUEST).toByteArray());
        buffer.skipBytes(2);

        var message = assertInstanceOf(Message.class, RegistrationCodec.decode(buffer));

        assertEquals(Octets.ofHex(REQUEST), message.wire());
        assertEquals(2, buffer.readerIndex());
    }

    @Test
    void valuesThatDoNotFitTheirFieldsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Skippable(127, Octets.EMPTY));
        assertThrows(IllegalArgumentException.class, () -> new Nai(Octets.of(new byte[256])));
        assertThrows(IllegalArgumentException.class, () -> new CriticalVendorSpecific(1, 0x10000, Octets.EMPTY));
        assertThrows(IllegalArgumentException.class, () -> DeviceId.ethernet(Octets.of(new byte[5])));
    }
}
