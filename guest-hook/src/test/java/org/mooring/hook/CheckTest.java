package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.hook.Action.Agent;
import org.mooring.hook.Action.ResolveAgent;
import org.mooring.hook.Action.SendRequest;
import org.mooring.hook.Action.Sender;
import org.mooring.protocol.handover.HandoverExtension.Clock;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("A check passes all agents and changes no binding")
class CheckTest {
    private static final Ipv4Address HOST = Ipv4Address.of("10.2.0.10");

    private final Scene scene = Scene.visiting();

    @Test
    void itAsksTheAgentsToForgetThisHostsAddressWhichIsNoGuests() {
        SendRequest request = check(scene);
        assertEquals(Agent.FOREIGN_AGENT, request.to());
        assertEquals(Sender.HOST, request.sender());
        assertTrue(request.request().isDeregistration());
        assertEquals(HOST, request.request().careOfAddress());
        assertTrue(request.request().flags().decapsulationByMobileNode(), "the care-of address is co-located then");
    }

    @Test
    @DisplayName("at home it must not say that the guest is at home")
    void onTheHomeLinkItAsksToForgetThisHostsAddress() {
        SendRequest request = check(Scene.home());
        assertEquals(Agent.HOME_AGENT, request.to());
        assertEquals(Sender.HOST, request.sender());
        assertEquals(HOST, request.request().careOfAddress());
        assertFalse(request.request().isDeregistrationOfAll());
    }

    @Test
    void allIsWell() {
        scene.homeAgentReplies(check(scene), 0, 0);
        var outcome = scene.checked().orElseThrow();
        assertTrue(outcome.isWell());
        assertEquals(Optional.of(Scene.ROUND_TRIP), outcome.roundTrip());
        assertEquals("the agents would accept", outcome.verdict());
        assertEquals(Optional.empty(), outcome.clockSkew());
    }

    @Test
    void clocksThatDifferAreMeasuredAndTheRestIsCheckedWithTheHomeAgentsTime() {
        scene.homeAgentResynchronises(check(scene), Duration.ofSeconds(60));
        assertEquals(List.of(), scene.requests(), "no link says that there is a hurry (§3.6)");
        scene.fire(Timer.CHECK);
        scene.homeAgentReplies(scene.request(), 0, 0);
        var outcome = scene.checked().orElseThrow();
        assertTrue(outcome.isWell());
        var off = outcome.clockSkew().orElseThrow().minusSeconds(60).abs();
        assertTrue(off.compareTo(Duration.ofSeconds(1)) <= 0, () -> "wrong by " + off);
        long seconds = outcome.clockSkew().orElseThrow().toSeconds();
        assertTrue(outcome.verdict().contains("the clocks differ by " + seconds + " s"), outcome::verdict);
    }

    @Test
    @DisplayName("CLOCK: seconds that the home agent puts up with are told, too")
    void theHomeAgentIsAskedForItsTime() {
        SendRequest request = check(scene);
        assertEquals(Optional.of(new Clock(Identification.of(Scene.START))), Scene.said(request, Clock.class));
        Duration ahead = Duration.ofMillis(5500);
        scene.homeAgentReplies(request, 0, 0, clock(ahead));
        var outcome = scene.checked().orElseThrow();
        assertSkew(ahead, outcome);
        assertEquals(
                "the agents would accept, but the clocks differ by 5 s: run an NTP client on both", outcome.verdict());
    }

    @Test
    void clocksThatAgreeAreMeasured() {
        scene.homeAgentReplies(check(scene), 0, 0, clock(Duration.ofMillis(12)));
        var outcome = scene.checked().orElseThrow();
        assertSkew(Duration.ofMillis(12), outcome);
        assertEquals("the agents would accept", outcome.verdict());
    }

    @Test
    @DisplayName("what was corrected before is why no fault is found now, and is told again")
    void theNextCheckTellsOfTheClockAsWell() {
        scene.homeAgentResynchronises(check(scene), Duration.ofSeconds(60));
        scene.fire(Timer.CHECK);
        scene.homeAgentReplies(scene.request(), 0, 0);
        var first = scene.checked().orElseThrow();
        scene.wait(Duration.ofSeconds(1));
        scene.homeAgentReplies(check(scene), 0, 0);
        assertEquals(first.clockSkew(), scene.checked().orElseThrow().clockSkew());
        assertTrue(first.clockSkew().isPresent());
    }

    @Test
    @DisplayName("a clock that a registration has corrected is told of by a check")
    void aClockThatARegistrationCorrectedIsTold() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentResynchronises(scene.request(), Duration.ofSeconds(-30));
        scene.homeAgentReplies(scene.corrected(Timer.REGISTRATION), 0, 300);
        scene.wait(Duration.ofSeconds(1));
        SendRequest renewal = check(scene);
        assertTrue(Scene.said(renewal, Clock.class).isPresent());
        scene.homeAgentReplies(renewal, 0, 300, clock(Duration.ofSeconds(-30)));
        assertSkew(Duration.ofSeconds(-30), scene.checked().orElseThrow());
    }

    @Test
    @DisplayName("code 133 within two seconds tells of another host's request, not of the clocks")
    void clocksThatAgreeAreNotBlamed() {
        scene.homeAgentResynchronises(check(scene), Duration.ofSeconds(1));
        scene.fire(Timer.CHECK);
        scene.homeAgentReplies(scene.request(), 0, 0);
        assertEquals("the agents would accept", scene.checked().orElseThrow().verdict());
    }

    @Test
    void code133ToTheCorrectionIsTheAnswer() {
        scene.homeAgentResynchronises(check(scene), Duration.ofSeconds(60));
        scene.fire(Timer.CHECK);
        scene.homeAgentResynchronises(scene.request(), Duration.ofSeconds(60));
        var outcome = scene.checked().orElseThrow();
        assertEquals(Optional.of(new ReplyCode(133)), outcome.code());
        assertEquals(Denial.CLOCKS_DIFFER.advice(), outcome.verdict());
    }

    @Test
    void whomItAsksIsResolvedFirst() {
        SendRequest request = check(scene);
        List<Action> actions = scene.lastActions();
        int resolved =
                actions.indexOf(new ResolveAgent(scene.guest(), Agent.FOREIGN_AGENT, Scene.FOREIGN_AGENT.address()));
        assertTrue(0 <= resolved && resolved < actions.indexOf(request), actions::toString);
    }

    @Test
    @DisplayName("§3.6.3: asked again 1 s, 2 s and 4 s later, over after 9 s; and so the next time")
    void itIsAskedAgainEverMoreSlowly() {
        for (int i = 0; i < 2; i++) {
            Instant asked = scene.now();
            check(scene);
            List<Long> seconds = new ArrayList<>();
            while (scene.checked().isEmpty()) {
                scene.fire(Timer.CHECK);
                seconds.add(Duration.between(asked, scene.now()).toSeconds());
            }
            assertEquals(List.of(1L, 3L, 7L, 9L), seconds);
        }
    }

    @Test
    @DisplayName("§3.6.3: the registration of a guest that is found here keeps its distance from a check")
    void aRegistrationKeepsItsDistanceFromACheck() {
        check(scene);
        Instant asked = scene.now();
        scene.wait(Duration.ofMillis(300));
        scene.happens(Happening.RUNNING);
        assertEquals(List.of(), scene.requests());
        assertEquals(Optional.of(asked.plusSeconds(1)), scene.due(Timer.REGISTRATION));
    }

    @Test
    @DisplayName(
            "§5.7.1: whatever the home agent says of its time later, no request is older than one that it accepted")
    void noLaterRequestIsOlderThanAnAcceptedCheck() {
        SendRequest accepted = check(scene);
        scene.homeAgentReplies(accepted, 0, 0);
        scene.happensLater(Happening.RUNNING);
        scene.homeAgentResynchronises(scene.request(), Duration.ofHours(-1));
        assertTrue(scene.corrected(Timer.REGISTRATION)
                .request()
                .identification()
                .isAfter(accepted.request().identification()));
    }

    @Test
    void aDenialIsTheAnswer() {
        scene.foreignAgentReplies(check(scene), 78, 0);
        var outcome = scene.checked().orElseThrow();
        assertFalse(outcome.isWell());
        assertEquals(Optional.of(new ReplyCode(78)), outcome.code());
        assertTrue(outcome.verdict().contains("home agent"), outcome::verdict);
    }

    @Test
    void keysThatDifferAreTold() {
        var request = check(scene);
        scene.replied(
                Scene.reply(request, 131, 0, request.request().identification()),
                new Seal(Kind.MOBILE_HOME, Scene.OTHER_KEY));
        assertTrue(scene.checked().orElseThrow().verdict().contains("the keys differ"));
    }

    @Test
    void silenceEndsIt() {
        check(scene);
        for (int i = 0; scene.checked().isEmpty() && i < 10; i++) {
            scene.fire(Timer.CHECK);
        }
        var outcome = scene.checked().orElseThrow();
        assertEquals(Optional.empty(), outcome.code());
        assertEquals(
                "no answer from foreign-agent 10.2.0.2: is it running, and does UDP port 434 pass between here and there?",
                outcome.verdict());
        assertTrue(
                Duration.between(Scene.START, scene.now()).compareTo(Duration.ofSeconds(7)) > 0,
                "the foreign agent has not had its 7 s");
    }

    @Test
    void whereThisHostIsTheTunnelsEndItIsTheHomeAgentThatIsSilent() {
        var coLocated = Scene.coLocated();
        check(coLocated);
        while (coLocated.checked().isEmpty()) {
            coLocated.fire(Timer.CHECK);
        }
        String verdict = coLocated.checked().orElseThrow().verdict();
        assertTrue(verdict.startsWith("no answer from home-agent 10.1.0.1: "), verdict);
    }

    @Test
    void aGuestThatRunsHereIsRenewedInstead() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.wait(Duration.ofSeconds(1));
        SendRequest request = check(scene);
        assertEquals(Sender.GUEST, request.sender());
        assertEquals(Scene.LIFETIME, request.request().lifetime());
    }

    @Test
    void aGuestThatIsBeingMigratedIsLeftAlone() {
        scene.happens(Happening.RUNNING, Happening.MIGRATION_STARTED, Happening.STOPPED);
        scene.handle(new Event.CheckRequested(scene.now(), Scene.NAME));
        assertEquals(List.of(), scene.requests());
        assertFalse(scene.checked().orElseThrow().isWell());
    }

    @Test
    void withoutAForeignAgentNoGuestMayVisit() {
        var none = Scene.visitingWithoutForeignAgent();
        none.handle(new Event.CheckRequested(none.now(), Scene.NAME));
        assertFalse(none.checked().orElseThrow().isWell());
    }

    /** What the home agent says as the reply passes half of the round trip that follows. */
    private Clock clock(Duration ahead) {
        return new Clock(Identification.of(
                scene.now().plus(Scene.ROUND_TRIP.dividedBy(2)).plus(ahead)));
    }

    private static void assertSkew(Duration expected, CheckOutcome outcome) {
        assertEquals(
                expected.toMillis(),
                Math.round(outcome.clockSkew().orElseThrow().toNanos() / 1e6));
    }

    private static SendRequest check(Scene scene) {
        scene.handle(new Event.CheckRequested(scene.now(), Scene.NAME));
        return scene.request();
    }
}
