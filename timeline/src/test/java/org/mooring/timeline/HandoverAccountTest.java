package org.mooring.timeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.timeline.HandoverAccount.Event;
import org.mooring.timeline.HandoverRecord.Step;

@DisplayName("The account of a handover")
class HandoverAccountTest {
    private static final Instant BEGAN = Instant.parse("2026-03-01T12:00:00Z");
    private static final Instant STOP = BEGAN.plusMillis(900);
    private static final Instant RESUME = BEGAN.plusMillis(940);

    /** How far the destination's clock is ahead, in milliseconds. */
    private static final long AHEAD = 5000;

    @Test
    void hasTheTimesOfBothHostsByTheClockOfTheSource() {
        HandoverAccount account = HandoverAccount.of(
                moved(AHEAD, 2.0),
                Optional.of(source(STOP.plusMillis(6))),
                Optional.of(destination(RESUME.plusMillis(AHEAD + 20))),
                List.of());
        assertEquals(
                List.of(
                        new Event(-900, BEGAN, "ka", "kvm-migrator", "begins", 0),
                        new Event(0, STOP, "ka", "qemu", "stop", 0),
                        new Event(6, STOP.plusMillis(6), "home-agent", "home-agent", "COMMIT accepted", 3),
                        new Event(40, RESUME, "kb", "qemu", "resume", 0)),
                account.events());
        assertEquals(STOP, account.stop());
        assertEquals(RESUME, account.resume());
        assertEquals(40.0, account.pauseMs());
        assertEquals(Map.of("rescued", 3L, "lost", 0L, "held", 7L), account.counts());
    }

    @Test
    void ofATwoPhaseHandoverAddsNothing() {
        HandoverAccount account = HandoverAccount.of(
                moved(AHEAD, 2.0),
                Optional.of(source(STOP.plusMillis(6))),
                Optional.of(destination(RESUME.plusMillis(AHEAD + 20))),
                List.of());
        assertEquals("two-phase", account.via());
        assertEquals(0.0, account.addedMs());
        assertEquals(3.0, account.addedGiveOrTakeMs());
        Timeline timeline = account.timeline();
        assertEquals(
                "COMMIT accepted (give or take 3.0 ms)",
                timeline.moments().get(2).what());
        assertEquals(
                "the home agent sent to the new place before RESUME, give or take 3.0 ms",
                timeline.notes().get(1));
        assertEquals("00000000000000ab", account.handover());
    }

    @Test
    void ofAPlainOneAddsWhatTheHomeAgentTookAfterResume() {
        HandoverAccount account = HandoverAccount.of(
                moved(AHEAD, 2.0),
                Optional.of(source(null)),
                Optional.of(destination(RESUME.plusMillis(AHEAD + 20))),
                List.of());
        assertEquals("plain", account.via());
        assertEquals(20.0, account.addedMs());
    }

    @Test
    void takesClocksForEqualWhereNoDifferenceIsCertain() {
        HandoverAccount account = HandoverAccount.of(
                moved(3, 4.0), Optional.empty(), Optional.of(destination(RESUME.plusMillis(20))), List.of());
        // As the destination tells it.
        assertEquals(RESUME.plusMillis(AHEAD), account.resume());
    }

    @Test
    void isTheMigratorsAloneWhereTheHooksKnowNothing() {
        HandoverAccount account = HandoverAccount.of(
                moved(AHEAD, 2.0), Optional.empty(), Optional.empty(), List.of("ka: is guest-hook running?"));
        assertEquals(
                List.of("begins", "stop", "resume"),
                account.events().stream().map(Event::what).toList());
        assertEquals(
                List.of("ka", "ka", "kb"),
                account.events().stream().map(Event::place).toList());
        assertEquals(Map.of(), account.counts());
        assertNull(account.addedMs());
        assertNull(account.via());
        assertEquals("""
                        guest web ka to kb, moved, paused for 40.0 ms
                          began 2026-03-01T12:00:00Z
                          the clock of kb is 5000.0 ms ahead of that of ka, give or take 2.0 ms, which its times allow for
                          ka: is guest-hook running?
                              MS from STOP
                          -900.0  ka  kvm-migrator: begins
                        |   +0.0  ka  qemu: stop
                        |  +40.0  kb  qemu: resume
                        """, String.join("\n", TimelineText.lines(account.timeline())) + "\n");
    }

    @Test
    void ofAGuestThatStayedCountsFromItsBeginning() {
        MigrationRecord stayed = new MigrationRecord(
                "web", "ka", "kb", BEGAN, RESUME, "stays here", "cancelled", null, null, null, null, null, List.of());
        Timeline timeline = HandoverAccount.of(
                        stayed,
                        Optional.of(record(false, null, Map.of(), new Step(BEGAN, "qemu", "migration started", 0))),
                        Optional.empty(),
                        List.of())
                .timeline();
        assertEquals("guest web ka to kb, stays here", timeline.title());
        assertEquals("the beginning", timeline.origin());
        assertEquals(
                List.of(
                        "began 2026-03-01T12:00:00Z, handover 00000000000000ab",
                        "cancelled",
                        "the clock of kb was never compared: its times are as it tells them"),
                timeline.notes());
    }

    @Test
    void ofAGuestThatWasStoppedAndGoesOnHereEndsItsPauseHere() {
        MigrationRecord stayed = new MigrationRecord(
                "web",
                "ka",
                "kb",
                BEGAN,
                RESUME,
                "stays here",
                "it failed",
                "staged",
                null,
                null,
                null,
                null,
                List.of());
        HandoverAccount account = HandoverAccount.of(
                stayed,
                Optional.of(record(
                        false,
                        STOP.plusMillis(5),
                        Map.of(),
                        new Step(STOP, "qemu", "stop", 0),
                        new Step(RESUME, "qemu", "resume", 0))),
                Optional.empty(),
                List.of());
        assertEquals(40.0, account.pauseMs());
        assertNull(account.via());
        assertNull(account.addedMs());
    }

    @Test
    void ofOneHostAloneCountsFromItsOwnStopOrResume() {
        Timeline left = HandoverAccount.of(source(STOP.plusMillis(6)), "ka").timeline();
        assertEquals("guest web from ka, leaving", left.title());
        assertEquals("STOP", left.origin());
        assertEquals(List.of("ka", "home-agent"), left.places());
        HandoverAccount came = HandoverAccount.of(destination(RESUME.plusMillis(AHEAD + 20)), "kb");
        assertEquals("RESUME", came.timeline().origin());
        assertEquals(20.0, came.addedMs());
        assertNull(came.pauseMs());
    }

    private static MigrationRecord moved(double ahead, double giveOrTake) {
        return new MigrationRecord(
                "web",
                "ka",
                "kb",
                BEGAN,
                BEGAN.plusSeconds(2),
                MigrationRecord.MOVED,
                "",
                null,
                ahead,
                giveOrTake,
                STOP,
                RESUME,
                List.of(new Step(BEGAN, "kvm-migrator", "begins", 0)));
    }

    private static HandoverRecord source(@Nullable Instant bound) {
        Step stop = new Step(STOP, "qemu", "stop", 0);
        return bound == null
                ? record(false, null, Map.of(), stop)
                : record(
                        false,
                        bound,
                        Map.of("rescued", 3L, "lost", 0L),
                        stop,
                        new Step(bound, "home-agent", "COMMIT accepted", 3));
    }

    private static HandoverRecord destination(Instant bound) {
        return record(true, bound, Map.of("held", 7L), new Step(RESUME.plusMillis(AHEAD), "qemu", "resume", 0));
    }

    private static HandoverRecord record(
            boolean arriving, @Nullable Instant bound, Map<String, Long> counts, Step... steps) {
        return new HandoverRecord("web", "00000000000000ab", arriving, BEGAN, bound, counts, List.of(steps));
    }
}
