package org.mooring.foreign.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.protocol.handover.HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.datapath.DatapathKind;
import org.mooring.datapath.Duty;
import org.mooring.datapath.Encapsulation;
import org.mooring.datapath.MtuPolicy;
import org.mooring.foreign.Advertising;
import org.mooring.foreign.Policy;
import org.mooring.foreign.Policy.Compatibility;
import org.mooring.foreign.Policy.NatTraversal;
import org.mooring.foreign.Policy.NatTraversal.Asking;
import org.mooring.foreign.Policy.ReverseTunnel;
import org.mooring.foreign.Policy.Revocability;
import org.mooring.protocol.discovery.AdvertisementInterval;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.Failure;
import org.mooring.runtime.config.ConfigException;
import org.mooring.runtime.config.ConfigReader;

@DisplayName("foreign-agent.toml")
class ProgramConfigurationTest {
    private static final String LEAST = """
        care-of-address = "198.51.100.2"
        [[link]]
        interface = "lan"
        address = "10.2.0.2"
        """;

    @TempDir
    private Path directory;

    @Test
    void littleNeedsToBeSaid() throws Exception {
        var configuration = read(LEAST);

        assertEquals(
                new Policy(
                        Ipv4Address.of("198.51.100.2"),
                        Map.of("lan", Ipv4Address.of("10.2.0.2")),
                        Map.of(),
                        1800,
                        1000,
                        10_000,
                        DEFAULT_ENTERPRISE_NUMBER,
                        true,
                        Set.of(Encapsulation.GRE, Encapsulation.MINIMAL),
                        Compatibility.RFC5944,
                        Policy.ReservedBits.IGNORED,
                        ReverseTunnel.OPTIONAL,
                        true,
                        Revocability.OPTIONAL,
                        new Advertising(new AdvertisementInterval(Duration.ofMinutes(1)), false, false, Map.of()),
                        new NatTraversal(Asking.AUTO, Duration.ofSeconds(110)),
                        Map.of(),
                        Map.of()),
                configuration.policy());
        assertEquals(List.of(), configuration.uplinks());
        assertEquals(MtuPolicy.ICMP, configuration.mtu());
        assertFalse(configuration.fastPath());
        assertEquals(Path.of("/var/lib/mooring/foreign-agent"), configuration.stateDirectory());
        assertEquals(Path.of("/run/mooring/foreign-agent.sock"), configuration.controlSocket());
    }

    @Test
    void everythingCanBeSaid() throws Exception {
        var configuration = read("""
            care-of-address = "198.51.100.2"
            uplinks = ["wan"]
            max-lifetime = 600
            max-pending = 5
            max-visitors = 7
            revocation = "refused"
            enterprise-number = 99999
            require-association = false
            compatibility = "rfc3344"
            reserved-bits = "refused"
            encapsulations = ["minimal"]
            reverse-tunnel = "required"
            encapsulating-delivery = false
            nat-traversal = "behind-nat"
            nat-keepalive = 25
            mtu = "fragment-outer"
            fast-path = true
            state-directory = "state"
            control-socket = "/run/fa.sock"

            [advertisement]
            interval = 10
            registration-required = true
            challenges = true

            [[link]]
            interface = "lan"
            address = "10.2.0.2"
            prefix-length = 24

            [[link]]
            interface = "lan2"
            address = "10.3.0.2"

            [[home-agent]]
            address = "10.1.0.1"
            [[home-agent.association]]
            spi = 4097
            key = "0f0e0d0c0b0a09080706050403020100"

            [[mobile-node]]
            home-address = "10.1.0.50"
            [[mobile-node.association]]
            spi = 300
            algorithm = "md5-prefix-suffix"
            key = "00112233445566778899aabbccddeeff"
            """);

        assertEquals(
                new Policy(
                        Ipv4Address.of("198.51.100.2"),
                        Map.of("lan", Ipv4Address.of("10.2.0.2"), "lan2", Ipv4Address.of("10.3.0.2")),
                        Map.of(),
                        600,
                        5,
                        7,
                        99999,
                        false,
                        Set.of(Encapsulation.MINIMAL),
                        Compatibility.RFC3344,
                        Policy.ReservedBits.REFUSED,
                        ReverseTunnel.REQUIRED,
                        false,
                        Revocability.REFUSED,
                        new Advertising(
                                new AdvertisementInterval(Duration.ofSeconds(10)), true, true, Map.of("lan", 24)),
                        new NatTraversal(Asking.BEHIND_NAT, Duration.ofSeconds(25)),
                        Map.of(
                                Ipv4Address.of("10.1.0.50"),
                                List.of(association(
                                        300, "00112233445566778899aabbccddeeff", Algorithm.MD5_PREFIX_SUFFIX))),
                        Map.of(
                                Ipv4Address.of("10.1.0.1"),
                                List.of(association(4097, "0f0e0d0c0b0a09080706050403020100", Algorithm.HMAC_MD5)))),
                configuration.policy());
        assertEquals(List.of("wan"), configuration.uplinks());
        assertEquals(MtuPolicy.FRAGMENT_OUTER, configuration.mtu());
        assertTrue(configuration.fastPath());
        assertEquals(directory.resolve("state"), configuration.stateDirectory());
    }

    @Test
    void allProblemsAreReportedTogether() throws Exception {
        var problems = assertThrows(ConfigException.class, () -> read("""
            care-of-address = "198.51.100.2"
            max-lifetime = 0
            [[link]]
            interface = "lan"
            address = "198.51.100.2"
            [[link]]
            interface = "lan"
            address = "10.2.0.2"
            [[home-agent]]
            address = "10.1.0.1"
            """)).lines();

        assertEquals(4, problems.size(), problems::toString);
        assertTrue(problems.get(0).contains(":2: max-lifetime: "), problems::toString);
        assertTrue(problems.get(1).contains(":5: link.address: "), problems::toString);
        assertTrue(problems.get(2).contains(":7: link.interface: "), problems::toString);
        assertTrue(problems.get(3).contains("home-agent.association: missing"), problems::toString);
    }

    @Test
    void offersWhatTheDatapathCanKeep() throws Exception {
        assertEquals(read(LEAST), read(LEAST).keptBy(DatapathKind.EBPF));
        var policy = read(LEAST).keptBy(DatapathKind.KERNEL).policy();
        assertEquals(Set.of(Encapsulation.GRE), policy.encapsulations());
        assertEquals(false, policy.encapsulatingDelivery());
        assertEquals(Asking.OFF, policy.natTraversal().asking());
    }

    @Test
    void aLinkIsNeeded() {
        var problems = assertThrows(ConfigException.class, () -> read("care-of-address = \"198.51.100.2\"\n"))
                .lines();

        assertTrue(problems.get(0).contains("link: missing"), problems::toString);
    }

    @Test
    void aReloadChangesNoFixture() throws Exception {
        var before = read(LEAST);

        before.requireSameFixtures(read("max-lifetime = 60\n" + LEAST), DatapathKind.EBPF);
        var changed = assertThrows(
                Failure.class,
                () -> before.requireSameFixtures(read("uplinks = [\"wan\"]\n" + LEAST), DatapathKind.EBPF));

        assertEquals(List.of("uplinks is now [wan], was []: restart the program to change it"), changed.lines());
    }

    @Test
    void aReloadMakesNoMoreRoomInTheKernel() throws Exception {
        var before = read(LEAST);

        before.requireSameFixtures(read("max-visitors = 65536\n" + LEAST), DatapathKind.EBPF);
        var changed = assertThrows(
                Failure.class,
                () -> before.requireSameFixtures(read("max-visitors = 65537\n" + LEAST), DatapathKind.EBPF));

        assertEquals(
                List.of(
                        "max-visitors is now 65537, beyond 65536, for which the datapath has room: restart the program to change it"),
                changed.lines());
    }

    @Test
    void whatIsOfferedHasItsDuties() throws Exception {
        var refused = "reverse-tunnel = \"refused\"\n";
        var none = refused + "encapsulations = [\"minimal\"]\n" + LEAST;

        assertEquals(
                Set.of(Duty.GRE_CHECKSUMS, Duty.NAMESAKES),
                read(LEAST).demands().duties());
        assertEquals(
                Set.of(Duty.NAMESAKES),
                read("encapsulations = []\n" + LEAST).demands().duties());
        assertEquals(Set.of(Duty.GRE_CHECKSUMS), read(refused + LEAST).demands().duties());
        assertEquals(Set.of(), read(none).demands().duties());
        var changed = assertThrows(
                Failure.class,
                () -> read(none).requireSameFixtures(read("encapsulations = []\n" + LEAST), DatapathKind.TUN));
        assertEquals(
                List.of(
                        "datapath is tun: it knows no two visitors with one home address (set reverse-tunnel = \"refused\"): name it to do without, and restart the program"),
                changed.lines());
    }

    private ProgramConfiguration read(String toml) throws IOException, ConfigException {
        var file = Files.writeString(directory.resolve("foreign-agent.toml"), toml);
        return ConfigReader.read(file, ProgramConfiguration::read);
    }

    private static SecurityAssociation association(int spi, String key, Algorithm algorithm) {
        return new SecurityAssociation(spi, new Key(Octets.ofHex(key)), algorithm, Duration.ofSeconds(7));
    }
}
