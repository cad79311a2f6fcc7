package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.hook.Action.Agent;
import org.mooring.hook.Action.SendRequest;
import org.mooring.hook.Action.Sender;
import org.mooring.hook.PreparationOutcome.Prepared;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;

@DisplayName("docs/handover.md: a guest that arrives is prepared for before it comes")
class PreparationTest {
    private final Scene scene = Scene.visiting();

    @Test
    void itAsksForTheRegistrationThatWillBeButWithTheHostsAddresses() {
        SendRequest request = arrive(scene);
        assertEquals(RequestKind.PREPARE, request.kind());
        assertEquals(Agent.FOREIGN_AGENT, request.to());
        assertEquals(Sender.HOST, request.sender());
        assertEquals(Scene.CARE_OF_ADDRESS, request.request().careOfAddress());
        assertEquals(60, request.request().lifetime());
        assertTrue(request.request().flags().reverseTunneling());
        assertEquals(60, prepare(request).holdSeconds());
    }

    @Test
    @DisplayName("home return: straight to the home agent, as the deregistration that will be")
    void atHomeItAsksTheHomeAgent() {
        SendRequest request = arrive(Scene.home());
        assertEquals(Agent.HOME_AGENT, request.to());
        assertEquals(Sender.HOST, request.sender());
        assertEquals(Scene.HOME_ADDRESS, request.request().careOfAddress());
        assertEquals(0, request.request().lifetime());
        assertEquals(60, prepare(request).holdSeconds());
    }

    @Test
    void thePortIsReadyBeforeAnybodyIsAskedToSendThere() {
        scene.happens(Happening.ARRIVING);
        List<Action> actions = scene.lastActions();
        assertEquals(scene.port(PortRule.VISITING, PortRule.ARRIVING), actions.get(0));
        assertTrue(actions.indexOf(scene.request()) > 0);
    }

    @Test
    void itIsAnsweredWhenTheHomeAgentHasStaged() {
        staged(arrive(scene));
        assertEquals(Optional.of(PreparationOutcome.staged()), scene.prepared());
    }

    @Test
    @DisplayName("a move within the site: the care-of address doesn't change")
    void nothingIsStagedForTheCareOfAddressThatIsThePresentOne() {
        SendRequest request = arrive(scene);
        scene.homeAgentReplies(request, 0, 60, clock(Duration.ZERO));
        assertEquals(Optional.of(PreparationOutcome.nothing()), scene.prepared());
        assertEquals(Optional.empty(), scene.due(Timer.PREPARATION), "nothing to keep up");
        scene.happens(Happening.ENDED);
        assertEquals(List.of(), scene.requests(), "nothing to take back");
    }

    @Test
    @DisplayName("a move within the site: the link's bridges have learnt that the guest is at the other host")
    void atTheResumeOfAMoveWithinTheSiteTheLinkIsTold() {
        scene.homeAgentReplies(arrive(scene), 0, 60, clock(Duration.ZERO));
        List<Action> actions = scene.happens(Happening.RUNNING);
        assertEquals(RequestKind.CONFIRM, scene.request().kind());
        int sent = actions.indexOf(scene.request());
        int led = actions.indexOf(new Action.LeadToPort(scene.guest()));
        assertTrue(0 <= led && led < sent, "CONFIRM is the first that the link hears of it");
        assertTrue(sent < actions.indexOf(new Action.TellLink(scene.guest())));
    }

    @Test
    @DisplayName("at home it is told by gratuitous ARP")
    void atHomeTheLinkIsToldByArpAlone() {
        var home = Scene.home();
        home.homeAgentReplies(arrive(home), 0, 0, clock(Duration.ZERO));
        List<Action> actions = home.happens(Happening.RUNNING);
        assertTrue(actions.contains(new Action.LeadToPort(home.guest())));
        assertTrue(actions.contains(new Action.Announce(home.guest())));
        assertFalse(actions.contains(new Action.TellLink(home.guest())));
    }

    @Test
    void whatWasDecidedIsToldAgain() {
        staged(arrive(scene));
        scene.happens(Happening.ARRIVING);
        assertEquals(List.of(), scene.requests());
        assertEquals(Optional.of(PreparationOutcome.staged()), scene.prepared());
    }

    @Test
    void whileItIsAskedOneQuestionIsEnough() {
        arrive(scene);
        scene.happens(Happening.ARRIVING);
        assertEquals(List.of(), scene.requests());
        assertEquals(Optional.empty(), scene.prepared());
    }

    @Test
    void silenceEndsItAfterThreeSeconds() {
        SendRequest first = arrive(scene);
        SendRequest second = assertRepeated(first);
        assertEquals(Scene.START.plusSeconds(1), scene.now());
        assertEquals(prepare(first).id(), prepare(second).id());
        assertTrue(second.request().identification().isAfter(first.request().identification()));
        assertRepeated(second, 200, 500, 1000);
        scene.fire(Timer.PREPARATION);
        assertEquals(Scene.START.plusSeconds(3), scene.now());
        assertEquals(Optional.of(PreparationOutcome.plain("no answer from foreign-agent 10.2.0.2")), scene.prepared());
        assertEquals(List.of(), scene.requests());
    }

    @ParameterizedTest(name = "code {0}")
    @ValueSource(ints = {64, 65, 67, 68, 70, 77, 128, 129, 131, 132, 136, 149})
    @DisplayName("what would be said to the registration, too, is told to whoever brings the guest")
    void aLastingDenialIsToldAsSuch(int code) {
        scene.homeAgentReplies(arrive(scene), code, 0);
        PreparationOutcome outcome = scene.prepared().orElseThrow();
        assertEquals(Prepared.DENIED, outcome.prepared());
        assertTrue(outcome.why().contains("code " + code), outcome::why);
        assertEquals(Fact.Severity.WARNING, scene.facts().get(0).severity());
        scene.happensLater(Happening.ENDED);
        assertEquals(RequestKind.PREPARE, arrive(scene).kind(), "it is asked anew: it may be mended");
    }

    @ParameterizedTest(name = "code {0}")
    @ValueSource(ints = {66, 78, 80, 88, 130, 135})
    @DisplayName("what may be over when the guest runs is no reason not to bring it")
    void aPassingDenialIsPlain(int code) {
        scene.homeAgentReplies(arrive(scene), code, 0);
        assertEquals(Prepared.PLAIN, scene.prepared().orElseThrow().prepared());
    }

    @Test
    @DisplayName("silence isn't remembered: the agent may be back")
    void afterSilenceTheNextGuestIsPreparedForAgain() {
        arrive(scene);
        while (scene.prepared().isEmpty()) {
            scene.fire(Timer.PREPARATION);
        }
        assertEquals(Prepared.PLAIN, scene.prepared().orElseThrow().prepared());
        SendRequest again = arrive(scene);
        Instant asked = scene.now();
        assertEquals(RequestKind.PREPARE, assertRepeated(again).kind());
        assertEquals(asked.plusSeconds(1), scene.now(), "as patiently as at first");
    }

    @Test
    @DisplayName("what is decided stays so: no timer, and no late answer, changes it")
    void aDecisionIsFinal() {
        SendRequest unanswered = assertRepeated(arrive(scene));
        while (scene.prepared().isEmpty()) {
            scene.fire(Timer.PREPARATION);
        }
        assertFinal(scene, unanswered);
        for (int code : List.of(0, 131, 130)) {
            var answered = Scene.visiting();
            SendRequest request = arrive(answered);
            answered.homeAgentReplies(request, code, 60);
            assertFinal(answered, request);
        }
    }

    private static void assertFinal(Scene scene, SendRequest request) {
        assertTrue(scene.prepared().isPresent());
        scene.wait(Duration.ofSeconds(5));
        assertEquals(List.of(), scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.PREPARATION)));
        scene.homeAgentReplies(request, 0, 60, new Staged(prepare(request).id(), Scene.CARE_OF_ADDRESS, 60));
        assertEquals(Optional.empty(), scene.prepared());
        assertEquals(List.of(Fact.unexpectedReply(scene.guest())), scene.facts());
    }

    /** A lost datagram costs no second: the same octets again, then the next request; returns that. */
    private SendRequest assertRepeated(SendRequest request) {
        assertRepeated(request, 200, 500);
        scene.fire(Timer.PREPARATION);
        return scene.request();
    }

    private void assertRepeated(SendRequest request, int... afterMillis) {
        Instant sent = scene.now();
        for (int millis : afterMillis) {
            scene.fire(Timer.PREPARATION);
            assertEquals(sent.plusMillis(millis), scene.now());
            assertEquals(request, scene.repeated());
        }
    }

    @ParameterizedTest(name = "the home agent''s clock is {0} s ahead of ours")
    @ValueSource(longs = {60, -60, -3})
    void code133SetsTheClockAndAsksAgainASecondAfterTheFirst(long ahead) {
        scene.homeAgentResynchronises(arrive(scene), Duration.ofSeconds(ahead));
        assertEquals(Fact.Severity.WARNING, scene.facts().get(0).severity(), "nobody else will say it");
        SendRequest second = scene.corrected(Timer.PREPARATION);
        var itsTime = scene.now().plusSeconds(ahead);
        var skew = Duration.between(itsTime, second.request().identification().toInstant(itsTime));
        assertTrue(skew.abs().compareTo(Duration.ofSeconds(1)) <= 0, () -> "still off by " + skew);
        staged(second);
        assertEquals(Optional.of(PreparationOutcome.staged()), scene.prepared());
    }

    @Test
    @DisplayName("whoever brings the guest waits for the answer to what was corrected late: 6 s at most")
    void aLateCorrectionHasASecondToBeAnswered() {
        SendRequest second = assertRepeated(arrive(scene));
        scene.wait(Duration.ofMillis(1900));
        scene.homeAgentResynchronises(second, Duration.ofSeconds(60));
        assertEquals(1, scene.requests().size(), "the second is over");
        Instant corrected = scene.now();
        assertEquals(Optional.empty(), fireUntilPreparedOrPast(corrected.plusMillis(990)));
        fireUntilPreparedOrPast(corrected.plusSeconds(1));
        assertEquals(corrected.plusSeconds(1), scene.now());
        assertEquals(Prepared.PLAIN, scene.prepared().orElseThrow().prepared());
    }

    private Optional<PreparationOutcome> fireUntilPreparedOrPast(Instant end) {
        while (scene.prepared().isEmpty()
                && !scene.due(Timer.PREPARATION).orElseThrow().isAfter(end)) {
            scene.fire(Timer.PREPARATION);
        }
        return scene.prepared();
    }

    @Test
    @DisplayName("§3.6.3: a second between requests, however often they are denied; 6 s after the first it is over")
    void code133AgainAndAgainIsNoStorm() {
        scene.homeAgentResynchronises(arrive(scene), Duration.ofSeconds(60));
        for (int i = 0; i < 2; i++) {
            scene.homeAgentResynchronises(scene.corrected(Timer.PREPARATION), Duration.ofSeconds(60));
        }
        assertEquals(Optional.of(Scene.START.plusSeconds(3)), scene.due(Timer.PREPARATION));
        assertEquals(List.of(), scene.requests());
        scene.fire(Timer.PREPARATION);
        assertEquals(List.of(), scene.requests());
        assertEquals(Prepared.PLAIN, scene.prepared().orElseThrow().prepared());
    }

    @Test
    @DisplayName("§3.6.3: what is given up at once is aborted a second after it was asked for")
    void anAbortKeepsItsDistance() {
        arrive(scene);
        Instant asked = scene.now();
        scene.wait(Duration.ofMillis(300));
        scene.happens(Happening.ENDED);
        assertEquals(List.of(), scene.requests());
        assertEquals(Optional.of(asked.plusSeconds(1)), scene.due(Timer.PREPARATION));
        scene.fire(Timer.PREPARATION);
        assertEquals(RequestKind.ABORT, scene.request().kind());
    }

    @ParameterizedTest(name = "code {0}")
    @ValueSource(ints = {140, 141})
    void aHomeAgentThatKnowsNoneOfThisIsPlainForTenMinutes(int code) {
        scene.homeAgentReplies(arrive(scene), code, 0);
        assertPlainForTenMinutes("home-agent");
    }

    @Test
    void aForeignAgentThatKnowsNoneOfThisIsPlainForTenMinutes() {
        scene.foreignAgentReplies(arrive(scene), 100, 0);
        assertPlainForTenMinutes("foreign-agent");
    }

    @Test
    void aForeignAgentThatHearsNothingOfTheHomeAgentIsPlainThisTime() {
        scene.foreignAgentReplies(arrive(scene), 78, 0);
        assertEquals(Prepared.PLAIN, scene.prepared().orElseThrow().prepared());
        scene.wait(Duration.ofSeconds(1));
        assertEquals(RequestKind.PREPARE, arrive(scene).kind());
    }

    @Test
    void code69IsAskedAgainWithAShorterHoldTime() {
        scene.foreignAgentReplies(arrive(scene), 69, 20);
        SendRequest second = scene.corrected(Timer.PREPARATION);
        assertEquals(20, second.request().lifetime());
        assertEquals(20, prepare(second).holdSeconds());
        staged(second);
        assertEquals(Optional.of(scene.now().minus(Scene.ROUND_TRIP).plusSeconds(10)), scene.due(Timer.PREPARATION));
    }

    @Test
    void withoutAForeignAgentNobodyIsAsked() {
        var none = Scene.visitingWithoutForeignAgent();
        none.happens(Happening.ARRIVING);
        assertEquals(List.of(), none.requests());
        assertEquals(Prepared.DENIED, none.prepared().orElseThrow().prepared(), "nor will it be registered");
    }

    @Test
    @DisplayName("§3.6.2.1: who can't authenticate decides nothing")
    void aForgedReplyIsNotBelievedButSaidInTheEnd() {
        SendRequest request = arrive(scene);
        scene.replied(
                Scene.reply(request, 0, 60, request.request().identification()),
                new Seal(Kind.MOBILE_HOME, Scene.OTHER_KEY));
        assertEquals(Optional.empty(), scene.prepared());
        scene.wait(Duration.ofSeconds(3));
        scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.PREPARATION));
        PreparationOutcome outcome = scene.prepared().orElseThrow();
        assertEquals(Prepared.DENIED, outcome.prepared(), "with a wrong key, the home agent's own denial is no better");
        assertTrue(outcome.why().contains("the keys differ"), outcome::why);
    }

    @Test
    void itIsRefreshedWithTheSameIdAtHalfOfTheHoldTime() {
        SendRequest first = arrive(scene);
        Instant sent = scene.now();
        staged(first);
        scene.fire(Timer.PREPARATION);
        assertEquals(sent.plusSeconds(30), scene.now());
        SendRequest second = scene.request();
        assertEquals(prepare(first), prepare(second));
        staged(second);
        assertEquals(Optional.empty(), scene.prepared(), "nobody asked");
        assertEquals(Optional.of(scene.now().minus(Scene.ROUND_TRIP).plusSeconds(30)), scene.due(Timer.PREPARATION));
    }

    @Test
    @DisplayName(
            "COMMIT came in between, and the guest's pause is a long one: it is still to be served here, or aborted")
    void aRefreshGoesOnWhenNothingIsStagedAnyMore() {
        SendRequest first = arrive(scene);
        staged(first);
        scene.fire(Timer.PREPARATION);
        SendRequest second = scene.request();
        scene.homeAgentReplies(second, 0, 60);
        assertEquals(Optional.empty(), scene.prepared());
        scene.fire(Timer.PREPARATION);
        assertEquals(prepare(first), prepare(scene.request()));
        scene.happensLater(Happening.ENDED);
        assertEquals(RequestKind.ABORT, scene.request().kind());
    }

    @Test
    void aRefreshThatIsNotAnsweredIsRepeated() {
        staged(arrive(scene));
        scene.fire(Timer.PREPARATION);
        Instant refreshed = scene.now();
        scene.fire(Timer.PREPARATION);
        assertEquals(refreshed.plusSeconds(1), scene.now());
        assertEquals(RequestKind.PREPARE, scene.request().kind());
        assertEquals(Optional.empty(), scene.prepared(), "it is staged still");
    }

    @Test
    @DisplayName("what is staged stays so until its hold time ends: whoever brings the guest hears of no denial")
    void aRefreshThatIsDeniedIsAskedAgain() {
        SendRequest first = arrive(scene);
        staged(first);
        scene.fire(Timer.PREPARATION);
        Instant refreshed = scene.now();
        scene.homeAgentReplies(scene.request(), 130, 0);
        assertEquals(Optional.empty(), scene.prepared());
        scene.fire(Timer.PREPARATION);
        assertEquals(refreshed.plusSeconds(1), scene.now());
        assertEquals(prepare(first), prepare(scene.request()));
    }

    @Test
    @DisplayName("§3.6.3: a refresh, too, keeps its distance from what was asked in between")
    void aRefreshKeepsItsDistanceFromACheck() {
        SendRequest first = arrive(scene);
        staged(first);
        Instant refresh = scene.due(Timer.PREPARATION).orElseThrow();
        scene.wait(Duration.between(scene.now(), refresh.minusMillis(400)));
        scene.handle(new Event.CheckRequested(scene.now(), Scene.NAME));
        assertEquals(RequestKind.CHECK, scene.request().kind());
        scene.wait(Duration.ofMillis(400));
        scene.handle(new Event.TimerFired(refresh, Scene.NAME, Timer.PREPARATION));
        assertEquals(List.of(), scene.requests());
        scene.fire(Timer.PREPARATION);
        assertEquals(refresh.plusMillis(600), scene.now());
        assertEquals(prepare(first), prepare(scene.request()));
    }

    @Test
    @DisplayName(
            "§5.7.1: whatever the home agent says of its time later, no request is older than a PREPARE that it accepted")
    void noLaterRequestIsOlderThanAnAcceptedPreparation() {
        SendRequest accepted = arrive(scene);
        staged(accepted);
        scene.happens(Happening.RUNNING);
        scene.homeAgentResynchronises(scene.request(), Duration.ofHours(-1));
        assertTrue(scene.corrected(Timer.REGISTRATION)
                .request()
                .identification()
                .isAfter(accepted.request().identification()));
    }

    @Test
    @DisplayName("whoever knows the id could commit: it is all random, which nobody can guess")
    void theIdHas64RandomBits() {
        assertEquals(
                new HandoverId(0x0000_0123_0000_0124L), prepare(arrive(scene)).id());
    }

    @Test
    void anotherArrivalHasAnotherId() {
        SendRequest first = arrive(scene);
        staged(first);
        scene.happens(Happening.ENDED);
        scene.wait(Duration.ofSeconds(1));
        assertNotEquals(prepare(first).id(), prepare(arrive(scene)).id());
    }

    @Test
    @DisplayName("CONFIRM is the registration of RFC 3344, dated a second ahead")
    void whenItRunsTheRegistrationIsDatedAheadOfTheSources() {
        SendRequest prepared = arrive(scene);
        scene.homeAgentReplies(
                prepared,
                0,
                60,
                new Staged(prepare(prepared).id(), Scene.CARE_OF_ADDRESS, 60),
                clock(Duration.ofMillis(400)));
        scene.happens(Happening.RUNNING);
        SendRequest confirm = scene.request();
        assertEquals(confirm, scene.lastActions().get(0), "before all else");
        assertEquals(RequestKind.CONFIRM, confirm.kind());
        assertEquals(Sender.GUEST, confirm.sender());
        assertEquals(Scene.LIFETIME, confirm.request().lifetime());
        assertEquals(1, confirm.request().extensions().size(), "nothing but the device's id");
        Instant itsTime = scene.now().plus(Scene.ROUND_TRIP.dividedBy(2)).plusMillis(400);
        Duration ahead =
                Duration.between(itsTime, confirm.request().identification().toInstant(itsTime));
        assertTrue(ahead.minusSeconds(1).abs().compareTo(Duration.ofMillis(1)) < 0, ahead::toString);
        scene.homeAgentReplies(confirm, 0, 300);
        assertEquals("accepted", scene.status().registration());
    }

    @Test
    @DisplayName("a CONFIRM that is lost leaves again after 1 s, 2 s and so on, dated anew, until it is answered")
    void confirmIsSentAgainUntilItIsAnswered() {
        staged(arrive(scene));
        scene.happens(Happening.RUNNING);
        SendRequest before = scene.request();
        Instant sent = scene.now();
        for (int seconds : List.of(1, 2, 4)) {
            scene.firePastRepetitions(Timer.REGISTRATION);
            assertEquals(sent.plusSeconds(seconds), scene.now());
            SendRequest again = scene.request();
            assertEquals(RequestKind.CONFIRM, again.kind());
            assertEquals(before.request().careOfAddress(), again.request().careOfAddress());
            assertTrue(again.request().identification().isAfter(before.request().identification()));
            before = again;
            sent = scene.now();
        }
        scene.homeAgentReplies(before, 0, 300);
        assertEquals(List.of(), scene.requests());
        assertEquals("accepted", scene.status().registration());
    }

    @Test
    void onceItRunsNothingMoreIsPrepared() {
        staged(arrive(scene));
        Instant refresh = scene.due(Timer.PREPARATION).orElseThrow();
        scene.happens(Happening.RUNNING);
        assertEquals(List.of(), scene.handle(new Event.TimerFired(refresh, Scene.NAME, Timer.PREPARATION)));
        scene.happens(Happening.ENDED);
        assertTrue(scene.requests().stream().noneMatch(request -> request.kind() == RequestKind.ABORT));
    }

    @Test
    void whoStillWaitsWhenItRunsIsAnswered() {
        arrive(scene);
        scene.happens(Happening.RUNNING);
        assertEquals(Prepared.PLAIN, scene.prepared().orElseThrow().prepared());
    }

    @Test
    void aGuestThatNeverComesIsAborted() {
        SendRequest prepared = arrive(scene);
        staged(prepared);
        scene.happensLater(Happening.ENDED);
        assertAborts(prepared, scene.request());
    }

    @Test
    void aGuestWhoseQemuVanishesIsAborted() {
        SendRequest prepared = arrive(scene);
        scene.wait(Duration.ofSeconds(1));
        scene.handle(new Event.Vanished(scene.now(), Scene.NAME, "closed"));
        assertAborts(prepared, scene.request());
        assertEquals(Prepared.PLAIN, scene.prepared().orElseThrow().prepared(), "who waits is told");
    }

    @Test
    void anAbortIsRepeatedUntilItIsAnswered() {
        staged(arrive(scene));
        scene.happensLater(Happening.ENDED);
        scene.fire(Timer.PREPARATION);
        SendRequest again = scene.request();
        scene.homeAgentReplies(again, 0, 60);
        scene.wait(Duration.ofSeconds(30));
        assertEquals(List.of(), scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.PREPARATION)));
    }

    @Test
    void anAbortThatNobodyAnswersIsGivenUpForTheHoldTimeEndsItToo() {
        staged(arrive(scene));
        scene.happensLater(Happening.ENDED);
        scene.fire(Timer.PREPARATION);
        scene.fire(Timer.PREPARATION);
        assertEquals(1, scene.requests().size());
        scene.fire(Timer.PREPARATION);
        assertEquals(List.of(), scene.lastActions());
    }

    @Test
    void anAbortIsSentThriceHoweverOftenItWasAskedBefore() {
        assertRepeated(arrive(scene));
        scene.happensLater(Happening.ENDED);
        for (int i = 1; i < 3; i++) {
            assertEquals(RequestKind.ABORT, scene.request().kind());
            scene.fire(Timer.PREPARATION);
        }
        assertEquals(RequestKind.ABORT, scene.request().kind());
        scene.fire(Timer.PREPARATION);
        assertEquals(List.of(), scene.lastActions());
    }

    @Test
    void anAbortThatIsDeniedIsNotRepeated() {
        staged(arrive(scene));
        scene.happensLater(Happening.ENDED);
        scene.homeAgentReplies(scene.request(), 130, 0);
        scene.wait(Duration.ofSeconds(5));
        assertEquals(List.of(), scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.PREPARATION)));
    }

    private void assertAborts(SendRequest prepared, SendRequest abort) {
        assertEquals(RequestKind.ABORT, abort.kind());
        assertEquals(Sender.HOST, abort.sender());
        HandoverId id = prepare(prepared).id();
        assertEquals(Optional.of(new Abort(id)), Scene.said(abort, Abort.class));
        assertEquals(
                prepare(prepared), prepare(abort), "whoever doesn't know of handovers must not register the guest");
    }

    private void assertPlainForTenMinutes(String speaker) {
        PreparationOutcome outcome = scene.prepared().orElseThrow();
        assertEquals(Prepared.PLAIN, outcome.prepared());
        assertTrue(outcome.why().startsWith(speaker), outcome::why);
        scene.happens(Happening.ENDED);
        assertEquals(List.of(), scene.requests(), "there is nothing to abort");
        scene.wait(Duration.ofMinutes(9));
        scene.happens(Happening.ARRIVING);
        assertEquals(List.of(), scene.requests());
        assertEquals(Optional.of(outcome), scene.prepared());
        scene.happens(Happening.ENDED);
        scene.wait(Duration.ofMinutes(1));
        assertEquals(RequestKind.PREPARE, arrive(scene).kind());
    }

    private void staged(SendRequest request) {
        scene.homeAgentReplies(
                request,
                0,
                60,
                clock(Duration.ZERO),
                new Staged(prepare(request).id(), Scene.CARE_OF_ADDRESS, 60));
    }

    private HandoverExtension clock(Duration ahead) {
        return new HandoverExtension.Clock(
                Identification.of(scene.now().plus(Scene.ROUND_TRIP).plus(ahead)));
    }

    private static SendRequest arrive(Scene scene) {
        scene.happens(Happening.ARRIVING);
        assertFalse(scene.requests().isEmpty());
        return scene.request();
    }

    private static Prepare prepare(SendRequest request) {
        return Scene.said(request, Prepare.class).orElseThrow();
    }
}
