package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.protocol.wire.Identification;

@DisplayName("RFC 3344 §3.6.3 Registration Retransmission")
class Section3_6_3Test {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Scene scene = Scene.visiting();

    @Test
    void requestsAreASecondApartAtFirstAndThenTwiceAsFarEachTime() {
        scene.happens(Happening.RUNNING);
        Instant sent = scene.now();
        Duration expected = SECOND;
        for (int i = 1; i < 22; i++) {
            scene.fire(Timer.REGISTRATION);
            assertEquals(1, scene.requests().size());
            assertEquals(expected, Duration.between(sent, scene.now()));
            sent = scene.now();
            expected = Duration.ofSeconds(i < 15 ? 2 : 30);
        }
        assertEquals(Duration.ofSeconds(30), expected);
    }

    @Test
    void eachRequestHasALaterIdentification() {
        scene.happens(Happening.RUNNING);
        Identification before = scene.request().request().identification();
        for (int i = 0; i < 5; i++) {
            scene.fire(Timer.REGISTRATION);
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
        scene.fire(Timer.REGISTRATION);
        assertEquals(List.of(Fact.noAnswer(scene.guest(), "foreign-agent 10.2.0.2", 2)), scene.facts());
        scene.fire(Timer.REGISTRATION);
        assertEquals(List.of(), scene.facts());
    }

    @Test
    void aTimerThatWasReplacedDoesNothing() {
        scene.happens(Happening.RUNNING);
        Instant stale = scene.due(Timer.REGISTRATION).orElseThrow();
        scene.homeAgentReplies(scene.request(), 0, 300);
        assertEquals(List.of(), scene.handle(new Event.TimerFired(stale, Scene.NAME, Timer.REGISTRATION)));
    }
}
