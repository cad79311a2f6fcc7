package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.home.HomeNetwork.*;
import static org.mooring.protocol.handover.Arrival.Room.NEW;
import static org.mooring.protocol.handover.Arrival.Room.OLD;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mooring.home.Action.DeliverPacket;
import org.mooring.home.Action.OpenRoom;
import org.mooring.home.Action.RetireForwarding;
import org.mooring.home.Action.ReturnForwarding;
import org.mooring.home.Action.SendMarker;
import org.mooring.home.Action.TellAtHome;
import org.mooring.home.Event.Timer;
import org.mooring.protocol.handover.Arrival;
import org.mooring.protocol.handover.Arrival.Opening;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Held;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.wire.Octets;

/** Each row of the table is {@code ArrivalsTest}'s; this is what the home agent makes of it. */
@DisplayName("docs/handover.md, \"In order\": at the home agent")
class PacketOrderTest extends HandoverScene {
    private static final Octets PACKET = Octets.ofHex("45000014 00010000 40010000 cb007102 0a010005");
    private static final Endpoint OLD_HOST = new Endpoint(CARE_OF_A, 40_000);
    private static final Set<Room> BOTH = Set.of(OLD, NEW);

    @Nested
    @DisplayName("of a mobile node that comes home")
    class Homecoming {
        @BeforeEach
        void prepareAtHome() {
            registerAtA();
            prepareReturn(PREPARE);
            network.pass(Duration.ofSeconds(1));
            network.actions();
        }

        @Test
        void waitsForCommit() {
            assertEquals(Set.of(OLD), arrival().closed());

            hear(new Rescued(ID, 0, PACKET));
            hear(new End(ID, 1));

            assertEquals(1, arrival().kept());
            assertNothingOrdered();
        }

        @Test
        void whatIsSentHomeBeforeCommitHasComeWaitsForIt() {
            network.handle(new Event.WaitBegan(network.now(), HOME_ADDRESS, OLD));
            hear(new End(ID, 0));
            network.pass(Duration.ofSeconds(1));
            assertEquals(List.of(), armed());
            assertNothingOrdered();

            commit();

            assertEquals(List.of(open(OLD, Opening.END)), ordered());
        }

        @Test
        void whatIsSentHomeGoesBackWhenTheKernelRefusesToLetItWait() {
            network.kernelRefuses(true);
            prepareReturn(new Prepare(OTHER_ID, HOLD_SECONDS));

            assertEquals(
                    List.of(open(OLD, Opening.OVER), new OpenRoom(HOME_ADDRESS, OTHER_ID, OLD, Opening.OVER)),
                    ordered());
        }

        @Test
        void survivesRenewals() {
            hear(new Rescued(ID, 0, PACKET));

            receiveFromA(300, new Arm());
            network.pass(Duration.ofSeconds(1));
            receiveFromA(300);

            assertEquals(1, arrival().kept());
            assertNothingOrdered();
        }

        @Test
        void holdsAtCommitAndDeliversWhenTheKernelHasDoneIt() {
            hear(new Rescued(ID, 0, PACKET));
            network.pause();
            commit();
            assertEquals(List.of(new ReturnForwarding(HOME_ADDRESS, MAC)), forwardings());
            assertEquals(BOTH, arrival().closed());
            assertNothingOrdered();

            network.answer();

            assertEquals(List.of(new DeliverPacket(HOME_ADDRESS, PACKET)), ordered());
        }

        @Test
        void endOpensWhatIsSentHomeAndMarkerTheRest() {
            commit();
            network.actions();

            hear(new Rescued(ID, 0, PACKET));
            hear(new End(ID, 1));
            assertTrue(network.facts().contains(new Fact.EndReceived(HOME_ADDRESS, ID, 1, 1)));
            assertEquals(List.of(new DeliverPacket(HOME_ADDRESS, PACKET), open(OLD, Opening.END)), ordered());

            marker(ID);
            assertEquals(List.of(open(NEW, Opening.MARKER)), ordered());
        }

        @Test
        void marksTheTunnelThatItLeaves() {
            commit();

            assertEquals(List.of(markerTo(PEER_A)), network.all(SendMarker.class));
        }

        @Test
        void opensWhenTheTimeIsOver() {
            commit();
            network.actions();

            network.handle(new Event.WaitBegan(network.now(), HOME_ADDRESS, OLD));
            assertEquals(List.of(network.now().plusMillis(100)), armed());
            network.pass(Duration.ofMillis(100));
            fireArrival();

            assertEquals(List.of(open(OLD, Opening.DEADLINE)), ordered());
        }

        @Test
        void whatWaitsBeforeTheKernelHasAnsweredIsNotForgotten() {
            network.pause();
            commit();
            network.handle(new Event.WaitBegan(network.now(), HOME_ADDRESS, NEW));
            network.answer();

            assertEquals(List.of(network.now().plusMillis(200)), armed());
        }

        @Test
        @DisplayName("what follows COMMIT may be slower than what the mobile node sends when it runs")
        void confirmOpensNothingAfterACommit() {
            commit();
            network.pass(Duration.ofSeconds(1));
            network.actions();

            network.deregisterFromHome();

            assertNothingOrdered();
            assertEquals(BOTH, arrival().closed());
        }

        @Test
        @DisplayName("CONFIRM may be here before COMMIT and what follows it")
        void confirmOpensNothingWhereACommitMayBeUnderWay() {
            receiveFromA(300, new Arm());
            network.pass(Duration.ofSeconds(1));
            network.actions();

            network.deregisterFromHome();
            assertEquals(BOTH, arrival().closed());
            assertEquals(List.of(markerTo(PEER_A)), network.all(SendMarker.class));
            network.actions();
            hear(new Rescued(ID, 0, PACKET));
            hear(new End(ID, 1));
            marker(ID);
            assertEquals(
                    List.of(new DeliverPacket(HOME_ADDRESS, PACKET), open(OLD, Opening.END), open(NEW, Opening.MARKER)),
                    ordered());
        }

        @Test
        void confirmDoesNotEndAWaitForWhatIsUnderWay() {
            commit();
            hear(new Rescued(ID, 0, PACKET));
            network.pass(Duration.ofSeconds(1));
            network.actions();

            network.deregisterFromHome();
            assertEquals(BOTH, arrival().closed());

            hear(new End(ID, 1));
            marker(ID);
            assertEquals(List.of(open(OLD, Opening.END), open(NEW, Opening.MARKER)), ordered());
        }

        @Test
        void nothingWaitsFiveSecondsAfterConfirm() {
            commit();
            hear(new Rescued(ID, 0, PACKET));
            network.pass(Duration.ofSeconds(1));
            network.deregisterFromHome();
            network.actions();

            network.pass(Duration.ofSeconds(5));
            fireArrival();

            assertEquals(List.of(open(OLD, Opening.DEADLINE), open(NEW, Opening.OVER)), ordered());
        }

        @Test
        void confirmAloneBringsWhatWasRescued() {
            hear(new Rescued(ID, 0, PACKET));

            network.deregisterFromHome();

            assertEquals(List.of(new RetireForwarding(HOME_ADDRESS, false)), forwardings());
            assertEquals(List.of(markerTo(PEER_A)), network.all(SendMarker.class));
            assertEquals(List.of(new DeliverPacket(HOME_ADDRESS, PACKET)), ordered());
        }

        @Test
        @DisplayName("and drops what was rescued: the guest reads it where it is")
        void letsWhatWaitsGoWhereTheMobileNodeIsWhenTheSourceResumes() {
            commit();
            hear(new Rescued(ID, 1, PACKET));
            network.pass(Duration.ofSeconds(1));
            network.actions();
            network.pause();

            receiveFromA(300, new Abort(ID));
            assertEquals(List.of(INSTALL_A), forwardings());
            assertNothingOrdered();
            network.answer();
            network.answer();

            assertEquals(List.of(), network.all(SendMarker.class));
            assertEquals(List.of(open(OLD, Opening.OVER), open(NEW, Opening.OVER)), ordered());
            assertTrue(arrival().isOver());
        }

        @Test
        void anAbortLeavesNothing() {
            hear(new Rescued(ID, 0, PACKET));

            prepareReturn(PREPARE, new Abort(ID));

            assertTrue(arrival().isOver());
            assertEquals(0, arrival().kept());
            assertEquals(List.of(open(OLD, Opening.OVER)), ordered());
        }

        @Test
        void theEndOfTheHoldTimeLeavesNothing() {
            hear(new Rescued(ID, 0, PACKET));
            network.pass(Duration.ofSeconds(HOLD_SECONDS));

            fireHold();

            assertTrue(arrival().isOver());
            assertEquals(List.of(open(OLD, Opening.OVER)), ordered());
        }

        @Test
        void aMobileNodeThatNeverRunsLeavesNothing() {
            commit();
            network.pass(Duration.ofSeconds(HOLD_SECONDS));
            network.actions();

            fireHold();

            assertEquals(List.of(UNSTAGE), forwardings());
            assertEquals(List.of(open(OLD, Opening.OVER), open(NEW, Opening.OVER)), ordered());
        }

        @Test
        void aKernelThatRefusesLeavesNothing() {
            network.pause();
            commit();
            network.kernelRefuses(true);
            network.answer();
            network.kernelRefuses(false);
            network.answer();

            assertEquals(List.of(new ReturnForwarding(HOME_ADDRESS, MAC), INSTALL_A), forwardings());
            assertEquals(List.of(open(OLD, Opening.OVER), open(NEW, Opening.OVER)), ordered());
        }

        @Test
        void aStoreThatRefusesLeavesNothing() {
            network.storeRefuses(true);
            commit();

            assertEquals(List.of(new ReturnForwarding(HOME_ADDRESS, MAC), INSTALL_A), forwardings());
            assertEquals(List.of(open(OLD, Opening.OVER), open(NEW, Opening.OVER)), ordered());
        }

        @Test
        void aCommitThatIsRepeatedEndsNothing() {
            commit();
            network.pass(Duration.ofSeconds(1));
            network.actions();

            commit();

            assertEquals(List.of(), network.all(SendMarker.class));
            assertEquals(BOTH, arrival().closed());
            assertNothingOrdered();
        }

        @Test
        void aRefreshedPrepareEndsNothing() {
            hear(new Rescued(ID, 0, PACKET));

            prepareReturn(PREPARE);

            assertEquals(1, arrival().kept());
        }

        @Test
        void anotherHandoverTakesThePlaceOfTheFirst() {
            hear(new Rescued(ID, 0, PACKET));

            prepareReturn(new Prepare(OTHER_ID, HOLD_SECONDS));

            assertEquals(OTHER_ID, arrival().id());
            assertEquals(0, arrival().kept());
        }

        @Test
        void aHandoverToAnotherSiteTakesItsPlaceToo() {
            hear(new Rescued(ID, 0, PACKET));

            receiveFromB(HOLD_SECONDS, new Prepare(OTHER_ID, HOLD_SECONDS));

            assertTrue(arrival().isOver());
        }

        @Test
        @DisplayName("what comes by the new path can't wait")
        void isNotHeldWithoutAMac() {
            var nameless = new HomeNetwork(policy(600, 100, Optional.empty()));
            nameless.register(300);
            nameless.pass(Duration.ofSeconds(1));
            nameless.receive(HOST_AT_HOME, signed(nameless.request(T, 0, HOME_ADDRESS, extensions(PREPARE))));
            nameless.pass(Duration.ofSeconds(1));
            nameless.handle(heard(new Rescued(ID, 0, PACKET)));
            nameless.actions();

            nameless.receive(FOREIGN_AGENT_A, relayed(nameless.request(T, 200, CARE_OF_A, extensions(new Commit(ID)))));

            assertEquals(List.of(REMOVE), forwardings(nameless));
            assertEquals(List.of(new DeliverPacket(HOME_ADDRESS, PACKET)), nameless.all(DeliverPacket.class));
        }

        @Test
        void saysHowManyPacketsHadToWait() {
            commit();
            var opened = (OpenRoom) open(OLD, Opening.END);

            network.handle(new Event.RoomOpened(network.now(), opened, 7));
            network.handle(new Event.RoomOpened(network.now(), opened, 9));

            assertEquals(9, arrival().held());
            assertEquals(List.of(), network.all(TellAtHome.class), "others wait");
            assertTrue(network.facts()
                    .containsAll(List.of(new Fact.RoomOpened(opened, 7, 7), new Fact.RoomOpened(opened, 9, 2))));
        }

        @Test
        @DisplayName("HELD: for the record of the hook")
        void tellsTheHookHowManyPacketsHadToWaitOnceNoneDoes() {
            commit();
            network.handle(heard(new End(ID, 0)));
            marker(ID);
            network.actions();

            network.handle(new Event.RoomOpened(network.now(), (OpenRoom) open(NEW, Opening.MARKER), 7));

            assertEquals(
                    List.of(new TellAtHome(HOME_ADDRESS, new Held(ID, 7).encode(ENTERPRISE))),
                    network.all(TellAtHome.class));
        }
    }

    @Nested
    @DisplayName("of a mobile node that goes from site to site")
    class Elsewhere {
        @BeforeEach
        void prepareAtB() {
            registerAtA();
            prepare();
            network.pass(Duration.ofSeconds(1));
            network.actions();
        }

        @Test
        void marksTheOldTunnelBeforeTheStoreHasAnswered() {
            network.pause();
            commit();
            assertEquals(List.of(), network.all(SendMarker.class));
            network.answer();

            assertEquals(List.of(markerTo(PEER_A)), network.all(SendMarker.class));
        }

        @Test
        void marksItAtConfirmWhereNoCommitCame() {
            receiveFromB(300);

            assertEquals(List.of(markerTo(PEER_A)), network.all(SendMarker.class));
        }

        @Test
        @DisplayName("one may come to the old foreign agent before that redirects, or be lost on its way")
        void marksItAgainTwice() {
            commit();
            assertEquals(List.of(network.now().plusMillis(20)), network.armed(MARKER));
            network.pass(Duration.ofMillis(20));
            network.actions();

            fireMarker();
            assertEquals(List.of(markerTo(PEER_A)), network.all(SendMarker.class));
            assertEquals(List.of(network.now().plusMillis(40)), network.armed(MARKER));
            network.pass(Duration.ofMillis(40));
            network.actions();

            fireMarker();
            assertEquals(List.of(markerTo(PEER_A)), network.all(SendMarker.class));
            assertEquals(List.of(), network.armed(MARKER));
        }

        @Test
        void marksItOnce() {
            commit();
            network.pass(Duration.ofSeconds(1));
            network.actions();

            receiveFromB(300);

            assertEquals(List.of(), network.all(SendMarker.class));
        }

        @Test
        void marksNothingWhenTheKernelRefuses() {
            network.pause();
            commit();
            network.kernelRefuses(true);
            network.answer();
            network.kernelRefuses(false);
            network.answer();

            assertEquals(List.of(), network.all(SendMarker.class));
        }

        @Test
        void marksNothingWhenTheSourceResumes() {
            commit();
            network.pass(Duration.ofSeconds(1));
            network.actions();

            receiveFromA(300, new Abort(ID));

            assertEquals(List.of(INSTALL_A), forwardings());
            assertEquals(List.of(), network.all(SendMarker.class));
        }

        @Test
        void marksNothingForRenewals() {
            receiveFromA(300, new Arm());

            assertEquals(List.of(), network.all(SendMarker.class));
        }

        @Test
        @DisplayName("the foreign agent there has its packets wait")
        void letsNothingWaitItself() {
            commit();

            assertEquals(List.of(), network.homeAgent().arrivals());
        }
    }

    @Test
    void marksNoTunnelOfAMobileNodeThatWasAtHome() {
        receiveFromB(HOLD_SECONDS, PREPARE);
        network.pass(Duration.ofSeconds(1));
        receiveAtHome(new Commit(ID));

        assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
        assertEquals(List.of(), network.all(SendMarker.class));
    }

    @Test
    void marksNothingWithoutAHandover() {
        registerAtA();
        receiveFromB(300);

        assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
        assertEquals(List.of(), network.all(SendMarker.class));
    }

    @Test
    void discardsAndCountsWhatIsOfNoHandoverHere() {
        hear(new Rescued(ID, 0, PACKET));
        marker(ID);
        network.handle(new Event.HandoverMessageReceived(network.now(), OLD_HOST, HOME_AGENT, Octets.ofHex("ff00")));

        assertEquals(
                Map.of(Discard.HANDOVER_MESSAGE, new Traffic.Tally(3, network.now())),
                network.homeAgent().traffic().discards());
        assertTrue(network.facts().stream()
                .filter(Fact.Discarded.class::isInstance)
                .allMatch(fact -> fact.level() == Fact.Level.DEBUG));
    }

    @Test
    void aRestartBeginsWithNothing() {
        var restarted = new HomeNetwork();
        restarted.handle(new Event.Restored(restarted.now(), List.of()));

        assertEquals(List.of(), restarted.homeAgent().arrivals());
    }

    private Arrival arrival() {
        assertEquals(1, network.homeAgent().arrivals().size());
        return network.homeAgent().arrivals().get(0);
    }

    /** From the hook at the old site. */
    private void hear(HandoverMessage message) {
        network.handle(heard(message));
    }

    private Event heard(HandoverMessage message) {
        return new Event.HandoverMessageReceived(network.now(), OLD_HOST, HOME_AGENT, message.encode(ENTERPRISE));
    }

    private void marker(HandoverId id) {
        network.handle(new Event.MarkerReceived(network.now(), HOME_ADDRESS, new Marker(id).encode(ENTERPRISE)));
    }

    private void fireMarker() {
        network.handle(new Event.TimerFired(network.now(), MARKER));
    }

    private void fireArrival() {
        network.handle(new Event.TimerFired(network.now(), new Timer(Timer.Purpose.ARRIVAL, HOME_ADDRESS)));
    }

    private List<Instant> armed() {
        return network.armed(new Timer(Timer.Purpose.ARRIVAL, HOME_ADDRESS));
    }

    /** What was done with packets since the actions were asked for last. Forgets all actions. */
    private List<Action> ordered() {
        return network.actions().stream()
                .filter(action -> action instanceof DeliverPacket || action instanceof OpenRoom)
                .toList();
    }

    /** Nothing was. */
    private void assertNothingOrdered() {
        assertEquals(List.of(), network.all(DeliverPacket.class));
        assertEquals(List.of(), network.all(OpenRoom.class));
    }

    private static Action open(Room room, Opening why) {
        return new OpenRoom(HOME_ADDRESS, ID, room, why);
    }

    private static SendMarker markerTo(Peer peer) {
        return new SendMarker(HOME_ADDRESS, peer, new Marker(ID).encode(ENTERPRISE));
    }
}
