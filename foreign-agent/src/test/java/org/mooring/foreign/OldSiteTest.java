package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.foreign.Event.Timer.Purpose.VISITOR;
import static org.mooring.foreign.Site.*;
import static org.mooring.foreign.Site.POLICY;
import static org.mooring.foreign.Site.withFlags;
import static org.mooring.foreign.Site.withHomeAgent;
import static org.mooring.protocol.handover.HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Event.Timer.Purpose;
import org.mooring.foreign.Fact.Step;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.Followed;
import org.mooring.protocol.handover.HandoverMessage.Redirected;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.ForeignAgentError;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("docs/handover.md, \"Foreign agent\": at site 1")
class OldSiteTest extends HandoverSite {
    @Test
    void remembersWhatIsStagedForTheVisitor() {
        serve();

        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));

        assertEquals(Optional.empty(), agent.redirected(HOME));
    }

    @Test
    void redirectsBeforeItRelaysACommit() {
        serve();
        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));
        var commit = asks(says(new Commit(HANDOVER)));

        var actions = deeds(receive(ORIGIN, commit));

        assertEquals(new Action.RedirectVisitor(HOME, HANDOVER, ELSEWHERE), actions.get(0));
        assertEquals(
                new Action.RelayToHomeAgent(HOME_AGENT, FOR_FOREIGN_AGENT.appendTo(sealed(commit))), actions.get(2));
        assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
        assertEquals(
                List.of(new Fact.Handover(HOME, HANDOVER, Step.REDIRECTED, Optional.of(ELSEWHERE))),
                facts(agent.handle(new Event.VisitorRedirected(now, HOME, HANDOVER))));
    }

    @Test
    void aVisitorThatGoesHomeIsFollowedByOrdinaryRouting() {
        serve();
        arm(new Staged(HANDOVER, HOME, HOLD));

        assertEquals(
                new Action.RedirectVisitor(HOME, HANDOVER, HOME),
                commit(HANDOVER).get(0));
    }

    @Test
    void theReplyToACommitChangesNothing() {
        var visitor = leave();
        var again = asks(says(new Commit(HANDOVER)));
        receive(ORIGIN, again);

        assertOnlyRelayed(answer(reply(again, ReplyCode.ACCEPTED, 300)));
        assertEquals(List.of(visitor), agent.visitors());
        assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
    }

    @Test
    void theReplyToACommitOfAVisitorThatHasExpiredMeanwhileInstallsNobody() {
        serve();
        arm(new Staged(HANDOVER, ELSEWHERE, 600));
        now = now.plusSeconds(299);
        var commit = asks(says(new Commit(HANDOVER)));
        receive(ORIGIN, commit);
        now = now.plusSeconds(1);
        agent.handle(fired(VISITOR, now));

        assertOnlyRelayed(answer(reply(commit, ReplyCode.ACCEPTED, 300)));
        assertEquals(List.of(), agent.visitors());
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 129, 130, 131, 134})
    @DisplayName("RFC 3344 §3.7.2: what the home agent denies leaves the visitor as it was")
    void aDeniedCommitIsTakenBack(int code) {
        serve();
        var visitor = arm(new Staged(HANDOVER, ELSEWHERE, HOLD));
        var commit = asks(says(new Commit(HANDOVER)));
        receive(ORIGIN, commit);
        agent.handle(new Event.VisitorRedirected(now, HOME, HANDOVER));

        var actions = answer(reply(commit, new ReplyCode(code), 0));

        assertEquals(new Action.RecallVisitor(HOME), deeds(actions).get(0));
        assertInstanceOf(Action.SendToVisitor.class, deeds(actions).get(1));
        assertTrue(facts(actions).contains(new Fact.Handover(HOME, HANDOVER, Step.RETURNED, Optional.of(ELSEWHERE))));
        assertEquals(Optional.empty(), agent.redirected(HOME));
        assertEquals(List.of(visitor), agent.visitors());
        assertEquals(Optional.empty(), redirecting(commit(HANDOVER)), "whoever has heard the id");
    }

    private static Optional<Action> redirecting(List<Action> actions) {
        return actions.stream().filter(Action.RedirectVisitor.class::isInstance).findFirst();
    }

    @Test
    @DisplayName(
            "with code 133, which CONFIRM may have made it: the guest's host has said, under its own authenticator, that it has stopped")
    void aCommitThatIsTooOldStillRedirects() {
        serve();
        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));
        var commit = asks(says(new Commit(HANDOVER)));
        receive(ORIGIN, commit);

        assertOnlyRelayed(answer(reply(commit, ReplyCode.HA_IDENTIFICATION_MISMATCH, 0)));
        assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
    }

    @Test
    @DisplayName("what anybody says in the home agent's name takes nothing back")
    void aDenialThatIsNotTheHomeAgentsTakesNothingBack() {
        serve();
        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));
        var commit = asks(says(new Commit(HANDOVER)));
        receive(ORIGIN, commit);

        var denied = reply(commit, ReplyCode.HA_ADMINISTRATIVELY_PROHIBITED, 0);
        var actions = agent.handle(replyReceived(now, Seal.encode(denied, BY_HOME_AGENT)));

        assertDenied(ReplyCode.FA_HOME_AGENT_FAILED_AUTHENTICATION, actions);
        assertEquals(1, deeds(actions).size());
        assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
    }

    @Test
    void aCommitThatComesAgainIsRelayedAgain() {
        leave();

        var actions = commit(HANDOVER);

        assertEquals(3, actions.size());
        assertEquals(redirected(), actions.get(0));
        assertInstanceOf(Action.RelayToHomeAgent.class, actions.get(2));
    }

    @Test
    void tellsTheHookWhenTheKernelRedirectsAndNotBefore() {
        serve();
        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));
        var asked = commit(HANDOVER);
        var askedAgain = commit(HANDOVER);

        var done = agent.handle(new Event.VisitorRedirected(now, HOME, HANDOVER));

        assertFalse(asked.contains(redirected()));
        assertFalse(askedAgain.contains(redirected()));
        assertEquals(List.of(countLater(), redirected()), deeds(done));
    }

    @Test
    void tellsTheHookOfAVisitorThatGoesHomeAsWell() {
        serve();
        arm(new Staged(HANDOVER, HOME, HOLD));
        commit(HANDOVER);

        assertEquals(
                List.of(countLater(), redirected()),
                deeds(agent.handle(new Event.VisitorRedirected(now, HOME, HANDOVER))));
    }

    @Test
    void tellsTheHookNothingOfARedirectThatHasEndedMeanwhile() {
        serve();
        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));
        commit(HANDOVER);
        receive(ORIGIN, asks(says(new Abort(HANDOVER))));

        assertEquals(List.of(), agent.handle(new Event.VisitorRedirected(now, HOME, HANDOVER)));
    }

    @Test
    void tellsTheHookAfterASecondHowManyPacketsWereRedirected() {
        leave();
        now = now.plusSeconds(1);
        assertEquals(List.of(new Action.CountRedirected(HOME, HANDOVER)), counted());

        assertEquals(
                List.of(toTheHook(new Followed(HANDOVER, 17))),
                deeds(agent.handle(new Event.RedirectedCounted(now, HOME, HANDOVER, Optional.of(17L)))));
        assertEquals(List.of(), agent.handle(new Event.RedirectedCounted(now, HOME, HANDOVER, Optional.empty())));
    }

    @Test
    void countsNothingForAVisitorThatIsBackByThen() {
        leave();
        receive(ORIGIN, asks(says(new Abort(HANDOVER))));

        assertEquals(List.of(), counted());
        assertEquals(List.of(), agent.handle(new Event.RedirectedCounted(now, HOME, HANDOVER, Optional.of(17L))));
    }

    private List<Action> counted() {
        return agent.handle(new Event.TimerFired(now, new Timer(Purpose.DEPARTURE, HOME)));
    }

    private Action countLater() {
        return new Action.ArmTimer(new Timer(Purpose.DEPARTURE, HOME), now.plusSeconds(1));
    }

    private static Action redirected() {
        return toTheHook(new Redirected(HANDOVER));
    }

    /** From the agent's address on the link, in a frame to the visitor. */
    private static Action toTheHook(HandoverMessage message) {
        return new Action.SendToVisitor(LINK, MAC, LINK_ADDRESS, HOME, 434, message.encode(DEFAULT_ENTERPRISE_NUMBER));
    }

    @Test
    @DisplayName("a renewal, as it is to an agent that knows none of this")
    void aCommitOfAnotherHandoverIsARenewal() {
        serve();
        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));
        var commit = asks(says(new Commit(OTHER)));

        var relayed = deeds(receive(ORIGIN, commit));

        assertEquals(2, relayed.size());
        assertInstanceOf(
                Action.InstallVisitor.class,
                answer(reply(commit, ReplyCode.ACCEPTED, 300)).get(0));
    }

    @Test
    void aCommitFromAnotherStationRedirectsNothing() {
        serve();
        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));

        var actions = receive(FROM_HOST, asks(DeviceId.ethernet(MAC), says(new Commit(HANDOVER))));

        assertEquals(2, deeds(actions).size());
        assertEquals(Optional.empty(), agent.redirected(HOME));
    }

    @Test
    @DisplayName("a COMMIT to another home agent redirects nothing: the visitor's own could not deny it")
    void aCommitToAnotherHomeAgentRedirectsNothing() {
        agent = new ForeignAgent(new Policy(
                POLICY.careOfAddress(),
                POLICY.links(),
                POLICY.maxLifetime(),
                POLICY.maxPending(),
                POLICY.maxVisitors(),
                POLICY.enterpriseNumber(),
                false,
                POLICY.mobileNodes(),
                POLICY.homeAgents()));
        serve();
        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));
        var stranger = Ipv4Address.of("203.0.113.77");
        // As another visitor with this home address.
        var commit = withFlags(
                withHomeAgent(asks(DeviceId.ethernet(HOST_MAC), says(new Commit(HANDOVER))), stranger),
                Flags.REVERSE_TUNNELING);

        var actions = receive(ORIGIN, commit);

        assertTrue(
                actions.stream()
                        .anyMatch(action -> action instanceof Action.RelayToHomeAgent relayed
                                && relayed.homeAgent().equals(stranger)),
                actions::toString);
        assertEquals(Optional.empty(), agent.redirected(HOME));
    }

    @Test
    void anAbortFromAnotherStationEndsNothing() {
        leave();

        receive(FROM_HOST, asks(DeviceId.ethernet(MAC), says(new Abort(HANDOVER))));

        assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
    }

    @Test
    void aCommitThatTheHomeAgentDoesNotSeeRedirectsNothing() {
        serve();
        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));
        var message = sealed(asks()).concat(octets(says(new Commit(HANDOVER))));

        agent.handle(requestReceived(now, message));

        assertEquals(Optional.empty(), agent.redirected(HOME));
    }

    @Test
    void aDeregistrationCommitsNothing() {
        serve();
        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));

        receive(ORIGIN, withLifetime(asks(says(new Commit(HANDOVER))), 0));

        assertEquals(Optional.empty(), agent.redirected(HOME));
    }

    @Test
    void followsNoStagedWithoutAForeignHomeAssociation() {
        agent = new ForeignAgent(withoutAssociations());
        serve();
        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));

        commit(HANDOVER);

        assertEquals(Optional.empty(), agent.redirected(HOME));
    }

    @Test
    void followsNoStagedBeforeTheMobileHomeAuthentication() {
        serve();
        var arm = asks(says(new Arm()));
        receive(ORIGIN, arm);
        var reply = new RegistrationReply(
                ReplyCode.ACCEPTED,
                300,
                HOME,
                HOME_AGENT,
                arm.identification(),
                List.of(says(new Staged(HANDOVER, ELSEWHERE, HOLD))));
        finish(agent.handle(replyReceived(now, sealed(reply))));

        commit(HANDOVER);

        assertEquals(Optional.empty(), agent.redirected(HOME));
    }

    @Test
    @DisplayName("which would lead to itself")
    void followsNoStagedOfItsOwnCareOfAddress() {
        serve();
        arm(new Staged(HANDOVER, CARE_OF, HOLD));

        commit(HANDOVER);

        assertEquals(Optional.empty(), agent.redirected(HOME));
    }

    @Test
    @DisplayName("where nobody is ready for its packets any more")
    void followsNoStagedWhoseHoldTimeIsOver() {
        serve();
        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));
        now = now.plusSeconds(HOLD);

        commit(HANDOVER);

        assertEquals(Optional.empty(), agent.redirected(HOME));
    }

    @Test
    void followsAStagedThatWasToldAgainForLonger() {
        serve();
        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));
        now = now.plusSeconds(HOLD / 2);
        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));
        now = now.plusSeconds(HOLD - 1);

        commit(HANDOVER);

        assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
    }

    @Test
    void whatIsStagedSurvivesARenewal() {
        serve();
        arm(new Staged(HANDOVER, ELSEWHERE, HOLD));
        serve();

        commit(HANDOVER);

        assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
    }

    @Test
    void endsWithALaterAcceptedRegistrationHere() {
        leave();

        var visitor = serve();

        assertEquals(Optional.empty(), agent.redirected(HOME));
        assertEquals(List.of(visitor), agent.visitors());
    }

    @Test
    @DisplayName("and who has overheard the id can't send the visitor's packets away")
    void theIdIsUsedUpThen() {
        leave();
        serve();

        commit(HANDOVER);

        assertEquals(Optional.empty(), agent.redirected(HOME));
    }

    @Test
    void aDeniedRegistrationDoesNotEndIt() {
        leave();
        var denied = asks();
        receive(ORIGIN, denied);

        answer(reply(denied, ReplyCode.HA_IDENTIFICATION_MISMATCH, 0));

        assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
    }

    @Test
    void endsAtOnceWithAnAbortOfItsId() {
        leave();

        var others = receive(ORIGIN, asks(says(new Abort(OTHER))));
        var own = receive(ORIGIN, asks(says(new Abort(HANDOVER))));

        assertEquals(2, deeds(others).size());
        assertEquals(
                List.of(
                        new Action.RecallVisitor(HOME),
                        new Action.Report(new Fact.Handover(HOME, HANDOVER, Step.RETURNED, Optional.of(ELSEWHERE)))),
                own.subList(0, 2));
        assertEquals(Optional.empty(), agent.redirected(HOME));
    }

    @Test
    void givesUpAnAbortedVisitorThatTheKernelRefuses() {
        leave();
        receive(ORIGIN, asks(says(new Abort(HANDOVER))));

        var actions = agent.handle(new Event.VisitorNotRecalled(now, HOME, "busy"));

        assertEquals(
                new Fact.KernelRefused(HOME, "recall", "busy"), facts(actions).get(0));
        assertTrue(actions.contains(new Action.RemoveVisitor(HOME)));
        assertEquals(List.of(), agent.visitors());
    }

    @Test
    void endsWithTheVisitorsLifetime() {
        leave();

        var actions = agent.handle(fired(VISITOR, NOW.plusSeconds(300)));

        assertEquals(List.of(new Action.RemoveVisitor(HOME), new Action.ForgetVisitor(HOME)), deeds(actions));
        assertEquals(Optional.empty(), agent.redirected(HOME));
    }

    @Test
    void triesAgainWithTheNextCommitWhenTheKernelRefuses() {
        leave();

        var refused = agent.handle(new Event.VisitorNotRedirected(now, HOME, HANDOVER, "busy"));

        assertEquals(List.of(new Fact.KernelRefused(HOME, "redirect", "busy")), facts(refused));
        assertEquals(Optional.empty(), agent.redirected(HOME));
        assertInstanceOf(Action.RedirectVisitor.class, commit(HANDOVER).get(0));
    }

    @Test
    @DisplayName("rather than to send its packets to where it isn't")
    void givesUpAReturnedVisitorThatTheKernelRefuses() {
        leave();
        var renewal = asks();
        receive(ORIGIN, renewal);
        var visitor = assertInstanceOf(
                        Action.InstallVisitor.class,
                        deeds(answer(reply(renewal, ReplyCode.ACCEPTED, 300))).get(0))
                .visitor();

        var actions = agent.handle(new Event.VisitorNotInstalled(now, visitor, "busy"));

        assertTrue(actions.contains(new Action.RemoveVisitor(HOME)));
        assertEquals(
                Optional.of(ReplyCode.FA_INSUFFICIENT_RESOURCES),
                denial(actions)
                        .flatMap(reply -> reply.extension(ForeignAgentError.class))
                        .map(ForeignAgentError::code));
        assertEquals(List.of(), agent.visitors());
    }

    @Test
    @DisplayName("without an answer: the home agent is dead or doesn't hear it")
    void aCommitThatIsNotAnsweredStillRedirects() {
        leave();

        agent.handle(fired(Timer.Purpose.PENDING_REQUEST, now.plusSeconds(7)));

        assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
    }

    @Test
    @DisplayName("After a restart nothing is staged or redirected, and a visitor knows where it came from")
    void restoresVisitorsOnly() {
        var visitor = leave();
        stage(OTHER);
        var restarted = new ForeignAgent(POLICY);

        restarted.handle(new Event.Restored(now, List.of(visitor)));

        assertEquals(List.of(visitor), restarted.visitors());
        assertEquals(List.of(), restarted.staged());
        assertEquals(Optional.empty(), restarted.redirected(HOME));
    }
}
