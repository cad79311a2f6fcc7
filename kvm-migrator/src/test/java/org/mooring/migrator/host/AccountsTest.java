package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.migrator.MigrationEvent;
import org.mooring.migrator.Outcome;
import org.mooring.migrator.Outcome.Whereabouts;
import org.mooring.runtime.Failure;
import org.mooring.timeline.HandoverAccount;
import org.mooring.timeline.HandoverRecord;
import org.mooring.timeline.MigrationRecord;

/** What is kept of migrations, and how it is put together with what the hooks know. */
class AccountsTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    Path directory;

    @Test
    void findsTheTwoHooksRecordsOfAMigrationAmongOthers() throws Exception {
        List<MigrationRecord> migrations = List.of(migration("web", NOON), migration("web", NOON.plusSeconds(600)));
        HookRecords here = new HookRecords(List.of(
                left("web", NOON.plusMillis(500), "1"),
                left("db", NOON.plusSeconds(600), "3"),
                left("web", NOON.plusMillis(600_500), "5")));
        // A minute ahead.
        HookRecords there = new HookRecords(List.of(
                came("web", NOON.plusSeconds(60), "2"),
                came("web", NOON.plusSeconds(660), "5"),
                left("web", NOON.plusSeconds(660), "7")));
        Accounts accounts = new Accounts("ka", host -> here, host -> there);
        HandoverAccount account = accounts.of(migrations.get(1));
        assertEquals("5", account.handover());
        assertEquals(List.of(), account.missing());
        assertEquals(2, account.events().size());
    }

    @Test
    void tellsTheLatestOfThisHostWhoeverKnowsThem() throws Exception {
        List<MigrationRecord> migrations = List.of(migration("web", NOON), migration("db", NOON.plusSeconds(60)));
        HookRecords here = new HookRecords(List.of(
                left("web", NOON, "1"), came("web", NOON.plusSeconds(30), "2"), left("db", NOON.plusSeconds(60), "3")));
        Accounts accounts = new Accounts("ka", host -> here, host -> new HookRecords(List.of()));
        assertEquals(
                List.of("web moved", "web arriving", "db moved"),
                words(accounts.latest(migrations, Optional.empty(), 9)));
        assertEquals(List.of("web arriving", "db moved"), words(accounts.latest(migrations, Optional.empty(), 2)));
        assertEquals(List.of("web arriving"), words(accounts.latest(migrations, Optional.of("web"), 1)));
        assertEquals(List.of(), words(accounts.latest(migrations, Optional.of("mail"), 1)));
    }

    @Test
    void asksEachHostOnceAndSaysWhoDoesNotAnswer() throws Exception {
        List<String> asked = new ArrayList<>();
        Accounts accounts = new Accounts(
                "ka",
                host -> {
                    throw new Failure(host + ": is guest-hook running?");
                },
                host -> {
                    asked.add(host);
                    return new HookRecords(List.of());
                });
        List<HandoverAccount> told = accounts.latest(
                List.of(migration("web", NOON), migration("db", NOON.plusSeconds(60))), Optional.empty(), 2);
        assertEquals(List.of("kb"), asked);
        assertEquals(
                List.of("ka: is guest-hook running?", "kb: its hook knows nothing of this handover"),
                told.get(0).missing());
    }

    @Test
    void keepsTheLatestRecordsInOrder() throws Exception {
        MigrationRecords records = new MigrationRecords(directory.resolve("state"));
        assertEquals(List.of(), records.all());
        for (int i = 0; i < 1005; i++) {
            records.keep(migration("web", NOON.plusMillis(i)));
        }
        Files.writeString(directory.resolve("state/20260301T120000.002Z-torn.json"), "{");
        List<MigrationRecord> all = records.all();
        assertEquals(1000, all.size());
        assertEquals(migration("web", NOON.plusMillis(5)), all.get(0));
        assertEquals(NOON.plusMillis(1004), all.get(999).began());
    }

    @Test
    void goesOnWhereNoRecordCanBeKept() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        new MigrationRecords(file).keep(migration("web", NOON));
        assertTrue(Files.isRegularFile(file));
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(1, left.count());
        }
    }

    @Test
    void readsTheLineOfTheOtherHost() {
        HookRecords records = new HookRecords(List.of(
                left("web", NOON, "1"),
                new HandoverRecord(
                        "db",
                        null,
                        true,
                        NOON,
                        null,
                        Map.of("rescued", 3L),
                        List.of(new HandoverRecord.Step(NOON, "home-agent", "ARM answered", 0.5)))));
        assertEquals(Optional.of(records), HookRecords.parse(records.line()));
        assertEquals(1, records.of("db").handovers().size());
        for (String line : List.of("", "Welcome to kb!", "{}", "{\"handovers\": 3}", "{\"handovers\": [{}]}")) {
            assertEquals(Optional.empty(), HookRecords.parse(line), line);
        }
    }

    @Test
    void writesDownWhatHappenedInAMigration() {
        MigrationJournal journal = new MigrationJournal("ka", "kb", NOON);
        journal.note(new MigrationEvent.DestinationReady(NOON.plusSeconds(1), "tcp:198.51.100.2:49152"));
        journal.note(new MigrationEvent.SourceConfigured(NOON.plusSeconds(1)));
        journal.note(new MigrationEvent.SourceStopped(NOON.plusSeconds(2), NOON.plusMillis(1999)));
        journal.note(new MigrationEvent.DestinationRunning(NOON.plusSeconds(3), NOON.plusMillis(2040)));
        MigrationResult moved = new MigrationResult(
                "web",
                "kb",
                new Outcome.Moved(Duration.ofSeconds(3), Duration.ofMillis(41)),
                Optional.of(new RemoteClock.Offset(Duration.ofMillis(7), Duration.ofNanos(500_000))),
                Optional.empty(),
                Optional.empty());
        MigrationRecord record = journal.record(moved, NOON.plusSeconds(4));
        assertTrue(record.moved());
        assertEquals(NOON.plusMillis(1999), record.stopped());
        assertEquals(NOON.plusMillis(2040), record.resumed());
        assertEquals(7.0, record.clockAheadMs());
        assertEquals(0.5, record.clockGiveOrTakeMs());
        assertEquals(
                List.of(
                        "asks kb to listen",
                        "the destination listens at tcp:198.51.100.2:49152",
                        "hears that the guest runs there"),
                record.steps().stream().map(HandoverRecord.Step::what).toList());
    }

    @Test
    void forgetsTheStopOfAGuestThatGoesOnHere() {
        MigrationJournal journal = new MigrationJournal("ka", "kb", NOON);
        journal.note(new MigrationEvent.SourceStopped(NOON, NOON));
        journal.note(new MigrationEvent.SourceResumed(NOON.plusSeconds(1)));
        MigrationRecord record = journal.record(
                MigrationResult.of("web", "kb", new Outcome.NotMoved(Whereabouts.STAYED, "cancelled")), NOON);
        assertFalse(record.moved());
        assertEquals("cancelled", record.why());
        assertEquals(Optional.empty(), Optional.ofNullable(record.stopped()));
    }

    private static List<String> words(List<HandoverAccount> accounts) {
        return accounts.stream()
                .map(account -> account.guest() + " " + account.outcome())
                .toList();
    }

    private static MigrationRecord migration(String guest, Instant began) {
        return new MigrationRecord(
                guest,
                "ka",
                "kb",
                began,
                began.plusSeconds(5),
                MigrationRecord.MOVED,
                "",
                "staged",
                60_000.0,
                1.0,
                began.plusSeconds(3),
                began.plusMillis(3040),
                List.of());
    }

    private static HandoverRecord left(String guest, Instant began, String id) {
        return new HandoverRecord(guest, id, false, began, null, Map.of(), List.of());
    }

    private static HandoverRecord came(String guest, Instant began, String id) {
        return new HandoverRecord(guest, id, true, began, null, Map.of(), List.of());
    }
}
