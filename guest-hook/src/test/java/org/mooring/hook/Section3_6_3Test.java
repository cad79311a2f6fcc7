package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.protocol.wire.Identification;

@DisplayName("RFC 3344 §3.6.3 Registration Retransmission")
class Section3_6_3Test {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private Scene scene = Scene.visiting();

    @Test
    @DisplayName("T99: each timeout is twice the one before, up to half a minute, for as long as the guest is here")
    void eachTimeoutIsTwiceTheOneBefore() {
        scene.happens(Happening.RUNNING);
        assertEquals(List.of(1L, 2L, 4L, 8L, 16L, 30L, 30L, 30L), secondsBetweenRequests(8));
    }

    @Test
    @DisplayName(
            "T99: where it is configured to be as long as the lifetime, each is twice the one before until it would be longer than that; each has a timestamp of its own")
    void eachTimeoutIsTwiceTheOneBeforeUpToTheLifetime() {
        scene = Scene.visiting(Duration.ofSeconds(Scene.LIFETIME));
        scene.happens(Happening.RUNNING);
        var seconds = new ArrayList<Long>();
        for (int i = 0; i < 12; i++) {
            var before = scene.request().request();
            seconds.addAll(secondsBetweenRequests(1));
            var next = scene.request().request();
            assertTrue(next.identification().isAfter(before.identification()));
            assertEquals(before.extensions(), next.extensions());
            assertEquals(Scene.LIFETIME, next.lifetime());
        }
        assertEquals(List.of(1L, 2L, 4L, 8L, 16L, 32L, 64L, 128L, 256L, 300L, 300L, 300L), seconds);
    }

    @Test
    @DisplayName("it may be less than is usual, but not less than a second")
    void theLongestTimeoutIsConfigured() {
        scene = Scene.visiting(Duration.ofSeconds(5));
        scene.happens(Happening.RUNNING);
        assertEquals(List.of(1L, 2L, 4L, 5L, 5L), secondsBetweenRequests(5));
        scene = Scene.visiting(Duration.ofSeconds(1));
        scene.happens(Happening.RUNNING);
        assertEquals(List.of(1L, 1L, 1L), secondsBetweenRequests(3));
    }

    @Test
    @DisplayName("T99: none is longer than the lifetime that is asked for")
    void noTimeoutIsLongerThanTheLifetime() {
        scene.happens(Happening.RUNNING);
        scene.foreignAgentReplies(scene.request(), 69, 6);
        assertEquals(6, scene.corrected(Timer.REGISTRATION).request().lifetime());
        assertEquals(List.of(1L, 2L, 4L, 6L, 6L), secondsBetweenRequests(5));
    }

    @Test
    @DisplayName("a deregistration asks for no lifetime, and its timeouts grow all the same")
    void theTimeoutsOfADeregistrationGrow() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.happensLater(Happening.ENDED);
        assertEquals(List.of(1L, 2L, 4L), secondsBetweenRequests(3));
    }

    private List<Long> secondsBetweenRequests(int count) {
        var seconds = new ArrayList<Long>();
        Instant sent = scene.now();
        for (int i = 0; i < count; i++) {
            scene.firePastRepetitions(Timer.REGISTRATION);
            assertEquals(1, scene.requests().size());
            seconds.add(Duration.between(sent, scene.now()).toSeconds());
            sent = scene.now();
        }
        return seconds;
    }

    @Test
    @DisplayName("§3.6: nothing indicates a renewal, so that a denial corrects it a second after it was sent")
    void aDenialOfARenewalIsNotCorrectedAtOnce() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.fire(Timer.REGISTRATION);
        Instant sent = scene.now();
        scene.homeAgentResynchronises(scene.request(), Duration.ofSeconds(60));
        assertEquals(List.of(), scene.requests());
        scene.fire(Timer.REGISTRATION);
        assertEquals(SECOND, Duration.between(sent, scene.now()));
        assertEquals(1, scene.requests().size());
    }

    @Test
    @DisplayName("§3.6: a renewal, too, keeps its distance from what was asked just before")
    void aRenewalKeepsItsDistanceFromACheck() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        Instant renewal = scene.due(Timer.REGISTRATION).orElseThrow();
        scene.wait(Duration.between(scene.now(), renewal.minusMillis(400)));
        scene.handle(new Event.CheckRequested(scene.now(), Scene.NAME));
        assertEquals(1, scene.requests().size());
        scene.wait(Duration.ofMillis(400));
        scene.handle(new Event.TimerFired(renewal, Scene.NAME, Timer.REGISTRATION));
        assertEquals(List.of(), scene.requests());
        scene.fire(Timer.REGISTRATION);
        assertEquals(renewal.plusMillis(600), scene.now());
        assertEquals(1, scene.requests().size());
    }

    @Test
    @DisplayName(
            "an agent that comes back needn't wait for the next request: the latest one leaves again each second, in what is none")
    void theLatestRequestIsRepeatedEachSecondForSix() {
        scene.happens(Happening.RUNNING);
        for (int i = 0; i < 3; i++) {
            scene.firePastRepetitions(Timer.REGISTRATION);
        }
        var request = scene.request();
        Instant sent = scene.now();
        for (int seconds = 1; seconds <= 6; seconds++) {
            scene.fire(Timer.REGISTRATION);
            assertEquals(sent.plusSeconds(seconds), scene.now());
            assertEquals(request, scene.repeated());
        }
        scene.fire(Timer.REGISTRATION);
        assertEquals(sent.plusSeconds(8), scene.now());
        assertEquals(1, scene.requests().size());
    }

    @Test
    void eachRequestHasALaterIdentification() {
        scene.happens(Happening.RUNNING);
        Identification before = scene.request().request().identification();
        for (int i = 0; i < 5; i++) {
            scene.firePastRepetitions(Timer.REGISTRATION);
            Identification after = scene.request().request().identification();
            assertTrue(after.isAfter(before));
            before = after;
        }
    }

    @Test
    void theFirstTimeoutIsNoLessThanTwoRoundTripsAndASlack() {
        scene.happens(Happening.RUNNING);
        var request = scene.request();
        scene.wait(Duration.ofMillis(900));
        scene.replied(Scene.reply(request, 0, 300, request.request().identification()), Scene.homeSeal());
        scene.fire(Timer.REGISTRATION);
        Instant renewed = scene.now();
        scene.fire(Timer.REGISTRATION);
        assertEquals(1, Duration.between(renewed, scene.now()).toSeconds());
        scene.repeated();
        var roundTrip = Scene.ROUND_TRIP.plusMillis(900);
        assertEquals(
                renewed.plus(roundTrip.multipliedBy(2)).plusMillis(100),
                scene.due(Timer.REGISTRATION).orElseThrow());
    }

    @Test
    void silenceIsToldOnce() {
        scene.happens(Happening.RUNNING);
        scene.fire(Timer.REGISTRATION);
        assertEquals(List.of(), scene.facts(), "one request may get lost");
        scene.firePastRepetitions(Timer.REGISTRATION);
        assertEquals(
                List.of("no answer to 2 requests guest=" + Scene.NAME
                        + " from=foreign-agent 10.2.0.2: is it running, and does UDP port 434 pass?"),
                scene.facts().stream().map(Fact::line).toList());
        scene.firePastRepetitions(Timer.REGISTRATION);
        assertEquals(List.of(), scene.facts());
        scene.happensLater(Happening.ENDED);
        scene.happensLater(Happening.RUNNING);
        scene.firePastRepetitions(Timer.REGISTRATION);
        scene.firePastRepetitions(Timer.REGISTRATION);
        assertEquals(
                List.of(Fact.noAnswer(scene.guest(), "foreign-agent 10.2.0.2", 2)),
                scene.facts(),
                "once for each visit");
    }

    @Test
    void aTimerThatWasReplacedDoesNothing() {
        scene.happens(Happening.RUNNING);
        Instant stale = scene.due(Timer.REGISTRATION).orElseThrow();
        scene.homeAgentReplies(scene.request(), 0, 300);
        assertEquals(List.of(), scene.handle(new Event.TimerFired(stale, Scene.NAME, Timer.REGISTRATION)));
    }
}
