package org.mooring.protocol.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AdvertisementExtension.Padding;
import org.mooring.protocol.wire.AdvertisementExtension.PrefixLengths;
import org.mooring.protocol.wire.AdvertisementExtension.Skippable;
import org.mooring.protocol.wire.AgentAdvertisement.Router;

@DisplayName("RFC 3344 §2 Agent Discovery")
class AgentDiscoveryVectorTest {
    private static final String V10 = "0900d3010102001ec633640900000000100a000002589100c633640913011800";

    @Test
    @DisplayName("V10: Agent Advertisement")
    void advertisement() {
        var address = Ipv4Address.of("198.51.100.9");
        var agent = new MobilityAgent(
                0,
                600,
                MobilityAgent.REGISTRATION_REQUIRED | MobilityAgent.FOREIGN_AGENT | MobilityAgent.REVERSE_TUNNELING,
                List.of(address));
        var value = AgentAdvertisement.of(0, 30, List.of(new Router(address, 0)), List.of(agent, PrefixLengths.of(24)));

        assertEquals(Octets.ofHex(V10), AgentDiscoveryCodec.encode(value));
        assertEquals(Optional.of(agent), value.mobilityAgent());
        assertEquals(Optional.of(PrefixLengths.of(24)), value.prefixLengths());
        assertEquals(new Padding(), value.extensions().get(2), "the length would be odd");
        assertEquals(Optional.of(value), AgentDiscoveryCodec.decode(Octets.ofHex(V10)));
    }

    @Test
    @DisplayName("V11: Agent Solicitation")
    void solicitation() {
        var octets = Octets.ofHex("0a00f5ff00000000");

        assertEquals(octets, AgentDiscoveryCodec.encode(new AgentSolicitation()));
        assertEquals(Optional.of(new AgentSolicitation()), AgentDiscoveryCodec.decode(octets));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "a solicitation with another code (RFC 1256 §4.2),          0a05f5fa00000000",
        "a solicitation that is too short,                          0a00f5ff",
        "a wrong checksum,                                          0a00f5fe00000000",
        "entries that are too small for an address,                 0900f5e10101001e",
        "more routers than there is room for,                       0900f4e002020000",
        "an echo request,                                           0800f7ff00000000"
    })
    void discards(String what, String hex) {
        assertEquals(Optional.empty(), AgentDiscoveryCodec.decode(Octets.ofHex(hex)), what);
    }

    @Test
    @DisplayName("§1.8: an unrecognised extension below 128 discards the message, one above is skipped")
    void unrecognisedExtension() {
        // The checksums make up for the extension: 7f02 abcd, and ff02 abcd.
        assertEquals(Optional.empty(), AgentDiscoveryCodec.decode(Octets.ofHex("0900cc0f00020000" + "7f02abcd")));
        assertEquals(
                Optional.of(AgentAdvertisement.of(0, 0, List.of(), List.of(new Skippable(255, Octets.ofHex("abcd"))))),
                AgentDiscoveryCodec.decode(Octets.ofHex("09004c2d00020000" + "ff02abcd")));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"8000", "8800", "8801ff", "00"})
    @DisplayName("§1.8: what is skippable or padding may end the message")
    void lastExtension(String hex) {
        var octets = withExtension(hex);

        var advertisement = AgentDiscoveryCodec.decode(octets).orElseThrow();

        assertEquals(octets, AgentDiscoveryCodec.encode(advertisement));
        assertEquals(
                Octets.ofHex(hex).unsignedByte(0),
                ((AgentAdvertisement) advertisement).extensions().get(0).type());
    }

    @Test
    @DisplayName("§2.1.1: each flag by itself")
    void flags() {
        int[] flags = {
            MobilityAgent.REGISTRATION_REQUIRED,
            MobilityAgent.BUSY,
            MobilityAgent.HOME_AGENT,
            MobilityAgent.FOREIGN_AGENT,
            MobilityAgent.MINIMAL_ENCAPSULATION,
            MobilityAgent.GRE_ENCAPSULATION,
            MobilityAgent.REVERSE_TUNNELING,
            MobilityAgent.UDP_TUNNELING,
            MobilityAgent.REVOCATION
        };
        for (int one : flags) {
            for (int other : flags) {
                assertEquals(one == other, new MobilityAgent(0, 0, one, List.of()).has(other));
            }
        }
        assertEquals(16, new MobilityAgent(0, 0, 0, List.of()).type());
        assertEquals(19, PrefixLengths.of(24).type());
    }

    @Test
    @DisplayName("§2.1.1: a length octet has room for 62 care-of addresses")
    void careOfAddresses() {
        var full = new MobilityAgent(0, 0, 0, Collections.nCopies(62, Ipv4Address.UNSPECIFIED));
        var advertisement = AgentAdvertisement.of(0, 30, List.of(), List.of(full));

        assertEquals(Optional.of(advertisement), AgentDiscoveryCodec.decode(AgentDiscoveryCodec.encode(advertisement)));
    }

    private static Octets withExtension(String hex) {
        var plain = AgentAdvertisement.of(0, 30, List.of(new Router(Ipv4Address.of("198.51.100.9"), 0)), List.of());
        return HostileInputTest.withChecksum(AgentDiscoveryCodec.encode(plain).concat(Octets.ofHex(hex)));
    }

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({
        "0x8000,R",
        "0x4000,B",
        "0x2000,H",
        "0x1000,F",
        "0x0800,M",
        "0x0400,G",
        "0x0200,r",
        "0x0100,T",
        "0x0080,U",
        "0x0040,X"
    })
    @DisplayName("§2.1.1, RFC 3519 §3.4, RFC 3543 §3.1: the flags are their letters")
    void flagsAreTheirLetters(String flags, String letter) {
        var agent = new MobilityAgent(0, 600, Integer.decode(flags), List.of());
        assertEquals(letter, agent.flagLetters());
        assertTrue(agent.has(Integer.decode(flags)));
        assertEquals("", new MobilityAgent(0, 600, 0x003f, List.of()).flagLetters());
    }

    @ParameterizedTest(name = "§2.1.1, §2.1.2: {0} is malformed")
    @ValueSource(strings = {"88", "8802ff", "1005 0000 0000 00", "1009 0000 0258 9100 c63364", "1302 1818"})
    void malformedExtension(String hex) {
        assertEquals(Optional.empty(), AgentDiscoveryCodec.decode(withExtension(hex)));
    }

    @Test
    @DisplayName("RFC 1256 §4.2, §5.2: entries may be longer, reserved bits may be set")
    void laterVersions() {
        var router = new Router(Ipv4Address.of("198.51.100.9"), -1, Octets.ofHex("01020304"));
        var advertisement = new AgentAdvertisement(16, 30, 3, List.of(router), List.of());
        var solicitation = new AgentSolicitation(0x01020304, Octets.ofHex("ff00"));

        assertEquals(Optional.of(advertisement), AgentDiscoveryCodec.decode(AgentDiscoveryCodec.encode(advertisement)));
        assertEquals(Optional.of(solicitation), AgentDiscoveryCodec.decode(AgentDiscoveryCodec.encode(solicitation)));
    }

    @Test
    void valuesThatDoNotFitTheirFieldsAreRefused() {
        var router = new Router(Ipv4Address.of("198.51.100.9"), 0);
        assertThrows(
                IllegalArgumentException.class,
                () -> new AgentAdvertisement(0, 30, 3, List.of(router), List.of()),
                "an entry that is too short");
        assertThrows(
                IllegalArgumentException.class,
                () -> new AgentAdvertisement(0, 30, 1, List.of(), List.of()),
                "no room");
        assertThrows(
                IllegalArgumentException.class,
                () -> new MobilityAgent(0, 0, 0, Collections.nCopies(63, Ipv4Address.UNSPECIFIED)));
        assertThrows(IllegalArgumentException.class, () -> new Skippable(127, Octets.EMPTY));
    }
}
