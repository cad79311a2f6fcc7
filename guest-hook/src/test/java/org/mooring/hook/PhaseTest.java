package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.hook.Action.Agent;
import org.mooring.hook.Action.ReleasePort;
import org.mooring.hook.Action.ResolveAgent;
import org.mooring.hook.Action.SendRequest;
import org.mooring.hook.Action.Sender;
import org.mooring.hook.PreparationOutcome.Prepared;
import org.mooring.protocol.wire.Identification;

@DisplayName("Only the guest decides which host speaks for it (RFC 5563 §4.4)")
class PhaseTest {
    private final Scene scene = Scene.visiting();

    @Test
    void beforeItRunsNothingIsSentInItsName() {
        scene.happens(Happening.ARRIVING);
        assertEquals(Phase.ARRIVING, scene.status().phase());
        assertTrue(scene.requests().stream().noneMatch(request -> request.sender() == Sender.GUEST));
        assertPort(PortRule.VISITING, PortRule.ARRIVING);
    }

    @Test
    @DisplayName("what waits for it in its tap at home is its own packets, not the link's broadcasts")
    void arrivingAtHomeItHearsAsLittleAsAVisitor() {
        var home = Scene.home();
        assertEquals(
                home.port(PortRule.HOME, PortRule.ARRIVING),
                home.happens(Happening.ARRIVING).get(0));
    }

    @Test
    void whenItRunsTheRequestIsTheFirstThingDone() {
        scene.happens(Happening.ARRIVING);
        assertInstanceOf(SendRequest.class, scene.happens(Happening.RUNNING).get(0));
        assertEquals(Phase.RUNNING, scene.status().phase());
    }

    @Test
    void beingToldTwiceThatItRunsRegistersItOnce() {
        scene.happens(Happening.RUNNING);
        assertEquals(List.of(), scene.happens(Happening.RUNNING));
    }

    @Test
    void aPauseIsNoMigration() {
        register();
        scene.happens(Happening.STOPPED);
        assertEquals(Phase.RUNNING, scene.status().phase());
        assertEquals(List.of(), scene.happens(Happening.RUNNING), "it was registered all the while");
        assertEquals("accepted", scene.status().registration());
    }

    @Test
    @DisplayName("T92: from STOP on no renewal leaves this host")
    void renewalsEndWhenItsMigrationStopsIt() {
        var due = register();
        scene.happens(Happening.MIGRATION_STARTED);
        assertEquals(Phase.RUNNING, scene.status().phase());
        scene.happens(Happening.STOPPED);
        assertEquals(Phase.STOPPED, scene.status().phase());
        scene.wait(Duration.between(scene.now(), due));
        assertEquals(List.of(), scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.REGISTRATION)));
    }

    @Test
    void aGuestThatWasPausedBeforeItsMigrationIsStoppedByIt() {
        register();
        scene.happens(Happening.STOPPED, Happening.MIGRATION_STARTED);
        assertEquals(Phase.STOPPED, scene.status().phase());
    }

    @Test
    void aReplyThatComesAfterTheStopChangesNothing() {
        scene.happens(Happening.RUNNING);
        var request = scene.request();
        scene.happens(Happening.MIGRATION_STARTED, Happening.STOPPED);
        scene.homeAgentReplies(request, 0, 300);
        assertEquals("none", scene.status().registration());
    }

    @Test
    void onceItHasLeftItsPortIsShut() {
        register();
        scene.happens(Happening.MIGRATION_STARTED, Happening.STOPPED, Happening.MIGRATION_COMPLETED);
        assertEquals(Phase.LEFT, scene.status().phase());
        assertPort(PortRule.SHUT, PortRule.SHUT);
        assertEquals(List.of(), scene.happens(Happening.MIGRATION_COMPLETED), "said twice");
    }

    @Test
    @DisplayName("P6: after a failed migration the source registers anew, with a later Identification")
    void whenItRunsHereAfterAllItIsRegisteredAgainAtOnce() {
        scene.happens(Happening.RUNNING);
        var before = scene.request().request().identification();
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.happens(Happening.MIGRATION_STARTED, Happening.STOPPED);
        scene.happens(Happening.RUNNING);
        assertTrue(scene.request().request().identification().isAfter(before));
        assertTrue(scene.facts().contains(Fact.cameBack(scene.guest())));
        assertEquals(Phase.RUNNING, scene.status().phase());
        assertEquals(List.of(), scene.happens(Happening.MIGRATION_FAILED), "QEMU says this as well, before or after");
    }

    @Test
    void aFailedMigrationLeavesItHereBeforeItRunsAgain() {
        register();
        scene.happens(Happening.MIGRATION_STARTED, Happening.STOPPED);
        scene.happens(Happening.MIGRATION_FAILED);
        assertEquals(1, scene.requests().size());
        assertEquals(List.of(), scene.happens(Happening.RUNNING));
    }

    @Test
    void aMigrationThatFailsBeforeItsStopChangesNothing() {
        register();
        scene.happens(Happening.MIGRATION_STARTED);
        assertEquals(List.of(), scene.happens(Happening.MIGRATION_FAILED));
        scene.happens(Happening.STOPPED);
        assertEquals(Phase.RUNNING, scene.status().phase(), "a later pause is only that");
    }

    @Test
    void aGuestContinuedAfterItLeftIsRegisteredWithAWarning() {
        register();
        scene.happens(Happening.MIGRATION_STARTED, Happening.STOPPED, Happening.MIGRATION_COMPLETED);
        scene.happens(Happening.RUNNING);
        assertEquals(1, scene.requests().size());
        assertTrue(scene.facts().contains(Fact.ranAfterItLeft(scene.guest())));
    }

    @Test
    @DisplayName("the destination's own 'completed' isn't a departure")
    void whatTheDestinationsQemuSaysOfTheMigrationIsNotItsLeaving() {
        scene.happens(Happening.ARRIVING, Happening.MIGRATION_STARTED, Happening.MIGRATION_COMPLETED);
        assertEquals(Phase.ARRIVING, scene.status().phase());
        scene.happens(Happening.RUNNING, Happening.MIGRATION_COMPLETED);
        assertEquals(Phase.RUNNING, scene.status().phase());
    }

    @Test
    void aGuestThatIsShutDownAwayIsDeregistered() {
        register();
        var actions = scene.happensLater(Happening.ENDED);
        assertEquals(new ReleasePort(scene.guest()), actions.get(0));
        var request = scene.request();
        assertEquals(Agent.FOREIGN_AGENT, request.to());
        assertEquals(0, request.request().lifetime());
        assertEquals(Scene.CARE_OF_ADDRESS, request.request().careOfAddress());
        scene.homeAgentReplies(request, 0, 0);
        assertEquals(List.of(Fact.deregistered(scene.guest(), Scene.CARE_OF_ADDRESS, Scene.ROUND_TRIP)), scene.facts());
        assertEquals(Phase.GONE, scene.status().phase());
    }

    @Test
    void beingToldTwiceThatItEndedDeregistersItOnce() {
        register();
        scene.happensLater(Happening.ENDED);
        var request = scene.request();
        scene.happens(Happening.ENDED);
        assertEquals(List.of(), scene.requests());
        scene.homeAgentReplies(request, 0, 0);
        assertEquals(1, scene.facts().size());
    }

    @Test
    void aDeregistrationThatNobodyAnswersIsGivenUp() {
        register();
        scene.happensLater(Happening.ENDED);
        for (int i = 1; i < 4; i++) {
            scene.firePastRepetitions(Timer.REGISTRATION);
            assertEquals(1, scene.requests().size());
        }
        scene.firePastRepetitions(Timer.REGISTRATION);
        assertEquals(List.of(), scene.requests());
        assertTrue(scene.facts().contains(Fact.gaveUp(scene.guest(), Scene.CARE_OF_ADDRESS)));
        assertEquals("none", scene.status().registration());
    }

    @Test
    void aGuestThatIsShutDownAtHomeHasNothingToDeregister() {
        var home = Scene.home();
        home.happens(Happening.RUNNING);
        home.happens(Happening.ENDED);
        assertEquals(List.of(), home.requests());
    }

    @Test
    void theSourcesQemuEndsAfterTheMigrationWithoutADeregistration() {
        register();
        scene.happens(Happening.MIGRATION_STARTED, Happening.STOPPED, Happening.MIGRATION_COMPLETED);
        scene.happens(Happening.ENDED);
        assertEquals(List.of(), scene.requests());
    }

    @Test
    void aGuestThatVanishesIsToldInOneLineAndNotDeregistered() {
        var due = register();
        var actions = scene.handle(new Event.Vanished(scene.now(), Scene.NAME, "closed"));
        assertEquals(1, actions.size(), "its port stays as it is");
        assertEquals(List.of(Fact.vanished(scene.guest(), Phase.RUNNING, "closed")), scene.facts());
        assertEquals(List.of(), scene.handle(new Event.TimerFired(due, Scene.NAME, Timer.REGISTRATION)));
    }

    @Test
    void aGuestThatNeverArrivedLeavesNothing() {
        scene.happens(Happening.ARRIVING);
        var actions = scene.handle(new Event.Vanished(scene.now(), Scene.NAME, "closed"));
        assertEquals(new ReleasePort(scene.guest()), actions.get(0));
        assertEquals(List.of(Fact.vanished(scene.guest(), Phase.ARRIVING, "closed")), scene.facts());
    }

    @Test
    void aGuestThatIsFoundAgainIsRegisteredAgain() {
        register();
        scene.handle(new Event.Vanished(scene.now(), Scene.NAME, "closed"));
        scene.happensLater(Happening.RUNNING);
        assertEquals(1, scene.requests().size());
    }

    @Test
    void aSecondQemuForAGuestThatRunsHereChangesNothing() {
        register();
        scene.happens(Happening.ARRIVING);
        assertEquals(List.of(), scene.requests());
        assertEquals(
                Prepared.PLAIN, scene.prepared().orElseThrow().prepared(), "whoever brings another one gets an answer");
        assertEquals(List.of(Fact.arrivesWhereItRuns(scene.guest(), Phase.RUNNING)), scene.facts());
        assertEquals("accepted", scene.status().registration());
    }

    @Test
    @DisplayName("a hook that starts in the middle of a move is silent until the guest decides")
    void foundStoppedByItsMigrationItIsNobodysYet() {
        scene.happens(Happening.MIGRATION_STARTED, Happening.STOPPED);
        assertEquals(Phase.STOPPED, scene.status().phase());
        assertEquals(List.of(), scene.requests());
        scene.happens(Happening.RUNNING);
        assertEquals(1, scene.requests().size());
    }

    @Test
    void whatWasSaidOfAMigrationBeforeItArrivesCountsNoMore() {
        scene.happens(Happening.MIGRATION_STARTED);
        scene.happens(Happening.ARRIVING, Happening.MIGRATION_COMPLETED);
        assertEquals(Phase.ARRIVING, scene.status().phase());
    }

    @Test
    @DisplayName("what ends while it is migrated is not stopped by that any more")
    void itsMigrationEndsWithIt() {
        register();
        scene.happens(Happening.MIGRATION_STARTED, Happening.ENDED, Happening.STOPPED);
        assertEquals(Phase.GONE, scene.status().phase());

        var vanishing = Scene.visiting();
        vanishing.happens(Happening.RUNNING, Happening.MIGRATION_STARTED);
        vanishing.handle(new Event.Vanished(vanishing.now(), Scene.NAME, "closed"));
        vanishing.happens(Happening.STOPPED);
        assertEquals(Phase.GONE, vanishing.status().phase());
    }

    @Test
    void aGuestWhoseStopNobodyToldIsSilentOnceItHasLeft() {
        register();
        scene.happens(Happening.MIGRATION_STARTED);
        Instant again = scene.due(Timer.REGISTRATION).orElseThrow();
        scene.happens(Happening.MIGRATION_COMPLETED);
        assertEquals(Phase.LEFT, scene.status().phase());
        scene.wait(Duration.between(scene.now(), again));
        assertEquals(List.of(), scene.handle(new Event.TimerFired(again, Scene.NAME, Timer.REGISTRATION)));
    }

    @Test
    @DisplayName("a deregistration that came later than the next registration would take that away")
    void aGuestThatComesBackIsNotDeregisteredAnyMore() {
        register();
        scene.happensLater(Happening.ENDED);
        Instant again = scene.due(Timer.REGISTRATION).orElseThrow();
        scene.happens(Happening.ARRIVING);
        scene.wait(Duration.between(scene.now(), again));
        assertEquals(List.of(), scene.handle(new Event.TimerFired(again, Scene.NAME, Timer.REGISTRATION)));
    }

    @Test
    void aGuestThatIsShutDownAtHomeIsNeitherAnnouncedNorAskedForAnyMore() {
        var home = Scene.home();
        home.happens(Happening.RUNNING);
        Instant announced = home.due(Timer.ANNOUNCEMENT).orElseThrow();
        Instant again = home.due(Timer.REGISTRATION).orElseThrow();
        home.happens(Happening.ENDED);
        home.wait(Duration.ofSeconds(1));
        assertEquals(List.of(), home.handle(new Event.TimerFired(announced, Scene.NAME, Timer.ANNOUNCEMENT)));
        assertEquals(List.of(), home.handle(new Event.TimerFired(again, Scene.NAME, Timer.REGISTRATION)));
    }

    @Test
    @DisplayName("nothing waits for ARP when it runs")
    void whomItsRequestsGoToIsResolvedWhenItArrives() {
        scene.happens(Happening.ARRIVING);
        assertResolvedFirst(scene, new ResolveAgent(scene.guest(), Agent.FOREIGN_AGENT, Scene.FOREIGN_AGENT.address()));
        var home = Scene.home();
        home.happens(Happening.ARRIVING);
        assertResolvedFirst(home, new ResolveAgent(home.guest(), Agent.HOME_AGENT, Scene.HOME_AGENT));
    }

    private static void assertResolvedFirst(Scene scene, ResolveAgent expected) {
        List<Action> actions = scene.lastActions();
        int resolved = actions.indexOf(expected);
        assertTrue(0 <= resolved && resolved < actions.indexOf(scene.request()), actions::toString);
    }

    @Test
    @DisplayName("the host that it comes from would date its requests later: none from here is to be older")
    void theHostThatItComesFromIsFollowedInTime() {
        Instant itsTime = scene.now().plusSeconds(5);
        scene.handle(new Event.TimeTold(scene.now(), Scene.NAME, itsTime));
        assertEquals(Optional.of(itsTime), scene.hook().dated(Scene.NAME, scene.now()));
        assertEquals(Optional.empty(), scene.hook().dated("db", scene.now()));
        scene.happens(Happening.ARRIVING);
        assertEquals(
                Identification.of(itsTime, 0).high(),
                scene.request().request().identification().high());
    }

    @Test
    @DisplayName("that QEMU ends where the guest has left is as it should be, elsewhere somebody has to look")
    void onlyAGuestThatIsHereIsMissed() {
        register();
        scene.handle(new Event.Vanished(scene.now(), Scene.NAME, "closed"));
        assertEquals(Fact.Severity.WARNING, scene.facts().get(0).severity());
        assertTrue(scene.facts().get(0).settling());
        scene.handle(new Event.Vanished(scene.now(), Scene.NAME, "closed"));
        assertEquals(Fact.Severity.DEBUG, scene.facts().get(0).severity());

        var left = Scene.visiting();
        left.happens(Happening.RUNNING, Happening.MIGRATION_STARTED, Happening.STOPPED, Happening.MIGRATION_COMPLETED);
        left.handle(new Event.Vanished(left.now(), Scene.NAME, "closed"));
        assertEquals(Fact.Severity.DEBUG, left.facts().get(0).severity());

        var coming = Scene.visiting();
        coming.happens(Happening.ARRIVING);
        coming.handle(new Event.Vanished(coming.now(), Scene.NAME, "closed"));
        assertEquals(
                Fact.Severity.INFO,
                coming.facts().get(coming.facts().size() - 1).severity());
    }

    /** Registers the guest, and returns when its renewal is due. */
    private Instant register() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        return scene.due(Timer.REGISTRATION).orElseThrow();
    }

    private void assertPort(PortRule fromGuest, PortRule toGuest) {
        var expected = scene.port(fromGuest, toGuest);
        assertTrue(scene.lastActions().contains(expected), () -> "no " + expected + " in " + scene.lastActions());
    }
}
