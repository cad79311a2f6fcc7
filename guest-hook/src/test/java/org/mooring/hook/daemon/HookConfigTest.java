package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.datapath.DatapathChoice;
import org.mooring.datapath.Demands;
import org.mooring.datapath.Duty;
import org.mooring.datapath.Encapsulation;
import org.mooring.datapath.MtuPolicy;
import org.mooring.hook.Associations;
import org.mooring.hook.CoLocated;
import org.mooring.hook.Discoverable;
import org.mooring.hook.ForeignAgent;
import org.mooring.hook.Guest;
import org.mooring.hook.NatTraversal;
import org.mooring.hook.NatTraversal.Asking;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.ReplayProtection;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.config.ConfigException;
import org.mooring.runtime.config.ConfigReader;

class HookConfigTest {
    static final String CO_LOCATED = GuestHookProgramTest.VISITING.replaceFirst(
            "(?s)\\[foreign-agent].*?\\n(?=\\[\\[)", "[co-located]\ncare-of-address = \"10.2.0.10\"\n");

    private static final String DISCOVERING = DiscoveryProgramTest.DISCOVERING;

    @TempDir
    Path directory;

    @Test
    void aGuestIsAtHomeWhereItsHomeNetworkIsTheLinks() throws Exception {
        Guest visiting = read(GuestHookProgramTest.VISITING).guests().get(0);
        assertFalse(visiting.atHome());
        assertEquals(300, visiting.lifetime());
        assertTrue(read(GuestHookProgramTest.VISITING.replace("10.1.0", "10.2.0"))
                .guests()
                .get(0)
                .atHome());
    }

    @Test
    void hearsWhoRequiresRegistration() throws Exception {
        HookConfig config = read(CO_LOCATED.replace("[co-located]", "[foreign-agent]\ndiscover = true\n[co-located]"));
        assertTrue(config.discovery().isPresent());
        assertEquals(
                Ipv4Address.of("10.2.0.10"), config.tunnelEnd().orElseThrow().careOfAddress());
    }

    @Test
    void theBroadcastsOfTheHomeNetworkAreNotForAGuestUnlessItIsSaid() throws Exception {
        assertEquals(
                Optional.empty(),
                read(GuestHookProgramTest.VISITING).guests().get(0).broadcast());
        assertEquals(
                Optional.of(Ipv4Address.of("10.1.0.255")),
                read(GuestHookProgramTest.VISITING.replace("[[guest]]", "[[guest]]\nbroadcasts = true"))
                        .guests()
                        .get(0)
                        .broadcast());
    }

    @Test
    void requestsThatNobodyAnswersAreHalfAMinuteApartAtMostUnlessItIsSet() throws Exception {
        String config = GuestHookProgramTest.VISITING;
        assertEquals(Duration.ofSeconds(30), read(config).guests().get(0).longestRetransmissionInterval());
        assertEquals(
                Duration.ofSeconds(300),
                read(config.replace("[[guest]]", "[[guest]]\nlongest-retransmission-interval = 300"))
                        .guests()
                        .get(0)
                        .longestRetransmissionInterval());
    }

    @Test
    void theEnterpriseNumberIsTheOneForDocumentationUnlessItIsSet() throws Exception {
        assertEquals(32473, read(GuestHookProgramTest.VISITING).enterpriseNumber());
        assertEquals(
                65000,
                read("enterprise-number = 65000\n" + GuestHookProgramTest.VISITING)
                        .enterpriseNumber());
    }

    @Test
    void withoutAForeignAgentNoGuestMayVisit() throws Exception {
        String config = GuestHookProgramTest.VISITING.replaceFirst("(?s)\\[foreign-agent].*?\\n(?=\\[\\[)", "");
        assertEquals(Optional.empty(), read(config).foreignAgent());
        assertEquals(
                Optional.of(new ForeignAgent(Ipv4Address.of("10.2.0.2"), Ipv4Address.of("198.51.100.2"))),
                read(GuestHookProgramTest.VISITING).foreignAgent());
    }

    @Test
    void theHostItselfMayBeTheEndOfItsVisitorsTunnels() throws Exception {
        CoLocatedConfig byDefault = read(CO_LOCATED).coLocated().orElseThrow();
        NatTraversal usual = new NatTraversal(Asking.AUTO, Duration.ofSeconds(110));
        assertEquals(
                new CoLocatedConfig(
                        Ipv4Address.of("10.2.0.10"), List.of("br0"), DatapathChoice.AUTO, MtuPolicy.ICMP, false, usual),
                byDefault);
        assertEquals(
                Optional.of(new CoLocated(Ipv4Address.of("10.2.0.10"), usual)),
                read(CO_LOCATED).tunnelEnd());
        assertEquals(
                List.of("eth1", "eth2"),
                read(CO_LOCATED.replace("[co-located]", "[co-located]\nuplinks = [\"eth1\", \"eth2\"]"))
                        .coLocated()
                        .orElseThrow()
                        .uplinks());
        assertEquals(
                new NatTraversal(Asking.FORCE, Duration.ofSeconds(25)),
                read(CO_LOCATED.replace("[co-located]", "[co-located]\nnat-traversal = \"force\"\nnat-keepalive = 25"))
                        .coLocated()
                        .orElseThrow()
                        .natTraversal());
    }

    @Test
    void itsGuestsTellWhatItAsksOfADatapath() throws Exception {
        HookConfig usual = read(CO_LOCATED);
        HookConfig gre = read(CO_LOCATED.replace("[[guest]]", "[[guest]]\nencapsulation = \"gre\""));
        assertEquals(
                new Demands(MtuPolicy.ICMP, false, Set.of(Encapsulation.UDP), Set.of()),
                usual.coLocated().orElseThrow().demands(usual.guests()));
        assertEquals(
                Set.of(Duty.GRE_CHECKSUMS),
                gre.coLocated().orElseThrow().demands(gre.guests()).duties());
    }

    @Test
    void anAssociationMayHaveNoncesAndKeyedMd5() throws Exception {
        SecurityAssociation association = read(GuestHookProgramTest.VISITING.replace(
                        "[guest.association]",
                        "[guest.association]\nreplay-protection = \"nonces\"\nalgorithm = \"md5-prefix-suffix\""))
                .guests()
                .get(0)
                .associations()
                .mobileHome()
                .get(0);
        assertEquals(new ReplayProtection.Nonces(), association.replayProtection());
        assertEquals(Algorithm.MD5_PREFIX_SUFFIX, association.algorithm());
    }

    @Test
    @DisplayName("Several associations, in their order; a single one may be a table")
    void associationsAreToldApartByTheirSpis() throws Exception {
        Associations several = read(GuestHookProgramTest.VISITING.replace("[guest.association]", """
                        [[guest.foreign-association]]
                        spi = 513
                        key = "ffeeddccbbaa99887766554433221101"
                        [[guest.foreign-association]]
                        spi = 512
                        key = "ffeeddccbbaa99887766554433221100"
                        [[guest.association]]
                        spi = 257
                        algorithm = "hmac-sha-256"
                        key = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
                        [[guest.association]]"""))
                .guests()
                .get(0)
                .associations();
        assertEquals(List.of(257, 256), spis(several.mobileHome()));
        assertEquals(List.of(513, 512), spis(several.mobileForeign()));
        assertEquals(Algorithm.HMAC_SHA_256, several.mobileHome().get(0).algorithm());
        Associations single =
                read(GuestHookProgramTest.VISITING).guests().get(0).associations();
        assertEquals(List.of(256), spis(single.mobileHome()));
        assertEquals(List.of(), single.mobileForeign());
    }

    private static List<Integer> spis(List<SecurityAssociation> associations) {
        return associations.stream().map(SecurityAssociation::spi).toList();
    }

    @Test
    void theForeignAgentMayBeDiscovered() throws Exception {
        HookConfig any = read(DISCOVERING);
        assertEquals(Optional.empty(), any.foreignAgent());
        Discoverable believed = any.discovery().orElseThrow().discoverable(any.network());
        assertTrue(believed.address().test(Ipv4Address.of("10.2.0.2")));
        assertFalse(believed.address().test(Ipv4Address.of("10.9.0.2")), "of another link");
        assertTrue(believed.careOfAddress().test(Ipv4Address.of("203.0.113.9")));

        HookConfig some = read(DISCOVERING.replace(
                "discover = true", "discover = true\ncare-of-addresses = [\"198.51.100.2/32\", \"192.0.2.0/24\"]"));
        believed = some.discovery().orElseThrow().discoverable(some.network());
        assertTrue(believed.careOfAddress().test(Ipv4Address.of("198.51.100.2")));
        assertTrue(believed.careOfAddress().test(Ipv4Address.of("192.0.2.77")));
        assertFalse(believed.careOfAddress().test(Ipv4Address.of("198.51.100.3")));
        assertFalse(believed.careOfAddress().test(Ipv4Address.UNSPECIFIED));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void aMistakeIsToldWithItsPlace(String name, String right, String wrong, String told) {
        String config = GuestHookProgramTest.VISITING.replace(right, wrong);
        ConfigException refused = assertThrows(ConfigException.class, () -> read(config));
        assertTrue(
                refused.lines().stream().anyMatch(line -> line.contains(told)),
                () -> String.join("\n", refused.lines()));
    }

    @Test
    @DisplayName("RFC 3344 §3.6.1.1, E11: one of which the link-layer address is known alone")
    void anAgentWithoutAnAddressHasNoReverseTunnel() throws Exception {
        HookConfig config =
                read(GuestHookProgramTest.VISITING.replace("address = \"10.2.0.2\"", "mac = \"02:00:00:02:00:01\""));
        ForeignAgent agent = config.foreignAgent().orElseThrow();
        assertEquals(Ipv4Address.ALL_MOBILITY_AGENTS, agent.address());
        assertEquals(Optional.of(MacAddress.of("02:00:00:02:00:01")), config.foreignAgentMac());
        assertFalse(agent.reverseTunneling());
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                Arguments.of(
                        "an agent with both addresses",
                        "address = \"10.2.0.2\"",
                        "address = \"10.2.0.2\"\nmac = \"02:00:00:02:00:01\"",
                        ":10: foreign-agent.mac: there is an address as well"),
                Arguments.of("no link", "[link]", "[lnk]", "link: missing: expected a table, [link]"),
                Arguments.of(
                        "router elsewhere",
                        "router = \"10.2.0.1\"",
                        "router = \"10.9.0.1\"",
                        ":7: link.router: expected an address in 10.2.0.0/24, found 10.9.0.1"),
                Arguments.of(
                        "foreign agent elsewhere",
                        "address = \"10.2.0.2\"",
                        "address = \"10.9.0.2\"",
                        ":9: foreign-agent.address: expected an address in 10.2.0.0/24"),
                Arguments.of(
                        "two ends of one tunnel",
                        "[[guest]]",
                        "[co-located]\ncare-of-address = \"10.2.0.10\"\n[[guest]]",
                        "co-located: there is a [foreign-agent] as well"),
                Arguments.of(
                        "a foreign agent that is known and discovered",
                        "[foreign-agent]",
                        "[foreign-agent]\ndiscover = true",
                        ":10: foreign-agent.address: the agent is discovered"),
                Arguments.of(
                        "home address not at home",
                        "home-address = \"10.1.0.50\"",
                        "home-address = \"10.9.0.50\"",
                        ":14: guest.home-address: expected an address in 10.1.0.0/24"),
                Arguments.of(
                        "gateway is the guest",
                        "home-gateway = \"10.1.0.1\"",
                        "home-gateway = \"10.1.0.50\"",
                        ":16: guest.home-gateway: this is the guest's own home-address"),
                Arguments.of(
                        "group address",
                        "\"52:54:00:01:00:50\"",
                        "\"53:54:00:01:00:50\"",
                        ":13: guest.mac: expected the address of one station"),
                Arguments.of("no name", "\"web\"", "\"../web\"", ":12: guest.name: expected letters"),
                Arguments.of("no lifetime", "name =", "lifetime = 0\nname =", ":12: guest.lifetime"),
                Arguments.of(
                        "no association", "[guest.association]", "[guest.asociation]", "guest.association: missing"),
                Arguments.of(
                        "two associations with one SPI",
                        "[guest.association]",
                        """
                        [[guest.association]]
                        spi = 256
                        key = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
                        [[guest.association]]""",
                        "there is another association with this SPI above"),
                Arguments.of(
                        "replay protection of two kinds",
                        "[guest.association]",
                        """
                        [[guest.association]]
                        spi = 257
                        replay-protection = "nonces"
                        key = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
                        [[guest.association]]""",
                        "guest.association: expected the same replay-protection"),
                Arguments.of(
                        "the same guest twice",
                        "[[guest]]",
                        GuestHookProgramTest.VISITING.substring(GuestHookProgramTest.VISITING.indexOf("[[guest]]"))
                                + "[[guest]]",
                        "guest.name: another guest above has the same"));
    }

    private HookConfig read(String config) throws Exception {
        return ConfigReader.read(SecretFile.write(directory.resolve("guest-hook.toml"), config), HookConfig::read);
    }
}
