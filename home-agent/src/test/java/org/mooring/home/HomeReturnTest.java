package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.MAC;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.relayed;
import static org.mooring.home.HomeNetwork.signed;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;
import static org.mooring.protocol.wire.ReplyCode.HA_IDENTIFICATION_MISMATCH;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.home.Action.AnnounceAway;
import org.mooring.home.Action.AnnounceHome;
import org.mooring.home.Action.RetireForwarding;
import org.mooring.home.Action.ReturnForwarding;
import org.mooring.home.Fact.StagedEntryGone.How;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("docs/handover.md, \"Home agent\": a mobile node that goes home")
class HomeReturnTest extends HandoverScene {
    private final DeviceId device = DeviceId.ethernet(Octets.ofHex("525400010050"));
    private final ReturnForwarding home = new ReturnForwarding(HOME_ADDRESS, MacAddress.of("52:54:00:01:00:50"));

    @BeforeEach
    void prepareAtHome() {
        registerAtA();
        prepareReturn(PREPARE, device);
    }

    @Test
    void isPreparedByLettingWaitWhatIsSentHomeEarly() {
        assertEquals(List.of(EXPECT_RETURN), forwardings());
        var reply = theReply();
        assertEquals(ACCEPTED, reply.message().code());
        assertEquals(0, reply.message().lifetime());
        assertEquals(List.of(clock(), new Staged(ID, HOME_ADDRESS, HOLD_SECONDS)), reply.forMobileNode());
        assertEquals(List.of(), reply.forForeignAgent());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
    }

    @Test
    void isToldToWhoArms() {
        network.actions();
        network.pass(Duration.ofSeconds(1));
        receiveFromA(300, new Arm());
        assertEquals(
                List.of(new Staged(ID, HOME_ADDRESS, HOLD_SECONDS - 1)),
                theReply().forForeignAgent());
    }

    @Test
    void isCommittedWithTheMacOfThePausedMobileNode() {
        network.actions();
        network.pass(Duration.ofSeconds(1));
        commit();
        assertEquals(List.of(home), forwardings());
        assertEquals(List.of(), network.careOfAddresses());
        assertEquals(List.of(new AnnounceHome(HOME_ADDRESS, home.mac())), network.all(AnnounceHome.class));
        assertEquals(200, theReply().message().lifetime());
    }

    @Test
    void takesTheMacOfTheConfigurationWhereNoneIsTold() {
        var named = new HomeNetwork(policy(600, 100, Optional.of(MAC)));
        returnWithout(named);
        assertEquals(List.of(new ReturnForwarding(HOME_ADDRESS, MAC)), forwardings(named));
        var nameless = new HomeNetwork(policy(600, 100, Optional.empty()));
        returnWithout(nameless);
        assertEquals(List.of(REMOVE), forwardings(nameless));
        assertTrue(nameless.facts().contains(new Fact.MacUnknown(HOME_ADDRESS)));
    }

    private void returnWithout(HomeNetwork other) {
        other.register(300);
        other.pass(Duration.ofSeconds(1));
        other.receive(HOST_AT_HOME, signed(other.request(Flags.NONE, 0, HOME_ADDRESS, extensions(PREPARE))));
        other.pass(Duration.ofSeconds(1));
        other.actions();
        other.receive(FOREIGN_AGENT_A, relayed(other.request(T, 200, CARE_OF_A, extensions(new Commit(ID)))));
    }

    @Test
    void isConfirmedByTheDeregistrationWhichLeavesTheNeighbourToArp() {
        network.pass(Duration.ofSeconds(1));
        commit();
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.deregisterFromHome();
        assertEquals(List.of(new Action.SettleForwarding(HOME_ADDRESS)), forwardings());
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.deregisterFromHome();
        assertEquals(List.of(), forwardings());
    }

    @Test
    void takesWhatComesLateForTheHoldTime() {
        network.pass(Duration.ofSeconds(1));
        commit();
        network.pass(Duration.ofSeconds(1));
        network.deregisterFromHome();
        network.actions();
        network.pass(Duration.ofSeconds(HOLD_SECONDS));
        fireHold();
        assertEquals(List.of(UNSTAGE), forwardings());
    }

    @Test
    void isDoneByConfirmAlone() {
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.deregisterFromHome();
        assertEquals(List.of(new RetireForwarding(HOME_ADDRESS, false)), forwardings());
        assertEquals(List.of(How.CONFIRMED), gone());
        assertEquals(List.of(), network.careOfAddresses());
        network.actions();
        network.pass(Duration.ofSeconds(HOLD_SECONDS));
        fireHold();
        assertEquals(List.of(UNSTAGE), forwardings());
    }

    @Test
    @DisplayName("CONFIRM may be here before COMMIT, which has the longer way: what follows COMMIT is waited for")
    void isDoneByAConfirmThatHasOvertakenCommit() {
        network.pass(Duration.ofSeconds(1));
        receiveFromA(300, new Arm());
        network.actions();
        network.pass(Duration.ofSeconds(1));
        var late = network.request(T, 200, CARE_OF_A, extensions(new Commit(ID)));
        network.pass(Duration.ofMillis(10));
        network.deregisterFromHome();
        assertEquals(List.of(new RetireForwarding(HOME_ADDRESS, true)), forwardings());
        network.actions();
        network.receive(FOREIGN_AGENT_A, relayed(late));
        assertEquals(List.of(), forwardings());
        assertEquals(HA_IDENTIFICATION_MISMATCH, theReply().message().code());
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    void goesBackWhenTheSourceResumes() {
        network.pass(Duration.ofSeconds(1));
        commit();
        network.actions();
        network.pass(Duration.ofSeconds(1));
        receiveFromA(300, new Abort(ID));
        assertEquals(List.of(INSTALL_A), forwardings());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        assertEquals(List.of(new AnnounceAway(HOME_ADDRESS)), network.all(AnnounceAway.class));
    }

    @Test
    void isAbortedFromHome() {
        network.actions();
        network.pass(Duration.ofSeconds(1));
        prepareReturn(PREPARE, new Abort(ID));
        assertEquals(List.of(How.ABORTED), gone());
        assertEquals(List.of(), forwardings());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
    }

    @Test
    void isAbortedFromHomeThoughItDoesNotPrepare() {
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.receive(HOST_AT_HOME, signed(network.request(Flags.NONE, 0, HOME_ADDRESS, extensions(new Abort(ID)))));
        assertEquals(List.of(How.ABORTED), gone());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
    }

    @Test
    void endsWithTheHoldTime() {
        network.actions();
        network.pass(Duration.ofSeconds(HOLD_SECONDS));
        fireHold();
        assertEquals(List.of(How.EXPIRED), gone());
        assertEquals(List.of(), stagedIds());
        assertEquals(List.of(), forwardings());
    }

    @Test
    void takesThePlaceOfATunnelThatWasStaged() {
        network.pass(Duration.ofSeconds(1));
        receiveFromB(60, new Prepare(OTHER_ID, 60));
        network.pass(Duration.ofSeconds(1));
        network.actions();
        prepareReturn(PREPARE);
        assertEquals(List.of(EXPECT_RETURN), forwardings());
        assertEquals(List.of(ID), stagedIds());
    }

    @Test
    void leavesHomeAgain() {
        network.pass(Duration.ofSeconds(1));
        commit();
        network.pass(Duration.ofSeconds(1));
        network.deregisterFromHome();
        network.pass(Duration.ofSeconds(1));
        network.actions();
        network.receive(
                FOREIGN_AGENT_A, relayed(network.request(T, 60, CARE_OF_A, extensions(new Prepare(OTHER_ID, 60)))));
        network.pass(Duration.ofSeconds(1));
        receiveAtHome(new Commit(OTHER_ID));
        assertEquals(List.of(STAGE_A, FLIP), forwardings());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
    }
}
