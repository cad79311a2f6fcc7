package org.mooring.protocol.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("RFC 3344 §3.3 Registration Request, §3.4 Registration Reply")
class RegistrationMessageTest {
    private static final Ipv4Address HOME = Ipv4Address.of("10.1.0.5");
    private static final Ipv4Address AGENT = Ipv4Address.of("10.1.0.1");

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({"0x80,S", "0x40,B", "0x20,D", "0x10,M", "0x08,G", "0x04,r", "0x02,T", "0x01,x", "0x22,DT", "0,-"})
    void flagsAreTheirLetters(String octet, String letters) {
        assertEquals(letters, new Flags(Integer.decode(octet)).toString());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"0x80,S", "0x40,B", "0x20,D", "0x10,M", "0x08,G", "0x04,r", "0x02,T", "0x01,r", "0,-"})
    void flagsAreKnownByTheirNames(String octet, String letter) {
        var flags = new Flags(Integer.decode(octet));

        assertEquals(letter.equals("S"), flags.simultaneousBindings());
        assertEquals(letter.equals("B"), flags.broadcastDatagrams());
        assertEquals(letter.equals("D"), flags.decapsulationByMobileNode());
        assertEquals(letter.equals("M"), flags.minimalEncapsulation());
        assertEquals(letter.equals("G"), flags.greEncapsulation());
        assertEquals(letter.equals("T"), flags.reverseTunneling());
        assertEquals(letter.equals("r"), flags.reserved());
    }

    @Test
    void flagsAddUp() {
        assertEquals(new Flags(0x22), Flags.REVERSE_TUNNELING.plus(Flags.DECAPSULATION_BY_MOBILE_NODE));
    }

    @Test
    void homeAddressCanBeFilledIn() {
        var other = Ipv4Address.of("10.1.0.6");

        assertEquals(
                new RegistrationRequest(Flags.NONE, 60, other, AGENT, AGENT, Identification.of(1, 2), List.of()),
                request(60, AGENT).withHomeAddress(other));
    }

    @Test
    void zeroLifetimeDeregisters() {
        assertTrue(request(0, AGENT).isDeregistration());
        assertFalse(request(0, AGENT).isDeregistrationOfAll());
        assertTrue(request(0, HOME).isDeregistrationOfAll());
        assertFalse(request(1, HOME).isDeregistrationOfAll());
        assertThrows(IllegalArgumentException.class, () -> request(0x10000, AGENT));
    }

    @ParameterizedTest
    @CsvSource({
        "0, true, false",
        "1, true, false",
        "2, false, false",
        "63, false, false",
        "64, false, true",
        "127, false, true",
        "128, false, false",
        "193, false, false",
        "194, false, true",
        "195, false, false"
    })
    void codesSayWhoseTheyAre(int value, boolean accepted, boolean fromForeignAgent) {
        var code = new ReplyCode(value);

        assertEquals(accepted, code.isAccepted());
        assertEquals(fromForeignAgent, code.isFromForeignAgent());
    }

    @Test
    void codesHaveTheWordsOfTheRfc() {
        assertEquals("69 (requested lifetime too long)", ReplyCode.FA_LIFETIME_TOO_LONG.toString());
        assertEquals(ReplyCode.HA_IDENTIFICATION_MISMATCH, new ReplyCode(133));
        assertEquals("250 (unassigned)", new ReplyCode(250).toString());
        assertThrows(IllegalArgumentException.class, () -> new ReplyCode(256));
    }

    private static RegistrationRequest request(int lifetime, Ipv4Address careOfAddress) {
        return new RegistrationRequest(
                Flags.NONE, lifetime, HOME, AGENT, careOfAddress, Identification.of(1, 2), List.of());
    }
}
