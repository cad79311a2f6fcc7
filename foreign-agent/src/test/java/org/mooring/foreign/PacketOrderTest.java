package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.foreign.Event.Timer.Purpose.ARRIVAL;
import static org.mooring.foreign.Event.Timer.Purpose.STAGED_VISITOR;
import static org.mooring.foreign.Site.*;
import static org.mooring.protocol.handover.Arrival.Room.NEW;
import static org.mooring.protocol.handover.Arrival.Room.OLD;
import static org.mooring.protocol.handover.HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.foreign.Event.Timer;
import org.mooring.protocol.handover.Arrival;
import org.mooring.protocol.handover.Arrival.Opening;
import org.mooring.protocol.handover.Arrivals.Refusal;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Held;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.handover.HandoverMessage.Redirected;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.ReplyCode;

/** Each row of the table is {@code ArrivalsTest}'s; this is what the foreign agent makes of it. */
@DisplayName("docs/handover.md, \"In order\": at a foreign agent")
class PacketOrderTest extends HandoverSite {
    private static final Octets PACKET = Octets.ofHex("45000014 00010000 40010000 cb007102 0a010032");

    @Test
    void holdsBothWaysFromStagingOn() {
        stage();

        assertEquals(BOTH, arrival().closed());
    }

    @Test
    @DisplayName("because nothing is redirected from the home network")
    void holdsOnlyTheNewWayOfAGuestThatWasAtHome() {
        var prepare = prepare();
        receive(FROM_HOST, prepare);

        var actions = answer(accepted(prepare), new Previous(HOME));

        var stage = assertInstanceOf(Action.StageVisitor.class, actions.get(0));
        assertEquals(Set.of(NEW), stage.closed());
    }

    @Test
    void deliversWhatIsRescuedAtOnce() {
        stage();

        assertEquals(List.of(new Action.DeliverPacket(HOME, PACKET)), hears(new Rescued(HANDOVER, 0, PACKET)));
        assertEquals(1, arrival().rescued());
    }

    @Test
    @DisplayName("what was rescued, what was redirected, what comes from the home agent")
    void opensOneWayAfterTheOther() {
        stage();

        var ended = hears(new End(HANDOVER, 1));
        var rescued = hears(new Rescued(HANDOVER, 0, PACKET));

        assertEquals(
                List.of(
                        new Action.Report(new Fact.EndReceived(HOME, HANDOVER, 0, 1)),
                        new Action.ArmTimer(new Timer(ARRIVAL, HOME), NOW.plusMillis(100))),
                ended);
        assertEquals(List.of(new Action.DeliverPacket(HOME, PACKET), open(OLD, Opening.END)), rescued);
        assertEquals(List.of(open(NEW, Opening.MARKER)), marker(HANDOVER));
        assertEquals(Set.of(), arrival().closed());
    }

    @Test
    void armsATimerWhenThePacketsBeginToWait() {
        stage();
        var timer = new Timer(ARRIVAL, HOME);

        var began = agent.handle(new Event.WaitBegan(now, HOME, OLD));
        now = now.plusMillis(100);
        var fired = agent.handle(new Event.TimerFired(now, timer));

        assertEquals(List.of(new Action.ArmTimer(timer, NOW.plusMillis(100))), began);
        assertEquals(List.of(open(OLD, Opening.DEADLINE)), fired);
    }

    @Test
    void saysHowManyPacketsHadToWait() {
        stage();
        var open = new Action.OpenRoom(HOME, HANDOVER, OLD, Opening.DEADLINE);

        var actions = agent.handle(new Event.RoomOpened(now, open, 12));

        assertEquals(List.of(new Action.Report(new Fact.RoomOpened(open, 12, 12))), actions);
        assertEquals(12, arrival().held());
    }

    @Test
    @DisplayName("HELD: for the record of the hook")
    void tellsTheHookHowManyPacketsHadToWaitOnceNoneDoes() {
        stage();
        confirm();
        now = now.plusMillis(100);
        agent.handle(new Event.TimerFired(now, new Timer(ARRIVAL, HOME)));
        var open = new Action.OpenRoom(HOME, HANDOVER, NEW, Opening.CONFIRM);

        var none = agent.handle(new Event.RoomOpened(now, open, 0));
        var actions = agent.handle(new Event.RoomOpened(now, open, 12));

        assertEquals(1, none.size());
        var told = assertInstanceOf(Action.SendToVisitor.class, actions.get(1));
        assertEquals(new Held(HANDOVER, 12).encode(DEFAULT_ENTERPRISE_NUMBER), told.message());
        assertEquals(HOME, told.destination());
    }

    @Test
    void confirmIsRelayedAndSoonAfterThatNothingWaitsAnyMore() {
        stage();

        var actions = deeds(receive(ORIGIN, asks(DeviceId.ethernet(MAC))));
        now = now.plusMillis(100);
        var later = agent.handle(new Event.TimerFired(now, new Timer(ARRIVAL, HOME)));

        assertInstanceOf(Action.RelayToHomeAgent.class, actions.get(1));
        assertEquals(
                List.of(),
                actions.stream().filter(Action.OpenRoom.class::isInstance).toList());
        assertEquals(List.of(open(OLD, Opening.CONFIRM), open(NEW, Opening.CONFIRM)), later.subList(0, 2));
    }

    @Test
    void confirmDoesNotEndAWaitForWhatIsUnderWay() {
        stage();
        hears(new Rescued(HANDOVER, 0, PACKET));

        confirm();

        assertEquals(BOTH, arrival().closed());
        assertEquals(List.of(), agent.staged());
        assertEquals(
                List.of(new Action.Report(new Fact.EndReceived(HOME, HANDOVER, 1, 1)), open(OLD, Opening.END)),
                hears(new End(HANDOVER, 1)).subList(0, 2));
        assertEquals(List.of(open(NEW, Opening.MARKER)), marker(HANDOVER));
    }

    @Test
    void neitherADeregistrationNorAPrepareIsAConfirm() {
        stage();

        receive(ORIGIN, withLifetime(asks(DeviceId.ethernet(MAC)), 0));
        receive(FROM_HOST, prepare());

        assertEquals(BOTH, arrival().closed());
    }

    @Test
    void nothingIsTakenFiveSecondsAfterConfirm() {
        stage();
        hears(new Rescued(HANDOVER, 0, PACKET));
        confirm();
        now = now.plusSeconds(5);

        var actions = agent.handle(new Event.TimerFired(now, new Timer(ARRIVAL, HOME)));

        assertEquals(
                List.of(open(OLD, Opening.DEADLINE), open(NEW, Opening.OVER)),
                actions.stream().filter(Action.OpenRoom.class::isInstance).toList());
        assertRefused(Refusal.UNKNOWN_HANDOVER, new Rescued(HANDOVER, 1, PACKET));
        assertEquals(1, arrival().rescued());
    }

    @Test
    void aPrepareAgainHoldsOnlyWhatWaitsStill() {
        stage();
        hears(new End(HANDOVER, 0));
        var again = prepare();
        receive(FROM_HOST, again);

        var actions = answer(accepted(again));

        assertEquals(
                Set.of(NEW),
                assertInstanceOf(Action.StageVisitor.class, actions.get(0)).closed());
    }

    @Test
    void anotherHandoverOfTheGuestTakesThePlaceOfTheFirst() {
        stage();

        stage(OTHER);

        assertEquals(OTHER, arrival().id());
        assertEquals(BOTH, arrival().closed());
        assertRefused(Refusal.UNKNOWN_HANDOVER, new End(HANDOVER, 0));
    }

    @Test
    void anAbortLeavesNothingThatWaits() {
        stage();

        var actions = receive(FROM_HOST, aborting(prepare()));

        assertEquals(
                List.of(new Action.UnstageVisitor(HOME), open(OLD, Opening.OVER), open(NEW, Opening.OVER)),
                actions.subList(0, 3));
        assertEquals(List.of(), agent.arrivals());
        assertRefused(Refusal.UNKNOWN_HANDOVER, new Rescued(HANDOVER, 0, PACKET));
    }

    @Test
    void theEndOfTheHoldTimeLeavesNothingThatWaits() {
        stage();

        agent.handle(fired(STAGED_VISITOR, NOW.plusSeconds(HOLD)));

        assertEquals(List.of(), agent.arrivals());
    }

    @Test
    void aKernelThatRefusesLeavesNothingThatWaits() {
        var prepare = prepare();
        receive(FROM_HOST, prepare);
        answer(accepted(prepare), new Previous(ELSEWHERE));

        var actions = agent.handle(new Event.VisitorNotStaged(now, staged(prepare, now), "busy"));

        assertTrue(actions.containsAll(List.of(open(OLD, Opening.OVER), open(NEW, Opening.OVER))));
        assertEquals(List.of(), agent.arrivals());
    }

    @Test
    void theEndOfAFormerVisitIsNotTheEndOfTheWait() {
        serve();
        var staged = stage();
        hears(new End(HANDOVER, 0));

        var actions = deeds(agent.handle(fired(Timer.Purpose.VISITOR, NOW.plusSeconds(300))));

        assertEquals(new Action.StageVisitor(staged, Set.of(NEW)), actions.get(2));
    }

    @Test
    void theEndOfTheVisitLeavesNothing() {
        stage();
        hears(new Rescued(HANDOVER, 0, PACKET));
        confirm();

        var actions = deeds(agent.handle(fired(Timer.Purpose.VISITOR, NOW.plusSeconds(300))));

        assertTrue(actions.containsAll(List.of(open(OLD, Opening.OVER), open(NEW, Opening.OVER))));
        assertEquals(List.of(), agent.arrivals());
    }

    @Test
    void aRestartBeginsWithNothing() {
        stage();
        var restarted = new ForeignAgent(POLICY);

        restarted.handle(new Event.Restored(now, List.of()));

        assertEquals(List.of(), restarted.arrivals());
    }

    @Test
    void aRenewalHoldsNothing() {
        serve();

        assertEquals(List.of(), agent.arrivals());
    }

    @Test
    void discardsWhatIsOfNoHandoverHere() {
        assertRefused(Refusal.UNKNOWN_HANDOVER, new Rescued(HANDOVER, 0, PACKET));
        assertRefused(Refusal.UNKNOWN_HANDOVER, new End(HANDOVER, 0));
        stage();
        assertRefused(Refusal.UNKNOWN_HANDOVER, new End(OTHER, 0));
        assertRefused(Refusal.UNEXPECTED, new Redirected(HANDOVER));
        assertRefused(Refusal.UNEXPECTED, new Marker(HANDOVER));
        assertEquals(BOTH, arrival().closed());
    }

    @Test
    void discardsAPacketForSomebodyElse() {
        stage();
        var elsewhere = Octets.ofHex("45000014 00010000 40010000 cb007102 0a010033");

        assertRefused(Refusal.ANOTHER_HOME_ADDRESS, new Rescued(HANDOVER, 0, elsewhere));
    }

    @Test
    void discardsMarkersThatAreNone() {
        stage();

        assertEquals(
                List.of(discarded(HOME, Refusal.MALFORMED)),
                agent.handle(new Event.MarkerReceived(now, HOME, Octets.ofHex("01"))));
        assertEquals(List.of(discarded(HOME, Refusal.UNKNOWN_HANDOVER)), marker(OTHER));
    }

    @Test
    void speaksTheEnterpriseNumberOfThePolicy() {
        stage();
        var message = new End(HANDOVER, 0).encode(DEFAULT_ENTERPRISE_NUMBER + 1);

        assertEquals(
                List.of(discarded(ELSEWHERE, Refusal.MALFORMED)),
                agent.handle(new Event.HandoverMessageReceived(now, ELSEWHERE, message)));
    }

    private Arrival arrival() {
        assertEquals(1, agent.arrivals().size());
        return agent.arrivals().get(0);
    }

    /** From the hook at the old site. */
    private List<Action> hears(HandoverMessage message) {
        return agent.handle(
                new Event.HandoverMessageReceived(now, ELSEWHERE, message.encode(DEFAULT_ENTERPRISE_NUMBER)));
    }

    private List<Action> marker(HandoverId id) {
        return agent.handle(new Event.MarkerReceived(now, HOME, new Marker(id).encode(DEFAULT_ENTERPRISE_NUMBER)));
    }

    private void confirm() {
        var confirm = asks(DeviceId.ethernet(MAC));
        receive(ORIGIN, confirm);
        finish(answer(reply(confirm, ReplyCode.ACCEPTED, 300)));
    }

    private void assertRefused(Refusal refusal, HandoverMessage message) {
        assertEquals(List.of(discarded(ELSEWHERE, refusal)), hears(message));
    }

    private static Action discarded(Ipv4Address from, Refusal refusal) {
        return new Action.Report(new Fact.HandoverMessageDiscarded(from.toString(), refusal));
    }
}
