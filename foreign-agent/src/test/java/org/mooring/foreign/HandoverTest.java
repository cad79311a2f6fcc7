package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.foreign.Event.Timer.Purpose.PENDING_PREPARATION;
import static org.mooring.foreign.Event.Timer.Purpose.STAGED_VISITOR;
import static org.mooring.foreign.Event.Timer.Purpose.VISITOR;
import static org.mooring.foreign.Site.*;
import static org.mooring.protocol.handover.HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Fact.Step;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("docs/handover.md: Foreign agent")
class HandoverTest {
    private static final HandoverId HANDOVER = new HandoverId(0x0123_4567_89ab_cdefL);
    private static final HandoverId OTHER = new HandoverId(7);
    private static final Ipv4Address ELSEWHERE = Ipv4Address.of("198.51.100.3");
    private static final int HOLD = 60;
    private static final Octets HOST_MAC = Octets.ofHex("020000000010");
    private static final Ipv4Address HOST = Ipv4Address.of("10.2.0.10");
    private static final Origin FROM_HOST = new Origin(LINK, HOST_MAC, HOST, PORT, LINK_ADDRESS, 255);

    private ForeignAgent agent = new ForeignAgent(POLICY);
    private Identification id = ID;
    private Instant now = NOW;

    @Nested
    @DisplayName("at site 2")
    class NewSite {
        @Test
        void relaysAPrepareUpToTheMobileHomeAuthentication() {
            var prepare = prepare();

            var actions = receive(FROM_HOST, prepare);

            assertEquals(
                    List.of(
                            new Action.ArmTimer(new Timer(PENDING_PREPARATION, HOME), NOW.plusSeconds(7)),
                            new Action.RelayToHomeAgent(HOME_AGENT, FOR_FOREIGN_AGENT.appendTo(sealed(prepare)))),
                    deeds(actions));
        }

        @Test
        void deniesWithCode100EveryOtherCriticalExtension() {
            var anothers = new Prepare(HANDOVER, HOLD).toExtension(DEFAULT_ENTERPRISE_NUMBER + 1);
            var short1 = new CriticalVendorSpecific(DEFAULT_ENTERPRISE_NUMBER, 1, Octets.ofHex("00"));
            for (var extension : List.of(anothers, short1)) {
                now = now.plusSeconds(2);
                assertDenied(
                        ReplyCode.FA_UNKNOWN_CVSE_FROM_MOBILE_NODE,
                        receive(FROM_HOST, asks(DeviceId.ethernet(MAC), extension)));
            }
            now = now.plusSeconds(2);
            assertDenied(
                    ReplyCode.FA_UNKNOWN_CVSE_FROM_MOBILE_NODE,
                    receive(FROM_HOST, asks(DeviceId.ethernet(MAC), says(new Prepare(HANDOVER, HOLD)), anothers)));
        }

        @Test
        @DisplayName("which the home agent would not see, and so would take the request for a registration")
        void deniesWithCode100APrepareBehindTheMobileHomeAuthentication() {
            var request = asks(DeviceId.ethernet(MAC));
            var message = sealed(request).concat(octets(says(new Prepare(HANDOVER, HOLD))));

            assertDenied(
                    ReplyCode.FA_UNKNOWN_CVSE_FROM_MOBILE_NODE, agent.handle(requestReceived(now, FROM_HOST, message)));
        }

        @Test
        void deniesWithCode70APrepareThatDoesNotSayWhichDeviceWillCome() {
            assertDenied(
                    ReplyCode.FA_POORLY_FORMED_REQUEST, receive(FROM_HOST, asks(says(new Prepare(HANDOVER, HOLD)))));
        }

        @Test
        void stagesTheVisitorThenRelaysTheReply() {
            var prepare = prepare();
            receive(FROM_HOST, prepare);
            var reply = accepted(prepare);
            var staged = staged(prepare, now);

            var answered = answer(reply, new Previous(ELSEWHERE));
            var ready = agent.handle(new Event.VisitorStaged(now, staged));

            assertEquals(List.of(new Action.StageVisitor(staged)), answered);
            assertEquals(
                    List.of(
                            new Action.ArmTimer(new Timer(STAGED_VISITOR, HOME), NOW.plusSeconds(HOLD)),
                            new Action.Report(new Fact.Handover(HOME, HANDOVER, Step.STAGED, Optional.of(ELSEWHERE))),
                            new Action.SendToVisitor(
                                    LINK, HOST_MAC, LINK_ADDRESS, HOST, PORT, Seal.encode(reply, BY_HOME_AGENT)),
                            new Action.Report(new Fact.ReplyRelayed(HOME, HOME_AGENT, ReplyCode.ACCEPTED, HOLD))),
                    ready);
            assertEquals(List.of(staged), agent.staged());
            assertEquals(MAC, staged.visitor().linkAddress());
            assertEquals(List.of(), agent.visitors());
            assertEquals(List.of(), agent.pending());
        }

        @Test
        void stagesAVisitorFromItsHomeNetworkWithoutAPreviousForeignAgent() {
            var prepare = prepare();
            receive(FROM_HOST, prepare);

            var actions = answer(accepted(prepare), new Previous(HOME));

            assertEquals(
                    Optional.empty(),
                    assertInstanceOf(Action.StageVisitor.class, actions.get(0))
                            .staged()
                            .visitor()
                            .previousCareOfAddress());
        }

        @Test
        void stagesNothingWithoutPrevious() {
            var prepare = prepare();
            receive(FROM_HOST, prepare);

            assertOnlyRelayed(answer(accepted(prepare)));
        }

        @Test
        void stagesNothingWhenItIsDenied() {
            var prepare = prepare();
            receive(FROM_HOST, prepare);

            assertOnlyRelayed(answer(reply(prepare, ReplyCode.HA_IDENTIFICATION_MISMATCH, 0), new Previous(ELSEWHERE)));
        }

        @Test
        @DisplayName("what isn't under a foreign-home authentication is anybody's word")
        void stagesNothingWithoutAForeignHomeAssociation() {
            agent = new ForeignAgent(withoutAssociations());
            var prepare = prepare();
            receive(FROM_HOST, prepare);

            assertOnlyRelayed(answer(accepted(prepare), new Previous(ELSEWHERE)));
        }

        @Test
        @DisplayName("there it is the hook's, and was put there by whoever knows the mobile node's key")
        void stagesNothingForAPreviousBeforeTheMobileHomeAuthentication() {
            var prepare = prepare();
            receive(FROM_HOST, prepare);
            var reply = new RegistrationReply(
                    ReplyCode.ACCEPTED,
                    HOLD,
                    HOME,
                    HOME_AGENT,
                    prepare.identification(),
                    List.of(says(new Previous(ELSEWHERE))));

            assertOnlyRelayed(agent.handle(replyReceived(now, sealed(reply))));
        }

        @Test
        void stagesNothingForAPreviousBehindTheForeignHomeAuthentication() {
            var prepare = prepare();
            receive(FROM_HOST, prepare);
            var message = sealed(accepted(prepare)).concat(octets(says(new Previous(ELSEWHERE))));

            assertOnlyRelayed(agent.handle(replyReceived(now, message)));
        }

        @Test
        void stagesNothingForAPreviousThatNobodyAskedFor() {
            var request = asks();
            receive(ORIGIN, request);

            var actions = answer(reply(request, ReplyCode.ACCEPTED, 300), new Previous(ELSEWHERE));

            assertEquals(List.of(new Action.InstallVisitor(visitor(request, NOW.plusSeconds(300)))), actions);
        }

        @Test
        void stagesNothingForACoLocatedCareOfAddress() {
            var prepare = withFlags(prepare(), Flags.REVERSE_TUNNELING.plus(Flags.DECAPSULATION_BY_MOBILE_NODE));
            receive(FROM_HOST, prepare);

            assertOnlyRelayed(answer(accepted(prepare), new Previous(ELSEWHERE)));
        }

        @Test
        void tellsTheHookWithCode66WhenTheKernelRefuses() {
            var prepare = prepare();
            receive(FROM_HOST, prepare);
            answer(accepted(prepare), new Previous(ELSEWHERE));

            var actions = agent.handle(new Event.VisitorNotStaged(now, staged(prepare, now), "no space"));

            assertDenied(ReplyCode.FA_INSUFFICIENT_RESOURCES, actions);
            assertEquals(
                    new Fact.KernelRefused(HOME, "stage", "no space"),
                    facts(actions).get(0));
            assertTrue(actions.contains(new Action.UnstageVisitor(HOME)));
            assertEquals(List.of(), agent.staged());
        }

        @Test
        void endsWithTheHoldTime() {
            stage();

            assertEquals(List.of(), agent.handle(fired(STAGED_VISITOR, NOW.plusSeconds(HOLD - 1))));
            assertEquals(
                    List.of(
                            new Action.UnstageVisitor(HOME),
                            new Action.Report(new Fact.Handover(HOME, HANDOVER, Step.EXPIRED, Optional.of(ELSEWHERE)))),
                    agent.handle(fired(STAGED_VISITOR, NOW.plusSeconds(HOLD))));
            assertEquals(List.of(), agent.staged());
        }

        @Test
        void isRefreshedByTheSamePrepareAgain() {
            stage();
            now = now.plusSeconds(30);

            var refreshed = stage();

            assertEquals(List.of(refreshed), agent.staged());
            assertEquals(List.of(), agent.handle(fired(STAGED_VISITOR, NOW.plusSeconds(HOLD))));
            assertEquals(
                    1,
                    deeds(agent.handle(fired(STAGED_VISITOR, now.plusSeconds(HOLD))))
                            .size());
        }

        @Test
        @DisplayName("the home agent's reply has no PREVIOUS then, because our care-of address is the present one")
        void isRefreshedAfterTheCommit() {
            stage();
            now = now.plusSeconds(30);
            var again = prepare();
            receive(FROM_HOST, again);

            var actions = answer(accepted(again));

            assertEquals(List.of(new Action.StageVisitor(staged(again, now))), actions);
        }

        @Test
        void aPrepareOfAnotherHandoverWithoutPreviousStagesNothing() {
            var staged = stage();
            var other = prepare(OTHER, HOLD);
            receive(FROM_HOST, other);

            assertOnlyRelayed(answer(accepted(other)));
            assertEquals(List.of(staged), agent.staged());
        }

        @Test
        void isReplacedByAPrepareOfAnotherHandover() {
            stage();

            var replacement = stage(OTHER);

            assertEquals(List.of(replacement), agent.staged());
            assertEquals(OTHER, replacement.id());
        }

        @Test
        void holdsNobodyLongerThanTheMaximumLifetime() {
            var prepare = prepare(HANDOVER, 0xffff);
            receive(FROM_HOST, prepare);

            var actions = answer(accepted(prepare), new Previous(ELSEWHERE));

            assertEquals(
                    NOW.plusSeconds(MAX_LIFETIME),
                    assertInstanceOf(Action.StageVisitor.class, actions.get(0))
                            .staged()
                            .visitor()
                            .expiry());
        }

        @Test
        void endsAtOnceWithAnAbortOfItsId() {
            stage();

            var others = receive(FROM_HOST, asks(DeviceId.ethernet(MAC), says(new Abort(OTHER))));
            var own = receive(FROM_HOST, aborting(prepare()));

            assertTrue(deeds(others).stream().noneMatch(Action.UnstageVisitor.class::isInstance));
            assertEquals(new Action.UnstageVisitor(HOME), own.get(0));
            assertInstanceOf(Action.RelayToHomeAgent.class, deeds(own).get(2));
            assertEquals(List.of(), agent.staged());
        }

        @Test
        void theReplyToAnAbortStagesNothing() {
            var abort = aborting(prepare());
            receive(FROM_HOST, abort);

            assertOnlyRelayed(answer(accepted(abort), new Previous(ELSEWHERE)));
        }

        @Test
        void anAbortOvertakesTheKernel() {
            var prepare = prepare();
            receive(FROM_HOST, prepare);
            answer(accepted(prepare), new Previous(ELSEWHERE));
            receive(FROM_HOST, aborting(prepare()));

            assertEquals(List.of(), agent.handle(new Event.VisitorStaged(now, staged(prepare, now))));
            assertEquals(List.of(), agent.staged());
        }

        @Test
        void confirmInstallsTheVisitorWhichGoesOnToTakeWhatIsRedirectedToIt() {
            stage();
            var confirm = asks(DeviceId.ethernet(MAC));
            receive(ORIGIN, confirm);

            var actions = answer(reply(confirm, ReplyCode.ACCEPTED, 300));
            var visitor = assertInstanceOf(Action.InstallVisitor.class, actions.get(0))
                    .visitor();
            var installed = agent.handle(new Event.VisitorInstalled(now, visitor));
            agent.handle(new Event.VisitorStored(now, visitor));

            assertEquals(1, actions.size());
            assertEquals(Optional.of(ELSEWHERE), visitor.previousCareOfAddress());
            assertTrue(installed.contains(new Action.UnstageVisitor(HOME)));
            assertTrue(installed.contains(new Action.StoreVisitor(visitor)));
            assertEquals(List.of(), agent.staged());
            assertEquals(List.of(visitor), agent.visitors());
            assertEquals(Optional.of(ELSEWHERE), serve().previousCareOfAddress(), "after a renewal, too");
        }

        @Test
        void aPrepareTakesNoRegistrationsPlace() {
            var registration = asks();
            receive(ORIGIN, registration);
            var prepare = prepare();
            receive(FROM_HOST, prepare);

            assertEquals(2, agent.pending().size());
            assertOnlyRelayed(answer(accepted(prepare)));
            assertInstanceOf(
                    Action.InstallVisitor.class,
                    answer(reply(registration, ReplyCode.ACCEPTED, 300)).get(0));
        }

        @Test
        void aPrepareChangesNoInstalledVisitor() {
            var visitor = serve();

            stage();

            assertEquals(List.of(visitor), agent.visitors());
        }

        @Test
        @DisplayName("or its packets would go back and forth between the two sites")
        void aVisitorThatHadLeftForTheOtherSiteIsNotRedirectedThereAnyMore() {
            leave();
            var prepare = prepare(OTHER, HOLD);
            receive(FROM_HOST, prepare);

            var actions = answer(accepted(prepare), new Previous(ELSEWHERE));

            assertEquals(
                    List.of(
                            new Action.RemoveVisitor(HOME),
                            new Action.ForgetVisitor(HOME),
                            new Action.Report(new Fact.VisitorLeft(HOME, Fact.VisitorLeft.Why.REDIRECTED)),
                            new Action.StageVisitor(new StagedVisitor(OTHER, stagedVisitor(prepare, now)))),
                    actions);
            assertEquals(Optional.empty(), agent.redirected(HOME));
        }

        @Test
        void survivesTheEndOfAFormerVisit() {
            serve();
            var staged = stage();

            var actions = agent.handle(fired(VISITOR, NOW.plusSeconds(300)));

            assertEquals(
                    List.of(
                            new Action.RemoveVisitor(HOME),
                            new Action.ForgetVisitor(HOME),
                            new Action.StageVisitor(staged)),
                    deeds(actions));
            assertEquals(List.of(staged), agent.staged());
        }

        @Test
        void deniesWithCode78WhatIsNotAnsweredForSevenSeconds() {
            receive(FROM_HOST, prepare());

            assertDenied(
                    ReplyCode.FA_REGISTRATION_TIMEOUT, agent.handle(fired(PENDING_PREPARATION, NOW.plusSeconds(7))));
        }

        @Test
        void stagedVisitorsCountAsVisitors() {
            agent = new ForeignAgent(withMaxVisitors(1));
            stage();
            var another = Site.request(Ipv4Address.of("10.1.0.51"), 300, ID);

            assertDenied(ReplyCode.FA_INSUFFICIENT_RESOURCES, agent.handle(requestReceived(now, sealed(another))));
            var confirm = receive(ORIGIN, asks());
            assertTrue(confirm.stream().anyMatch(Action.RelayToHomeAgent.class::isInstance));
        }

        @Test
        void aHomeAddressIsStagedForOneHomeAgentOnly() {
            stage();
            var anothers = withHomeAgent(asks(), Ipv4Address.of("10.9.0.1"));

            agent.handle(new Event.PolicyChanged(now, withoutAssociations()));
            assertDenied(ReplyCode.FA_INSUFFICIENT_RESOURCES, receive(ORIGIN, anothers));
        }

        @Test
        @DisplayName("§3.7.2.3 has them sent to the home address, which the host doesn't have")
        void answersTheHostWhereItAsked() {
            var dryRun = withCareOfAddress(
                    withFlags(
                            withLifetime(asks(DeviceId.ethernet(MAC)), 0),
                            Flags.REVERSE_TUNNELING.plus(Flags.DECAPSULATION_BY_MOBILE_NODE)),
                    HOST);
            for (var request : List.of(prepare(), dryRun)) {
                receive(FROM_HOST, request);

                var reply = sent(answer(reply(request, ReplyCode.ACCEPTED, 0)));

                assertEquals(HOST_MAC, reply.linkAddress());
                assertEquals(HOST, reply.destination());
            }
        }

        @Test
        void answersTheMobileNodeAtItsHomeAddressWhoeverSpeaksForIt() {
            var request = asks(DeviceId.ethernet(Octets.ofHex("525400010051")));
            receive(ORIGIN, request);

            assertEquals(
                    HOME,
                    sent(answer(reply(request, ReplyCode.HA_IDENTIFICATION_MISMATCH, 0)))
                            .destination());
        }
    }

    @Nested
    @DisplayName("at site 1")
    class OldSite {
        @Test
        void remembersWhatIsStagedForTheVisitor() {
            serve();

            arm(new Staged(HANDOVER, ELSEWHERE));

            assertEquals(Optional.empty(), agent.redirected(HOME));
        }

        @Test
        void redirectsBeforeItRelaysACommit() {
            serve();
            arm(new Staged(HANDOVER, ELSEWHERE));
            var commit = asks(says(new Commit(HANDOVER)));

            var actions = deeds(receive(ORIGIN, commit));

            assertEquals(new Action.RedirectVisitor(HOME, HANDOVER, ELSEWHERE), actions.get(0));
            assertEquals(
                    new Action.RelayToHomeAgent(HOME_AGENT, FOR_FOREIGN_AGENT.appendTo(sealed(commit))),
                    actions.get(2));
            assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
            assertEquals(
                    List.of(new Fact.Handover(HOME, HANDOVER, Step.REDIRECTED, Optional.of(ELSEWHERE))),
                    facts(agent.handle(new Event.VisitorRedirected(now, HOME, HANDOVER))));
        }

        @Test
        void aVisitorThatGoesHomeIsFollowedByOrdinaryRouting() {
            serve();
            arm(new Staged(HANDOVER, HOME));

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
            arm(new Staged(HANDOVER, ELSEWHERE));
            now = now.plusSeconds(299);
            var commit = asks(says(new Commit(HANDOVER)));
            receive(ORIGIN, commit);
            now = now.plusSeconds(1);
            agent.handle(fired(VISITOR, now));

            assertOnlyRelayed(answer(reply(commit, ReplyCode.ACCEPTED, 300)));
            assertEquals(List.of(), agent.visitors());
        }

        @Test
        void aDeniedCommitStillRedirects() {
            serve();
            arm(new Staged(HANDOVER, ELSEWHERE));
            var commit = asks(says(new Commit(HANDOVER)));
            receive(ORIGIN, commit);

            assertOnlyRelayed(answer(reply(commit, ReplyCode.HA_IDENTIFICATION_MISMATCH, 0)));
            assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
        }

        @Test
        void aCommitThatComesAgainIsRelayedAgain() {
            leave();

            var actions = commit(HANDOVER);

            assertEquals(2, actions.size());
            assertInstanceOf(Action.RelayToHomeAgent.class, actions.get(1));
        }

        @Test
        @DisplayName("a renewal, as it is to an agent that knows none of this")
        void aCommitOfAnotherHandoverIsARenewal() {
            serve();
            arm(new Staged(HANDOVER, ELSEWHERE));
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
            arm(new Staged(HANDOVER, ELSEWHERE));

            var actions = receive(FROM_HOST, asks(DeviceId.ethernet(MAC), says(new Commit(HANDOVER))));

            assertEquals(2, deeds(actions).size());
            assertEquals(Optional.empty(), agent.redirected(HOME));
        }

        @Test
        void aCommitThatTheHomeAgentDoesNotSeeRedirectsNothing() {
            serve();
            arm(new Staged(HANDOVER, ELSEWHERE));
            var message = sealed(asks()).concat(octets(says(new Commit(HANDOVER))));

            agent.handle(requestReceived(now, message));

            assertEquals(Optional.empty(), agent.redirected(HOME));
        }

        @Test
        void aDeregistrationCommitsNothing() {
            serve();
            arm(new Staged(HANDOVER, ELSEWHERE));

            receive(ORIGIN, withLifetime(asks(says(new Commit(HANDOVER))), 0));

            assertEquals(Optional.empty(), agent.redirected(HOME));
        }

        @Test
        void followsNoStagedWithoutAForeignHomeAssociation() {
            agent = new ForeignAgent(withoutAssociations());
            serve();
            arm(new Staged(HANDOVER, ELSEWHERE));

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
                    List.of(says(new Staged(HANDOVER, ELSEWHERE))));
            finish(agent.handle(replyReceived(now, sealed(reply))));

            commit(HANDOVER);

            assertEquals(Optional.empty(), agent.redirected(HOME));
        }

        @Test
        @DisplayName("which would lead to itself")
        void followsNoStagedOfItsOwnCareOfAddress() {
            serve();
            arm(new Staged(HANDOVER, CARE_OF));

            commit(HANDOVER);

            assertEquals(Optional.empty(), agent.redirected(HOME));
        }

        @Test
        void whatIsStagedSurvivesARenewal() {
            serve();
            arm(new Staged(HANDOVER, ELSEWHERE));
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
                            new Action.Report(
                                    new Fact.Handover(HOME, HANDOVER, Step.RETURNED, Optional.of(ELSEWHERE)))),
                    own.subList(0, 2));
            assertEquals(Optional.empty(), agent.redirected(HOME));
        }

        @Test
        void givesUpAnAbortedVisitorThatTheKernelRefuses() {
            leave();
            receive(ORIGIN, asks(says(new Abort(HANDOVER))));

            var actions = agent.handle(new Event.VisitorNotRecalled(now, HOME, "busy"));

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
                            deeds(answer(reply(renewal, ReplyCode.ACCEPTED, 300)))
                                    .get(0))
                    .visitor();

            var actions = agent.handle(new Event.VisitorNotInstalled(now, visitor, "busy"));

            assertTrue(actions.contains(new Action.RemoveVisitor(HOME)));
            assertDenied(ReplyCode.FA_INSUFFICIENT_RESOURCES, actions);
            assertEquals(List.of(), agent.visitors());
        }

        @Test
        @DisplayName("without an answer: the home agent is dead or doesn't hear it")
        void aCommitThatIsNotAnsweredStillRedirects() {
            leave();

            agent.handle(fired(Timer.Purpose.PENDING_REQUEST, now.plusSeconds(7)));

            assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
        }
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

    // The mobile node's and the hosts' part

    private RegistrationRequest asks(Extension... extensions) {
        id = id.next();
        return withExtensions(Site.request(HOME, 300, id), extensions);
    }

    private RegistrationRequest prepare() {
        return prepare(HANDOVER, HOLD);
    }

    private RegistrationRequest prepare(HandoverId handover, int hold) {
        return withLifetime(asks(DeviceId.ethernet(MAC), says(new Prepare(handover, hold))), HOLD);
    }

    private static RegistrationRequest aborting(RegistrationRequest prepare) {
        return withExtensions(
                prepare,
                Stream.concat(prepare.extensions().stream(), Stream.of(says(new Abort(HANDOVER))))
                        .toArray(Extension[]::new));
    }

    private static RegistrationRequest withLifetime(RegistrationRequest request, int lifetime) {
        return new RegistrationRequest(
                request.flags(),
                lifetime,
                request.homeAddress(),
                request.homeAgent(),
                request.careOfAddress(),
                request.identification(),
                request.extensions());
    }

    private List<Action> receive(Origin origin, RegistrationRequest request) {
        return agent.handle(requestReceived(now, origin, sealed(request)));
    }

    private List<Action> commit(HandoverId handover) {
        return deeds(receive(ORIGIN, asks(says(new Commit(handover)))));
    }

    // The home agent's part

    private static RegistrationReply accepted(RegistrationRequest request) {
        return reply(request, ReplyCode.ACCEPTED, HOLD);
    }

    /** {@code word} stands where the foreign agent looks for it. */
    private List<Action> answer(RegistrationReply reply, HandoverExtension... word) {
        var message = Seal.encode(reply, BY_HOME_AGENT);
        for (var extension : word) {
            message = message.concat(octets(says(extension)));
        }
        return agent.handle(replyReceived(now, FOR_FOREIGN_AGENT.appendTo(message)));
    }

    // What takes several steps

    private StagedVisitor stage() {
        return stage(HANDOVER);
    }

    private StagedVisitor stage(HandoverId handover) {
        var prepare = prepare(handover, HOLD);
        receive(FROM_HOST, prepare);
        var actions = deeds(answer(accepted(prepare), new Previous(ELSEWHERE)));
        var staged = assertInstanceOf(Action.StageVisitor.class, actions.get(actions.size() - 1))
                .staged();
        agent.handle(new Event.VisitorStaged(now, staged));
        return staged;
    }

    private Visitor serve() {
        var request = asks();
        receive(ORIGIN, request);
        return finish(answer(reply(request, ReplyCode.ACCEPTED, 300)));
    }

    private Visitor arm(Staged staged) {
        var request = asks(says(new Arm()));
        receive(ORIGIN, request);
        return finish(answer(reply(request, ReplyCode.ACCEPTED, 300), staged));
    }

    private Visitor finish(List<Action> answered) {
        var visitor = assertInstanceOf(
                        Action.InstallVisitor.class, deeds(answered).get(0))
                .visitor();
        agent.handle(new Event.VisitorInstalled(now, visitor));
        agent.handle(new Event.VisitorStored(now, visitor));
        return visitor;
    }

    /** A visitor that has left. */
    private Visitor leave() {
        serve();
        var visitor = arm(new Staged(HANDOVER, ELSEWHERE));
        commit(HANDOVER);
        agent.handle(new Event.VisitorRedirected(now, HOME, HANDOVER));
        assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
        return visitor;
    }

    private static StagedVisitor staged(RegistrationRequest prepare, Instant at) {
        return new StagedVisitor(HANDOVER, stagedVisitor(prepare, at));
    }

    private static Visitor stagedVisitor(RegistrationRequest prepare, Instant at) {
        return new Visitor(
                HOME,
                LINK,
                MAC,
                HOME_AGENT,
                CARE_OF,
                true,
                prepare.identification(),
                at.plusSeconds(HOLD),
                Optional.of(ELSEWHERE));
    }

    // Checks and small things

    private void assertDenied(ReplyCode code, List<Action> actions) {
        assertEquals(Optional.of(code), denial(actions).map(RegistrationReply::code));
    }

    private static void assertOnlyRelayed(List<Action> actions) {
        assertEquals(1, deeds(actions).size(), actions::toString);
        assertInstanceOf(Action.SendToVisitor.class, deeds(actions).get(0));
        assertInstanceOf(Fact.ReplyRelayed.class, facts(actions).get(0));
    }

    private static Action.SendToVisitor sent(List<Action> actions) {
        return assertInstanceOf(Action.SendToVisitor.class, deeds(actions).get(0));
    }

    private static Extension says(HandoverExtension extension) {
        return extension.toExtension(DEFAULT_ENTERPRISE_NUMBER);
    }

    private static Octets octets(Extension extension) {
        return RegistrationCodec.encode(List.of(extension));
    }

    private static Event fired(Timer.Purpose purpose, Instant at) {
        return new Event.TimerFired(at, new Timer(purpose, HOME));
    }

    private static Policy withMaxVisitors(int maxVisitors) {
        return new Policy(
                CARE_OF,
                POLICY.links(),
                MAX_LIFETIME,
                5,
                maxVisitors,
                DEFAULT_ENTERPRISE_NUMBER,
                true,
                Map.of(),
                POLICY.homeAgents());
    }

    private static Policy withoutAssociations() {
        return new Policy(
                CARE_OF, POLICY.links(), MAX_LIFETIME, 5, 10, DEFAULT_ENTERPRISE_NUMBER, false, Map.of(), Map.of());
    }
}
