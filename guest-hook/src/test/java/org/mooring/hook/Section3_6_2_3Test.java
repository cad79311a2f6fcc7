package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("RFC 3344 §3.6.2.3 Registration Request Denied")
class Section3_6_2_3Test {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Scene scene = Scene.visiting();

    @ParameterizedTest(name = "the home agent''s clock is {0} s ahead of ours")
    @ValueSource(longs = {60, -60, 3600, -3600})
    void code133SetsTheClockAndAsksAgainASecondAfterTheFirst(long ahead) {
        scene.happens(Happening.RUNNING);
        var first = scene.request();
        scene.homeAgentResynchronises(first, Duration.ofSeconds(ahead));
        var second = scene.corrected(Timer.REGISTRATION);
        var itsTime = scene.now().plusSeconds(ahead);
        var skew = Duration.between(itsTime, second.request().identification().toInstant(itsTime))
                .abs();
        assertTrue(skew.compareTo(SECOND) <= 0, () -> "still off by " + skew);
        scene.homeAgentReplies(second, 0, 300);
        assertEquals("accepted", scene.status().registration());
    }

    @Test
    void code133SaysWhoseClockIsOffByHowMuch() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentResynchronises(scene.request(), Duration.ofSeconds(-61));
        var fact = scene.facts().get(0);
        assertEquals(Fact.Severity.WARNING, fact.severity());
        assertTrue(fact.line().startsWith("clock of this host is 61s ahead of that of the home agent"), fact::line);
    }

    @Test
    void code133BecauseAnotherHostWasFasterIsNoMatterOfClocks() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentResynchronises(scene.request(), SECOND);
        assertEquals(Fact.Severity.INFO, scene.facts().get(0).severity());
    }

    @Test
    @DisplayName("§3.6.3: a second between requests, however often they are denied")
    void code133AgainAndAgainIsNoStorm() {
        scene.happens(Happening.RUNNING);
        for (int i = 0; i < 4; i++) {
            scene.homeAgentResynchronises(scene.request(), Duration.ofSeconds(60));
            scene.corrected(Timer.REGISTRATION);
        }
    }

    @Test
    @DisplayName("two corrections in a row are enough: one more denial is a denial as any other")
    void theThirdDenialIsNotCorrected() {
        scene.happens(Happening.RUNNING);
        for (int i = 0; i < 2; i++) {
            scene.homeAgentResynchronises(scene.request(), Duration.ofSeconds(60));
            assertEquals("requested", scene.status().registration());
            scene.corrected(Timer.REGISTRATION);
        }
        scene.homeAgentResynchronises(scene.request(), Duration.ofSeconds(60));
        assertEquals("denied", scene.status().registration());
    }

    @Test
    @DisplayName("§3.6.3: who answers isn't silent, so that after a correction the timeouts begin as at first")
    void afterACorrectionTheTimeoutsBeginAsAtFirst() {
        scene.happens(Happening.RUNNING);
        for (int i = 0; i < 3; i++) {
            scene.firePastRepetitions(Timer.REGISTRATION);
        }
        scene.homeAgentResynchronises(scene.request(), Duration.ofSeconds(60));
        scene.corrected(Timer.REGISTRATION);
        Instant corrected = scene.now();
        scene.firePastRepetitions(Timer.REGISTRATION);
        assertEquals(corrected.plus(SECOND), scene.now());
    }

    @Test
    @DisplayName("§3.6.3: what is denied late is corrected as soon as that is known")
    void code133AfterMoreThanASecondIsCorrectedAtOnce() {
        scene.happens(Happening.RUNNING);
        var first = scene.request();
        scene.wait(Duration.ofMillis(990));
        scene.homeAgentResynchronises(first, Duration.ofSeconds(60));
        assertEquals(1, scene.requests().size());
    }

    @Test
    @DisplayName(
            "§3.6.3: nor does anything else follow a request within its second: the next agent, another guest's life, a departure")
    void whatNothingOnTheLinkIndicatesKeepsItsDistance() {
        scene.happens(Happening.RUNNING);
        var sent = scene.now();
        scene.happens(Happening.ENDED);
        assertEquals(List.of(), scene.requests());
        assertEquals(Optional.of(sent.plus(SECOND)), scene.due(Timer.REGISTRATION));
        scene.fire(Timer.REGISTRATION);
        assertEquals(0, scene.request().request().lifetime());
        sent = scene.now();
        scene.happens(Happening.RUNNING);
        assertEquals(List.of(), scene.requests());
        assertEquals(Optional.of(sent.plus(SECOND)), scene.due(Timer.REGISTRATION));
        scene.fire(Timer.REGISTRATION);
        assertEquals(Scene.LIFETIME, scene.request().request().lifetime());
        sent = scene.now();
        scene.handle(new Event.CheckRequested(scene.now(), Scene.NAME));
        assertEquals(List.of(), scene.requests());
        assertEquals(Optional.of(sent.plus(SECOND)), scene.due(Timer.CHECK));
    }

    @Test
    @DisplayName("§3.6.3: a clock that was set back keeps nobody waiting")
    void aClockThatWasSetBackKeepsNobodyWaiting() {
        scene.happens(Happening.RUNNING);
        scene.wait(Duration.ofHours(-1));
        scene.happens(Happening.ENDED);
        assertEquals(0, scene.request().request().lifetime());
    }

    @Test
    @DisplayName("§5.7: however early the home agent's time is, no request is older than what it has accepted")
    void code133LeadsToNothingOlderThanWhatWasAccepted() {
        scene.happens(Happening.RUNNING);
        var accepted = scene.request().request().identification();
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.fire(Timer.REGISTRATION);
        scene.homeAgentResynchronises(scene.request(), Duration.ofHours(-1));
        if (scene.requests().isEmpty()) {
            scene.fire(Timer.REGISTRATION);
        }
        assertTrue(scene.request().request().identification().isAfter(accepted));
    }

    @Test
    @DisplayName(
            "§5.7.1, E14: nor older than what was sent, though it was refused, while the home agent can accept what is later")
    void code133LeadsToNothingOlderThanWhatWasSent() {
        scene.happens(Happening.RUNNING);
        var refused = scene.request().request().identification();
        scene.homeAgentResynchronises(scene.request(), Duration.ofSeconds(-3));
        assertEquals(
                refused.next(), scene.corrected(Timer.REGISTRATION).request().identification());
    }

    @Test
    @DisplayName(
            "handover.md, Identification: ARM is accepted half a second ahead of the home agent's clock, and no more")
    void code133ToArmIsAnsweredWithTheHomeAgentsTime() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.wait(Duration.ofMinutes(1));
        scene.happens(Happening.MIGRATION_STARTED);
        var refused = scene.request().request().identification();
        scene.homeAgentResynchronises(scene.request(), Duration.ofSeconds(-3));
        assertTrue(refused.isAfter(scene.corrected(Timer.REGISTRATION).request().identification()));
    }

    @Test
    @DisplayName(
            "RFC 5563 §4.4, T91: another host's clock was ahead, and a home agent that isn't ours doesn't say so: two refusals at most")
    void code133TwiceLeadsPastWhatAnotherHostSent() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentResynchronises(scene.request(), Duration.ZERO);
        scene.homeAgentResynchronises(scene.corrected(Timer.REGISTRATION), Duration.ZERO);
        var third = scene.corrected(Timer.REGISTRATION).request().identification();
        assertTrue(third.isAfter(Identification.of(scene.now().plusSeconds(5))));
        assertFalse(third.isAfter(Identification.of(scene.now().plusSeconds(7))));
    }

    @Test
    @DisplayName("§3.6.3: the correction of a renewal keeps the second, too")
    void code133ToARenewalWaits() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentResynchronises(scene.request(), Duration.ofSeconds(60));
        scene.homeAgentReplies(scene.corrected(Timer.REGISTRATION), 0, 300);
        scene.fire(Timer.REGISTRATION);
        Instant renewed = scene.now();
        scene.homeAgentResynchronises(scene.request(), Duration.ofSeconds(60));
        assertEquals(List.of(), scene.requests());
        assertEquals(Optional.of(renewed.plus(SECOND)), scene.due(Timer.REGISTRATION));
    }

    @Test
    void code69IsAskedAgainASecondAfterTheFirstWithNoMoreThanTheForeignAgentAllows() {
        scene.happens(Happening.RUNNING);
        scene.foreignAgentReplies(scene.request(), 69, 120);
        var second = scene.corrected(Timer.REGISTRATION);
        assertEquals(120, second.request().lifetime());
        scene.homeAgentReplies(second, 0, 120);
        assertEquals("accepted", scene.status().registration());
        scene.fire(Timer.REGISTRATION);
        assertEquals(120, scene.request().request().lifetime());
    }

    @ParameterizedTest(name = "{0} s allowed")
    @ValueSource(ints = {0, 300, 1800})
    void code69ThatAllowsNoLessIsOneMoreDenial(int allowed) {
        scene.happens(Happening.RUNNING);
        scene.foreignAgentReplies(scene.request(), 69, allowed);
        assertEquals(List.of(), scene.requests());
        scene.fire(Timer.REGISTRATION);
        assertEquals(Scene.LIFETIME, scene.request().request().lifetime());
    }

    @Test
    void code131SaysThatTheKeysDiffer() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 131, 0);
        var fact = scene.facts().get(0);
        assertEquals(Fact.Severity.WARNING, fact.severity());
        assertTrue(fact.line().contains("the keys differ"), fact::line);
    }

    @Test
    @DisplayName(
            "a reply with code 131 is sealed with the home agent's key, which isn't ours: said all the same, not believed")
    void code131WithTheOtherKeySaysSoToo() {
        scene.happens(Happening.RUNNING);
        var request = scene.request();
        scene.replied(
                Scene.reply(request, 131, 0, request.request().identification()),
                new Seal(Kind.MOBILE_HOME, Scene.OTHER_KEY));
        assertTrue(scene.facts().get(0).line().contains("the keys differ"));
        assertEquals("requested", scene.status().registration());
    }

    @ParameterizedTest(name = "code {0}")
    @ValueSource(ints = {64, 65, 66, 67, 68, 70, 71, 72, 74, 75, 76, 77, 78, 80, 81, 82, 88, 116})
    void theForeignAgentsOtherDenialsAreRetriedEverMoreSlowly(int code) {
        scene.happens(Happening.RUNNING);
        scene.foreignAgentReplies(scene.request(), code, 0);
        assertRetriedEverMoreSlowly(code, false);
    }

    @ParameterizedTest(name = "code {0}")
    @ValueSource(ints = {128, 130, 131, 132, 134, 135, 136, 137, 139})
    void theHomeAgentsOtherDenialsAreRetriedEverMoreSlowly(int code) {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), code, 0);
        assertRetriedEverMoreSlowly(code, true);
    }

    @ParameterizedTest(name = "code {0}")
    @ValueSource(ints = {129, 149, 150})
    @DisplayName("RFC 5563 §8.1: who isn't wanted should not ask again")
    void aRefusalIsFinal(int code) {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), code, 0);
        assertEquals(List.of(Fact.refused(scene.guest(), new ReplyCode(code), Denial.NOT_WANTED)), scene.facts());
        scene.wait(Duration.ofHours(1));
        assertEquals(List.of(), scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.REGISTRATION)));
        // The operator has mended it, and says so.
        scene.happens(Happening.RUNNING);
        assertEquals(1, scene.requests().size());
    }

    @Test
    void aDeniedRenewalLeavesTheRegistrationAsItIs() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.fire(Timer.REGISTRATION);
        scene.homeAgentReplies(scene.request(), 130, 0);
        assertEquals("denied", scene.status().registration());
        assertEquals(Optional.of(Scene.START.plusSeconds(300)), scene.status().expires());
    }

    private void assertRetriedEverMoreSlowly(int code, boolean byHomeAgent) {
        assertEquals("denied", scene.status().registration());
        assertEquals(1, scene.facts().size());
        Duration before = Duration.ZERO;
        Instant asked = Scene.START;
        for (int i = 0; i < 4; i++) {
            scene.fire(Timer.REGISTRATION);
            Duration waited = Duration.between(asked, scene.now());
            assertTrue(waited.compareTo(SECOND) >= 0, "asked again after " + waited);
            assertTrue(waited.compareTo(before.multipliedBy(2)) >= 0, "asked again after " + waited);
            before = waited;
            asked = scene.now();
            var request = scene.request();
            if (byHomeAgent) {
                scene.homeAgentReplies(request, code, 0);
            } else {
                scene.foreignAgentReplies(request, code, 0);
            }
            assertEquals(List.of(), scene.facts(), "said once already");
        }
    }
}
