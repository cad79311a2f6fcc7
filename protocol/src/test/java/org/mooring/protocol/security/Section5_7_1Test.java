package org.mooring.protocol.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.protocol.wire.Identification;

@DisplayName("RFC 3344 §5.7.1 Replay Protection using Timestamps")
class Section5_7_1Test {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00.250Z");
    private static final Duration TOLERANCE = Duration.ofSeconds(7);

    private final TimestampGuard guard = new TimestampGuard(TOLERANCE);

    @Test
    @DisplayName("The format is NTP's")
    void ntpFormat() {
        var id = Identification.of(Instant.parse("1970-01-01T00:00:00.5Z"));

        assertEquals(Identification.of((int) 2_208_988_800L, 0x80000000), id);
        assertEquals(Instant.parse("1970-01-01T00:00:00.5Z"), id.toInstant(Instant.EPOCH));
        assertEquals("83aa7e80.80000000", id.toString());
    }

    @Test
    void bitsThatTheClockDoesNotSupplyAreRandom() {
        var exact = Identification.of(NOW);

        var id = Identification.of(NOW, 0xfffffabc);

        assertEquals(exact.bits() >>> 12, id.bits() >>> 12);
        assertEquals(0xabc, id.low() & 0xfff);
    }

    @ParameterizedTest(name = "{0} ms from our clock: {1}")
    @CsvSource({"-500, true", "-7000, true", "-7001, false", "0, true", "7000, true", "7001, false", "-86400000, false"
    })
    void acceptsATimestampNearTheClock(long milliseconds, boolean fresh) {
        // Timestamps are exact to the nanosecond at best: the thousandth decides.
        assertEquals(fresh, guard.isFresh(Identification.of(NOW.plusMillis(milliseconds)), NOW));
    }

    @Test
    void acceptsOnlyWhatIsLaterThanAllAcceptedBefore() {
        var id = Identification.of(NOW);
        guard.advance(id);

        assertFalse(guard.isFresh(id, NOW));
        assertFalse(guard.isFresh(new Identification(id.bits() - 1), NOW));
        assertTrue(guard.isFresh(id.next(), NOW));
        assertEquals(Optional.of(id), guard.newest());
    }

    @Test
    void askingChangesNothing() {
        var id = Identification.of(NOW);

        assertTrue(guard.isFresh(id, NOW));
        assertTrue(guard.isFresh(id, NOW));
        assertEquals(Optional.empty(), guard.newest());
    }

    @Test
    void remembersAcrossARestart() {
        var restored = TimestampGuard.restored(TOLERANCE, Identification.of(NOW));

        assertFalse(restored.isFresh(Identification.of(NOW), NOW.plusSeconds(1)));
        assertTrue(restored.isFresh(Identification.of(NOW.plusSeconds(1)), NOW.plusSeconds(1)));
    }

    @Test
    @DisplayName("A reply with code 133 has our time in the high half and the request's low half")
    void resynchronises() {
        var stale = Identification.of(NOW.minusSeconds(60)).withHigh(1);

        var told = Identification.of(Identification.of(NOW).high(), stale.low());

        assertEquals(told, guard.mismatched(stale, NOW));
        assertEquals(told, guard.mismatchedInHandover(stale, NOW));
    }

    @Test
    @DisplayName(
            "A reply has the request's Identification if that was good, whatever the code, else one that tells our time")
    void identificationsOfReplies() {
        var good = Identification.of(NOW.plusMillis(20));
        var bad = Identification.of(NOW.plusSeconds(60));
        var told = guard.mismatched(bad, NOW);

        assertEquals(good, guard.accepted(good));
        assertEquals(good, guard.denied(good, NOW));
        assertEquals(good, guard.unauthenticated(good, NOW));
        assertEquals(told, guard.denied(bad, NOW));
        assertEquals(told, guard.unauthenticated(bad, NOW));
        assertNotEquals(bad, told);
    }

    @Test
    @DisplayName(
            "§3.8.2.2: a retransmission is one while its timestamp is near the clock, although it was accepted already")
    void repeats() {
        var id = Identification.of(NOW);
        guard.advance(id);

        assertTrue(guard.mayRepeat(id, NOW.plusSeconds(7)));
        assertFalse(guard.mayRepeat(id, NOW.plusMillis(7001)));
    }

    @Test
    void saysHowFarTheClocksAreApart() {
        assertEquals(
                "its clock is -1500 ms from ours, newest accepted none",
                guard.reason(Identification.of(NOW.minusMillis(1500)), NOW));
        guard.advance(Identification.of(1, 2));
        assertEquals(
                "its clock is 0 ms from ours, newest accepted 00000001.00000002",
                guard.reason(Identification.of(NOW), NOW));
    }

    @ParameterizedTest(name = "accepted was what is {0} s ahead of our clock")
    @ValueSource(ints = {0, 5})
    @DisplayName("Our time is our time, also where something newer was accepted")
    void tellsItsOwnTimeWhateverWasAccepted(int ahead) {
        guard.advance(Identification.of(NOW.plusSeconds(ahead)));
        var stale = Identification.of(0, 5);
        var told = Identification.of(Identification.of(NOW).high(), 5);

        assertEquals(told, guard.mismatched(stale, NOW));
        assertEquals(told, guard.denied(stale, NOW));
        assertEquals(told, guard.unauthenticated(stale, NOW));
    }

    @ParameterizedTest(name = "accepted was what is {0} s ahead of our clock")
    @ValueSource(ints = {0, 5})
    @DisplayName("docs/handover.md, Identification: but a request of a handover is told what is just past that")
    void resynchronisesAHandoverPastWhatWasAccepted(int ahead) {
        guard.advance(Identification.of(NOW.plusSeconds(ahead)));

        var told = guard.mismatchedInHandover(Identification.of(0, 5), NOW);

        assertEquals(Identification.of(NOW).high() + ahead + 1, told.high());
        assertEquals(5, told.low());
    }

    @Test
    void resynchronisesAHandoverToWhatWillBeAcceptedWhereSomethingNewerThanOurClockWas() {
        var ahead = Identification.of(NOW.plusSeconds(3));
        guard.advance(ahead);
        var mobileNode = new MobileNodeClock(TOLERANCE);

        mobileNode.resynchronise(guard.mismatchedInHandover(mobileNode.next(NOW, 0), NOW), NOW, TOLERANCE);

        assertTrue(guard.isFresh(mobileNode.next(NOW, 0), NOW));
    }

    @Test
    @DisplayName("The era of 1900 ends on 2036-02-07, 06:28:16 UTC, and nobody notices")
    void outlivesTheEra() {
        var wrap = Instant.parse("2036-02-07T06:28:16Z");
        var before = Identification.of(wrap.minusMillis(500));
        var after = Identification.of(wrap.plusMillis(500));
        assertEquals(0, after.high());

        assertTrue(guard.isFresh(before, wrap.plusMillis(500)));
        guard.advance(before);
        assertTrue(guard.isFresh(after, wrap.minusMillis(500)));
        guard.advance(after);

        assertFalse(guard.isFresh(before, wrap));
        assertEquals(wrap.plusMillis(500), after.toInstant(wrap.minusMillis(500)));
        assertEquals(
                before.high() + 2,
                guard.mismatchedInHandover(before, wrap.plusSeconds(1)).high());
        assertEquals(
                before.high() + 2, guard.mismatched(before, wrap.plusSeconds(1)).high());
    }

    @Test
    @DisplayName(
            "T27: so it is for the mobile node: what it sends is accepted, and later than before, also once it has been told the time")
    void mobileNodeOutlivesTheEra() {
        var wrap = Instant.parse("2036-02-07T06:28:16Z");
        var clock = new MobileNodeClock(TOLERANCE);
        var before = clock.next(wrap.minusMillis(500), 0);
        assertTrue(guard.isFresh(before, wrap.minusMillis(500)));
        guard.advance(before);
        clock.observe(before);

        var after = clock.next(wrap.plusMillis(500), 0);
        assertEquals(Identification.of(0, 0x80000000), Identification.of(after.high(), after.low() & ~0xfff));
        assertTrue(guard.isFresh(after, wrap.plusMillis(500)));

        clock.resynchronise(guard.mismatched(before, wrap.plusSeconds(1)), wrap.minusSeconds(60), TOLERANCE);
        var corrected = clock.next(wrap.minusSeconds(60), 0);
        assertTrue(corrected.isAfter(after));
        assertTrue(guard.isFresh(corrected, wrap.plusSeconds(1)));
    }

    @Test
    @DisplayName("The mobile node's timestamps only grow, whatever its clock does")
    void mobileNodeTimestampsGrow() {
        var clock = new MobileNodeClock(TOLERANCE);
        var first = clock.next(NOW, 0);

        var second = clock.next(NOW, 0);
        var third = clock.next(NOW.minusSeconds(30), 0);

        assertEquals(Identification.of(NOW, 0), first);
        assertEquals(first.next(), second);
        assertEquals(second.next(), third);
    }

    @Test
    @DisplayName("The mobile node goes past what another host has used for it")
    void mobileNodeGoesPastOtherHosts() {
        var clock = new MobileNodeClock(TOLERANCE);
        var elsewhere = Identification.of(NOW.plusSeconds(3));

        clock.observe(elsewhere);

        assertEquals(elsewhere.next(), clock.next(NOW, 0));
        assertEquals(Optional.of(elsewhere), clock.accepted());
    }

    @Test
    @DisplayName("The mobile node remembers the newest that was accepted, in whatever order it hears of them")
    void mobileNodeRemembersTheNewest() {
        var clock = new MobileNodeClock(TOLERANCE);
        var newest = Identification.of(NOW.plusSeconds(3));

        clock.observe(newest);
        clock.observe(Identification.of(NOW));

        assertEquals(Optional.of(newest), clock.accepted());
        assertEquals(newest.next(), clock.next(NOW, 0));
    }

    @ParameterizedTest(name = "clock {0} s off")
    @CsvSource({"60", "-60", "86400", "-86400"})
    @DisplayName("§3.6.2.3: after code 133 the next request is accepted")
    void mobileNodeResynchronises(long seconds) {
        var clock = new MobileNodeClock(TOLERANCE);
        var wrong = NOW.plusSeconds(seconds);
        var refused = clock.next(wrong, 0);
        assertFalse(guard.isFresh(refused, NOW));

        clock.resynchronise(guard.mismatched(refused, NOW), wrong, TOLERANCE);
        var next = clock.next(wrong.plusMillis(20), 0);

        assertTrue(guard.isFresh(next, NOW.plusMillis(30)));
        assertTrue(
                Math.abs(clock.offset().orElseThrow().toSeconds() + seconds) <= 1,
                () -> clock.offset().toString());
    }

    @Test
    @DisplayName("§3.6.2.3: resynchronising never goes back behind what was accepted")
    void mobileNodeStaysPastWhatWasAccepted() {
        var clock = new MobileNodeClock(TOLERANCE);
        var accepted = clock.next(NOW, 0);
        clock.observe(accepted);

        clock.resynchronise(Identification.of(NOW), NOW, TOLERANCE);

        assertEquals(accepted.next(), clock.next(NOW, 0));
    }

    @Test
    @DisplayName("E14: nor behind what was sent, while the home agent can accept what is later")
    void mobileNodeStaysPastWhatItHasSent() {
        var clock = new MobileNodeClock(TOLERANCE);
        var sent = clock.next(NOW.plusSeconds(6), 0);

        clock.resynchronise(Identification.of(NOW), NOW, TOLERANCE);

        assertEquals(sent.next(), clock.next(NOW, 0));
        assertTrue(guard.isFresh(sent.next(), NOW));
    }

    @ParameterizedTest(name = "{0} ms ahead, {1} ms are accepted: {2}")
    @CsvSource({"8300, 7000, false", "7700, 7000, true", "7700, 9000, true", "700, 500, false", "200, 500, true"})
    @DisplayName(
            "E14: what it has sent from a clock that was further ahead than the home agent accepts doesn't count; it tells its time without fractions")
    void mobileNodeGoesBehindWhatCannotBeAccepted(int ahead, int most, boolean counts) {
        var clock = new MobileNodeClock(TOLERANCE);
        var its = Instant.parse("2026-11-22T12:00:00Z");
        var sent = clock.next(its.plusMillis(ahead), 0);

        clock.resynchronise(Identification.of(its), its, Duration.ofMillis(most));

        assertEquals(counts ? sent.next() : Identification.of(its, 0), clock.next(its, 0));
    }

    @Test
    @DisplayName(
            "RFC 5563 §4.4, T91: a home agent that tells its own time, and has accepted what another host's clock said")
    void mobileNodeGoesPastOtherHostsThatItHasNotHeardOf() {
        guard.advance(Identification.of(NOW.plusSeconds(5)));
        var clock = new MobileNodeClock(TOLERANCE);
        for (int refused = 0; refused < 2; refused++) {
            var id = clock.next(NOW, 0);
            assertFalse(guard.isFresh(id, NOW));
            clock.resynchronise(id.withHigh(Identification.of(NOW).high()), NOW, TOLERANCE);
        }

        assertTrue(guard.isFresh(clock.next(NOW, 0), NOW));
    }

    @ParameterizedTest(name = "{0} s ahead of ours, {1} s of the home agent''s")
    @CsvSource({"3, 0", "3, 3", "6, 3", "1, -5"})
    @DisplayName("RFC 5563 §4.4: the first request is later than those of a host that dates so, and accepted")
    void mobileNodeFollowsAnotherHost(int ahead, int ofHomeAgent) {
        var there = new MobileNodeClock(TOLERANCE);
        var here = new MobileNodeClock(TOLERANCE);
        var homeAgentsTime = NOW.plusSeconds(ahead - ofHomeAgent);
        guard.advance(there.next(NOW.plusSeconds(ahead), 0));

        here.follow(there.dated(NOW.plusSeconds(ahead).plusMillis(10)), NOW.plusMillis(20));
        var later = NOW.plusMillis(500);
        guard.advance(there.next(later.plusSeconds(ahead), 0));

        var first = here.next(later.plusMillis(20), 0);
        assertTrue(guard.isFresh(first, homeAgentsTime.plusMillis(520)));
    }

    @Test
    @DisplayName("Nobody is followed into the past")
    void mobileNodeFollowsNobodyWhoIsBehind() {
        var clock = new MobileNodeClock(TOLERANCE);
        clock.follow(NOW.minusSeconds(3), NOW);
        assertEquals(NOW, clock.dated(NOW));
    }

    @Test
    @DisplayName("How another host dates its requests says nothing of how far the home agent's clock is from ours")
    void mobileNodeKnowsNoOffsetBeforeTheHomeAgentTells() {
        var clock = new MobileNodeClock(TOLERANCE);
        clock.follow(NOW.plusSeconds(3), NOW);
        assertEquals(Optional.empty(), clock.offset());
    }

    @Test
    @DisplayName("Who was told the home agent's own time goes by that")
    void mobileNodeFollowsNobodyWhenItWasToldTheTime() {
        var clock = new MobileNodeClock(TOLERANCE);
        clock.synchronise(Identification.of(NOW), NOW, NOW);
        clock.follow(NOW.plusSeconds(3), NOW);
        assertEquals(0, clock.offset().orElseThrow().toSeconds());
    }

    @Test
    @DisplayName("What was sent by a clock that was ahead counts for who follows")
    void mobileNodeTellsOfTheNewest() {
        var clock = new MobileNodeClock(TOLERANCE);
        clock.observe(Identification.of(NOW.plusSeconds(2)));
        assertEquals(0, Duration.between(NOW.plusSeconds(2), clock.dated(NOW)).toMillis());
        assertEquals(NOW.plusSeconds(5), clock.dated(NOW.plusSeconds(5)));
    }

    @ParameterizedTest(name = "{0} ms ahead, {1} ms are accepted, asked again after {2} ms: {3}")
    @CsvSource({"1400, 500, 1000, true", "1600, 500, 1000, false", "9900, 7000, 2000, true", "10100, 7000, 2000, false"
    })
    @DisplayName("E14: it counts if the home agent can accept what is later by the time that is sent")
    void mobileNodeDecidesWhenItAsksAgain(int ahead, int most, int after, boolean counts) {
        var clock = new MobileNodeClock(TOLERANCE);
        var its = Instant.parse("2026-11-22T12:00:00Z");
        var sent = clock.next(its.plusMillis(ahead), 0);
        clock.resynchronise(Identification.of(its), its, Duration.ofMillis(most));

        Instant again = its.plusMillis(after);
        Instant told = clock.dated(again);
        Instant expected = counts ? its.plusMillis(ahead) : again;
        assertEquals(0, Math.round(Duration.between(expected, told).toNanos() / 1e6), "so is who follows");
        assertEquals(counts ? sent.next() : Identification.of(again, 0), clock.next(again, 0));
    }

    @Test
    @DisplayName("E14: what was accepted counts in any case")
    void mobileNodeGoesBehindNothingThatWasAccepted() {
        var clock = new MobileNodeClock(TOLERANCE);
        var its = Instant.parse("2026-11-22T12:00:00Z");
        var accepted = Identification.of(its.plusSeconds(2));
        clock.observe(accepted);
        clock.next(its.plusSeconds(60), 0);
        clock.resynchronise(Identification.of(its), its, TOLERANCE);
        assertEquals(accepted.next(), clock.next(its, 0));
    }

    @Test
    @DisplayName(
            "§5.7.1, E14: however often it is refused, each is later than all before, and a home agent that accepts less than we think accepts one in the end")
    void mobileNodeGrowsHoweverOftenItIsRefused() {
        var stricter = new TimestampGuard(Duration.ofSeconds(3));
        var clock = new MobileNodeClock(TOLERANCE);
        Instant at = NOW;
        var before = clock.next(at.plusSeconds(5), 0);
        while (!stricter.isFresh(before, at)) {
            assertTrue(at.isBefore(NOW.plusSeconds(8)), "never");
            clock.resynchronise(stricter.mismatched(before, at), at, TOLERANCE);
            at = at.plusSeconds(1);
            var next = clock.next(at, 0);
            assertTrue(next.isAfter(before));
            before = next;
        }
    }

    @Test
    @DisplayName("After an acceptance there is nothing that can't be accepted")
    void mobileNodeForgetsWhatWasRefusedOnceItIsAccepted() {
        var clock = new MobileNodeClock(TOLERANCE);
        clock.next(NOW, 0);
        clock.resynchronise(Identification.of(NOW), NOW, Duration.ofMillis(500));
        clock.observe(clock.next(NOW, 0));
        var ahead = clock.next(NOW.plusSeconds(3), 0);
        assertEquals(ahead.next(), clock.next(NOW, 0));
    }

    @Test
    @DisplayName("An acceptance between two refusals: the second one is a first again")
    void mobileNodeIsAheadOfNobodyAfterAnAcceptance() {
        var clock = new MobileNodeClock(TOLERANCE);
        clock.next(NOW, 0);
        clock.resynchronise(Identification.of(NOW), NOW, TOLERANCE);
        var accepted = clock.next(NOW, 0);
        clock.observe(accepted);

        clock.resynchronise(Identification.of(NOW), NOW, TOLERANCE);

        assertEquals(accepted.next(), clock.next(NOW, 0));
    }

    @Test
    @DisplayName("CLOCK: the next timestamp is the home agent's time, to the fraction of a second")
    void mobileNodeTakesTheTimeThatItIsTold() {
        var clock = new MobileNodeClock(TOLERANCE);
        var itsTime = NOW.plusMillis(2345);

        clock.synchronise(Identification.of(itsTime), NOW, NOW);

        assertEquals(Identification.of(itsTime.plusMillis(10), 0), clock.next(NOW.plusMillis(10), 0));
    }

    @Test
    void theHomeAgentsTimeIsThatOfHalfTheRoundTrip() {
        MobileNodeClock clock = new MobileNodeClock(TOLERANCE);

        clock.synchronise(Identification.of(NOW.plusMillis(75)), NOW, NOW.plusMillis(150));

        assertEquals(0, Math.round(clock.offset().orElseThrow().toNanos() / 1e6));
    }

    @Test
    @DisplayName("CLOCK: a clock that is set back repeats no timestamp")
    void mobileNodeTimestampsGrowThoughItIsToldAnEarlierTime() {
        var clock = new MobileNodeClock(TOLERANCE);
        var used = clock.next(NOW, 0);

        clock.synchronise(Identification.of(NOW.minusSeconds(2)), NOW, NOW);

        assertEquals(used.next(), clock.next(NOW.plusMillis(10), 0));
        assertEquals(Identification.of(NOW.plusSeconds(3), 0), clock.next(NOW.plusSeconds(5), 0));
    }
}
