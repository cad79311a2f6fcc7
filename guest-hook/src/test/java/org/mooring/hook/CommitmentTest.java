package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.hook.Action.Agent;
import org.mooring.hook.Action.SendRequest;
import org.mooring.hook.Action.Sender;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationCodec;

@DisplayName("docs/handover.md: a guest that leaves is committed to what is staged for it, at its STOP")
class CommitmentTest {
    private static final HandoverId ID = new HandoverId(0x0123456789abcdefL);
    private static final Staged STAGED = new Staged(ID, Ipv4Address.of("203.0.113.7"), 60);

    private final Scene scene = Scene.visiting();

    @Test
    void whenItsMigrationBeginsARenewalAsksWhatIsStaged() {
        SendRequest request = arm(scene);
        assertEquals(RequestKind.ARM, request.kind());
        assertEquals(Agent.FOREIGN_AGENT, request.to());
        assertEquals(Sender.GUEST, request.sender());
        assertEquals(Scene.CARE_OF_ADDRESS, request.request().careOfAddress());
        assertEquals(Scene.LIFETIME, request.request().lifetime());
        assertTrue(Scene.said(request, Arm.class).isPresent());
    }

    @Test
    @DisplayName("at home, although the guest has no registration")
    void atHomeItAsksTheHomeAgent() {
        SendRequest request = arm(Scene.home());
        assertEquals(Agent.HOME_AGENT, request.to());
        assertTrue(request.request().isDeregistrationOfAll());
        assertTrue(Scene.said(request, Arm.class).isPresent());
    }

    @Test
    void qemuTellsOfOneMigrationMoreThanOnce() {
        arm(scene);
        assertEquals(List.of(), scene.happens(Happening.MIGRATION_STARTED));
    }

    @Test
    @DisplayName("ARM moves no binding: a CONFIRM or ABORT that isn't answered yet goes first")
    void whatIsNotAnsweredYetIsSaidBefore() {
        armed(scene);
        stop(scene);
        scene.happens(Happening.RUNNING);
        assertEquals(RequestKind.ABORT, scene.request().kind());
        Instant again = scene.due(Timer.REGISTRATION).orElseThrow();
        scene.happens(Happening.MIGRATION_FAILED);
        scene.happens(Happening.MIGRATION_STARTED);
        assertEquals(List.of(), scene.requests());
        scene.wait(Duration.between(scene.now(), again));
        scene.handle(new Event.TimerFired(again, Scene.NAME, Timer.REGISTRATION));
        assertEquals(RequestKind.ABORT, scene.request().kind());
        scene.homeAgentReplies(scene.request(), 0, 300);
        assertEquals(RequestKind.ARM, scene.repeated().kind());
    }

    @Test
    @DisplayName(
            "RFC 3344 §3.6.3: nothing has changed the guest's point of attachment when its migration begins: within a second after another request ARM is none, and leaves in AGAIN, which costs those who know of handovers nothing")
    void withinASecondAfterAnotherRequestItLeavesInAgain() {
        register(scene);
        scene.happens(Happening.MIGRATION_STARTED);
        SendRequest arm = scene.repeated();
        assertEquals(RequestKind.ARM, arm.kind());
        scene.homeAgentReplies(arm, 0, 300, STAGED);
        assertEquals("accepted", scene.status().registration());
        assertEquals(RequestKind.COMMIT, stop(scene).kind());
    }

    @Test
    @DisplayName(
            "again after 200 ms and 500 ms; who knows nothing of AGAIN gets it as a request, a second after the one before")
    void itIsARequestASecondAfterTheOneBefore() {
        scene.happens(Happening.RUNNING);
        Instant registered = scene.now();
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.happens(Happening.MIGRATION_STARTED);
        SendRequest arm = scene.repeated();
        Instant again = scene.now();
        for (int millis : List.of(200, 500)) {
            scene.fire(Timer.REGISTRATION);
            assertEquals(again.plusMillis(millis), scene.now());
            assertEquals(arm, scene.repeated());
        }
        scene.fire(Timer.REGISTRATION);
        assertEquals(registered.plusSeconds(1), scene.now());
        assertEquals(arm, scene.request());
        scene.fire(Timer.REGISTRATION);
        assertEquals(arm, scene.repeated(), "then as ever");
    }

    @Test
    @DisplayName("a migration that fails within that second leaves nothing but a renewal to ask for")
    void whatOnlyLeftInAgainIsNoArmAnyMore() {
        scene.happens(Happening.RUNNING);
        Instant registered = scene.now();
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.happens(Happening.MIGRATION_STARTED);
        Instant again = scene.due(Timer.REGISTRATION).orElseThrow();
        scene.happens(Happening.MIGRATION_FAILED);
        scene.handle(new Event.TimerFired(again, Scene.NAME, Timer.REGISTRATION));
        assertEquals(List.of(), scene.requests());
        scene.fire(Timer.REGISTRATION);
        assertEquals(registered.plusSeconds(1), scene.now());
        assertEquals(RequestKind.REGISTRATION, scene.request().kind());
    }

    @Test
    void aMigrationThatFailsBeforeThatAsksForNothing() {
        armed(scene);
        stop(scene);
        scene.happens(Happening.RUNNING);
        SendRequest abort = scene.request();
        scene.happens(Happening.MIGRATION_FAILED, Happening.MIGRATION_STARTED, Happening.MIGRATION_FAILED);
        scene.homeAgentReplies(abort, 0, 300);
        assertEquals(List.of(), scene.requests());
    }

    @Test
    @DisplayName(
            "a renewal that isn't answered yet moves no binding either: ARM takes its place, and is as hurried as ever")
    void aRenewalThatIsUnderWayBecomesArm() {
        register(scene);
        scene.fire(Timer.REGISTRATION);
        scene.firePastRepetitions(Timer.REGISTRATION);
        assertEquals(RequestKind.REGISTRATION, scene.request().kind());
        Instant renewed = scene.now();
        scene.wait(Duration.ofMillis(300));
        scene.happens(Happening.MIGRATION_STARTED);
        SendRequest arm = scene.repeated();
        assertEquals(RequestKind.ARM, arm.kind());
        Instant sent = scene.now();
        for (int millis : List.of(200, 500)) {
            scene.fire(Timer.REGISTRATION);
            assertEquals(sent.plusMillis(millis), scene.now());
            assertEquals(arm, scene.repeated());
        }
        scene.fire(Timer.REGISTRATION);
        assertEquals(renewed.plusSeconds(1), scene.now());
        assertEquals(RequestKind.ARM, scene.request().kind());
    }

    @Test
    void itIsAskedAgainUntilItIsAnswered() {
        SendRequest first = arm(scene);
        Instant sent = scene.now();
        for (int millis : List.of(200, 500)) {
            scene.fire(Timer.REGISTRATION);
            assertEquals(sent.plusMillis(millis), scene.now());
            assertEquals(first, scene.repeated(), "the same octets: a lost datagram costs no second");
        }
        scene.fire(Timer.REGISTRATION);
        assertEquals(sent.plusSeconds(1), scene.now());
        assertTrue(Scene.said(scene.request(), Arm.class).isPresent());
        assertTrue(scene.request()
                .request()
                .identification()
                .isAfter(first.request().identification()));
    }

    @Test
    @DisplayName(
            "code 133: who knows of handovers is told at once what corrects it, in AGAIN, so that it costs nothing after the STOP")
    void code133IsCorrectedInAgain() {
        scene.homeAgentResynchronises(arm(scene), Duration.ofSeconds(60));
        SendRequest corrected = scene.repeated();
        assertEquals(RequestKind.ARM, corrected.kind());
        scene.homeAgentReplies(corrected, 0, 300, STAGED);
        assertEquals("accepted", scene.status().registration());
        assertEquals(RequestKind.COMMIT, stop(scene).kind());
    }

    @Test
    @DisplayName("all others get it as a request, a second after the first")
    void code133IsCorrectedASecondAfterIt() {
        scene.homeAgentResynchronises(arm(scene), Duration.ofSeconds(60));
        SendRequest again = scene.repeated();
        assertEquals(again, scene.corrected(Timer.REGISTRATION));
        scene.fire(Timer.REGISTRATION);
        assertEquals(again, scene.repeated(), "then as ever");
    }

    @Test
    void theRegistrationGoesOnAsEver() {
        armed(scene);
        assertEquals("accepted", scene.status().registration());
        Instant renewal = scene.due(Timer.REGISTRATION).orElseThrow();
        scene.wait(Duration.between(scene.now(), renewal));
        scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.REGISTRATION));
        assertEquals(RequestKind.ARM, scene.request().kind(), "what is staged may be another by then");
    }

    @Test
    @DisplayName("what is staged is held for a time, longer once its host says so again: of that we hear in time")
    void itIsAskedAgainAtHalfOfTheHoldTime() {
        for (Scene where : List.of(Scene.visiting(), Scene.home())) {
            armed(where);
            Instant armed = where.now();
            where.fire(Timer.REGISTRATION);
            assertEquals(armed.plusSeconds(30), where.now());
            assertTrue(Scene.said(where.request(), Arm.class).isPresent());
            where.homeAgentReplies(where.request(), 0, 300, STAGED);
            where.wait(Duration.ofSeconds(59));
            assertEquals(RequestKind.COMMIT, stop(where).kind());
        }
    }

    @Test
    @DisplayName("nobody is sent to where nothing is ready any more")
    void afterTheHoldTimeTheStopIsSilent() {
        armed(scene);
        scene.wait(Duration.ofSeconds(60));
        scene.happens(Happening.STOPPED);
        assertEquals(List.of(), scene.requests());
        assertEquals(Phase.STOPPED, scene.status().phase());
    }

    @Test
    void aMigrationThatFailsEndsTheRepetitionOfArm() {
        Instant sent = armRequest();
        scene.happens(Happening.MIGRATION_FAILED);
        scene.wait(Duration.ofMillis(200));
        scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.REGISTRATION));
        assertEquals(List.of(), scene.requests());
        scene.fire(Timer.REGISTRATION);
        assertEquals(sent.plusSeconds(1), scene.now());
        assertEquals(RequestKind.REGISTRATION, scene.request().kind());
    }

    private Instant armRequest() {
        arm(scene);
        return scene.now();
    }

    @Test
    @DisplayName("COMMIT is the very first thing that is done at STOP")
    void atTheStopItIsCommittedBeforeAllElse() {
        armed(scene);
        SendRequest commit = stop(scene);
        assertEquals(commit, scene.lastActions().get(0));
        assertEquals(RequestKind.COMMIT, commit.kind());
        assertEquals(Optional.of(new Commit(ID)), Scene.said(commit, Commit.class));
        assertEquals(Agent.FOREIGN_AGENT, commit.to());
        assertEquals(Sender.GUEST, commit.sender());
        assertEquals(Scene.LIFETIME, commit.request().lifetime());
        assertEquals(Scene.CARE_OF_ADDRESS, commit.request().careOfAddress());
        assertEquals(Phase.STOPPED, scene.status().phase());
    }

    @Test
    void atHomeItIsCommittedToTheHomeAgent() {
        var home = Scene.home();
        armed(home);
        SendRequest commit = stop(home);
        assertEquals(commit, home.lastActions().get(0));
        assertEquals(Agent.HOME_AGENT, commit.to());
        assertTrue(commit.request().isDeregistrationOfAll());
        assertEquals(Optional.of(new Commit(ID)), Scene.said(commit, Commit.class));
    }

    @Test
    void itHasTheLifetimeOfARenewal() {
        scene.happens(Happening.RUNNING);
        scene.foreignAgentReplies(scene.request(), 69, 120);
        scene.homeAgentReplies(scene.corrected(Timer.REGISTRATION), 0, 120);
        scene.happensLater(Happening.MIGRATION_STARTED);
        scene.homeAgentReplies(scene.request(), 0, 120, STAGED);
        assertEquals(120, stop(scene).request().lifetime());
    }

    @Test
    @DisplayName("again after 30 ms and 100 ms, the same octets: a newer request could undo what came after it")
    void itIsRepeatedTwice() {
        armed(scene);
        SendRequest commit = stop(scene);
        Instant stopped = scene.now();
        scene.fire(Timer.COMMITMENT);
        assertEquals(stopped.plusMillis(30), scene.now());
        assertEquals(commit, scene.repeated());
        scene.fire(Timer.COMMITMENT);
        assertEquals(stopped.plusMillis(100), scene.now());
        assertEquals(commit, scene.repeated());
        assertEquals(Optional.empty(), scene.due(Timer.COMMITMENT));
    }

    @Test
    void itIsRepeatedThoughTheGuestHasArrivedMeanwhile() {
        armed(scene);
        stop(scene);
        Instant again = scene.due(Timer.COMMITMENT).orElseThrow();
        scene.happens(Happening.MIGRATION_COMPLETED);
        scene.handle(new Event.TimerFired(again, Scene.NAME, Timer.COMMITMENT));
        assertEquals(RequestKind.COMMIT, scene.repeated().kind());
    }

    @Test
    void onceItIsAnsweredItIsNotRepeated() {
        armed(scene);
        SendRequest commit = stop(scene);
        Instant again = scene.due(Timer.COMMITMENT).orElseThrow();
        scene.homeAgentReplies(commit, 0, 300);
        assertEquals(1, scene.facts().size());
        assertEquals(List.of(), scene.handle(new Event.TimerFired(again, Scene.NAME, Timer.COMMITMENT)));
        assertEquals("none", scene.status().registration(), "it is the other host's now");
    }

    @Test
    void aGuestThatComesBackAtOnceIsCommittedNoMore() {
        armed(scene);
        stop(scene);
        Instant again = scene.due(Timer.COMMITMENT).orElseThrow();
        scene.happens(Happening.MIGRATION_COMPLETED);
        scene.happens(Happening.ARRIVING);
        assertEquals(List.of(), scene.handle(new Event.TimerFired(again, Scene.NAME, Timer.COMMITMENT)));
    }

    @Test
    @DisplayName("§3.6.3: what is asked next keeps its distance from COMMIT")
    void aCheckKeepsItsDistanceFromIt() {
        armed(scene);
        stop(scene);
        Instant stopped = scene.now();
        scene.happens(Happening.MIGRATION_COMPLETED);
        scene.wait(Duration.ofMillis(300));
        scene.handle(new Event.CheckRequested(scene.now(), Scene.NAME));
        assertEquals(List.of(), scene.requests());
        assertEquals(Optional.of(stopped.plusSeconds(1)), scene.due(Timer.CHECK));
    }

    @Test
    @DisplayName(
            "§5.7.1: whatever the home agent says of its time later, no request is older than a COMMIT that it accepted")
    void noLaterRequestIsOlderThanAnAcceptedOne() {
        armed(scene);
        SendRequest commit = stop(scene);
        scene.homeAgentReplies(commit, 0, 300);
        scene.happens(Happening.MIGRATION_COMPLETED);
        scene.happens(Happening.RUNNING);
        scene.homeAgentResynchronises(scene.request(), Duration.ofHours(-1));
        assertTrue(scene.corrected(Timer.REGISTRATION)
                .request()
                .identification()
                .isAfter(commit.request().identification()));
    }

    @Test
    @DisplayName("the guest's packets go where it goes once COMMIT is accepted, and not before")
    void itsAnswerTellsWhetherItBinds() {
        for (int code : List.of(0, 130)) {
            var one = Scene.visiting();
            armed(one);
            one.homeAgentReplies(stop(one), code, 300);
            Fact.Answer answer = Objects.requireNonNull(one.facts().get(0).answer());
            assertEquals(code == 0, answer.binds());
            assertEquals(code == 0, answer.what().equals("COMMIT accepted"), answer::what);
            assertEquals(Scene.ROUND_TRIP, answer.roundTrip());
        }
    }

    @Test
    @DisplayName("code 133 to it says that the guest runs elsewhere: a newer one would take it back")
    void itIsNeverCorrected() {
        armed(scene);
        SendRequest commit = stop(scene);
        scene.homeAgentResynchronises(commit, Duration.ofSeconds(2));
        assertEquals(List.of(), scene.requests());
        assertEquals(Optional.empty(), scene.due(Timer.COMMITMENT));
    }

    @Test
    void aForgedAnswerDoesNotEndIt() {
        armed(scene);
        SendRequest commit = stop(scene);
        Instant again = scene.due(Timer.COMMITMENT).orElseThrow();
        scene.replied(
                Scene.reply(commit, 0, 300, commit.request().identification()),
                new Seal(Kind.MOBILE_HOME, Scene.OTHER_KEY));
        scene.handle(new Event.TimerFired(again, Scene.NAME, Timer.COMMITMENT));
        assertEquals(commit, scene.repeated());
    }

    @Test
    void withNothingStagedTheStopIsSilent() {
        SendRequest request = arm(scene);
        scene.homeAgentReplies(request, 0, 300);
        scene.happens(Happening.STOPPED);
        assertEquals(List.of(), scene.requests());
    }

    @Test
    @DisplayName("ARM or STAGED is lost each time, or too slow")
    void withoutAnAnswerToArmTheStopIsSilent() {
        SendRequest first = arm(scene);
        scene.firePastRepetitions(Timer.REGISTRATION);
        assertEquals(RequestKind.ARM, scene.request().kind());
        Instant next = scene.due(Timer.REGISTRATION).orElseThrow();
        scene.happens(Happening.STOPPED);
        assertEquals(List.of(), scene.requests());
        scene.homeAgentReplies(first, 0, 300, STAGED);
        assertEquals(List.of(), scene.requests());
        scene.handle(new Event.TimerFired(next, Scene.NAME, Timer.REGISTRATION));
        assertEquals(List.of(), scene.requests());
    }

    @Test
    void whatIsNotTheHomeAgentsWordIsNotBelieved() {
        SendRequest request = arm(scene);
        // Behind the authentication, where anybody may have put it.
        var reply = Scene.reply(request, 0, 300, request.request().identification());
        var appended = RegistrationCodec.encode(List.of(STAGED.toExtension(Scene.ENTERPRISE_NUMBER)));
        var octets = Seal.encode(reply, Scene.homeSeal()).concat(appended);
        scene.handle(new Event.ReplyReceived(scene.now(), RegistrationCodec.decode(octets)));
        assertEquals("accepted", scene.status().registration());
        scene.happens(Happening.STOPPED);
        assertEquals(List.of(), scene.requests());
    }

    @Test
    @DisplayName("who hears of the migration only after the STOP sends nothing for a guest that may run elsewhere")
    void afterTheStopNothingIsAsked() {
        register(scene);
        scene.happens(Happening.STOPPED);
        scene.happens(Happening.MIGRATION_STARTED);
        assertEquals(List.of(), scene.requests());
        assertEquals(Phase.STOPPED, scene.status().phase());
    }

    @Test
    void whenItRunsHereAgainItIsRegisteredAndTheHandoverAborted() {
        armed(scene);
        SendRequest commit = stop(scene);
        scene.happens(Happening.RUNNING);
        SendRequest request = scene.request();
        assertEquals(RequestKind.ABORT, request.kind());
        assertEquals(Optional.of(new Abort(ID)), Scene.said(request, Abort.class));
        assertEquals(Scene.LIFETIME, request.request().lifetime());
        assertTrue(request.request().identification().isAfter(commit.request().identification()));
        scene.homeAgentReplies(request, 0, 300);
        scene.fire(Timer.REGISTRATION);
        assertEquals(RequestKind.REGISTRATION, scene.request().kind(), "once is enough");
    }

    @Test
    void aFailedMigrationAbortsItToo() {
        var home = Scene.home();
        armed(home);
        stop(home);
        home.happens(Happening.MIGRATION_FAILED);
        assertEquals(Optional.of(new Abort(ID)), Scene.said(home.request(), Abort.class));
        assertTrue(home.request().request().isDeregistrationOfAll());
    }

    @Test
    @DisplayName("QEMU says that it runs before it says that its migration failed")
    void anAbortThatIsNotAnsweredIsRepeatedAsOne() {
        armed(scene);
        stop(scene);
        scene.happens(Happening.RUNNING);
        Instant again = scene.due(Timer.REGISTRATION).orElseThrow();
        scene.happens(Happening.MIGRATION_FAILED);
        scene.handle(new Event.TimerFired(again, Scene.NAME, Timer.REGISTRATION));
        assertEquals(RequestKind.ABORT, scene.request().kind());
    }

    @Test
    void afterItRunsHereAgainNothingIsCommitted() {
        armed(scene);
        SendRequest commit = stop(scene);
        Instant again = scene.due(Timer.COMMITMENT).orElseThrow();
        scene.happens(Happening.RUNNING);
        assertEquals(List.of(), scene.handle(new Event.TimerFired(again, Scene.NAME, Timer.COMMITMENT)));
        scene.homeAgentReplies(commit, 0, 300);
        assertEquals("requested", scene.status().registration(), "late, and no answer to what was asked since");
    }

    @Test
    void aMigrationThatFailsBeforeTheStopLeavesNothingToCommit() {
        armed(scene);
        scene.happens(Happening.MIGRATION_FAILED);
        assertEquals(List.of(), scene.requests());
        scene.happens(Happening.MIGRATION_STARTED, Happening.STOPPED);
        assertTrue(scene.requests().stream().noneMatch(request -> request.kind() == RequestKind.COMMIT));
    }

    @Test
    @DisplayName("CLOCK: from then on requests are dated by the home agent's clock")
    void itIsDatedByTheHomeAgentsClock() {
        SendRequest request = arm(scene);
        Duration halfWay = Scene.ROUND_TRIP.dividedBy(2);
        Instant itsTime = scene.now().plus(halfWay).plusMillis(3700);
        scene.homeAgentReplies(request, 0, 300, STAGED, new HandoverExtension.Clock(Identification.of(itsTime)));
        Identification id = stop(scene).request().identification();
        Duration off = Duration.between(itsTime.plus(halfWay), id.toInstant(itsTime));
        assertTrue(off.abs().compareTo(Duration.ofMillis(1)) < 0, off::toString);
    }

    private static void register(Scene scene) {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
    }

    private static SendRequest arm(Scene scene) {
        register(scene);
        scene.happensLater(Happening.MIGRATION_STARTED);
        return scene.request();
    }

    private static void armed(Scene scene) {
        scene.homeAgentReplies(arm(scene), 0, 300, STAGED);
    }

    private static SendRequest stop(Scene scene) {
        scene.happens(Happening.STOPPED);
        return scene.request();
    }
}
