package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.foreign.Event.Timer.Purpose.PENDING_PREPARATION;
import static org.mooring.foreign.Event.Timer.Purpose.STAGED_VISITOR;
import static org.mooring.foreign.Event.Timer.Purpose.VISITOR;
import static org.mooring.foreign.Site.*;
import static org.mooring.protocol.handover.Arrival.Room.NEW;
import static org.mooring.protocol.handover.Arrival.Room.OLD;
import static org.mooring.protocol.handover.HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Fact.Step;
import org.mooring.protocol.handover.Arrival.Opening;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("docs/handover.md, \"Foreign agent\": at site 2")
class NewSiteTest extends HandoverSite {
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
        assertDenied(ReplyCode.FA_POORLY_FORMED_REQUEST, receive(FROM_HOST, asks(says(new Prepare(HANDOVER, HOLD)))));
    }

    @Test
    void stagesTheVisitorThenRelaysTheReply() {
        var prepare = prepare();
        receive(FROM_HOST, prepare);
        var reply = accepted(prepare);
        var staged = staged(prepare, now);

        var answered = answer(reply, new Previous(ELSEWHERE));
        var ready = agent.handle(new Event.VisitorStaged(now, staged));

        assertEquals(List.of(new Action.StageVisitor(staged, BOTH)), answered);
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
                        open(OLD, Opening.OVER),
                        open(NEW, Opening.OVER),
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
                new Action.UnstageVisitor(HOME),
                agent.handle(fired(STAGED_VISITOR, now.plusSeconds(HOLD))).get(0));
    }

    @Test
    @DisplayName("the home agent's reply has no PREVIOUS then, because our care-of address is the present one")
    void isRefreshedAfterTheCommit() {
        stage();
        now = now.plusSeconds(30);
        var again = prepare();
        receive(FROM_HOST, again);

        var actions = answer(accepted(again));

        assertEquals(List.of(new Action.StageVisitor(staged(again, now), BOTH)), actions);
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
        assertTrue(deeds(own).stream().anyMatch(Action.RelayToHomeAgent.class::isInstance));
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
        var visitor =
                assertInstanceOf(Action.InstallVisitor.class, actions.get(0)).visitor();
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
                        new Action.StageVisitor(new StagedVisitor(OTHER, stagedVisitor(prepare, now)), BOTH)),
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
                        new Action.StageVisitor(staged, BOTH)),
                deeds(actions));
        assertEquals(List.of(staged), agent.staged());
    }

    @Test
    void deniesWithCode78WhatIsNotAnsweredForSevenSeconds() {
        receive(FROM_HOST, prepare());

        assertDenied(ReplyCode.FA_REGISTRATION_TIMEOUT, agent.handle(fired(PENDING_PREPARATION, NOW.plusSeconds(7))));
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
