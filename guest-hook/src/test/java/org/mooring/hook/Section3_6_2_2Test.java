package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("RFC 3344 §3.6.2.2 Registration Request Accepted")
class Section3_6_2_2Test {
    private final Scene scene = Scene.visiting();

    @ParameterizedTest(name = "asked for 300 s, granted {0} s: registered for {1} s")
    @CsvSource({"300, 300", "60, 60", "600, 300", "65535, 300"})
    void theLifetimeIsTheLesserOfTheTwoAndRunsFromTheRequest(int inReply, int lifetime) {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, inReply);
        assertEquals(
                Optional.of(Scene.START.plusSeconds(lifetime)), scene.status().expires());
        assertEquals(
                List.of(Fact.accepted(scene.guest(), Scene.CARE_OF_ADDRESS, lifetime, Scene.ROUND_TRIP)),
                scene.facts());
    }

    @Test
    void code1IsASuccessToo() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 1, 300);
        assertEquals("accepted", scene.status().registration());
    }

    @Test
    void theLatestReplyIsToldAndForgottenWhenItIsAskedAnew() {
        scene.happens(Happening.RUNNING);
        assertEquals(Optional.empty(), scene.status().code());
        assertEquals(Optional.empty(), scene.status().roundTrip());
        scene.homeAgentReplies(scene.request(), 130, 0);
        assertEquals(Optional.of(new ReplyCode(130)), scene.status().code());
        assertEquals(Optional.of(Scene.ROUND_TRIP), scene.status().roundTrip());
        scene.happensLater(Happening.ENDED);
        scene.happensLater(Happening.RUNNING);
        assertEquals(Optional.empty(), scene.status().code());
    }

    @Test
    void theRegistrationIsRenewedWithRoomForSeveralRetransmissions() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 60);
        assertEquals(Optional.of(Scene.START.plusSeconds(30)), scene.due(Timer.REGISTRATION));
        int renewals = 0;
        scene.fire(Timer.REGISTRATION);
        while (scene.now().isBefore(Scene.START.plusSeconds(60))) {
            assertEquals(Scene.LIFETIME, scene.request().request().lifetime());
            renewals++;
            scene.firePastRepetitions(Timer.REGISTRATION);
        }
        assertTrue(renewals >= 4, () -> "not many chances before the end");
    }

    @Test
    void aRenewalIsNotNews() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 60);
        scene.fire(Timer.REGISTRATION);
        scene.homeAgentReplies(scene.request(), 0, 60);
        assertEquals(List.of(Fact.renewed(scene.guest(), 60)), scene.facts());
        assertEquals(
                Optional.of(Scene.START.plusSeconds(30 + 60)), scene.status().expires());
    }

    @Test
    void theShortestLifetimeIsRenewedNoSoonerThanASecondLater() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 1);
        assertEquals(Optional.of(Scene.START.plusSeconds(1)), scene.due(Timer.REGISTRATION));
    }

    @Test
    void aLapsedRegistrationIsToldAndAskedForAgain() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 10);
        boolean lapsed = false;
        while (!lapsed) {
            scene.fire(Timer.REGISTRATION);
            assertTrue(scene.now().isBefore(Scene.START.plusSeconds(60)), "never told");
            lapsed = scene.facts().contains(Fact.lapsed(scene.guest()));
        }
        assertEquals(Optional.empty(), scene.status().expires());
        scene.firePastRepetitions(Timer.REGISTRATION);
        scene.homeAgentReplies(scene.request(), 0, 10);
        assertEquals(List.of(Fact.accepted(scene.guest(), Scene.CARE_OF_ADDRESS, 10, Scene.ROUND_TRIP)), scene.facts());
    }

    @Test
    void aDeregistrationAtHomeNeedsNoRenewal() {
        var home = Scene.home();
        home.happens(Happening.RUNNING);
        home.homeAgentReplies(home.request(), 0, 0);
        assertEquals(List.of(Fact.deregistered(home.guest(), Scene.HOME_ADDRESS, Scene.ROUND_TRIP)), home.facts());
        assertEquals("accepted", home.status().registration());
        home.wait(Duration.ofDays(1));
        assertEquals(List.of(), home.handle(new Event.TimerFired(home.now(), Scene.NAME, Timer.REGISTRATION)));
    }

    @Test
    @DisplayName("§3.4: a success with a lifetime of zero means deregistered, which a visitor isn't content with")
    void aSuccessForNoTimeIsNone() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 0);
        assertEquals("denied", scene.status().registration());
        scene.fire(Timer.REGISTRATION);
        assertEquals(1, scene.requests().size());
    }
}
