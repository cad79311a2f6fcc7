package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.datapath.Encapsulation;
import org.mooring.hook.Action.Agent;
import org.mooring.hook.Action.ArmArrival;
import org.mooring.hook.Action.DeliverPacket;
import org.mooring.hook.Action.Forward;
import org.mooring.hook.Action.OpenRoom;
import org.mooring.hook.Action.SendEnd;
import org.mooring.hook.Action.SendRequest;
import org.mooring.hook.Action.Sender;
import org.mooring.linux.Ipv4;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.Arrival.Opening;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

@DisplayName("docs/handover.md, \"Co-located care-of address\"")
class CoLocatedTest {
    private static final Ipv4Address OTHER_SITE = Ipv4Address.of("203.0.113.7");
    private static final Staged LEAVING = new Staged(new HandoverId(7), OTHER_SITE, 60);
    private static final Forwarding INSTALL = new Forwarding.Install(Encapsulation.IPIP, Optional.empty());

    /** An agent of the link that wants everybody registered through it. */
    private static final Advertised REQUIRING =
            Advertised.by("10.2.0.2", 7, "198.51.100.2").with(MobilityAgent.REGISTRATION_REQUIRED);

    private final Scene scene = Scene.coLocated();

    @Test
    @DisplayName("RFC 3344 §3.6.1.1: D is set, and the care-of address is the sender's")
    void aVisitorRegistersStraightWithItsHomeAgent() {
        scene.happens(Happening.RUNNING);
        SendRequest request = scene.request();
        assertEquals(Agent.HOME_AGENT, request.to());
        assertEquals(Sender.CARE_OF_ADDRESS, request.sender());
        assertEquals(Scene.HOST, request.request().careOfAddress());
        assertEquals(Scene.LIFETIME, request.request().lifetime());
        assertTrue(request.request().flags().decapsulationByMobileNode());
        assertTrue(request.request().flags().reverseTunneling());
        assertEquals(List.of(new Forward(scene.guest(), INSTALL)), forwards());
        int sent = scene.lastActions().indexOf(request);
        int installed = scene.lastActions().indexOf(new Forward(scene.guest(), INSTALL));
        assertTrue(sent < installed, "nothing waits for the kernel");
        scene.homeAgentReplies(request, 0, 300);
        assertEquals("accepted", scene.status().registration());
    }

    @Test
    @DisplayName(
            "RFC 3344 §2.1.1, §3.1: it registers through a foreign agent that requires that, with its own care-of address")
    void registersThroughWhoRequiresIt() {
        var among = Scene.coLocatedAmongAgents();
        among.handle(REQUIRING.at(among.now()));
        among.happens(Happening.RUNNING);
        SendRequest request = among.request();
        assertEquals(Agent.FOREIGN_AGENT, request.to());
        assertEquals(Ipv4Address.of("10.2.0.2"), request.agent());
        assertEquals(Sender.HOST, request.sender());
        assertEquals(Scene.HOST, request.request().careOfAddress());
        assertTrue(request.request().flags().decapsulationByMobileNode());
        assertTrue(request.request().flags().reverseTunneling());
        among.homeAgentReplies(request, 0, 300);
        assertEquals("accepted", among.status().registration());
    }

    @Test
    @DisplayName("no other agent's presence changes anything")
    void registersStraightWhereNobodyRequiresIt() {
        var among = Scene.coLocatedAmongAgents();
        among.handle(REQUIRING.without(MobilityAgent.REGISTRATION_REQUIRED).at(among.now()));
        among.happens(Happening.RUNNING);
        assertEquals(Agent.HOME_AGENT, among.request().to());
        assertEquals(Scene.HOST, among.request().request().careOfAddress());
    }

    @Test
    void registersStraightAgainWhenTheAgentIsGone() {
        var among = Scene.coLocatedAmongAgents();
        among.handle(REQUIRING.at(among.now()));
        among.wait(Duration.ofSeconds(Advertised.USUAL_LIFETIME));
        among.happens(Happening.RUNNING);
        assertEquals(Agent.HOME_AGENT, among.request().to());
    }

    @Test
    void whatTheKernelRefusesIsTriedAgainWithTheNextRegistration() {
        scene.happens(Happening.RUNNING);
        SendRequest request = scene.request();
        forwarded(INSTALL, Optional.of("no"));
        assertTrue(scene.facts().get(0).line().contains("the kernel refuses: install"));
        scene.homeAgentReplies(request, 0, 300);
        assertEquals(List.of(new Forward(scene.guest(), INSTALL)), forwards());
    }

    @Test
    @DisplayName("PREPARE: with what it stages here, the answer waits for the kernel")
    void aGuestThatArrivesIsStagedHereAsWell() {
        SendRequest prepare = arrive();
        assertEquals(Sender.CARE_OF_ADDRESS, prepare.sender());
        assertEquals(60, prepare.request().lifetime());
        assertTrue(prepare.request().flags().decapsulationByMobileNode());
        Forwarding stage = new Forwarding.Stage(Encapsulation.IPIP, Optional.of(OTHER_SITE), EnumSet.allOf(Room.class));
        scene.homeAgentReplies(prepare, 0, 60, staged(prepare), new Previous(OTHER_SITE));
        assertEquals(List.of(new Forward(scene.guest(), stage)), forwards());
        assertEquals(Optional.empty(), scene.prepared());
        scene.happens(Happening.ARRIVING);
        assertEquals(Optional.empty(), scene.prepared(), "whoever asks meanwhile waits, too");
        forwarded(stage, Optional.empty());
        assertEquals(Optional.of(PreparationOutcome.staged()), scene.prepared());
    }

    @Test
    @DisplayName("nothing is redirected of a guest that is at home")
    void fromHomeOnlyTheNewPathWaits() {
        SendRequest prepare = arrive();
        scene.homeAgentReplies(prepare, 0, 60, staged(prepare), new Previous(Scene.HOME_ADDRESS));
        assertEquals(
                List.of(new Forward(
                        scene.guest(), new Forwarding.Stage(Encapsulation.IPIP, Optional.empty(), Set.of(Room.NEW)))),
                forwards());
    }

    @Test
    void whatTheKernelRefusesToStageIsAborted() {
        SendRequest prepare = arrive();
        scene.homeAgentReplies(prepare, 0, 60, staged(prepare), new Previous(OTHER_SITE));
        scene.wait(Duration.ofSeconds(1));
        forwarded(new Forwarding.Stage(Encapsulation.IPIP, Optional.of(OTHER_SITE), Set.of()), Optional.of("no room"));
        assertEquals(RequestKind.ABORT, scene.request().kind());
        assertEquals("no room", scene.prepared().orElseThrow().why());
        assertEquals(List.of(new Forward(scene.guest(), new Forwarding.Unstage())), forwards());
    }

    @Test
    void aGuestThatNeverComesIsUnstaged() {
        arrived();
        scene.happens(Happening.ENDED);
        assertTrue(forwards().contains(new Forward(scene.guest(), new Forwarding.Unstage())), forwards()::toString);
        assertFalse(forwards().contains(new Forward(scene.guest(), new Forwarding.Remove())), forwards()::toString);
    }

    @Test
    @DisplayName(
            "in order, as a foreign agent does it: what was rescued, what is redirected, what comes on the new path")
    void itsPacketsArePutInOrder() {
        HandoverId id = arrived();
        scene.handle(new Event.WaitBegan(scene.now(), Scene.HOME_ADDRESS, Room.NEW));
        Rescued second = new Rescued(id, 1, packet(2));
        Rescued first = new Rescued(id, 0, packet(1));
        hear(second);
        assertEquals(List.of(), scene.lastActions());
        hear(first);
        assertEquals(
                List.of(
                        new DeliverPacket(Scene.HOME_ADDRESS, packet(1)),
                        new DeliverPacket(Scene.HOME_ADDRESS, packet(2))),
                scene.lastActions());
        hear(new End(id, 2));
        assertEquals(List.of(new OpenRoom(Scene.HOME_ADDRESS, id, Room.OLD, Opening.END)), scene.lastActions());
        scene.handle(new Event.MarkerReceived(
                scene.now(), Scene.HOME_ADDRESS, new Marker(id).encode(Scene.ENTERPRISE_NUMBER)));
        assertEquals(List.of(new OpenRoom(Scene.HOME_ADDRESS, id, Room.NEW, Opening.MARKER)), scene.lastActions());
    }

    @Test
    @DisplayName("nobody waits for long: the first packet that waits has a deadline")
    void whatWaitsIsLetGoInTime() {
        HandoverId id = arrived();
        Instant began = scene.now();
        scene.handle(new Event.WaitBegan(began, Scene.HOME_ADDRESS, Room.OLD));
        Instant due = began.plusMillis(100);
        assertEquals(List.of(new ArmArrival(Scene.HOME_ADDRESS, due)), scene.lastActions());
        scene.handle(new Event.ArrivalDue(due, Scene.HOME_ADDRESS));
        assertEquals(
                new OpenRoom(Scene.HOME_ADDRESS, id, Room.OLD, Opening.DEADLINE),
                scene.lastActions().get(0));
    }

    @Test
    @DisplayName("what is rescued later is brought to nobody: the guest does not come, has left, or has ended")
    void whatIsRescuedForAGuestThatIsNotHereIsDropped() {
        HandoverId id = arrived();
        scene.happens(Happening.ENDED);
        hear(new Rescued(id, 0, packet(1)));
        assertEquals(List.of(), scene.lastActions());

        scene.wait(Duration.ofSeconds(1));
        id = arrived();
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.happensLater(Happening.MIGRATION_STARTED);
        scene.homeAgentReplies(scene.request(), 0, 300, LEAVING);
        scene.happens(Happening.STOPPED);
        hear(new Rescued(id, 0, packet(1)));
        assertEquals(List.of(), scene.lastActions());

        scene.happens(Happening.MIGRATION_COMPLETED);
        scene.wait(Duration.ofSeconds(1));
        id = arrived();
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.happensLater(Happening.ENDED);
        hear(new Rescued(id, 0, packet(1)));
        assertEquals(List.of(), scene.lastActions());
    }

    @Test
    @DisplayName("without a COMMIT nothing was rescued: soon after the guest is registered nothing waits")
    void registeredHereNothingWaitsForAnEndThatDoesNotCome() {
        HandoverId id = arrived();
        scene.happens(Happening.RUNNING);
        assertEquals(
                List.of(new Forward(
                        scene.guest(), new Forwarding.Install(Encapsulation.IPIP, Optional.of(OTHER_SITE)))),
                forwards());
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.wait(Duration.ofMillis(100));
        scene.handle(new Event.ArrivalDue(scene.now(), Scene.HOME_ADDRESS));
        assertTrue(scene.lastActions().contains(new OpenRoom(Scene.HOME_ADDRESS, id, Room.OLD, Opening.CONFIRM)));
        assertTrue(scene.lastActions().contains(new OpenRoom(Scene.HOME_ADDRESS, id, Room.NEW, Opening.CONFIRM)));
    }

    @Test
    @DisplayName("COMMIT leaves first; END follows when the kernel redirects")
    void atTheStopItsPacketsFollowIt() {
        armed();
        scene.happens(Happening.STOPPED);
        SendRequest commit = scene.request();
        assertEquals(commit, scene.lastActions().get(0));
        assertEquals(Sender.CARE_OF_ADDRESS, commit.sender());
        Forwarding redirect = new Forwarding.Redirect(LEAVING.id(), OTHER_SITE);
        assertEquals(List.of(new Forward(scene.guest(), redirect)), forwards());
        forwarded(redirect, Optional.empty());
        assertTrue(scene.lastActions().contains(new SendEnd(scene.guest())));
        scene.happens(Happening.MIGRATION_COMPLETED);
        assertEquals(List.of(), forwards(), "they go on following it");
    }

    @Test
    void theyFollowItForAsLongAsItsRegistrationHereWouldHaveLasted() {
        armed();
        Instant registered = scene.now().minus(Scene.ROUND_TRIP);
        scene.happens(Happening.STOPPED);
        assertEquals(registered.plusSeconds(300), scene.due(Timer.TUNNEL).orElseThrow());
        scene.happens(Happening.MIGRATION_COMPLETED, Happening.ENDED);
        assertEquals(List.of(), forwards());
        scene.wait(Duration.ofMinutes(5));
        scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.TUNNEL));
        assertEquals(List.of(new Forward(scene.guest(), new Forwarding.Remove())), forwards());
    }

    @Test
    void oneThatIsNoLongerConfiguredIsFollowedByNothing() {
        armed();
        scene.happens(Happening.STOPPED);
        scene.happens(Happening.MIGRATION_COMPLETED, Happening.ENDED);
        scene.handle(new Event.Configured(scene.now(), List.of()));
        assertEquals(List.of(new Forward(scene.guest(), new Forwarding.Remove())), forwards());
    }

    @Test
    @DisplayName("nobody tells whether a guest runs whose monitor is gone: it is forwarded until its registration ends")
    void oneThatVanishesIsForwardedUntilItsRegistrationEnds() {
        armed();
        Instant registered = scene.now().minus(Scene.ROUND_TRIP);
        scene.handle(new Event.Vanished(scene.now(), Scene.NAME, "closed"));
        assertEquals(List.of(), forwards());
        assertEquals(registered.plusSeconds(300), scene.due(Timer.TUNNEL).orElseThrow());
        scene.wait(Duration.ofMinutes(5));
        scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.TUNNEL));
        assertEquals(List.of(new Forward(scene.guest(), new Forwarding.Remove())), forwards());
    }

    @Test
    void oneThatVanishesAndIsSaidToHaveEndedIsForwardedNoMore() {
        armed();
        scene.handle(new Event.Vanished(scene.now(), Scene.NAME, "closed"));
        scene.happens(Happening.ENDED);
        assertEquals(List.of(new Forward(scene.guest(), new Forwarding.Remove())), forwards());
    }

    @Test
    void ifItRunsHereAgainTheyAreRecalled() {
        armed();
        scene.happens(Happening.STOPPED);
        scene.happens(Happening.RUNNING);
        assertEquals(RequestKind.ABORT, scene.request().kind());
        assertEquals(List.of(new Forward(scene.guest(), new Forwarding.Recall())), forwards());
    }

    @Test
    @DisplayName("the two hosts would redirect its packets to each other")
    void aGuestThatComesBackIsNotRedirectedAnyMore() {
        armed();
        scene.happens(Happening.STOPPED);
        scene.happens(Happening.MIGRATION_COMPLETED);
        scene.happens(Happening.ARRIVING);
        assertEquals(List.of(new Forward(scene.guest(), new Forwarding.Remove())), forwards());
    }

    @Test
    void oneThatEndsOrLeavesPlainlyIsForwardedNoMore() {
        scene.happens(Happening.RUNNING);
        scene.happensLater(Happening.ENDED);
        assertEquals(List.of(new Forward(scene.guest(), new Forwarding.Remove())), forwards());
        assertEquals(0, scene.request().request().lifetime());

        var other = Scene.coLocated();
        other.happens(Happening.RUNNING, Happening.MIGRATION_STARTED, Happening.STOPPED);
        other.happens(Happening.MIGRATION_COMPLETED);
        assertTrue(other.lastActions().contains(new Forward(other.guest(), new Forwarding.Remove())));
    }

    @Test
    void atHomeNothingOfThisIsDone() {
        var home = Scene.home();
        home.happens(Happening.RUNNING);
        assertFalse(home.lastActions().stream().anyMatch(Forward.class::isInstance));
    }

    private SendRequest arrive() {
        scene.happens(Happening.ARRIVING);
        return scene.request();
    }

    /** All is prepared, and the guest is told to come from {@link #OTHER_SITE}. */
    private HandoverId arrived() {
        SendRequest prepare = arrive();
        Staged staged = staged(prepare);
        scene.homeAgentReplies(prepare, 0, 60, staged, new Previous(OTHER_SITE));
        forwarded(
                new Forwarding.Stage(Encapsulation.IPIP, Optional.of(OTHER_SITE), EnumSet.allOf(Room.class)),
                Optional.empty());
        return staged.id();
    }

    private void armed() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        scene.happensLater(Happening.MIGRATION_STARTED);
        scene.homeAgentReplies(scene.request(), 0, 300, LEAVING);
    }

    private static Staged staged(SendRequest prepare) {
        return new Staged(Scene.said(prepare, Prepare.class).orElseThrow().id(), Scene.HOST, 60);
    }

    private void hear(HandoverMessage message) {
        scene.handle(new Event.MessageReceived(scene.now(), message.encode(Scene.ENTERPRISE_NUMBER)));
    }

    private void forwarded(Forwarding what, Optional<String> refused) {
        scene.handle(new Event.Forwarded(scene.now(), Scene.NAME, what, refused));
    }

    private List<Action> forwards() {
        return scene.lastActions().stream().filter(Forward.class::isInstance).toList();
    }

    private static Octets packet(int number) {
        ByteBuffer payload = ByteBuffer.allocate(20).putInt(number).rewind();
        ByteBuffer packet = new UdpPacket(Ipv4.address("203.0.113.2"), 9, Scene.HOME_ADDRESS.toInet(), 9, 64, payload)
                .toIpv4()
                .toOctets();
        return Octets.copyOf(Unpooled.wrappedBuffer(packet));
    }
}
