package org.mooring.runtime.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

@DisplayName("A configuration file")
class ConfigReaderTest {
    private enum Mtu {
        ICMP,
        FRAGMENT_OUTER
    }

    private record Agent(
            Ipv4Address address,
            String link,
            Ipv4Prefix network,
            List<String> uplinks,
            Duration lifetime,
            Mtu mtu,
            boolean required,
            Path directory,
            Optional<String> router,
            List<Node> nodes) {
        static Agent read(Section root) {
            return new Agent(
                    root.address("address"),
                    root.interfaceName("link"),
                    root.prefix("network"),
                    root.interfaceNames("uplinks"),
                    root.seconds("max-lifetime", 1, 65534, 600),
                    root.choice("mtu", Mtu.ICMP),
                    root.bool("required", true),
                    root.file("directory", "state"),
                    root.table("router").map(router -> router.string("name")),
                    root.tables("node").stream().map(Node::read).toList());
        }
    }

    private record Node(Ipv4Address home, List<SecurityAssociation> associations) {
        static Node read(Section section) {
            return new Node(section.address("home"), section.associations("association"));
        }
    }

    private static final String GOOD = """
            address = "10.1.0.1"
            link = "lan"
            network = "10.1.0.0/24"
            """;

    @TempDir
    Path directory;

    @Test
    void isReadIntoARecord() throws Exception {
        Path file = write(GOOD + """
                uplinks = ["wan", "wan2"]
                max-lifetime = 300
                mtu = "fragment-outer"
                required = false
                directory = "../somewhere"

                [router]
                name = "r1"

                [[node]]
                home = "10.1.0.50"
                [[node.association]]
                spi = 4294967295
                key = "00112233445566778899aabbccddeeff"
                timestamp-tolerance = 9

                [[node]]
                home = "10.1.0.51"
                """);
        Agent agent = ConfigReader.read(file, Agent::read);
        assertEquals(
                new Agent(
                        Ipv4Address.of("10.1.0.1"),
                        "lan",
                        Ipv4Prefix.of("10.1.0.0/24"),
                        List.of("wan", "wan2"),
                        Duration.ofMinutes(5),
                        Mtu.FRAGMENT_OUTER,
                        false,
                        directory.resolveSibling("somewhere"),
                        Optional.of("r1"),
                        List.of(
                                new Node(
                                        Ipv4Address.of("10.1.0.50"),
                                        List.of(new SecurityAssociation(
                                                0xffff_ffff,
                                                new Key(Octets.ofHex("00112233445566778899aabbccddeeff")),
                                                Algorithm.HMAC_MD5,
                                                Duration.ofSeconds(9)))),
                                new Node(Ipv4Address.of("10.1.0.51"), List.of()))),
                agent);
    }

    @Test
    void fillsInDefaults() throws Exception {
        Agent agent = ConfigReader.read(write(GOOD), Agent::read);
        assertEquals(List.of(), agent.uplinks());
        assertEquals(Duration.ofMinutes(10), agent.lifetime());
        assertEquals(Mtu.ICMP, agent.mtu());
        assertEquals(directory.resolve("state"), agent.directory());
        assertEquals(Optional.empty(), agent.router());
    }

    @Test
    void hasAllItsProblemsReportedTogetherInTheOrderOfItsLines() throws Exception {
        Path file = write("""
                adress = "10.1.0.1"
                network = "10.1.0.1/24"
                max-lifetime = "36000x"

                [[node]]
                home = "10.1.0.256"
                [[node.association]]
                spi = 255
                key = "0011"

                [[node]]
                [[node.association]]
                spi = 256
                """);
        assertProblems(
                file,
                "1: address: missing: expected an IPv4 address such as \"192.0.2.1\"",
                "1: link: missing: expected the name of a network interface, at most 15 characters",
                "1: adress: unknown key: did you mean address?",
                "2: network: expected a network such as \"192.0.2.0/24\", with no bit set beyond its length,"
                        + " found \"10.1.0.1/24\"",
                "3: max-lifetime: expected a whole number of seconds from 1 to 65534, found \"36000x\"",
                "6: node.home: expected an IPv4 address such as \"192.0.2.1\", found \"10.1.0.256\"",
                "8: node.association.spi: expected an SPI from 256 to 4294967295, found 255",
                "9: node.association.key: expected at least 32 hexadecimal digits in quotes",
                "11: node.home: missing: expected an IPv4 address such as \"192.0.2.1\"",
                "12: node.association.key: missing: expected at least 32 hexadecimal digits in quotes, or key-file");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            uplinks = "wan"                | uplinks: expected a list in brackets, each the name of a network interface, at most 15 characters, found "wan"
            uplinks = ["wan", 3]           | uplinks: expected a list, each the name of a network interface, at most 15 characters, found 3
            uplinks = ["a/b"]              | uplinks: expected a list, each the name of a network interface, at most 15 characters, found "a/b"
            max-lifetime = 0               | max-lifetime: expected a whole number of seconds from 1 to 65534, found 0
            max-lifetime = 99999999999     | max-lifetime: expected a whole number of seconds from 1 to 65534, found 99999999999
            max-lifetime = 1.5             | max-lifetime: expected a whole number of seconds from 1 to 65534, found 1.5
            mtu = "big"                    | mtu: expected "icmp" or "fragment-outer", found "big"
            required = "yes"               | required: expected true or false, found "yes"
            router = "r1"                  | router: expected a table, [router]
            router = { }                   | router.name: missing: expected a string in quotes, not empty
            router = { name = "" }         | router.name: expected a string in quotes, not empty, found ""
            router = { name = "r", x = 1 } | router.x: unknown key: known here are name
            node = { home = "10.1.0.9" }   | node: expected a table for each, under [[node]]
            node = [1]                     | node: expected a table for each, under [[node]]
            xyz = 1                        | xyz: unknown key: known here are address, directory, link, max-lifetime, mtu, network, node, required, router, uplinks
            max_lifetime = 1               | max_lifetime: unknown key: did you mean max-lifetime?
            """)
    void saysWhatIsWrongAndWhatIsExpected(String line, String problem) throws Exception {
        assertProblems(write(GOOD + line + "\n"), "4: " + problem);
    }

    @Test
    void refusesAddressesThatNoHostHas() throws Exception {
        for (String address : List.of("0.0.0.0", "224.0.0.11", "255.255.255.255", "localhost", "10.1", "::1")) {
            assertProblems(
                    write(GOOD.replace("10.1.0.1\"", address + '"')),
                    "1: address: expected an IPv4 address such as \"192.0.2.1\", found \"" + address + '"');
        }
    }

    @ParameterizedTest
    @CsvSource({"rw-r--r--, true", "rw-r-----, false"})
    void warnsWhereEveryUserCanReadItsKeys(String mode, boolean warns) throws Exception {
        Path file = write(GOOD + """
                [[node]]
                home = "10.1.0.9"
                [[node.association]]
                spi = 256
                key = "00112233445566778899aabbccddeeff"
                """);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        List<String> warnings = new ArrayList<>();
        ConfigReader.read(file, Agent::read, warnings::add);
        assertEquals(
                warns
                        ? List.of("every user can read the keys in " + file + ": chmod o-r " + file
                                + ", or keep them in files of their own")
                        : List.of(),
                warnings);
    }

    @Test
    void refusesTwoAssociationsWithTheSameSpi() throws Exception {
        String association = """
                [[node.association]]
                spi = 256
                key = "00112233445566778899aabbccddeeff"
                """;
        assertProblems(
                write(GOOD + "[[node]]\nhome = \"10.1.0.9\"\n" + association + association),
                "10: node.association.spi: there is another association with this SPI above");
    }

    @Test
    void canKeepKeysInFilesOfTheirOwn() throws Exception {
        Path key = keyFile("00112233445566778899aabbccddeeff\n", "rw-------");
        Agent agent = ConfigReader.read(withKeyFile(key), Agent::read);
        assertEquals(
                new Key(Octets.ofHex("00112233445566778899aabbccddeeff")),
                agent.nodes().get(0).associations().get(0).key());
    }

    @ParameterizedTest
    @CsvSource({"rw-r-----", "rw----r--", "rw-rw----"})
    void refusesAKeyFileThatOthersCanRead(String mode) throws Exception {
        Path key = keyFile("00112233445566778899aabbccddeeff", mode);
        assertProblems(
                withKeyFile(key),
                "8: node.association.key-file: " + key + " can be read or written by others than its owner: chmod 600 "
                        + key);
    }

    @Test
    void refusesAKeyFileWithoutAKeyOrThatIsNotThere() throws Exception {
        Path key = keyFile("secret", "rw-------");
        assertProblems(
                withKeyFile(key),
                "8: node.association.key-file: " + key
                        + " does not hold a key: expected at least 32 hexadecimal digits");
        Files.delete(key);
        assertProblems(
                withKeyFile(key),
                "8: node.association.key-file: " + key
                        + ": no such file: copy the key of the other end there, or make one for both: openssl rand -hex 16"
                        + " > " + key);
    }

    @Test
    void refusesAKeyBesideAKeyFile() throws Exception {
        Path key = keyFile("00112233445566778899aabbccddeeff", "rw-------");
        Path file = withKeyFile(key);
        Files.writeString(file, Files.readString(file) + "key = \"00112233445566778899aabbccddeeff\"\n");
        assertProblems(file, "8: node.association.key-file: there is a key as well: keep one of the two");
    }

    @Test
    void neverHasAKeyPrinted() throws Exception {
        for (String key : List.of("\"deadbeef\"", "12345678", "[\"deadbeef\"]")) {
            ConfigException refused = assertThrows(
                    ConfigException.class,
                    () -> ConfigReader.read(
                            write(GOOD + "[[node]]\nhome = \"10.1.0.9\"\n[[node.association]]\nspi = 256\nkey = "
                                    + key),
                            Agent::read));
            assertFalse(
                    refused.lines().get(0).contains("deadbeef"), refused.lines().get(0));
            assertFalse(
                    refused.lines().get(0).contains("12345678"), refused.lines().get(0));
        }
    }

    @Test
    void thatIsNotTomlIsRefusedWithItsLine() throws Exception {
        ConfigException refused = assertThrows(
                ConfigException.class, () -> ConfigReader.read(write(GOOD + "max-lifetime 5\n"), Agent::read));
        assertEquals(1, refused.lines().size());
        assertEquals(2, refused.exitCode());
        String prefix = directory.resolve("agent.toml") + ":4: ";
        assertEquals(prefix, refused.lines().get(0).substring(0, prefix.length()));
    }

    @Test
    void thatIsNotThereIsRefused() {
        Path file = directory.resolve("agent.toml");
        ConfigException refused = assertThrows(ConfigException.class, () -> ConfigReader.read(file, Agent::read));
        assertEquals(
                List.of(file + ": no such file: name another by --config, or make it from the commented example that is"
                        + " installed with the program"),
                refused.lines());
        refused = assertThrows(ConfigException.class, () -> ConfigReader.read(directory, Agent::read));
        assertEquals(List.of(directory + ": cannot be read: a directory, not a file"), refused.lines());
    }

    @Test
    void hidesNoBugBehindAStandIn() {
        assertThrows(
                IllegalStateException.class,
                () -> ConfigReader.read(write(GOOD), root -> {
                    throw new IllegalStateException("a bug");
                }));
    }

    private void assertProblems(Path file, String... problems) {
        ConfigException refused = assertThrows(ConfigException.class, () -> ConfigReader.read(file, Agent::read));
        assertEquals(
                List.of(problems).stream().map(problem -> file + ":" + problem).toList(), refused.lines());
    }

    private Path write(String text) throws IOException {
        return Files.writeString(directory.resolve("agent.toml"), text);
    }

    private Path keyFile(String text, String mode) throws IOException {
        Path file = Files.writeString(directory.resolve("guest.key"), text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    private Path withKeyFile(Path key) throws IOException {
        return write(GOOD + """
                [[node]]
                home = "10.1.0.9"
                [[node.association]]
                spi = 256
                key-file = "%s"
                """.formatted(key.getFileName())).toAbsolutePath();
    }
}
