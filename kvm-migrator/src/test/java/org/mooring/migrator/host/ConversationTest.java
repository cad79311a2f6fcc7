package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.migrator.Preparation;
import org.mooring.migrator.host.Finding.Level;
import org.mooring.migrator.host.Guest.Accelerator;
import org.mooring.migrator.host.MigratorConfig.RemoteHost;

/** What the two ends of an ssh session tell each other. */
class ConversationTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678901Z");

    static List<Report> reports() {
        return List.of(
                new Report.Ready("tcp:198.51.100.2:49152", "7.2.22", new Preparation("staged", "the agents wait")),
                new Report.Ready("tcp:198.51.100.2:49152", "7.2.22", Preparation.plain("no answer from \"kb\"")),
                new Report.Running(NOW),
                new Report.Gone("load of migration failed: \"x\""),
                new Report.Time(7, NOW));
    }

    static List<Order> orders() {
        return List.of(
                new Order.Receive(new Guest(
                        "web",
                        512,
                        1,
                        "52:54:00:ab:cd:ef",
                        Accelerator.KVM,
                        "pc-i440fx-7.2",
                        null,
                        "/boot/vmlinuz",
                        null,
                        null,
                        List.of(new Disk("/d", "raw", true, false)),
                        List.of("-device", "x"),
                        "mt-web")),
                new Order.Follow(NOW),
                new Order.Abort(),
                new Order.Evict(),
                new Order.TellTime(7));
    }

    @ParameterizedTest
    @MethodSource("reports")
    void readsEachReport(Report report) {
        assertEquals(report, Report.parse(Report.line(report)));
    }

    @ParameterizedTest
    @MethodSource("orders")
    void readsEachOrder(Order order) {
        assertEquals(order, Order.parse(Order.line(order)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Welcome to kb!",
                "{",
                "[]",
                "{\"report\": \"running\", \"resumed\": \"yesterday\"}",
                "{\"report\": 3}",
                "{\"order\": \"receive\", \"guest\": {\"name\": \"../../etc/passwd\"}}",
                "{\"order\": \"receive\"}",
                "{\"order\": \"receive\", \"guest\": {\"name\": \"web\", \"disks\": [], \"extra-args\": []}}"
            })
    void takesNothingElseForEither(String line) {
        assertInstanceOf(Report.Unreadable.class, Report.parse(line));
        assertInstanceOf(Order.Unreadable.class, Order.parse(line));
        assertEquals(Optional.empty(), Examination.parse(line));
    }

    @Test
    void takesAnOlderListenersSilenceForUnprepared() {
        Report report =
                Report.parse("{\"report\": \"ready\", \"uri\": \"tcp:198.51.100.2:49152\", \"qemu\": \"7.2.22\"}");
        assertTrue(assertInstanceOf(Report.Ready.class, report).preparation().isPlain());
    }

    @Test
    void saysInOneLineThatAHandoverWillBePlain() {
        assertEquals(
                "kb: the guest will register when it runs there: no answer from foreign-agent 10.2.0.2",
                MigrationRun.plain("kb", Preparation.plain("no answer from foreign-agent 10.2.0.2")));
    }

    @Test
    void readsAnExamination() throws Exception {
        Examination examination = new Examination(
                List.of(new Finding(Level.WARN, "bridge: none")), "0.1.0", "7.2.22", 1500, true, "192.0.2.2");
        assertEquals(Optional.of(examination), Examination.parse(examination.line()));
    }

    @Test
    void quotesForTheShellOverThere() {
        RemoteHost host =
                new RemoteHost("kb", "root@kb", List.of("-p", "2222"), "/opt/my tools/kvm", "/etc/c.toml", "kb");
        List<String> arguments =
                new RemoteCommand(host, List.of("-o", "Compression=yes"), List.of("listen", "it's")).arguments();
        assertEquals("'/opt/my tools/kvm' listen 'it'\\''s' --config /etc/c.toml", arguments.get(arguments.size() - 1));
        assertEquals(
                List.of("-p", "2222", "-o", "Compression=yes", "--", "root@kb"),
                arguments.subList(arguments.size() - 7, arguments.size() - 1));
    }

    @Test
    void comparesClocksByTheFastestAnswer() {
        RemoteClock clock = new RemoteClock();
        assertEquals(Optional.empty(), clock.offset());
        int slow = clock.ask(NOW);
        clock.answer(slow, NOW.plusMillis(1400), NOW.plusMillis(1000));
        int fast = clock.ask(NOW);
        clock.answer(fast, NOW.plusMillis(1002), NOW.plusMillis(4));
        int slower = clock.ask(NOW);
        clock.answer(slower, NOW, NOW.plusMillis(3000));
        assertEquals(Optional.of(new RemoteClock.Offset(Duration.ofSeconds(1), Duration.ofMillis(2))), clock.offset());
        assertEquals(NOW, clock.ours(NOW.plusSeconds(1)));
    }

    @Test
    void takesClocksForEqualThatMayBe() {
        RemoteClock clock = new RemoteClock();
        clock.answer(clock.ask(NOW), NOW.plusMillis(1), NOW.plusMillis(10));
        assertEquals(NOW, clock.ours(NOW));
    }

    @Test
    void ignoresATimeThatNobodyAskedFor() {
        RemoteClock clock = new RemoteClock();
        clock.answer(1, NOW, NOW);
        assertEquals(Optional.empty(), clock.offset());
        assertEquals(NOW, clock.ours(NOW));
    }
}
