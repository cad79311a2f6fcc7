package org.mooring.protocol.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.protocol.wire.AgentAdvertisement.MobilityAgent;
import org.mooring.protocol.wire.AgentAdvertisement.Router;

@DisplayName("RFC 3344 §2 Agent Discovery")
class AgentDiscoveryVectorTest {
    private static final String V10 = "0900d3010102001ec633640900000000100a000002589100c633640913011800";

    @Test
    @DisplayName("V10: Agent Advertisement")
    void advertisement() {
        var address = Ipv4Address.of("198.51.100.9");
        var value = new AgentAdvertisement(
                0,
                30,
                List.of(new Router(address, 0)),
                Optional.of(new MobilityAgent(
                        0,
                        600,
                        MobilityAgent.REGISTRATION_REQUIRED
                                | MobilityAgent.FOREIGN_AGENT
                                | MobilityAgent.REVERSE_TUNNELING,
                        List.of(address))),
                List.of(24));

        assertEquals(Octets.ofHex(V10), AgentDiscoveryCodec.encode(value));
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
                Optional.of(new AgentAdvertisement(0, 0, List.of(), Optional.empty(), List.of())),
                AgentDiscoveryCodec.decode(Octets.ofHex("09004c2d00020000" + "ff02abcd")));
    }
}
