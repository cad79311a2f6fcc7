package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
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
        Command refused = runHomeAgent(new SystemdUnit(false, List.of()));

        assertEquals(1, refused.status(), refused::toString);
        assertEquals(1, refused.errors().lines().count(), refused::toString);
        for (String capability : List.of("CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_NET_BIND_SERVICE")) {
            assertTrue(refused.errors().contains(capability), refused::toString);
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
        assertRefusedWithoutEach("net_admin", "net_raw", "net_bind_service");
    }

    /** Which another datapath could do without. */
    @Test
    void withoutOneThatItsDatapathNeeds() throws Exception {
        Path file = configuration(homeAgent);
        String good = Files.readString(file);
        Files.writeString(file, "datapath = \"ebpf\"\n" + good);
        try {
            assertRefusedWithoutEach("bpf", "perfmon");
        } finally {
            Files.writeString(file, good);
        }
    }

    private void assertRefusedWithoutEach(String... capabilities) {
        for (String missing : capabilities) {
            Command refused = runHomeAgent(unit.without(missing));

            assertEquals(1, refused.status(), refused::toString);
            assertEquals(1, refused.errors().lines().count(), refused::toString);
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
    void whenTheHomeAgentCannotBeReached() {
        start(foreignAgent);
        start(hook);

        assertCheckFails(
                "hook: a registration through foreign agent 10.2.0.2 to home agent 10.1.0.1 would fail: the foreign"
                        + " agent gets no answer from the home agent: is it running, and does UDP port 434 pass between them\\?");
        String said = foreignAgent.logged();
        assertTrue(said.contains("is it running, and does UDP port 434 pass?"), said);
        assertFalse(said.contains("failed with error"), said);
    }

    @Test
    void whenTheKeysDiffer() throws Exception {
        start(homeAgent);
        start(foreignAgent);
        Path file = configuration(hook);
        String good = Files.readString(file);
        Files.writeString(
                file, good.replaceFirst("key = \"..", "key = \"" + (good.contains("key = \"00") ? "01" : "00")));
        try {
            start(hook);

            assertCheckFails(
                    "hook: a registration through foreign agent 10.2.0.2 to home agent 10.1.0.1 would fail: .*the keys"
                            + " differ: compare spi and key of \\[\\[guest.association\\]\\] .*");
        } finally {
            Files.writeString(file, good);
        }
    }

    @Test
    void whenTheClocksDifferByAMinute() {
        start(homeAgent);
        start(foreignAgent);
        start(hook.withClock(Duration.ofMinutes(-1)));

        assertCheckFails(
                "clock: [56]\\d{4} ms behind the home agent's: run NTP on this host and at the home agent: .*");
    }

    @Test
    void whenAllIsWell() {
        start(homeAgent);
        start(foreignAgent);
        start(hook);

        JsonNode answer = hook.control().post("/guests/" + GUEST.name() + "/check");

        assertTrue(answer.path("ok").asBoolean(), answer::toString);
        assertEquals(0, answer.path("code").asInt(-1), answer::toString);
        assertEquals(0, homeAgent.control().get("/bindings").path("bindings").size(), "a dry run leaves no binding");
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

    /** What an operator at site A is told of the other host before a migration, and by what exit code. */
    private void assertCheckFails(String finding) {
        Command check = lab.migrator(Site.A, "check", GUEST.name(), "--to", Site.B.host());
        assertEquals(1, check.status(), check::toString);
        String line = "FAIL +" + Site.B.host() + " +" + finding;
        assertEquals(
                1, check.output().lines().filter(said -> said.matches(line)).count(), check::toString);
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
