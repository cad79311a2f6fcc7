package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.hook.Action.ForgetFrames;
import org.mooring.hook.Action.HoldFrames;
import org.mooring.hook.Action.KeepFrames;
import org.mooring.hook.Action.RescueFrames;
import org.mooring.hook.Action.SendEnd;
import org.mooring.hook.Action.SendRequest;
import org.mooring.hook.Action.SetPort;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Ipv4Address;

@DisplayName("docs/handover.md: what QEMU had not read from the source's tap at STOP follows the guest")
class RescueTest {
    private static final Staged STAGED = new Staged(new HandoverId(7), Ipv4Address.of("203.0.113.7"), 60);

    private final Scene scene = Scene.visiting();

    @Test
    void framesAreKeptOnceSomethingIsStaged() {
        arm(scene);
        assertEquals(List.of(), frameActions(scene));
        scene.homeAgentReplies(scene.request(), 0, 300, STAGED);
        assertEquals(List.of(new KeepFrames(scene.guest())), frameActions(scene));
        scene.fire(Timer.REGISTRATION);
        scene.homeAgentReplies(scene.request(), 0, 300, STAGED);
        assertEquals(List.of(), frameActions(scene), "they are kept already");
    }

    @Test
    @DisplayName("within one site: what is unread waits until the guest is heard from another host of the link")
    void withNothingStagedItWaitsForTheGuestToBeHeardOnTheLink() {
        arm(scene);
        scene.homeAgentReplies(scene.request(), 0, 300);
        assertEquals(List.of(new KeepFrames(scene.guest())), frameActions(scene));
        Instant stopped = scene.now();
        scene.happens(Happening.STOPPED);
        assertEquals(List.of(new HoldFrames(scene.guest(), stopped)), frameActions(scene));
        scene.happens(Happening.MIGRATION_COMPLETED);
        assertEquals(Optional.of(scene.port(PortRule.SHUT, PortRule.ARRIVING)), port(scene));
        assertFalse(scene.facts().get(0).settling());

        scene.handle(new Event.HeardOnLink(scene.now(), Scene.NAME));
        assertEquals(List.of(new SendEnd(scene.guest())), frameActions(scene));
        scene.handle(new Event.HeardOnLink(scene.now(), Scene.NAME));
        assertEquals(List.of(), frameActions(scene), "it has gone after the guest already");
        scene.handle(new Event.FramesRescued(scene.now(), Scene.NAME, 87, 0));
        assertTrue(scene.facts().get(0).settling());
        rescueTimer(scene);
        assertEquals(List.of(new ForgetFrames(scene.guest())), frameActions(scene));
        assertEquals(Optional.of(scene.port(PortRule.SHUT, PortRule.SHUT)), port(scene));
    }

    @Test
    void whatWaitsForAGuestThatIsNotHeardIsDropped() {
        arm(scene);
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.happens(Happening.STOPPED, Happening.MIGRATION_COMPLETED);
        scene.fire(Timer.RESCUE);
        assertEquals(List.of(new ForgetFrames(scene.guest())), frameActions(scene));
        Fact fact = scene.facts().get(0);
        assertTrue(fact.line().contains("isn't heard on this link"), fact.line());
        assertTrue(fact.settling());
        scene.handle(new Event.HeardOnLink(scene.now(), Scene.NAME));
        assertEquals(List.of(), scene.lastActions());
    }

    @Test
    @DisplayName("QEMU reads it, then")
    void whatWaitsIsForgottenIfTheGuestRunsHereAgain() {
        arm(scene);
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.happens(Happening.STOPPED);
        scene.happens(Happening.MIGRATION_FAILED);
        assertEquals(List.of(new ForgetFrames(scene.guest())), frameActions(scene));
        scene.handle(new Event.HeardOnLink(scene.now(), Scene.NAME));
        assertEquals(List.of(), scene.lastActions());
    }

    @Test
    void aCommittedGuestIsNotWaitedForOnTheLink() {
        armed(scene);
        stop(scene);
        scene.handle(new Event.HeardOnLink(scene.now(), Scene.NAME));
        assertEquals(List.of(), scene.lastActions());
    }

    @Test
    @DisplayName("COMMIT is never delayed: what is unread follows it")
    void atTheStopWhatIsUnreadFollowsCommit() {
        armed(scene);
        Instant stopped = scene.now().minusMillis(3);
        List<Action> actions = scene.handle(new Event.Happened(scene.now(), Scene.NAME, Happening.STOPPED, stopped));
        assertEquals(RequestKind.COMMIT, scene.request().kind());
        assertEquals(scene.request(), actions.get(0));
        assertEquals(
                List.of(new RescueFrames(scene.guest(), STAGED.id(), STAGED.careOfAddress(), stopped)),
                frameActions(scene));
    }

    @Test
    void aGuestThatGoesHomeIsFollowedToItsHomeAgent() {
        var home = new Staged(STAGED.id(), Scene.HOME_ADDRESS, 60);
        arm(scene);
        scene.homeAgentReplies(scene.request(), 0, 300, home);
        stop(scene);
        assertEquals(
                List.of(new RescueFrames(scene.guest(), home.id(), Scene.HOME_AGENT, scene.now())),
                frameActions(scene));
    }

    @Test
    @DisplayName("END: the foreign agent has begun to redirect, what follows isn't worth waiting for")
    void abroadItEndsWhenTheForeignAgentRedirects() {
        armed(scene);
        SendRequest commit = stop(scene);
        scene.handle(new Event.Redirected(scene.now(), new HandoverId(8)));
        assertEquals(List.of(), scene.lastActions(), "another handover's");
        accepted(scene, commit);
        assertEquals(List.of(), frameActions(scene), "the home agent's word says nothing of the foreign agent");
        scene.handle(new Event.Redirected(scene.now(), STAGED.id()));
        assertEquals(List.of(new SendEnd(scene.guest())), frameActions(scene));
        assertEquals(
                "END sent guest=web reason=\"redirected\"", scene.facts().get(0).line());
        Instant again = scene.due(Timer.END).orElseThrow();
        scene.handle(new Event.Redirected(scene.now(), STAGED.id()));
        assertEquals(List.of(), scene.lastActions(), "it comes once for each COMMIT");
        assertEquals(again, scene.now().plusMillis(20));
    }

    @Test
    void atHomeItEndsWhenCommitIsAccepted() {
        var home = Scene.home();
        armed(home);
        home.homeAgentReplies(stop(home), 0, 0);
        assertEquals(List.of(new SendEnd(home.guest())), frameActions(home));
        assertEquals(
                "END sent guest=web reason=\"commit accepted\"",
                home.facts().get(1).line());
    }

    @Test
    @DisplayName("the home agent goes on sending to here")
    void atHomeADenialDoesNotEndIt() {
        var home = Scene.home();
        armed(home);
        home.homeAgentReplies(stop(home), 130, 0);
        assertEquals(List.of(), frameActions(home));
    }

    @Test
    void atHomeAForgedAnswerDoesNotEndIt() {
        var home = Scene.home();
        armed(home);
        SendRequest commit = stop(home);
        home.replied(
                Scene.reply(commit, 0, 0, commit.request().identification()),
                new Seal(Kind.MOBILE_HOME, Scene.OTHER_KEY));
        assertEquals(List.of(), frameActions(home));
    }

    @Test
    @DisplayName("who says nothing for 100 ms says nothing more; the END of then comes thrice")
    void itEndsAHundredMillisecondsAfterTheStopAtTheLatest() {
        armed(scene);
        stop(scene);
        Instant stopped = scene.now();
        scene.fire(Timer.END);
        assertEquals(stopped.plusMillis(100), scene.now());
        assertEquals(List.of(new SendEnd(scene.guest())), frameActions(scene));
        assertEquals(
                "END sent guest=web reason=\"nothing heard for 100 ms\"",
                scene.facts().get(0).line());
        scene.fire(Timer.END);
        assertEquals(stopped.plusMillis(120), scene.now());
        assertEquals(List.of(new SendEnd(scene.guest())), frameActions(scene));
        scene.fire(Timer.END);
        assertEquals(stopped.plusMillis(160), scene.now());
        assertEquals(List.of(new SendEnd(scene.guest())), frameActions(scene));
        assertEquals(Optional.empty(), scene.due(Timer.END));
    }

    @Test
    void theTimerOfTheStopIsStaleOnceItHasEnded() {
        armed(scene);
        stop(scene);
        Instant atTheLatest = scene.due(Timer.END).orElseThrow();
        scene.wait(Duration.ofMillis(90));
        scene.handle(new Event.Redirected(scene.now(), STAGED.id()));
        assertEquals(List.of(), scene.handle(new Event.TimerFired(atTheLatest, Scene.NAME, Timer.END)));
    }

    @Test
    @DisplayName("neighbours learn late: the tap is open to their frames for a second")
    void whatComesLateIsRescuedForASecond() {
        armed(scene);
        stop(scene);
        Instant end = scene.due(Timer.RESCUE).orElseThrow();
        assertEquals(scene.now().plusSeconds(1), end);
        scene.happens(Happening.MIGRATION_COMPLETED);
        assertEquals(Optional.of(scene.port(PortRule.SHUT, PortRule.ARRIVING)), port(scene));
        scene.wait(Duration.between(scene.now(), end));
        scene.handle(new Event.TimerFired(end, Scene.NAME, Timer.RESCUE));
        assertEquals(List.of(new ForgetFrames(scene.guest())), frameActions(scene));
        assertEquals(Optional.of(scene.port(PortRule.SHUT, PortRule.SHUT)), port(scene));
    }

    @Test
    void whatWasNotKeptIsSaidNotToBeRescued() {
        armed(scene);
        stop(scene);
        assertFalse(scene.happens(Happening.MIGRATION_COMPLETED).stream()
                .anyMatch(action ->
                        action instanceof Action.Report report && report.fact().settling()));
        rescueTimer(scene);
        assertEquals(List.of(new ForgetFrames(scene.guest())), frameActions(scene));
        Fact fact = scene.facts().get(0);
        assertTrue(fact.line().contains("is not rescued"), fact.line());
        assertTrue(fact.settling());
    }

    @Test
    void theGuestsEndHereDoesNotEndIt() {
        armed(scene);
        stop(scene);
        scene.happens(Happening.MIGRATION_COMPLETED, Happening.ENDED);
        assertEquals(List.of(), frameActions(scene));
        scene.handle(new Event.Vanished(scene.now(), Scene.NAME, "QEMU has ended"));
        assertEquals(List.of(), frameActions(scene));
        scene.handle(new Event.Redirected(scene.now(), STAGED.id()));
        assertEquals(List.of(new SendEnd(scene.guest())), frameActions(scene));
        List<Action> end = rescueTimer(scene);
        assertEquals(Optional.empty(), port(scene), "it is released");
        assertTrue(end.contains(new ForgetFrames(scene.guest())));
    }

    @Test
    @DisplayName("QEMU reads what is unread, then")
    void ifTheGuestRunsHereAgainNothingMoreIsRescued() {
        armed(scene);
        stop(scene);
        Instant atTheLatest = scene.due(Timer.END).orElseThrow();
        scene.happens(Happening.RUNNING);
        assertEquals(List.of(new ForgetFrames(scene.guest())), frameActions(scene));
        scene.handle(new Event.Redirected(scene.now(), STAGED.id()));
        assertEquals(List.of(), scene.lastActions());
        assertEquals(List.of(), scene.handle(new Event.TimerFired(atTheLatest, Scene.NAME, Timer.END)));
    }

    @Test
    void ifTheMigrationFailsNothingMoreIsRescued() {
        armed(scene);
        stop(scene);
        scene.happens(Happening.MIGRATION_FAILED);
        assertEquals(List.of(new ForgetFrames(scene.guest())), frameActions(scene));
    }

    @Test
    void aGuestThatComesBackAtOnceReadsItsTapItself() {
        armed(scene);
        stop(scene);
        scene.happens(Happening.MIGRATION_COMPLETED);
        scene.happens(Happening.ARRIVING);
        assertEquals(List.of(new ForgetFrames(scene.guest())), frameActions(scene));
    }

    @Test
    void whatWasKeptForAHandoverThatCameToNothingIsForgotten() {
        for (var end : List.of(Happening.MIGRATION_FAILED, Happening.ENDED)) {
            var one = Scene.visiting();
            armed(one);
            one.happens(end);
            assertEquals(List.of(new ForgetFrames(one.guest())), frameActions(one), end::toString);
        }
        armed(scene);
        scene.handle(new Event.Vanished(scene.now(), Scene.NAME, "no monitor"));
        assertEquals(List.of(new ForgetFrames(scene.guest())), frameActions(scene));
    }

    @Test
    void aNewConfigurationEndsIt() {
        armed(scene);
        stop(scene);
        scene.happens(Happening.MIGRATION_COMPLETED, Happening.ENDED);
        scene.handle(new Event.Configured(scene.now(), List.of()));
        assertEquals(List.of(new ForgetFrames(scene.guest())), frameActions(scene));
    }

    @Test
    @DisplayName("the handover is over when both is: the guest has left, and its packets are rescued")
    void itsOutcomeIsPartOfTheHandover() {
        armed(scene);
        stop(scene);
        scene.happens(Happening.MIGRATION_COMPLETED);
        assertFalse(scene.facts().get(0).settling());
        scene.handle(new Event.FramesRescued(scene.now(), Scene.NAME, 87, 1));
        Fact outcome = scene.facts().get(0);
        assertEquals("87 packets rescued from the guest's tap (1 not) guest=web", outcome.line());
        assertTrue(outcome.settling());
        scene.handle(new Event.FramesRescued(scene.now(), Scene.NAME, 2, 0));
        assertTrue(scene.facts().get(0).line().startsWith("2 packets that came late"));

        var quick = Scene.visiting();
        armed(quick);
        stop(quick);
        quick.handle(new Event.FramesRescued(quick.now(), Scene.NAME, 0, 0));
        assertFalse(quick.facts().get(0).settling());
        quick.happens(Happening.MIGRATION_COMPLETED);
        assertTrue(quick.facts().get(0).settling());
    }

    private static void arm(Scene scene) {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.happensLater(Happening.MIGRATION_STARTED);
    }

    private static void armed(Scene scene) {
        arm(scene);
        scene.homeAgentReplies(scene.request(), 0, 300, STAGED);
    }

    private static SendRequest stop(Scene scene) {
        scene.happens(Happening.STOPPED);
        return scene.request();
    }

    private static void accepted(Scene scene, SendRequest commit) {
        scene.homeAgentReplies(commit, 0, 300);
    }

    /** Long after every timer was due. */
    private static List<Action> rescueTimer(Scene scene) {
        scene.wait(Duration.ofSeconds(5));
        return scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.RESCUE));
    }

    private static List<Action> frameActions(Scene scene) {
        return scene.lastActions().stream()
                .filter(action -> Stream.of(
                                KeepFrames.class,
                                HoldFrames.class,
                                RescueFrames.class,
                                SendEnd.class,
                                ForgetFrames.class)
                        .anyMatch(kind -> kind.isInstance(action)))
                .toList();
    }

    private static Optional<SetPort> port(Scene scene) {
        return scene.lastActions().stream()
                .filter(SetPort.class::isInstance)
                .map(SetPort.class::cast)
                .findFirst();
    }
}
