package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mooring.migrator.Evacuation.Tally;
import org.mooring.migrator.Outcome;
import org.mooring.migrator.Outcome.Whereabouts;
import org.mooring.migrator.Preparation;
import org.mooring.timeline.HandoverAccount;
import org.mooring.timeline.HandoverRecord;
import org.mooring.timeline.MigrationRecord;

/** What an operator sees of an evacuation. */
class EvacuationDisplayTest {
    private static final long MEBIBYTE = 1 << 20;

    private final ByteArrayOutputStream octets = new ByteArrayOutputStream();

    @Test
    void redrawsALineForEachGuestAndOneForAllOnATerminal() {
        EvacuationDisplay display = display(true);
        display.total(new Tally(1, 1, 2, 4));
        display.of("db").show(progress(1));
        display.of("web").show(progress(2));
        String drawn = shown().substring(shown().lastIndexOf("\u001b[?7l"));
        List<String> lines = drawn.lines().toList();
        assertEquals(4, lines.size(), drawn);
        assertTrue(lines.get(0).startsWith("\u001b[?7ldb   ["), drawn);
        assertTrue(lines.get(1).startsWith("web  ["), drawn);
        assertEquals("1 of 8 moved, 1 failed, 2 under way, 4 waiting; 4.0 MiB/s", lines.get(2), drawn);

        octets.reset();
        display.of("db").say("cancelling");
        // Over the three lines, which are drawn anew below what is said.
        assertTrue(shown().startsWith("\u001b[3A\r\u001b[Jdb: cancelling\n"), shown());
        octets.reset();
        display.of("db").end();
        display.end();
        assertTrue(shown().endsWith("\u001b[2A\r\u001b[J"), shown());
    }

    @Test
    void printsALineForEachPassElsewhere() {
        EvacuationDisplay display = display(false);
        display.total(new Tally(0, 0, 2, 0));
        display.of("db").show(progress(1));
        display.of("db").show(progress(1));
        display.of("web").show(progress(1));
        display.of("db").show(progress(2));
        display.of("db").say("cancelling");
        display.of("db").end();
        display.end();
        List<String> lines = shown().lines().toList();
        assertEquals(4, lines.size(), shown());
        assertTrue(lines.get(1).startsWith("web  [") && lines.get(2).startsWith("db   ["), shown());
        assertEquals("db: cancelling", lines.get(3));
        assertFalse(shown().contains("\u001b"), shown());
    }

    @Test
    void endsWithATable() {
        Outcome moved = new Outcome.Moved(Duration.ofSeconds(3), Duration.ofMillis(42));
        Optional<RemoteClock.Offset> near =
                Optional.of(new RemoteClock.Offset(Duration.ofMillis(7), Duration.ofMillis(1)));
        Optional<RemoteClock.Offset> far =
                Optional.of(new RemoteClock.Offset(Duration.ofMillis(7), Duration.ofMillis(90)));
        Optional<Progress> end = Optional.of(progress(2));
        List<MigrationResult> results = List.of(
                new MigrationResult("db", "kb", moved, near, end, Optional.of(new Preparation("staged", ""))),
                new MigrationResult("web", "kb", moved, far, end, Optional.of(Preparation.plain("no answer"))),
                new MigrationResult("mail", "kb", moved, near, end, Optional.of(new Preparation("nothing", ""))),
                MigrationResult.of("lost", "kb", new Outcome.NotMoved(Whereabouts.LOST, "QEMU ended here")));
        assertEquals("""
                        GUEST  OUTCOME  PAUSE MS  ADDED MS  VIA        WHY
                        db     moved    42        0.0±2.5   two-phase
                        web    moved    -         -         plain
                        mail   moved    42        -         same-site
                        lost   lost     -         -         -          QEMU ended here
                        """, String.join("\n", EvacuationTable.lines(results, Map.of("db", account()))) + "\n");
    }

    /** The home agent accepted COMMIT before the guest ran again. */
    private static HandoverAccount account() {
        Instant stop = Instant.parse("2026-03-01T12:00:00Z");
        MigrationRecord migration = new MigrationRecord(
                "db", "ka", "kb", stop, stop, "moved", "", "staged", 0.0, 1.0, stop, stop.plusMillis(42), List.of());
        HandoverRecord.Step answer = new HandoverRecord.Step(stop.plusMillis(5), "home-agent", "COMMIT accepted", 2.5);
        HandoverRecord source =
                new HandoverRecord("db", null, false, stop, stop.plusMillis(5), Map.of(), List.of(answer));
        return HandoverAccount.of(migration, Optional.of(source), Optional.empty(), List.of());
    }

    private EvacuationDisplay display(boolean terminal) {
        return new EvacuationDisplay(new PrintStream(octets, true, StandardCharsets.UTF_8), terminal, 3);
    }

    private static Progress progress(long pass) {
        return new Progress(100 * MEBIBYTE, 50 * MEBIBYTE, 50 * MEBIBYTE, 2 * MEBIBYTE, pass);
    }

    private String shown() {
        return octets.toString(StandardCharsets.UTF_8);
    }
}
