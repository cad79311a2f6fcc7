package org.mooring.protocol.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Extension.UdpTunnelReply;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.Revocation;
import org.mooring.protocol.wire.RevocationAcknowledgment;
import org.mooring.protocol.wire.TunnelData;
import org.mooring.protocol.wire.UdpTunnelRequest;

/** Octets computed elsewhere, from the texts of RFC 3344 and RFC 2104, against the values they mean. */
@DisplayName("Vectors of whole messages")
class VectorTest {
    private static final Ipv4Address HOME = Ipv4Address.of("10.1.0.5");
    private static final Ipv4Address HOME_AGENT = Ipv4Address.of("10.1.0.1");
    private static final Ipv4Address CO_LOCATED = Ipv4Address.of("192.0.2.77");
    private static final Ipv4Address CARE_OF = Ipv4Address.of("198.51.100.9");
    private static final Identification ID = Identification.of(0xe8b41f00, 0x1234abcd);

    private static final SecurityAssociation MOBILE_HOME =
            association(0x100, "00112233445566778899aabbccddeeff", Algorithm.HMAC_MD5);
    private static final SecurityAssociation FOREIGN_HOME =
            association(0x1001, "0f0e0d0c0b0a09080706050403020100", Algorithm.HMAC_MD5);

    private static final int REVOCATION_IDENTIFIER = 0x65a1b2c3;

    private static final String V1_WITHOUT_AUTHENTICATOR =
            "0122012c0a0100050a010001c000024de8b41f001234abcd201400000100";
    private static final String V1_AUTHENTICATOR = "9500c0b02dc5147768933d3f2e5372ad";

    @Test
    @DisplayName("V1: request with a co-located care-of address, HMAC-MD5")
    void request() {
        var value = request(List.of());
        var octets = Octets.ofHex(V1_WITHOUT_AUTHENTICATOR + V1_AUTHENTICATOR);

        assertEquals(octets, Seal.encode(value, new Seal(Kind.MOBILE_HOME, MOBILE_HOME)));
        assertDecodesTo(request(List.of(mobileHome(V1_AUTHENTICATOR))), octets);
        assertVerifies(octets, Kind.MOBILE_HOME, MOBILE_HOME);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "V2, MD5_PREFIX_SUFFIX, 08c6ebbf4f6ab25dffea4390f09e9d5e",
        "V3, MD5_PREFIX_SUFFIX_WITHOUT_SPI, 1ab2f425ad7542f1b2245dd99b4a309d"
    })
    void keyedMd5(String vector, Algorithm algorithm, String authenticator) {
        var legacy = association(0x100, "00112233445566778899aabbccddeeff", algorithm);
        var octets = Octets.ofHex(V1_WITHOUT_AUTHENTICATOR + authenticator);

        assertEquals(octets, Seal.encode(request(List.of()), new Seal(Kind.MOBILE_HOME, legacy)), vector);
        assertVerifies(octets, Kind.MOBILE_HOME, legacy);
        assertEquals(
                Verified.Not.BAD_AUTHENTICATOR,
                Verifier.verify(decode(octets), Kind.MOBILE_HOME, List.of(MOBILE_HOME)),
                "under another algorithm");
    }

    @Test
    @DisplayName("V3b: an authenticator that does not cover the SPI is wrong")
    void spiNotCovered() {
        var octets = Octets.ofHex(V1_WITHOUT_AUTHENTICATOR + "e836d7f4a0bd53f21e4c0d57c4f93c86");

        assertEquals(
                Verified.Not.BAD_AUTHENTICATOR,
                Verifier.verify(decode(octets), Kind.MOBILE_HOME, List.of(MOBILE_HOME)));
    }

    @ParameterizedTest(name = "{0}: reply with code {1}")
    @CsvSource({
        "V4,   0, e8b41f00, 0300012c0a0100050a010001e8b41f001234abcd201400000100f899cea4cdc72f2f9fdeb36531ab4efe",
        "V5, 133, e8b41f5a, 0385012c0a0100050a010001e8b41f5a1234abcd201400000100548e5150299bd368c68101c2e6c36dd8"
    })
    void reply(String vector, int code, String high, String hex) {
        var id = ID.withHigh(Integer.parseUnsignedInt(high, 16));
        var value = new RegistrationReply(new ReplyCode(code), 300, HOME, HOME_AGENT, id, List.of());
        var octets = Octets.ofHex(hex);

        assertEquals(octets, Seal.encode(value, new Seal(Kind.MOBILE_HOME, MOBILE_HOME)), vector);
        assertVerifies(octets, Kind.MOBILE_HOME, MOBILE_HOME);
    }

    @Test
    @DisplayName("V6: deregistration of all care-of addresses, from home")
    void deregistration() {
        var value = new RegistrationRequest(
                Flags.NONE, 0, HOME, HOME_AGENT, HOME, Identification.of(0xe8b42000, 0xdeadbeef), List.of());
        var octets = Octets.ofHex(
                "010000000a0100050a0100010a010005e8b42000deadbeef" + "2014000001008aa8b24378df0b9ae022123a7c3715fa");

        assertEquals(octets, Seal.encode(value, new Seal(Kind.MOBILE_HOME, MOBILE_HOME)));
        assertVerifies(octets, Kind.MOBILE_HOME, MOBILE_HOME);
    }

    @Test
    @DisplayName("V7: request through a foreign agent, as the home agent receives it")
    void requestThroughForeignAgent() {
        var value = new RegistrationRequest(Flags.REVERSE_TUNNELING, 600, HOME, HOME_AGENT, CARE_OF, ID, List.of());
        var octets = Octets.ofHex("010202580a0100050a010001c6336409e8b41f001234abcd"
                + "2014000001006d9cdd3a7074904613bd3e721a28c7e7"
                + "2214000010017b3961d205a98242e85cb03ac3b0badd");

        assertEquals(
                octets,
                Seal.encode(value, new Seal(Kind.MOBILE_HOME, MOBILE_HOME), new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME)));
        assertVerifies(octets, Kind.MOBILE_HOME, MOBILE_HOME);
        assertVerifies(octets, Kind.FOREIGN_HOME, FOREIGN_HOME);
    }

    @Test
    @DisplayName("V8: request for a home address by NAI, with a UDP Tunnel Request")
    void requestByNai() {
        var value = new RegistrationRequest(
                Flags.DECAPSULATION_BY_MOBILE_NODE.plus(Flags.REVERSE_TUNNELING),
                60,
                Ipv4Address.UNSPECIFIED,
                HOME_AGENT,
                CO_LOCATED,
                ID,
                List.of(Nai.of("vm42@site-a.example"), new UdpTunnelRequest(UdpTunnelRequest.FORCE, 0)));
        var octets = Octets.ofHex("0122003c000000000a010001c000024de8b41f001234abcd"
                + "8313766d343240736974652d612e6578616d706c65"
                + "9006000080000000"
                + "20140000010030b18ee8c316e61f9a17697fb100689b");

        assertEquals(octets, Seal.encode(value, new Seal(Kind.MOBILE_HOME, MOBILE_HOME)));
        assertVerifies(octets, Kind.MOBILE_HOME, MOBILE_HOME);
        assertEquals(octets, RegistrationCodec.encode(decode(octets).message()));
    }

    @Test
    @DisplayName("V9: reply to V8, with a UDP Tunnel Reply")
    void replyByNai() {
        var value = new RegistrationReply(
                ReplyCode.ACCEPTED,
                60,
                HOME,
                HOME_AGENT,
                ID,
                List.of(Nai.of("vm42@site-a.example"), new UdpTunnelReply(0, 0, 0x8000, 110)));
        var octets = Octets.ofHex("0300003c0a0100050a010001e8b41f001234abcd"
                + "8313766d343240736974652d612e6578616d706c65"
                + "2c0600008000006e"
                + "201400000100d7642bd5c6a09b3e7a045a9363067d1c");

        assertEquals(octets, Seal.encode(value, new Seal(Kind.MOBILE_HOME, MOBILE_HOME)));
        assertVerifies(octets, Kind.MOBILE_HOME, MOBILE_HOME);
        assertEquals(octets, RegistrationCodec.encode(decode(octets).message()));
    }

    @Test
    @DisplayName("V12: revocation by the home agent")
    void revocation() {
        var value = new Revocation(
                0, Revocation.FROM_HOME_AGENT, HOME, HOME_AGENT, CARE_OF, REVOCATION_IDENTIFIER, List.of());
        var octets = Octets.ofHex(
                "070080000a0100050a010001c633640965a1b2c3" + "22140000100135b7632b735257755ead06d148692ffc");

        assertEquals(octets, Seal.encode(value, new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME)));
        assertVerifies(octets, Kind.FOREIGN_HOME, FOREIGN_HOME);
        var decoded = assertInstanceOf(Revocation.class, decode(octets).message());
        assertTrue(decoded.isFromHomeAgent());
        assertFalse(decoded.informs());
        assertEquals(octets, RegistrationCodec.encode(decoded));
    }

    @Test
    @DisplayName("V13: acknowledgment of V12")
    void revocationAcknowledgment() {
        var value = new RevocationAcknowledgment(0, 0, HOME, REVOCATION_IDENTIFIER, List.of());
        var octets = Octets.ofHex("0f0000000a01000565a1b2c3" + "2214000010018467947a62340f36d5446654898fbbe3");

        assertEquals(octets, Seal.encode(value, new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME)));
        assertVerifies(octets, Kind.FOREIGN_HOME, FOREIGN_HOME);
        assertEquals(octets, RegistrationCodec.encode(decode(octets).message()));
    }

    @Test
    @DisplayName("RFC 3543 §3.3, §3.4: I is the second bit of a revocation, the first one of its acknowledgment")
    void inform() {
        var id = REVOCATION_IDENTIFIER;
        assertTrue(new Revocation(0, 0x4000, HOME, HOME_AGENT, CARE_OF, id, List.of()).informs());
        assertTrue(new Revocation(0, 0x8000, HOME, HOME_AGENT, CARE_OF, id, List.of()).isFromHomeAgent());
        assertFalse(new Revocation(0, 0x7fff, HOME, HOME_AGENT, CARE_OF, id, List.of()).isFromHomeAgent());
        assertFalse(new Revocation(0, 0xbfff, HOME, HOME_AGENT, CARE_OF, id, List.of()).informs());
        assertTrue(new RevocationAcknowledgment(0, 0x8000, HOME, id, List.of()).informs());
        assertFalse(new RevocationAcknowledgment(0, 0x7fff, HOME, id, List.of()).informs());
    }

    @Test
    @DisplayName("V14: generalized authentication of V1's fixed part is kept as it came")
    void generalizedAuthentication() {
        var octets = Octets.ofHex("0122012c0a0100050a010001c000024de8b41f001234abcd"
                + "240100140000020062d9ffd899645abd8be915dd3d25432c");

        assertEquals(
                request(List.of(new Extension.GeneralizedAuthentication(
                        1, 0x200, Octets.ofHex("62d9ffd899645abd8be915dd3d25432c")))),
                decode(octets).message());
        assertEquals(octets, RegistrationCodec.encode(decode(octets).message()));
    }

    @ParameterizedTest(name = "V17: {0} in UDP")
    @CsvSource({"4, 04040000", "47, 042f0000", "55, 04370000"})
    void tunnelData(int nextHeader, String header) {
        var octets = Octets.ofHex(header + "4500");

        var value = new TunnelData(nextHeader, 0, Octets.ofHex("4500"));

        assertEquals(octets, value.encode());
        assertEquals(Optional.of(value), TunnelData.decode(octets));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "040400", "0304000045"})
    void isNoTunnelData(String hex) {
        assertEquals(Optional.empty(), TunnelData.decode(Octets.ofHex(hex)));
    }

    private static RegistrationRequest request(List<Extension> extensions) {
        return new RegistrationRequest(
                Flags.DECAPSULATION_BY_MOBILE_NODE.plus(Flags.REVERSE_TUNNELING),
                300,
                HOME,
                HOME_AGENT,
                CO_LOCATED,
                ID,
                extensions);
    }

    private static Extension mobileHome(String authenticator) {
        return new Extension.Authentication(Kind.MOBILE_HOME, 0x100, Octets.ofHex(authenticator));
    }

    private static SecurityAssociation association(int spi, String key, Algorithm algorithm) {
        return new SecurityAssociation(
                spi, new Key(Octets.ofHex(key)), algorithm, SecurityAssociation.DEFAULT_TOLERANCE);
    }

    private static void assertDecodesTo(RegistrationRequest value, Octets octets) {
        assertEquals(new Decoded.Message(value, octets), RegistrationCodec.decode(octets));
    }

    private static void assertVerifies(Octets octets, Kind kind, SecurityAssociation association) {
        assertEquals(new Verified.By(association), Verifier.verify(decode(octets), kind, List.of(association)));
    }

    private static Decoded.Message decode(Octets octets) {
        return assertInstanceOf(Decoded.Message.class, RegistrationCodec.decode(octets));
    }
}
