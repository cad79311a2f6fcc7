package org.mooring.foreign.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.linux.NetworkNamespace;

@Tag("netns")
@Timeout(180)
@DisplayName("A foreign agent that cannot start says why, and what to do, in one line")
class StartRefusalTest {
    @TempDir
    private Path directory;

    private static NetworkNamespace router;
    private static NetworkNamespace host;

    @BeforeAll
    static void raise() throws Exception {
        router = NetworkNamespace.create();
        host = NetworkNamespace.create();
        router.connect("lan", host, "lan");
        router.ip("address add 10.2.0.2/24 dev lan", "address add 198.51.100.2/32 dev lo");
    }

    @AfterAll
    static void tearDown() {
        host.close();
        router.close();
    }

    @Test
    void thereIsNoSuchInterface() throws Exception {
        assertRefuses(
                1,
                "foreign-agent: link: there is no interface eth7: create it, or name another one",
                configuration("198.51.100.2", "eth7", "10.2.0.2"));
    }

    @Test
    void theInterfaceDoesNotHaveTheAddress() throws Exception {
        assertRefuses(
                1,
                "foreign-agent: link: lan does not have the address 10.2.0.3: add it ('ip address add 10.2.0.3/32 dev lan'), or"
                        + " correct the configuration",
                configuration("198.51.100.2", "lan", "10.2.0.3"));
    }

    @Test
    void thereIsNoSuchUplink() throws Exception {
        var file = configuration("198.51.100.2", "lan", "10.2.0.2");
        Files.writeString(file, Files.readString(file).replace("[\"lan\"]", "[\"wan\"]"));

        assertRefuses(1, "foreign-agent: uplinks: there is no interface wan: create it, or name another one", file);
    }

    @Test
    void thereIsNothingButTheVisitorsLink() throws Exception {
        var file = configuration("198.51.100.2", "lan", "10.2.0.2");
        Files.writeString(file, Files.readString(file).replace("uplinks = [\"lan\"]\n", ""));

        assertRefuses(
                1,
                "foreign-agent: uplinks: no interface but the visitors' links is up: bring up the one that leads to the"
                        + " home agents, or name it",
                file);
    }

    @Test
    void theCareOfAddressIsNotOurs() throws Exception {
        assertRefuses(
                1,
                "foreign-agent: 192.0.2.9 is no address of this machine: add it to an interface, or correct the"
                        + " configuration",
                configuration("192.0.2.9", "lan", "10.2.0.2"));
    }

    @Test
    void thePortIsTaken() throws Exception {
        var taken = router.run(() ->
                DatagramChannel.open(StandardProtocolFamily.INET).bind(new InetSocketAddress("198.51.100.2", 434)));
        try (taken) {
            assertRefuses(
                    1,
                    "foreign-agent: UDP 198.51.100.2:434 is taken by java (pid "
                            + ProcessHandle.current().pid() + "): stop it, or give this program another address",
                    configuration("198.51.100.2", "lan", "10.2.0.2"));
        }
    }

    @Test
    void theConfigurationIsWrong() throws Exception {
        var file = configuration("198.51.100.2", "lan", "10.2.0.2");
        Files.writeString(file, "max-livetime = 600\n" + Files.readString(file));

        assertRefuses(2, "foreign-agent: " + file + ":1: max-livetime: unknown key: did you mean max-lifetime?", file);
    }

    private Path configuration(String careOfAddress, String link, String address) throws Exception {
        return Files.writeString(directory.resolve("foreign-agent.toml"), """
                care-of-address = "%s"
                uplinks = ["lan"]
                state-directory = "state"
                control-socket = "socket"
                [[link]]
                interface = "%s"
                address = "%s"
                """.formatted(careOfAddress, link, address));
    }

    private static void assertRefuses(int exitCode, String line, Path configuration) throws Exception {
        var refusal = RunningProgram.refusal(router, configuration);

        var said = refusal.lines().stream()
                .filter(text -> text.startsWith("foreign-agent:"))
                .toList();
        assertEquals(List.of(line), said, refusal.lines()::toString);
        assertEquals(exitCode, refusal.exitCode());
        assertTrue(router.exec("ip", "-o", "link").lines().noneMatch(text -> text.contains("mip-fa")), "left behind");
    }
}
