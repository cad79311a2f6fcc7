package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.LIFETIME;
import static org.mooring.home.HomeNetwork.MOBILE_HOME;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.relayed;
import static org.mooring.home.HomeNetwork.signed;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;
import static org.mooring.protocol.wire.ReplyCode.HA_IDENTIFICATION_MISMATCH;
import static org.mooring.protocol.wire.ReplyCode.HA_INSUFFICIENT_RESOURCES;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mooring.home.Action.AnnounceAway;
import org.mooring.home.Action.ArmTimer;
import org.mooring.home.Action.InstallForwarding;
import org.mooring.home.Action.Persist;
import org.mooring.home.Action.SendMarker;
import org.mooring.home.Fact.StagedEntryGone.How;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

@DisplayName("docs/handover.md, \"Home agent\": COMMIT, CONFIRM and ABORT")
class FlipTest extends HandoverScene {
    @Nested
    class CommitTest {
        @BeforeEach
        void prepareAtB() {
            registerAtA();
            prepare();
            network.pass(Duration.ofSeconds(10));
            network.actions();
        }

        @Test
        void flipsFirstThenPersistsThenAnswers() {
            network.pause();
            var request = commit();
            assertEquals(List.of(FLIP), network.actions());
            network.answer();
            var binding = new MobilityBinding(
                    HOME_ADDRESS,
                    CARE_OF_B,
                    PEER_B,
                    T,
                    200,
                    network.now(),
                    request.identification(),
                    MOBILE_HOME.spi(),
                    FOREIGN_AGENT_B,
                    2);
            assertEquals(
                    List.of(
                            new SendMarker(HOME_ADDRESS, PEER_A, new Marker(ID).encode(ENTERPRISE)),
                            new ArmTimer(MARKER, network.now().plusMillis(20)),
                            new Persist(new MobileNodeRecord(
                                    HOME_ADDRESS,
                                    2,
                                    BindingList.of(binding),
                                    List.of(),
                                    Map.of(MOBILE_HOME.spi(), request.identification()),
                                    true))),
                    network.actions());
            network.answer();
            assertEquals(binding, binding());
            assertEquals(List.of(), stagedIds());
            assertEquals(List.of(How.COMMITTED), gone());
            assertEquals(List.of(network.now().plusSeconds(200)), network.armed(LIFETIME));
            assertEquals(List.of(), network.all(AnnounceAway.class));
            var reply = theReply();
            assertEquals(ACCEPTED, reply.message().code());
            assertEquals(200, reply.message().lifetime());
            assertEquals(List.of(clock()), reply.forMobileNode());
        }

        @Test
        @DisplayName("a flip that is undone leaves the second tunnel as it was, which ends with the hold time")
        void thatIsUndoneLeavesATunnelThatEndsWithTheHoldTime() {
            network.storeRefuses(true);
            commit();
            assertEquals(List.of(FLIP, INSTALL_A), forwardings());
            network.storeRefuses(false);
            network.actions();
            network.pass(Duration.ofSeconds(HOLD_SECONDS));
            fireHold();
            assertEquals(List.of(UNSTAGE), forwardings());
        }

        @Test
        void keepsTheTunnelBeforeForTheHoldTime() {
            commit();
            assertEquals(List.of(network.now().plusSeconds(HOLD_SECONDS)), network.armed(HOLD));
            network.actions();
            network.pass(Duration.ofSeconds(1));
            receiveFromB(300);
            assertEquals(List.of(INSTALL_B), forwardings());
            network.actions();
            network.pass(Duration.ofSeconds(HOLD_SECONDS));
            fireHold();
            assertEquals(List.of(UNSTAGE), forwardings());
        }

        @Test
        void isARenewalWithAnotherId() {
            receiveFromA(200, new Commit(OTHER_ID));
            assertEquals(List.of(INSTALL_A), forwardings());
            assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
            assertEquals(List.of(ID), stagedIds());
            assertEquals(200, theReply().message().lifetime());
        }

        @Test
        void isARenewalWhenNothingIsStaged() {
            network.pass(Duration.ofSeconds(HOLD_SECONDS));
            fireHold();
            network.actions();
            commit();
            assertEquals(List.of(INSTALL_A), forwardings());
        }

        @Test
        void sentAgainChangesNothing() {
            commit();
            var binding = binding();
            network.actions();
            network.pass(Duration.ofMillis(30));
            commit();
            assertEquals(List.of(), forwardings());
            assertEquals(200, theReply().message().lifetime());
            assertEquals(binding, binding());
        }

        @Test
        void lateAfterConfirmIsRefused() {
            var late = relayed(network.request(T, 200, CARE_OF_A, extensions(new Commit(ID))));
            network.pass(Duration.ofMillis(50));
            receiveFromB(300);
            network.actions();
            network.receive(FOREIGN_AGENT_A, late);
            var reply = theReply();
            assertEquals(HA_IDENTIFICATION_MISMATCH, reply.message().code());
            assertEquals(List.of(clock()), reply.forMobileNode());
            assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
        }

        @Test
        @DisplayName("where the hosts have misjudged the home agent's clock, COMMIT may be newer than CONFIRM")
        void lateAfterConfirmAndNewerMovesNothing() {
            receiveFromB(300);
            var binding = binding();
            network.pass(Duration.ofMillis(50));
            network.actions();
            commit();
            assertEquals(List.of(), forwardings());
            assertEquals(200, theReply().message().lifetime());
            assertEquals(binding, binding());
        }

        @Test
        @DisplayName("so may an ARM that a denial has corrected, and that comes late")
        void anArmAfterConfirmAndNewerMovesNothing() {
            receiveFromB(300);
            var binding = binding();
            network.pass(Duration.ofMillis(50));
            network.actions();
            receiveFromA(200, new Arm());
            assertEquals(List.of(), forwardings());
            assertEquals(ACCEPTED, theReply().message().code());
            assertEquals(binding, binding());
        }

        @Test
        void losesNoFlipToARequestThatComesAfterIt() {
            network.pause();
            network.register(300);
            network.pass(Duration.ofMillis(5));
            commit();
            network.pass(Duration.ofMillis(5));
            prepare();
            network.pass(Duration.ofMillis(5));
            prepare();
            for (int i = 0; i < 5; i++) {
                network.answer();
            }
            // The renewal, the COMMIT, and the second PREPARE, which finds the binding where it leads to.
            assertEquals(List.of(INSTALL_A, FLIP), forwardings());
            assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
        }

        @Test
        void waitsBehindWhatIsOlder() {
            network.pause();
            network.register(300);
            network.pass(Duration.ofMillis(5));
            var prepare = relayed(fromB(60, PREPARE));
            network.pass(Duration.ofMillis(5));
            commit();
            network.receive(FOREIGN_AGENT_B, prepare);
            for (int i = 0; i < 6; i++) {
                network.answer();
            }
            assertEquals(List.of(INSTALL_A, STAGE_B, FLIP), forwardings());
        }

        @Test
        void isServedAfterAnotherThatIsDenied() {
            network.pause();
            var stale = relayed(network.request(T, 300, CARE_OF_A));
            network.pass(Duration.ofMillis(5));
            network.register(300);
            network.pass(Duration.ofMillis(5));
            network.receive(FOREIGN_AGENT_A, stale);
            commit();
            for (int i = 0; i < 4; i++) {
                network.answer();
            }
            assertEquals(List.of(INSTALL_A, FLIP), forwardings());
        }

        @Test
        void isUndoneAndDeniedWithCode130WhenTheStoreRefuses() {
            network.storeRefuses(true);
            commit();
            assertEquals(List.of(FLIP, INSTALL_A), forwardings());
            assertEquals(HA_INSUFFICIENT_RESOURCES, theReply().message().code());
            assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
            assertEquals(List.of(), stagedIds());

            network.storeRefuses(false);
            network.pass(Duration.ofSeconds(1));
            receiveFromB(300);
            assertEquals(List.of(INSTALL_B), forwardings());
            assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
            network.actions();
            network.pass(Duration.ofSeconds(HOLD_SECONDS));
            fireHold();
            assertEquals(List.of(UNSTAGE), forwardings());
        }

        @Test
        void isUndoneAndDeniedWithCode130WhenTheKernelRefuses() {
            network.pause();
            network.kernelRefuses(true);
            commit();
            network.answer();
            network.kernelRefuses(false);
            network.answer();
            assertEquals(List.of(FLIP, INSTALL_A), forwardings());
            assertEquals(HA_INSUFFICIENT_RESOURCES, theReply().message().code());
        }

        @Test
        void installsPlainlyWhatADeregistrationTookOutOfTheKernel() {
            network.pass(Duration.ofMillis(5));
            network.receive(FOREIGN_AGENT_A, signed(network.request(T, 0, CARE_OF_A)));
            assertEquals(List.of(REMOVE), forwardings());
            assertEquals(List.of(ID), stagedIds());
            network.actions();
            network.pass(Duration.ofMillis(5));
            commit();
            assertEquals(List.of(INSTALL_B), forwardings());
            assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
        }
    }

    @Nested
    class ConfirmTest {
        @BeforeEach
        void prepareAtB() {
            registerAtA();
            prepare();
            network.pass(Duration.ofSeconds(10));
            network.actions();
        }

        @Test
        void doesItAllWithoutACommit() {
            receiveFromB(300);
            assertEquals(List.of(FLIP), forwardings());
            assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
            assertEquals(List.of(How.CONFIRMED), gone());
            assertEquals(List.of(), stagedIds());
            network.actions();
            network.pass(Duration.ofSeconds(HOLD_SECONDS));
            fireHold();
            assertEquals(List.of(UNSTAGE), forwardings());
        }

        @Test
        void installsTheBindingAgainAfterACommit() {
            commit();
            network.actions();
            network.pass(Duration.ofSeconds(1));
            receiveFromB(300);
            assertEquals(List.of(INSTALL_B), forwardings());
            assertEquals(2, binding().generation());
            assertEquals(300, binding().lifetime());
        }

        @Test
        void fromAnotherCareOfAddressLeavesTheEntry() {
            network.receive(
                    new Endpoint(CARE_OF_C, 434),
                    signed(network.request(T.plus(Flags.DECAPSULATION_BY_MOBILE_NODE), 300, CARE_OF_C)));
            assertEquals(List.of(new InstallForwarding(HOME_ADDRESS, List.of(Peer.ipip(CARE_OF_C)))), forwardings());
            assertEquals(List.of(ID), stagedIds());
        }
    }

    @Nested
    class AbortTest {
        @BeforeEach
        void prepareAtB() {
            registerAtA();
            prepare();
            network.pass(Duration.ofSeconds(10));
            network.actions();
        }

        @Test
        void fromTheNewSiteUnstages() {
            var binding = binding();
            receiveFromB(60, PREPARE, new Abort(ID));
            assertEquals(List.of(UNSTAGE), forwardings());
            assertEquals(List.of(How.ABORTED), gone());
            var reply = theReply();
            assertEquals(ACCEPTED, reply.message().code());
            assertEquals(List.of(clock()), reply.forMobileNode());
            assertEquals(List.of(), reply.forForeignAgent());
            assertEquals(List.of(), stagedIds());
            assertEquals(binding, binding());
        }

        @Test
        void fromTheNewSiteRegistersNobodyThoughItDoesNotPrepare() {
            receiveFromB(60, new Abort(ID));
            assertEquals(List.of(UNSTAGE), forwardings());
            assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        }

        @Test
        void ofAnotherIdStagesNothingAndLeavesTheEntry() {
            receiveFromB(60, new Prepare(OTHER_ID, 60), new Abort(OTHER_ID));
            assertEquals(List.of(), forwardings());
            assertEquals(List.of(ID), stagedIds());
        }

        @Test
        void fromTheOldSiteRenewsAndUnstages() {
            receiveFromA(300, new Abort(ID));
            assertEquals(List.of(INSTALL_A, UNSTAGE), forwardings());
            assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
            assertEquals(List.of(), stagedIds());
            assertEquals(300, theReply().message().lifetime());
        }

        @Test
        void fromTheOldSiteAfterCommitTakesTheBindingBack() {
            commit();
            network.actions();
            network.pass(Duration.ofSeconds(1));
            receiveFromA(300, new Abort(ID));
            assertEquals(List.of(INSTALL_A), forwardings());
            assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
            assertEquals(3, binding().generation());
        }

        @Test
        void fromTheNewSiteAfterCommitChangesNothing() {
            commit();
            network.actions();
            network.pass(Duration.ofSeconds(1));
            receiveFromB(60, PREPARE, new Abort(ID));
            assertEquals(List.of(), forwardings());
            assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
        }
    }
}
