package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.qmp.QmpConnectionException;
import org.mooring.qmp.QmpEvent;
import org.mooring.qmp.QmpListener;
import org.mooring.runtime.control.ControlServer;
import org.mooring.runtime.control.Routes;
import org.mooring.runtime.metrics.Metrics;

/** Two hosts, an ssh server between them, and a real QEMU whose guest is its own boot firmware. */
@Tag("e2e")
@Timeout(300)
class MigrationE2eTest {
    private static final String SOURCE = "198.51.100.1";
    private static final String DESTINATION = "198.51.100.2";
    private static final EventLoopGroup EPOLL = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

    @TempDir
    Path directory;

    /** As a hook dates requests. */
    private static final String TIME = "2026-01-31T09:30:00.250Z";

    /** What the hooks were told. */
    private final List<String> told = new CopyOnWriteArrayList<>();

    private ControlServer hookOfTheDestination;
    private Host source;
    private Host destination;
    private SecureShell shell;

    @BeforeEach
    void connectTwoHosts() throws Exception {
        source = new Host(Files.createDirectory(directory.resolve("a")));
        destination = new Host(Files.createDirectory(directory.resolve("b")));
        source.namespace.connect("wan", destination.namespace, "wan");
        source.namespace.exec("ip", "address", "add", SOURCE + "/24", "dev", "wan");
        destination.namespace.exec("ip", "address", "add", DESTINATION + "/24", "dev", "wan");
        shell = SecureShell.serve(destination, DESTINATION);
        // Memory that isn't zero takes time to send.
        writeBallast("heavy", 12);
        writeBallast("light", 2);
        // All of a light guest fits between two sockets, so that its source stops it though the destination reads
        // nothing.
        for (Host host : List.of(source, destination)) {
            for (String buffer : List.of("tcp_rmem", "tcp_wmem")) {
                host.namespace.exec("sysctl", "-qw", "net.ipv4." + buffer + "=8388608 8388608 8388608");
            }
        }
        configure(directory.resolve("no-certificates"));
        hookOfTheDestination = hook(destination);
    }

    private void configure(Path certificates) throws Exception {
        String tls = "tls = \"" + certificates + "\"";
        source.configure(
                "[network]",
                "bridge = \"br0\"",
                "[migration]",
                tls,
                "[[host]]",
                "name = \"kb\"",
                "ssh = \"" + shell.destination() + "\"",
                "ssh-options = " + shell.options(),
                "program = \"" + destination.program + "\"",
                "config = \"" + destination.config() + "\"",
                guest("g1", "32"),
                guest("heavy", "64") + ballast("heavy"),
                guest("light", "32") + ballast("light"),
                guest("bound", "32") + "disks = [{ file = \"" + directory.resolve("heavy") + "\" }]");
        destination.configure(
                "[network]", "bridge = \"br0\"", "[migration]", tls, "ports = \"49152-49153\"", guest("g1", "32"));
    }

    @AfterEach
    void removeHosts() throws Exception {
        hookOfTheDestination.close();
        try {
            source.close();
        } finally {
            destination.close();
        }
    }

    @AfterAll
    static void stopEpoll() {
        EPOLL.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void movesAGuestAndLeavesNothingBehind() throws Exception {
        startup("g1");
        Host.Done migrate;
        try (ControlServer hookOfTheSource = hook(source)) {
            migrate = source.run("migrate", "g1", "--to", "kb");
            assertEquals(0, migrate.exitCode(), () -> migrate + " " + hookOfTheSource);
        }
        assertEquals(List.of("b: g1 arriving", "b: g1 follows a's " + TIME), told);
        assertTrue(migrate.out().startsWith("guest g1 runs at kb: "), migrate::toString);
        assertTrue(migrate.out().matches("(?s).*paused for (-?[0-9]+ ms \\(STOP to RESUME|n/a).*"), migrate::toString);
        source.assertClean("g1");
        assertTrue(destination.hasQemu("g1"));
        assertTrue(destination.hasDevice("mt-g1"));
        GuestRecord record = destination.files("g1").read().orElseThrow();
        assertFalse(record.incoming());
        assertEquals(destination.qemu("g1").pid(), record.pid());
        assertRuns(destination, "g1");

        assertEquals(0, destination.run("teardown", "g1").exitCode());
        destination.assertClean("g1");
        assertEquals(0, destination.run("teardown", "g1").exitCode());
    }

    /** What the migrator sees of a guest hook. */
    private ControlServer hook(Host host) throws Exception {
        String name = host.directory.getFileName().toString();
        Routes routes = new Routes()
                .get("/guests/{name}/time", request -> Map.of("time", TIME))
                .post("/guests/{name}/time", request -> {
                    String time = request.body(JsonNode.class).path("time").asText();
                    told.add(name + ": " + request.parameter("name") + " follows a's " + time);
                    return Map.of();
                })
                .post("/guests/{name}/events", request -> {
                    String phase = request.body(JsonNode.class).path("phase").asText();
                    told.add(name + ": " + request.parameter("name") + " " + phase);
                    return Map.of("prepared", "plain", "why", "the home agent prepares nothing");
                });
        return ControlServer.open(
                host.directory.resolve("hook.sock"), Runnable::run, routes, new Metrics("guest-hook"));
    }

    @Test
    void removesAGuestWhoseRecordIsTorn() throws Exception {
        Files.writeString(source.files("g1").record(), "{");
        source.namespace.exec("ip", "tuntap", "add", "mt-g1", "mode", "tap");
        Host.Done refused = source.run("migrate", "g1", "--to", "kb");
        assertEquals(1, refused.exitCode(), refused::toString);
        assertTrue(refused.err().endsWith("'kvm-migrator teardown g1' removes it\n"), refused::toString);
        assertEquals(0, source.run("teardown", "g1").exitCode());
        source.assertClean("g1");
    }

    @Test
    void encryptsTheStream() throws Exception {
        configure(Certificates.issue(directory.resolve("pki"), "kb").directory());
        startup("g1");
        Host.Done migrate = source.run("migrate", "g1", "--to", "kb", "--tls");
        assertEquals(0, migrate.exitCode(), migrate::toString);
        assertRuns(destination, "g1");
    }

    @Test
    void staysWhenTheCertificateIsAnothers() throws Exception {
        configure(Certificates.issue(directory.resolve("pki"), "elsewhere.example.net")
                .directory());
        startup("g1");
        Host.Done migrate = source.run("migrate", "g1", "--to", "kb", "--tls");
        assertStays(migrate, "g1", ".*Certificate does not match the hostname kb.*");
    }

    @Test
    void saysThatThereAreNoCertificates() throws Exception {
        startup("g1");
        Host.Done migrate = source.run("migrate", "g1", "--to", "kb", "--tls");
        assertStays(migrate, "g1", "kb: QEMU refused object-add: .*no-certificates.*");
    }

    @Test
    void staysWhenTheDestinationsQemuIsKilledWhileCopying() throws Exception {
        Host.Run migrate = copying();
        kill(destination.qemu("heavy"), "-KILL");
        assertStays(migrate.done(), "heavy", "(the stream failed|kb: ).*");
    }

    @Test
    void staysWhenTheDestinationsQemuIsKilledAfterStop() throws Exception {
        Host.Run migrate = stopped();
        kill(destination.qemu("light"), "-KILL");
        assertStays(migrate.done(), "light", "(the stream failed|kb: ).*");
    }

    @Test
    void staysWhenTheSessionIsLostWhileCopying() throws Exception {
        Host.Run migrate = copying();
        killSsh(migrate);
        // The listener ends its QEMU then, and either may be noticed first.
        assertStays(migrate.done(), "heavy", "(the ssh session with kb was lost|the stream failed: .*)");
    }

    @Test
    void staysWhenTheSessionIsLostAfterStop() throws Exception {
        Host.Run migrate = stopped();
        killSsh(migrate);
        assertStays(migrate.done(), "light", "the ssh session with kb was lost");
    }

    @Test
    void leavesTheGuestPausedWhereNobodyCanTellUntilTheOperatorKnows() throws Exception {
        Host.Run migrate = stopped();
        // The listener dies without a chance to end its QEMU, and that one has yet to read the last pages.
        destination.program("listen").destroyForcibly();
        Host.Done done = migrate.done();
        assertEquals(1, done.exitCode(), done::toString);
        assertTrue(
                done.err().contains("guest light is paused here, and nobody knows whether it runs at kb"),
                done::toString);
        assertFalse(status(source, "light").equals("running"));

        kill(destination.qemu("light"), "-CONT");
        Host.eventually(
                "it arrived after all", () -> status(destination, "light").equals("running"));
        Host.eventually("the source knows", () -> status(source, "light").equals("postmigrate"));
        Host.Done again = source.run("migrate", "light", "--to", "kb");
        assertTrue(again.err().contains("it was migrated"), again::toString);

        kill(destination.qemu("light"), "-KILL");
        Host.Done resume = source.run("resume", "light");
        assertEquals(0, resume.exitCode(), resume::toString);
        assertRuns(source, "light");
    }

    @Test
    void saysThatTheGuestIsLostWhenItsQemuIsKilled() throws Exception {
        Host.Run migrate = copying();
        kill(source.qemu("heavy"), "-KILL");
        Host.Done done = migrate.done();
        assertEquals(1, done.exitCode(), done::toString);
        assertTrue(done.err().contains("guest heavy is lost, its QEMU ended here"), done::toString);
        Host.eventually(
                "the destination is clean", () -> destination.remainders().isEmpty());
        destination.assertClean("heavy");
        assertEquals(0, source.run("teardown", "heavy").exitCode());
        source.assertClean("heavy");
    }

    @Test
    void staysWhenTheOperatorCancels() throws Exception {
        Host.Run migrate = copying();
        migrate.interrupt();
        assertStays(migrate.done(), "heavy", "cancelled");
    }

    @Test
    void staysWhenTheOperatorCancelsAfterStop() throws Exception {
        Host.Run migrate = stopped();
        migrate.interrupt();
        assertStays(migrate.done(), "light", "cancelled");
    }

    @Test
    void staysWhenTheMigratorItselfIsKilledAndCanBeMigratedAgain() throws Exception {
        Host.Run migrate = copying();
        migrate.process().destroyForcibly().waitFor();
        Host.eventually(
                "the destination is clean", () -> !destination.hasQemu("heavy") && !destination.hasDevice("mt-heavy"));
        Host.eventually(
                "its listener is gone", () -> destination.files("heavy").read().isEmpty());
        assertRuns(source, "heavy");
        Host.Done again = source.run("migrate", "heavy", "--to", "kb", "--bandwidth", "1000");
        assertEquals(0, again.exitCode(), again::toString);
    }

    @Test
    void goesOnAtTheSourceWhenTheMigratorIsKilledAfterStop() throws Exception {
        Host.Run migrate = stopped();
        migrate.process().destroyForcibly().waitFor();
        Host.eventually(
                "the destination is clean", () -> destination.remainders().isEmpty());
        destination.assertClean("light");
        Host.eventually(
                "QEMU itself lets it go on", () -> status(source, "light").equals("running"));
    }

    @Test
    void refusesAGuestThatIsThereAlready() throws Exception {
        startup("g1");
        assertEquals(0, destination.run("startup", "g1").exitCode());
        Host.Done migrate = source.run("migrate", "g1", "--to", "kb");
        assertEquals(1, migrate.exitCode());
        assertTrue(migrate.err().contains("kb: guest g1 is on this host already"), migrate::toString);
        assertRuns(source, "g1");
        assertRuns(destination, "g1");
    }

    @Test
    void refusesAHostWhereNoHookRunsBeforeAnythingIsCopied() throws Exception {
        startup("g1");
        hookOfTheDestination.close();
        Host.Done migrate = source.run("migrate", "g1", "--to", "kb");
        assertStays(
                migrate,
                "g1",
                "kb: the guest could not register when it runs there: hook: is guest-hook running\\? There is no socket at "
                        + destination.directory.resolve("hook.sock")
                        + ": start it, or name its socket\\. Mend that, or move it all the same with --force");
        assertFalse(migrate.err().contains("migrating to kb"), migrate::toString);
    }

    @Test
    void movesToAHostWhereNoHookRunsIfItIsForced() throws Exception {
        startup("g1");
        hookOfTheDestination.close();
        Host.Done migrate = source.run("migrate", "g1", "--to", "kb", "--force");
        assertEquals(0, migrate.exitCode(), migrate::toString);
        assertTrue(
                migrate.err()
                        .contains("kb: the guest could not register when it runs there: hook: is guest-hook running?"),
                migrate::toString);
        assertRuns(destination, "g1");
    }

    /** The stream waits for nothing that the hook does; one that is started again registers the guest that it finds. */
    @Test
    void movesThoughTheHookEndsOnceItIsDecided() throws Exception {
        startup("heavy");
        try (Watch watch = Watch.of(source, "heavy")) {
            Host.Run migrate = source.start("migrate", "heavy", "--to", "kb", "--bandwidth", "8");
            watch.await("MIGRATION", "active");
            hookOfTheDestination.close();
            Host.Done done = migrate.done();
            assertEquals(0, done.exitCode(), done::toString);
        }
        assertRuns(destination, "heavy");
    }

    @Test
    void refusesAGuestWithADiskOfThisHost() throws Exception {
        startup("bound");
        Host.Done migrate = source.run("migrate", "bound", "--to", "kb");
        assertEquals(1, migrate.exitCode());
        assertTrue(migrate.err().contains("--shared-disks"), migrate::toString);
        assertRuns(source, "bound");
    }

    @Test
    void checksBothHostsAndChangesNothing() throws Exception {
        startup("g1");
        hookOfTheDestination.close();
        Host.Done check = source.run("check", "g1", "--to", "kb");
        // No hook runs here, which is one of the things that it has to say.
        assertEquals(1, check.exitCode(), check::toString);
        assertFinds(check, "OK    here      guest: g1 runs");
        assertFinds(check, "OK    here      disks: none");
        assertFinds(check, "FAIL  here      hook: is guest-hook running\\?.*");
        assertFinds(check, "OK    kb        ssh: root@198.51.100.2 can be reached");
        assertFinds(check, "OK    kb        qemu: qemu-system-x86_64 is version [0-9.]+");
        assertFinds(check, "WARN  kb        bridge: there is no br0; .*");
        assertFinds(check, "OK    kb        memory: [0-9]+ MiB available, the guest has 32");
        assertFinds(check, "OK    kb        port: the stream would arrive at 198.51.100.2:49152");
        assertFinds(check, "OK    kb        guest: nothing of g1 is here yet");
        assertFinds(check, "FAIL  kb        hook: is guest-hook running\\?.*");
        assertRuns(source, "g1");
        destination.assertClean("g1");
    }

    @Test
    void findsThatTheHookDoesNotKnowOfAGuestThatRuns() throws Exception {
        startup("g1");
        Routes routes = new Routes().get("/guests/{name}", request -> Map.of("guest", Map.of("phase", "gone")));
        try (ControlServer hook = ControlServer.open(
                source.directory.resolve("hook.sock"), Runnable::run, routes, new Metrics("guest-hook"))) {
            Host.Done check = source.run("check", "g1", "--to", "kb");
            assertEquals(1, check.exitCode(), () -> check + " " + hook);
            assertFinds(check, "OK    here      guest: g1 runs");
            assertFinds(
                    check,
                    "FAIL  here      hook: g1 runs, but the hook here has it as 'gone', so its binding is not renewed:"
                            + " 'guest-hook event g1 running' tells it");
        }
    }

    @Test
    void doesNotAdviseToKillAGuestWhoseMonitorHasVanished() throws Exception {
        startup("g1");
        QemuProcess qemu = source.qemu("g1");
        Files.delete(source.files("g1").monitor());
        String line = "QMP socket " + source.files("g1").monitor() + ": it is not there; its QEMU (pid " + qemu.pid()
                + ") still runs, but can't be asked any more: shut the guest down from inside; then"
                + " 'kvm-migrator teardown g1' removes what is left of it here, and 'kvm-migrator startup g1' starts it";
        Host.Done migrate = source.run("migrate", "g1", "--to", "kb");
        assertEquals(1, migrate.exitCode(), migrate::toString);
        assertEquals("kvm-migrator: " + line + "\n", migrate.err());

        qemu.end(false);
        Host.Done ended = source.run("migrate", "g1", "--to", "kb");
        assertTrue(
                ended.err().contains("it is not there; if its QEMU has ended, 'kvm-migrator teardown g1'"),
                ended::toString);
    }

    @Test
    void evacuatesAHostButForTheGuestThatTheOtherOneRefuses() throws Exception {
        for (String guest : List.of("g1", "heavy", "light")) {
            startup(guest);
        }
        assertEquals(0, destination.run("startup", "g1").exitCode());
        Host.Done evacuation = source.run("migrate", "--all", "--to", "kb", "--parallel", "2");
        assertEquals(1, evacuation.exitCode(), evacuation::toString);
        assertFinds(evacuation, "g1 +stays here +- +- +- +kb: guest g1 is on this host already.*");
        assertFinds(evacuation, "heavy +moved +(-|-?[0-9]+) +- +plain");
        assertFinds(evacuation, "light +moved +(-|-?[0-9]+) +- +plain");
        assertRuns(source, "g1");
        assertRuns(destination, "heavy");
        assertRuns(destination, "light");
        assertEquals(List.of("g1"), source.guestsHere());
        // Their streams arrived at the same time, at a port each.
        assertTrue(evacuation.err().contains("heavy: migrating to kb (tcp:198.51.100.2:4915"), evacuation::toString);
        assertTrue(evacuation.err().contains("light: migrating to kb (tcp:198.51.100.2:4915"), evacuation::toString);

        hookOfTheDestination.close();
        Host.Done report = source.run("report", "heavy");
        assertEquals(0, report.exitCode(), report::toString);
        assertTrue(
                report.out().matches("guest heavy [^ ]+ to kb, moved, paused for -?[0-9.]+ ms, plain\n(?s).*"),
                report::toString);
        // No hook runs at either host.
        assertFinds(report, "  kb: is guest-hook running\\?.*");
        assertFinds(report, "\\| +\\+0\\.0 +[^ ]+ +qemu: stop");
        assertFinds(report, "\\| +[+0-9.]+ +kb +qemu: resume");
        assertFinds(report, " +[+0-9.]+ +[^ ]+ +kvm-migrator: the stream completed");
    }

    @Test
    void evacuatesNoFurtherWhenTheOperatorCancels() throws Exception {
        startup("heavy");
        startup("light");
        try (Watch watch = Watch.of(source, "heavy")) {
            Host.Run evacuation = source.start("migrate", "--all", "--to", "kb", "--parallel", "1", "--bandwidth", "1");
            watch.await("MIGRATION", "active");
            evacuation.interrupt();
            Host.Done done = evacuation.done();
            assertEquals(1, done.exitCode(), done::toString);
            assertFinds(done, "heavy +stays here +- +- +- +cancelled");
            assertFinds(done, "light +stays here +- +- +- +not begun, cancelled");
        }
        assertRuns(source, "heavy");
        assertRuns(source, "light");
        Host.eventually(
                "the destination is clean", () -> destination.remainders().isEmpty());
    }

    private static void assertFinds(Host.Done check, String line) throws Exception {
        assertTrue(check.out().lines().anyMatch(found -> found.matches(line)), () -> line + " is not in " + check);
    }

    @Test
    void saysThatNoPortIsFree() throws Exception {
        startup("g1");
        for (int port : new int[] {49152, 49153}) {
            destination.daemon(new ProcessBuilder(new ArrayList<>(List.of(
                    System.getProperty("java.home") + "/bin/java",
                    "-cp",
                    System.getProperty("java.class.path"),
                    PortHolder.class.getName(),
                    DESTINATION,
                    Integer.toString(port),
                    directory.resolve("held" + port).toString()))));
        }
        Host.eventually(
                "both ports are taken",
                () -> Files.exists(directory.resolve("held49152")) && Files.exists(directory.resolve("held49153")));
        Host.Done migrate = source.run("migrate", "g1", "--to", "kb");
        assertEquals(1, migrate.exitCode());
        assertTrue(migrate.err().contains("49152-49153"), migrate::toString);
        assertRuns(source, "g1");
        destination.assertClean("g1");
    }

    @Test
    void saysThatTheOtherHostDoesNotAnswer() throws Exception {
        startup("g1");
        Host.Done migrate =
                source.run("migrate", "g1", "--to", "root@198.51.100.77", "--ssh-option", "ConnectTimeout=1");
        assertEquals(1, migrate.exitCode());
        assertTrue(
                migrate.err().contains("guest g1 stays here and goes on: ssh to root@198.51.100.77 failed"),
                migrate::toString);
        assertRuns(source, "g1");
    }

    @Test
    void refusesToStartAGuestTwice() throws Exception {
        startup("g1");
        Host.Done again = source.run("startup", "g1");
        assertEquals(1, again.exitCode());
        assertEquals(1, again.err().lines().count(), again::toString);
        assertRuns(source, "g1");
    }

    @Test
    void tearsDownWhatACrashLeft() throws Exception {
        startup("g1");
        kill(source.qemu("g1"), "-KILL");
        Host.eventually("QEMU is dead", () -> !source.hasQemu("g1"));
        assertEquals(0, source.run("teardown", "g1").exitCode());
        source.assertClean("g1");
    }

    @Test
    void clearsUpWhenQemuRefusesToStart() throws Exception {
        source.configure(
                "[network]", "bridge = \"br0\"", guest("g1", "32") + "extra-args = [\"-device\", \"nonsense\"]");
        Host.Done startup = source.run("startup", "g1");
        assertEquals(1, startup.exitCode());
        assertTrue(startup.err().contains("QEMU refuses to start guest g1: -device nonsense"), startup::toString);
        source.assertClean("g1");
    }

    private void writeBallast(String name, int mebibytes) throws Exception {
        byte[] ballast = new byte[mebibytes << 20];
        new Random(1).nextBytes(ballast);
        Files.write(directory.resolve(name), ballast);
    }

    /** Has QEMU load the file into the guest's memory. */
    private String ballast(String name) {
        return "extra-args = [\"-device\", \"loader,force-raw=on,addr=0x1000000,file=" + directory.resolve(name)
                + "\"]";
    }

    private void startup(String guest) throws Exception {
        Host.Done startup = source.run("startup", guest);
        assertEquals(0, startup.exitCode(), startup::toString);
        assertRuns(source, guest);
    }

    /** A migration that is under way and takes some ten seconds yet. */
    private Host.Run copying() throws Exception {
        startup("heavy");
        try (Watch watch = Watch.of(source, "heavy")) {
            Host.Run migrate = source.start("migrate", "heavy", "--to", "kb", "--bandwidth", "1");
            watch.await("MIGRATION", "active");
            return migrate;
        }
    }

    /** A migration whose source has stopped the guest, and whose destination is frozen with the last pages in its socket. */
    private Host.Run stopped() throws Exception {
        startup("light");
        try (Watch watch = Watch.of(source, "light")) {
            Host.Run migrate = source.start("migrate", "light", "--to", "kb", "--bandwidth", "1");
            watch.await("MIGRATION", "active");
            kill(destination.qemu("light"), "-STOP");
            watch.await("STOP", "");
            return migrate;
        }
    }

    private void assertStays(Host.Done migrate, String guest, String reason) throws Exception {
        assertEquals(1, migrate.exitCode(), migrate::toString);
        assertTrue(
                migrate.err()
                        .matches("(?s).*\nkvm-migrator: guest " + guest + " stays here and goes on: " + reason + "\n"),
                migrate::toString);
        assertRuns(source, guest);
        // Where the session was lost, the listener clears up by itself, after us.
        Host.eventually(
                "the destination is clean", () -> destination.remainders().isEmpty());
        destination.assertClean(guest);
    }

    private static void assertRuns(Host host, String guest) throws Exception {
        assertEquals("running", status(host, guest));
    }

    private static String status(Host host, String guest) throws Exception {
        try (Watch watch = Watch.of(host, guest)) {
            return watch.status();
        }
    }

    private static void kill(QemuProcess qemu, String signal) throws Exception {
        new ProcessBuilder("kill", signal, Long.toString(qemu.pid())).start().waitFor();
    }

    private static void killSsh(Host.Run migrate) {
        ProcessHandle ssh = migrate.process()
                .descendants()
                .filter(process -> process.info().command().orElse("").endsWith("/ssh"))
                .findFirst()
                .orElseThrow();
        ssh.destroyForcibly();
    }

    /** The hook's monitor, which the migrator leaves alone. */
    private record Watch(BlockingQueue<QmpEvent> events, Monitor monitor) implements AutoCloseable {
        static Watch of(Host host, String guest) throws Exception {
            BlockingQueue<QmpEvent> events = new LinkedBlockingQueue<>();
            QmpListener listener = new QmpListener() {
                @Override
                public void onEvent(QmpEvent event) {
                    events.add(event);
                }

                @Override
                public void onDisconnected(QmpConnectionException why) {}
            };
            return new Watch(events, Monitor.connect(EPOLL, new GuestFiles(host.guests(), guest + ".hook"), listener));
        }

        void await(String name, String status) throws InterruptedException {
            while (true) {
                QmpEvent event = events.poll(60, TimeUnit.SECONDS);
                if (event == null) {
                    throw new AssertionError("no event " + name + " " + status);
                }
                if (event.name().equals(name) && event.status().equals(status)) {
                    return;
                }
            }
        }

        String status() throws Exception {
            return monitor.ask("query-status").path("status").asText();
        }

        @Override
        public void close() {
            monitor.close();
        }
    }

    private static String guest(String name, String memory) {
        return """
                [[guest]]
                name = "%s"
                memory = %s
                mac = "52:54:00:01:00:50"
                accel = "tcg"
                """.formatted(name, memory);
    }
}
