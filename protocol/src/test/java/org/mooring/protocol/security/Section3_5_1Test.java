package org.mooring.protocol.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;

@DisplayName("RFC 3344 §3.5.1 Computing Authentication Extension Values")
class Section3_5_1Test {
    private static final SecurityAssociation MOBILE_HOME = association(0x100, "00112233445566778899aabbccddeeff");
    private static final SecurityAssociation FOREIGN_HOME = association(0x1001, "0f0e0d0c0b0a09080706050403020100");

    private static final Octets REQUEST = Octets.ofHex("010202580a0100050a010001c6336409e8b41f001234abcd");
    private static final Octets SEALED = new Seal(Kind.MOBILE_HOME, MOBILE_HOME).appendTo(REQUEST);

    @Test
    @DisplayName("RFC 2104 §A, test case 2")
    void hmacMd5() {
        assertEquals(
                Octets.ofHex("750c783e6ab0b503eaa86e310a5db738"),
                Algorithm.HMAC_MD5.compute(
                        new Key(Octets.of((byte) 'J', (byte) 'e', (byte) 'f', (byte) 'e')),
                        Octets.of("what do ya want for nothing?".getBytes(StandardCharsets.US_ASCII))));
    }

    @Test
    @DisplayName("RFC 4231 §4.3, test case 2")
    void hmacSha256() {
        assertEquals(
                Octets.ofHex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
                Algorithm.HMAC_SHA_256.compute(
                        new Key(Octets.of((byte) 'J', (byte) 'e', (byte) 'f', (byte) 'e')),
                        Octets.of("what do ya want for nothing?".getBytes(StandardCharsets.US_ASCII))));
    }

    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void eachAlgorithmSealsWhatItVerifies(Algorithm algorithm) {
        var association =
                new SecurityAssociation(0x300, MOBILE_HOME.key(), algorithm, SecurityAssociation.DEFAULT_TOLERANCE);
        var sealed = new Seal(Kind.MOBILE_HOME, association).appendTo(REQUEST);

        assertEquals(REQUEST.length() + 6 + algorithm.authenticatorLength(), sealed.length());
        assertEquals(4 + algorithm.authenticatorLength(), sealed.unsignedByte(REQUEST.length() + 1));
        assertEquals(new Verified.By(association), verify(sealed, Kind.MOBILE_HOME, MOBILE_HOME, association));
    }

    @Test
    void coversEachOctetBeforeTheAuthenticatorAndTheAuthenticatorItself() {
        for (int bit = 0; bit < SEALED.length() * 8; bit++) {
            if (RegistrationCodec.decode(flip(SEALED, bit)) instanceof Decoded.Message message) {
                var verified = Verifier.verify(message, Kind.MOBILE_HOME, List.of(MOBILE_HOME));
                assertFalse(verified instanceof Verified.By, "bit " + bit + " may be flipped unnoticed");
            }
        }
    }

    @Test
    void doesNotCoverWhatFollows() {
        assertEquals(new Verified.By(MOBILE_HOME), verify(SEALED.concat(Octets.ofHex("c801aa")), Kind.MOBILE_HOME));
    }

    @Test
    void coversEarlierAuthenticationExtensions() {
        var both = new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME).appendTo(SEALED);
        var tampered = flip(both, (SEALED.length() - 1) * 8);

        assertEquals(new Verified.By(FOREIGN_HOME), verify(both, Kind.FOREIGN_HOME, FOREIGN_HOME));
        assertEquals(Verified.Not.BAD_AUTHENTICATOR, verify(tampered, Kind.FOREIGN_HOME, FOREIGN_HOME));
    }

    @ParameterizedTest(name = "authenticator {0}")
    @ValueSource(strings = {"", "95", "9500c0b02dc5147768933d3f2e5372ad00"})
    void anAuthenticatorOfAnotherLengthIsBad(String authenticator) {
        var length = "%02x".formatted(4 + authenticator.length() / 2);
        var octets = REQUEST.concat(Octets.ofHex("20" + length + "00000100" + authenticator));

        assertEquals(Verified.Not.BAD_AUTHENTICATOR, verify(octets, Kind.MOBILE_HOME));
    }

    @Test
    void theExtensionMustBeThereOnce() {
        assertEquals(Verified.Not.MISSING, verify(REQUEST, Kind.MOBILE_HOME));
        assertEquals(Verified.Not.MISSING, verify(SEALED, Kind.FOREIGN_HOME));
        assertEquals(
                Verified.Not.MORE_THAN_ONE,
                verify(new Seal(Kind.MOBILE_HOME, MOBILE_HOME).appendTo(SEALED), Kind.MOBILE_HOME));
    }

    @Test
    @DisplayName("RFC 5944 §3.8.2.1 (a): of several authorization-enabling extensions each must be right")
    void eachOfSeveralIsVerified() {
        var seal = new Seal(Kind.MOBILE_HOME, MOBILE_HOME);
        var twice = seal.appendTo(SEALED);
        assertEquals(new Verified.By(MOBILE_HOME), verifyEach(SEALED));
        assertEquals(new Verified.By(MOBILE_HOME), verifyEach(twice));
        assertEquals(Verified.Not.BAD_AUTHENTICATOR, verifyEach(flip(twice, (twice.length() - 1) * 8)));
        assertEquals(
                Verified.Not.BAD_AUTHENTICATOR, verifyEach(seal.appendTo(flip(SEALED, (SEALED.length() - 1) * 8))));
        assertEquals(Verified.Not.MISSING, verifyEach(REQUEST));
        assertEquals(
                Verified.Not.MISPLACED,
                verifyEach(seal.appendTo(seal.appendTo(new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME).appendTo(REQUEST)))));
    }

    private static Verified verifyEach(Octets octets) {
        return Verifier.verifyEach(
                assertInstanceOf(Decoded.Message.class, RegistrationCodec.decode(octets)), List.of(MOBILE_HOME));
    }

    @Test
    @DisplayName("§3.8.2.1 (a): an MN-AAA authentication counts as authorization-enabling, and nobody can verify it")
    void generalizedAuthenticationIsAuthorizationEnabling() {
        var generalized = Octets.ofHex("2401 0014 00000200 62d9ffd899645abd8be915dd3d25432c");

        assertEquals(Verified.Not.MORE_THAN_ONE, verify(SEALED.concat(generalized), Kind.MOBILE_HOME));
        assertEquals(Verified.Not.MISSING, verify(REQUEST.concat(generalized), Kind.MOBILE_HOME));
    }

    @Test
    @DisplayName("§3.2: the Mobile-Home extension is the first authentication extension")
    void mobileHomeComesFirst() {
        var foreignFirst = new Seal(Kind.MOBILE_HOME, MOBILE_HOME)
                .appendTo(new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME).appendTo(REQUEST));

        assertEquals(Verified.Not.MISPLACED, verify(foreignFirst, Kind.MOBILE_HOME));
    }

    @Test
    void theSpiSelectsTheAssociation() {
        var other = association(0x200, "ffeeddccbbaa99887766554433221100");

        assertEquals(new Verified.By(MOBILE_HOME), verify(SEALED, Kind.MOBILE_HOME, other, MOBILE_HOME));
        assertEquals(Verified.Not.UNKNOWN_SPI, verify(SEALED, Kind.MOBILE_HOME, other));
        assertEquals(Verified.Not.NO_ASSOCIATION, verify(SEALED, Kind.MOBILE_HOME, new SecurityAssociation[0]));
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "255"})
    @DisplayName("§1.6: SPIs 0 to 255 must not be used")
    void reservedSpisAreRefused(int spi) {
        assertThrows(IllegalArgumentException.class, () -> association(spi, "00"));
    }

    @Test
    void anSpiIsUnsigned() {
        assertEquals(0xffffffff, association(0xffffffff, "00").spi());
    }

    @Test
    @DisplayName("§5.1: keys of any length")
    void keysOfAnyLength() {
        var longKey = association(0x100, "5a".repeat(80));

        var sealed = new Seal(Kind.MOBILE_HOME, longKey).appendTo(REQUEST);

        assertEquals(new Verified.By(longKey), verify(sealed, Kind.MOBILE_HOME, longKey));
    }

    @Test
    void keysDoNotPrint() {
        assertEquals("Key[128 bits]", MOBILE_HOME.key().toString());
        assertFalse(MOBILE_HOME.toString().contains("00112233"), MOBILE_HOME.toString());
    }

    private static Verified verify(Octets octets, Kind kind) {
        return verify(octets, kind, kind == Kind.MOBILE_HOME ? MOBILE_HOME : FOREIGN_HOME);
    }

    private static Verified verify(Octets octets, Kind kind, SecurityAssociation... associations) {
        var message = assertInstanceOf(Decoded.Message.class, RegistrationCodec.decode(octets));
        return Verifier.verify(message, kind, List.of(associations));
    }

    private static Octets flip(Octets octets, int bit) {
        var bytes = octets.toByteArray();
        bytes[bit / 8] = (byte) (bytes[bit / 8] ^ (0x80 >> (bit % 8)));
        return Octets.of(bytes);
    }

    private static SecurityAssociation association(int spi, String key) {
        return new SecurityAssociation(spi, new Key(Octets.ofHex(key)), Algorithm.HMAC_MD5, Duration.ofSeconds(7));
    }
}
