package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What goes wrong at a site is said in one line, by the real programs, with what to do about it. */
@Tag("netns")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefusalsTest {
    private static final Guest GUEST = Guest.ONE;

    private final Lab lab = Testbed.raise();
    private final SystemdUnit unit = SystemdUnit.of(lab.run(), "home-agent");
    private final Daemon homeAgent = lab.homeAgent(Site.A);
    private final Daemon foreignAgent = lab.foreignAgent(Site.B);
    private final Daemon hook = lab.hook(Site.B);
    private final List<Daemon> started = new ArrayList<>();

    @AfterEach
    void stopDaemons() {
        started.forEach(Daemon::kill);
        started.clear();
    }

    @AfterAll
    void removeEverything() {
        Testbed.close(lab, "refusals");
    }

    @Test
    void withoutRootOrCapabilities() {
        for (Daemon daemon : List.of(homeAgent, foreignAgent, hook)) {
            boolean root = SystemdUnit.of(lab.run(), daemon.program()).root();
            Command refused = run(
                    daemon,
                    new SystemdUnit(root, List.of()),
                    List.of(),
                    configuration(daemon).toString());

            assertOneLine(refused, daemon.program() + ": needs ");
            for (String capability : List.of("CAP_NET_ADMIN", "CAP_NET_RAW")) {
                assertTrue(refused.errors().contains(capability), refused::toString);
            }
            // The hook binds no port below 1024 for a site with a foreign agent.
            assertEquals(!daemon.equals(hook), refused.errors().contains("CAP_NET_BIND_SERVICE"), refused::toString);
        }
    }

    /** Whose configuration only root may look at. */
    @Test
    void aMigrationWithoutRoot() {
        Command refused = Command.attempt(
                new SystemdUnit(false, List.of())
                        .run(List.of(
                                lab.program("kvm-migrator").toString(),
                                "startup",
                                GUEST.name(),
                                "--config",
                                lab.run().resolve("ka/kvm-migrator.toml").toString())),
                "");

        assertEquals(1, refused.status(), refused::toString);
        assertEquals("kvm-migrator: this takes root: run it with sudo\n", refused.errors(), refused::toString);
    }

    @Test
    void withoutOneCapability() {
        for (Daemon agent : List.of(homeAgent, foreignAgent)) {
            assertRefusedWithoutEach(agent, "net_admin", "net_raw", "net_bind_service");
        }
    }

    /** Which another datapath could do without. */
    @Test
    void withoutOneThatItsDatapathNeeds() throws Exception {
        for (Daemon agent : List.of(homeAgent, foreignAgent)) {
            Path file = configuration(agent);
            String good = Files.readString(file);
            Files.writeString(file, "datapath = \"ebpf\"\n" + good);
            try {
                assertRefusedWithoutEach(agent, "bpf", "perfmon");
            } finally {
                Files.writeString(file, good);
            }
        }
    }

    private void assertRefusedWithoutEach(Daemon agent, String... capabilities) {
        var granted = SystemdUnit.of(lab.run(), agent.program());
        for (String missing : capabilities) {
            Command refused = run(
                    agent,
                    granted.without(missing),
                    List.of(),
                    configuration(agent).toString());

            assertOneLine(refused, agent.program() + ": needs ");
            assertTrue(
                    refused.errors().toLowerCase(java.util.Locale.ROOT).contains("cap_" + missing), refused::toString);
        }
    }

    @Test
    void withAMalformedConfiguration() throws Exception {
        Path file = configuration(homeAgent);
        String good = Files.readString(file);
        Files.writeString(file, good.replace("spi = 256", "spi = 12") + "\nmtv = 1500\n");
        Command refused = runHomeAgent(unit);
        Files.writeString(file, good);

        assertEquals(2, refused.status(), refused::toString);
        int spi = 1 + good.substring(0, good.indexOf("spi = 256")).split("\n", -1).length - 1;
        assertTrue(refused.errors().contains(file + ":" + spi + ": "), refused::toString);
        assertTrue(refused.errors().contains("mtv"), refused::toString);
    }

    @Test
    void withItsPortTaken() throws Exception {
        try (DatagramChannel other = lab.namespace("ra")
                .call(() -> DatagramChannel.open(StandardProtocolFamily.INET)
                        .bind(new InetSocketAddress(Site.address(Site.A.routerAddress()), 434)))) {
            assertTrue(other.isOpen());
            Command refused = runHomeAgent(unit);

            assertOneLine(refused, "10.1.0.1:434 is taken by ");
        }
    }

    @Test
    void withItsPortTakenAndKeysThatAllMayRead() throws Exception {
        Path file = configuration(homeAgent);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        try {
            withItsPortTaken();
        } finally {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        }
    }

    @Test
    void withoutAConfiguration() {
        Command refused = run(homeAgent, unit, List.of(), configuration(homeAgent) + ".none");

        assertEquals(2, refused.status(), refused::toString);
        assertEquals(
                "home-agent: " + configuration(homeAgent)
                        + ".none: no such file: name another by --config, or make it from the commented example that is"
                        + " installed with the program\n",
                refused.errors());
    }

    @Test
    void withoutAnInterface() throws Exception {
        for (Daemon daemon : List.of(homeAgent, foreignAgent, hook)) {
            Path file = configuration(daemon);
            String good = Files.readString(file);
            Files.writeString(file, good.replaceFirst("\"(lan|up0)\"", "\"eth7\""));
            try {
                assertRefuses(daemon, "there is no interface eth7: create it, or name another one");
            } finally {
                Files.writeString(file, good);
            }
        }
    }

    @Test
    void withAFullDisk() {
        String state = lab.run().resolve("ra/home-agent").toString();
        Command refused = run(
                homeAgent,
                unit,
                List.of(
                        "sh",
                        "-c",
                        "mkdir -p \"$0\" && mount -t tmpfs -o size=64k,uid=" + SystemdUnit.USER + " full \"$0\""
                                + " && { dd if=/dev/zero of=\"$0/ballast\" 2>/dev/null; exec \"$@\"; }",
                        state),
                configuration(homeAgent).toString());

        assertOneLine(refused, "No space left on device: make room on its disk");
    }

    @Test
    void whenNobodyListensAtAGuestsMonitor() throws Exception {
        Path socket = lab.run().resolve("kb/guests/" + GUEST.name() + ".hook.qmp");
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(socket))
                .close();
        try {
            start(hook);
            String line = "WARN  guest can't be watched guest=guest1 reason=\"QMP socket " + socket
                    + ": nobody listens there\": if it doesn't run, remove the socket";
            Await.until("the hook says so", () -> hook.logged().contains(line));
            assertEquals(
                    1,
                    hook.logged().lines().filter(said -> said.contains("WARN")).count(),
                    hook::logged);
        } finally {
            Files.delete(socket);
        }
    }

    @Test
    void whenAGuestHasNoConfiguration() {
        start(hook);
        Command refused = Command.attempt(
                lab.namespace("kb")
                        .inside(
                                lab.program("guest-hook").toString(),
                                "event",
                                "stranger",
                                "running",
                                "--socket",
                                lab.run().resolve("kb/guest-hook.sock").toString()),
                "");

        assertEquals(1, refused.status(), refused::toString);
        assertTrue(refused.errors().contains("[[guest]]") && refused.errors().contains("stranger"), refused::toString);
        assertEquals(1, refused.errors().lines().count(), refused::toString);
    }

    private void start(Daemon daemon) {
        started.add(daemon.start());
        daemon.awaitReady();
    }

    private Path configuration(Daemon daemon) {
        return daemon.configuration();
    }

    private void assertRefuses(Daemon daemon, String words) {
        assertOneLine(
                run(
                        daemon,
                        SystemdUnit.of(lab.run(), daemon.program()),
                        List.of(),
                        configuration(daemon).toString()),
                words);
    }

    private static void assertOneLine(Command refused, String words) {
        assertEquals(1, refused.status(), refused::toString);
        assertEquals(1, refused.errors().lines().count(), refused::toString);
        assertTrue(refused.errors().contains(words), refused::toString);
    }

    /** Runs the home agent of site A with what this grants; it should end by itself. */
    private Command runHomeAgent(SystemdUnit grants) {
        return run(homeAgent, grants, List.of(), configuration(homeAgent).toString());
    }

    private Command run(Daemon daemon, SystemdUnit grants, List<String> wrapper, String configuration) {
        var words = new ArrayList<>(List.of("timeout", "60"));
        words.addAll(Daemon.withOpenTun(lab.run()));
        words.addAll(wrapper);
        words.addAll(grants.run(List.of(lab.program(daemon.program()).toString(), "run", "--config", configuration)));
        return Command.attempt(daemon.namespace().inside(words), "");
    }
}
