package org.mooring.home.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.datapath.DatapathChoice;
import org.mooring.datapath.DatapathKind;
import org.mooring.datapath.Duty;
import org.mooring.datapath.Encapsulation;
import org.mooring.datapath.MtuPolicy;
import org.mooring.home.Advertising;
import org.mooring.home.MobileNode;
import org.mooring.home.Policy;
import org.mooring.home.Policy.Compatibility;
import org.mooring.home.Policy.NatTraversal;
import org.mooring.home.Policy.NatTraversal.Permission;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.home.Policy.Revocability;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.discovery.AdvertisementInterval;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.Failure;
import org.mooring.runtime.config.ConfigException;
import org.mooring.runtime.config.ConfigReader;
import org.mooring.runtime.config.Ipv4Prefix;

class HomeAgentConfigurationTest {
    private static final String MINIMAL = """
            address = "10.1.0.1"
            home-link = "lan"
            home-network = "10.1.0.0/24"
            """;

    @TempDir
    private Path directory;

    @Test
    void readsEveryKey() throws Exception {
        var configuration = read("""
                address = "10.1.0.1"
                home-link = "lan"
                home-network = "10.1.0.0/24"
                uplinks = ["wan", "backup"]
                max-lifetime = 65535
                max-bindings = 7
                max-simultaneous-bindings = 3
                max-broadcasts = 0
                datapath = "ebpf"
                mtu = "clamp-at-home"
                fast-path = true
                require-association = false
                reserved-bits = "refused"
                encapsulations = ["gre"]
                reverse-tunnel = "required"
                revocation = "refused"
                enterprise-number = 9999
                state-directory = "state"
                control-socket = "/run/test.sock"

                [advertisement]
                interval = 10
                prefix-length = 24

                [[mobile-node]]
                home-address = "10.1.0.50"
                mac = "52:54:00:01:00:50"
                [[mobile-node.association]]
                spi = 256
                key = "00112233445566778899aabbccddeeff"
                timestamp-tolerance = 5

                [[foreign-agent]]
                address = "198.51.100.2"
                [[foreign-agent.association]]
                spi = 4097
                algorithm = "hmac-md5"
                key = "0f0e0d0c0b0a09080706050403020100"
                """);
        assertEquals(
                new HomeAgentConfiguration(
                        new Policy(
                                Ipv4Address.of("10.1.0.1"),
                                Ipv4Address.of("10.1.0.255"),
                                0xffff,
                                7,
                                3,
                                false,
                                Set.of(Encapsulation.GRE),
                                Compatibility.RFC5944,
                                Policy.ReservedBits.REFUSED,
                                ReverseTunnel.REQUIRED,
                                NatTraversal.DEFAULT,
                                Revocability.REFUSED,
                                Optional.empty(),
                                new Advertising(new AdvertisementInterval(Duration.ofSeconds(10)), Optional.of(24)),
                                9999,
                                List.of(new MobileNode(
                                        Ipv4Address.of("10.1.0.50"),
                                        Optional.of(MacAddress.of("52:54:00:01:00:50")),
                                        List.of(association(256, "00112233445566778899aabbccddeeff", 5)))),
                                Map.of(
                                        Ipv4Address.of("198.51.100.2"),
                                        List.of(association(4097, "0f0e0d0c0b0a09080706050403020100", 7)))),
                        "lan",
                        Ipv4Prefix.of("10.1.0.0/24"),
                        0,
                        List.of("wan", "backup"),
                        DatapathChoice.EBPF,
                        MtuPolicy.CLAMP_AT_HOME,
                        true,
                        directory.resolve("state"),
                        Path.of("/run/test.sock")),
                configuration);
    }

    @Test
    void readsWhatUdpTunnelsArePermitted() throws Exception {
        assertEquals(NatTraversal.DEFAULT, read(MINIMAL).policy().natTraversal(), "as RFC 3519 suggests");
        assertEquals(
                new NatTraversal(Permission.DETECTED, 25, 300),
                read("nat-traversal = \"detected\"\nnat-keepalive = 25\nnat-max-lifetime = 300\n" + MINIMAL)
                        .policy()
                        .natTraversal());
        assertEquals(
                0, read("nat-keepalive = 0\n" + MINIMAL).policy().natTraversal().keepalive());
        assertEquals(
                List.of("1: nat-keepalive: no mobile node may send one more often than every 10 seconds"),
                problems("nat-keepalive = 9\n" + MINIMAL));
    }

    @Test
    void offersWhatTheDatapathCanKeep() throws Exception {
        assertEquals(read(MINIMAL), read(MINIMAL).keptBy(DatapathKind.EBPF));
        var policy = read(MINIMAL).keptBy(DatapathKind.KERNEL).policy();
        assertEquals(Set.of(Encapsulation.GRE), policy.encapsulations());
        assertEquals(Permission.OFF, policy.natTraversal().permission());
    }

    @Test
    void fillsInWhatIsLeftOut() throws Exception {
        assertEquals(
                new HomeAgentConfiguration(
                        new Policy(
                                Ipv4Address.of("10.1.0.1"),
                                Ipv4Address.of("10.1.0.255"),
                                600,
                                10_000,
                                2,
                                true,
                                Set.of(Encapsulation.GRE, Encapsulation.MINIMAL),
                                Compatibility.RFC5944,
                                Policy.ReservedBits.IGNORED,
                                ReverseTunnel.OPTIONAL,
                                NatTraversal.DEFAULT,
                                Revocability.OPTIONAL,
                                Optional.empty(),
                                new Advertising(new AdvertisementInterval(Duration.ofMinutes(1))),
                                32473,
                                List.of(),
                                Map.of()),
                        "lan",
                        Ipv4Prefix.of("10.1.0.0/24"),
                        100,
                        List.of(),
                        DatapathChoice.AUTO,
                        MtuPolicy.ICMP,
                        false,
                        Path.of("/var/lib/mooring/home-agent"),
                        Path.of("/run/mooring/home-agent.sock")),
                read(MINIMAL));
    }

    @Test
    void refusesHomeAddressesThatCannotBe() {
        var problems = problems(MINIMAL
                + mobileNode("10.2.0.50")
                + mobileNode("10.1.0.1")
                + mobileNode("10.1.0.50")
                + mobileNode("10.1.0.50")
                + mobileNode("10.1.0.255"));
        assertEquals(
                List.of(
                        "5: mobile-node.home-address: 10.2.0.50 is not in home-network 10.1.0.0/24",
                        "10: mobile-node.home-address: 10.1.0.1 is another mobile node's, the home agent's or the network's"
                                + " own address",
                        "20: mobile-node.home-address: 10.1.0.50 is another mobile node's, the home agent's or the network's"
                                + " own address",
                        "25: mobile-node.home-address: 10.1.0.255 is another mobile node's, the home agent's or the"
                                + " network's own address"),
                problems);
    }

    @Test
    void refusesAMobileNodeWithoutAnAssociation() {
        assertEquals(
                List.of("4: mobile-node.association: missing: expected at least one, with its spi and key"),
                problems(MINIMAL + "[[mobile-node]]\nhome-address = \"10.1.0.50\"\n"));
    }

    @Test
    void refusesAnAddressOutsideTheHomeNetwork() {
        assertEquals(
                List.of("1: address: not in home-network 10.2.0.0/24"),
                problems(MINIMAL.replace("10.1.0.0/24", "10.2.0.0/24")));
    }

    @Test
    void refusesAnotherPrefixLengthThanTheHomeNetworks() {
        assertEquals(
                List.of("5: advertisement.prefix-length: not that of home-network 10.1.0.0/24"),
                problems(MINIMAL + "[advertisement]\nprefix-length = 16\n"));
    }

    @Test
    void namesWhatTakesARestart() throws Exception {
        var running = read(MINIMAL);
        running.requireSameFixtures(read(MINIMAL + "max-lifetime = 60\n" + mobileNode("10.1.0.50")), DatapathKind.EBPF);
        var next = read(MINIMAL.replace("lan", "lan2").replace("10.1.0.1", "10.1.0.2"));
        assertEquals(
                List.of(
                        "address is now 10.1.0.2, was 10.1.0.1: restart the program to change it",
                        "home-link is now lan2, was lan: restart the program to change it"),
                assertThrows(Failure.class, () -> running.requireSameFixtures(next, DatapathKind.EBPF))
                        .lines());
    }

    @Test
    void makesNoMoreRoomInTheKernelWithoutARestart() throws Exception {
        var running = read(MINIMAL + "max-bindings = 70000\n");
        running.requireSameFixtures(read(MINIMAL + "max-bindings = 131072\n"), DatapathKind.EBPF);
        var next = read(MINIMAL + "max-bindings = 131073\n");
        assertEquals(
                List.of(
                        "max-bindings is now 131073, beyond 131072, for which the datapath has room: restart the program to change it"),
                assertThrows(Failure.class, () -> running.requireSameFixtures(next, DatapathKind.EBPF))
                        .lines());
    }

    @Test
    void asksForChecksumsWhereItOffersGre() throws Exception {
        assertEquals(Set.of(Duty.GRE_CHECKSUMS), read(MINIMAL).demands().duties());
        assertEquals(
                Set.of(),
                read(MINIMAL + "encapsulations = [\"minimal\"]\n").demands().duties());
    }

    @Test
    void offersNoMoreThanItsDatapathCanDo() throws Exception {
        var running = read(MINIMAL + "encapsulations = []\n");
        var next = read(MINIMAL);
        assertEquals(
                List.of(
                        "datapath is kernel: it knows no checksums in GRE (leave out \"gre\"): name it to do without, and restart the program"),
                assertThrows(Failure.class, () -> running.requireSameFixtures(next, DatapathKind.KERNEL))
                        .lines());
        running.requireSameFixtures(next, DatapathKind.TUN);
        var named = "datapath = \"kernel\"\n";
        read(named + MINIMAL + "encapsulations = []\n").requireSameFixtures(read(named + MINIMAL), DatapathKind.KERNEL);
    }

    private static String mobileNode(String homeAddress) {
        return """
                [[mobile-node]]
                home-address = "%s"
                [[mobile-node.association]]
                spi = 256
                key = "00112233445566778899aabbccddeeff"
                """.formatted(homeAddress);
    }

    private HomeAgentConfiguration read(String toml) throws IOException, ConfigException {
        var file = Files.writeString(directory.resolve("home-agent.toml"), toml);
        return ConfigReader.read(file, HomeAgentConfiguration::read);
    }

    /** Each without the name of the file. */
    private List<String> problems(String toml) {
        return assertThrows(ConfigException.class, () -> read(toml)).lines().stream()
                .map(line -> line.substring(line.indexOf(".toml:") + ".toml:".length()))
                .toList();
    }

    private static SecurityAssociation association(int spi, String key, int tolerance) {
        return new SecurityAssociation(
                spi, new Key(Octets.ofHex(key)), Algorithm.HMAC_MD5, Duration.ofSeconds(tolerance));
    }
}
