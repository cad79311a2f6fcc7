package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.home.HomeNetwork.AT_HOME;
import static org.mooring.home.HomeNetwork.BROADCAST;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.FOREIGN_HOME;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.LIFETIME;
import static org.mooring.home.HomeNetwork.MAC;
import static org.mooring.home.HomeNetwork.MOBILE_HOME;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.relayed;
import static org.mooring.home.HomeNetwork.signed;
import static org.mooring.protocol.wire.ReplyCode.ACCEPTED;
import static org.mooring.protocol.wire.ReplyCode.HA_FOREIGN_AGENT_FAILED_AUTHENTICATION;
import static org.mooring.protocol.wire.ReplyCode.HA_IDENTIFICATION_MISMATCH;
import static org.mooring.protocol.wire.ReplyCode.HA_INSUFFICIENT_RESOURCES;
import static org.mooring.protocol.wire.ReplyCode.HA_MOBILE_NODE_FAILED_AUTHENTICATION;
import static org.mooring.protocol.wire.ReplyCode.HA_POORLY_FORMED_REQUEST;
import static org.mooring.protocol.wire.ReplyCode.HA_UNKNOWN_CVSE_FROM_FOREIGN_AGENT;
import static org.mooring.protocol.wire.ReplyCode.HA_UNKNOWN_CVSE_FROM_MOBILE_NODE;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mooring.home.Action.AnnounceAway;
import org.mooring.home.Action.AnnounceHome;
import org.mooring.home.Action.FlipForwarding;
import org.mooring.home.Action.Forwarding;
import org.mooring.home.Action.InstallForwarding;
import org.mooring.home.Action.Persist;
import org.mooring.home.Action.RemoveForwarding;
import org.mooring.home.Action.ReturnForwarding;
import org.mooring.home.Action.SendReply;
import org.mooring.home.Action.StageForwarding;
import org.mooring.home.Action.UnstageForwarding;
import org.mooring.home.Event.Timer;
import org.mooring.home.Fact.StagedEntryGone.How;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Clock;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

/** From site A to site B, as a rule. */
@DisplayName("docs/handover.md, \"Home agent\"")
class HandoverTest {
    private static final int ENTERPRISE = HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;
    private static final HandoverId ID = new HandoverId(0xfedc_ba98_7654_3210L);
    private static final HandoverId OTHER_ID = new HandoverId(7);
    private static final int HOLD_SECONDS = 60;
    private static final Prepare PREPARE = new Prepare(ID, HOLD_SECONDS);
    private static final Peer PEER_A = Peer.ipip(CARE_OF_A);
    private static final Peer PEER_B = Peer.ipip(CARE_OF_B);
    private static final Ipv4Address CARE_OF_C = Ipv4Address.of("192.0.2.77");
    private static final Endpoint HOST_AT_HOME = new Endpoint(Ipv4Address.of("10.1.0.20"), 434);
    private static final Timer HOLD = new Timer(Timer.Purpose.HOLD, HOME_ADDRESS);

    private static final InstallForwarding INSTALL_A = new InstallForwarding(HOME_ADDRESS, PEER_A);
    private static final InstallForwarding INSTALL_B = new InstallForwarding(HOME_ADDRESS, PEER_B);
    private static final RemoveForwarding REMOVE = new RemoveForwarding(HOME_ADDRESS);
    private static final StageForwarding STAGE_A = new StageForwarding(HOME_ADDRESS, PEER_A);
    private static final StageForwarding STAGE_B = new StageForwarding(HOME_ADDRESS, PEER_B);
    private static final UnstageForwarding UNSTAGE = new UnstageForwarding(HOME_ADDRESS);
    private static final FlipForwarding FLIP = new FlipForwarding(HOME_ADDRESS);

    private final HomeNetwork network = new HomeNetwork(policy(600, 100, Optional.of(MAC)));

    private static Policy policy(int maxLifetime, int maxBindings, Optional<MacAddress> mac) {
        return new Policy(
                HOME_AGENT,
                BROADCAST,
                maxLifetime,
                maxBindings,
                true,
                ReverseTunnel.OPTIONAL,
                ENTERPRISE,
                List.of(new MobileNode(HOME_ADDRESS, mac, List.of(MOBILE_HOME))),
                Map.of(CARE_OF_A, List.of(FOREIGN_HOME), CARE_OF_B, List.of(FOREIGN_HOME)));
    }

    @Nested
    class PrepareTest {
        @BeforeEach
        void visitSiteA() {
            registerAtA();
        }

        @Test
        void stagesFirstThenUsesUpTheIdentificationThenAnswersWithThePreviousCareOfAddress() {
            var binding = binding();
            network.pause();
            var request = prepare();
            assertEquals(List.of(STAGE_B), network.actions());
            network.answer();
            assertEquals(
                    List.of(new Persist(new MobileNodeRecord(
                            HOME_ADDRESS,
                            1,
                            Optional.of(binding),
                            Map.of(MOBILE_HOME.spi(), request.identification())))),
                    network.actions());
            network.answer();

            assertEquals(List.of(network.now().plusSeconds(HOLD_SECONDS)), network.armed(HOLD));
            var reply = theReply();
            assertEquals(ACCEPTED, reply.message().code());
            assertEquals(HOLD_SECONDS, reply.message().lifetime());
            assertEquals(List.of(clock(), new Staged(ID, CARE_OF_B)), reply.forMobileNode());
            assertEquals(List.of(new Previous(CARE_OF_A)), reply.forForeignAgent());
            assertEquals(List.of(binding), network.homeAgent().bindings());
            assertEquals(
                    List.of(new StagedEntry(
                            HOME_ADDRESS,
                            ID,
                            Optional.of(PEER_B),
                            T,
                            FOREIGN_AGENT_B,
                            Duration.ofSeconds(HOLD_SECONDS),
                            network.now().plusSeconds(HOLD_SECONDS))),
                    network.homeAgent().staged());
        }

        @Test
        void announcesNothing() {
            prepare();
            prepareReturn(PREPARE);
            assertEquals(List.of(), network.all(AnnounceAway.class));
            assertEquals(List.of(), network.all(AnnounceHome.class));
        }

        @Test
        void isHeldNoLongerThanTheLongestLifetime() {
            receiveFromB(60, new Prepare(ID, 0xffff));
            assertEquals(
                    Duration.ofMinutes(10), network.homeAgent().staged().get(0).holdTime());
        }

        @Test
        void isHeldAnewWhenItIsRepeated() {
            prepare();
            network.pass(Duration.ofSeconds(30));
            network.actions();
            prepare();
            assertEquals(List.of(STAGE_B), forwardings());
            assertEquals(List.of(network.now().plusSeconds(HOLD_SECONDS)), network.armed(HOLD));
            assertEquals(List.of(), gone());
        }

        @Test
        void replacesWhatWasStaged() {
            prepare();
            network.pass(Duration.ofSeconds(1));
            network.actions();
            receiveFromB(60, new Prepare(OTHER_ID, 60));
            assertEquals(List.of(How.REPLACED), gone());
            assertEquals(List.of(OTHER_ID), stagedIds());
        }

        @Test
        void stagesNothingForThePresentCareOfAddress() {
            prepare();
            network.actions();
            network.pass(Duration.ofSeconds(1));
            var binding = binding();
            network.receive(FOREIGN_AGENT_A, relayed(network.request(T, 60, CARE_OF_A, extensions(PREPARE))));
            assertEquals(List.of(UNSTAGE), forwardings());
            assertTrue(network.facts().contains(new Fact.NothingToStage(HOME_ADDRESS, CARE_OF_A, FOREIGN_AGENT_A)));
            var reply = theReply();
            assertEquals(ACCEPTED, reply.message().code());
            assertEquals(List.of(clock()), reply.forMobileNode());
            assertEquals(List.of(), reply.forForeignAgent());
            assertEquals(List.of(), stagedIds());
            assertEquals(binding, binding());
        }

        @Test
        void keepsTheBindingsLifetime() {
            prepare();
            assertEquals(List.of(binding().expiry()), network.armed(LIFETIME));
            assertEquals(300, binding().lifetime());
        }

        @Test
        void isCheckedAsAnyRequest() {
            var tampered = relayed(fromB(60, PREPARE)).toByteArray();
            tampered[3] ^= 1;
            network.receive(FOREIGN_AGENT_B, Octets.of(tampered));
            assertEquals(
                    HA_MOBILE_NODE_FAILED_AUTHENTICATION, theReply().message().code());

            network.receive(FOREIGN_AGENT_B, signed(fromB(60, PREPARE)));
            assertEquals(
                    HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, theReply().message().code());

            var late = relayed(fromB(60, PREPARE));
            network.pass(Duration.ofSeconds(20));
            network.receive(FOREIGN_AGENT_B, late);
            var reply = theReply();
            assertEquals(HA_IDENTIFICATION_MISMATCH, reply.message().code());
            assertEquals(List.of(clock()), reply.forMobileNode());
            assertEquals(List.of(), reply.forForeignAgent());

            receiveFromB(0, PREPARE);
            assertEquals(HA_POORLY_FORMED_REQUEST, theReply().message().code());
            assertEquals(List.of(), forwardings());
            assertEquals(List.of(), stagedIds());
        }

        @Test
        void isNotAcceptedTwice() {
            var request = relayed(fromB(60, PREPARE));
            network.receive(FOREIGN_AGENT_B, request);
            network.pass(Duration.ofMillis(5));
            receiveFromB(60, new Abort(ID), PREPARE);
            network.actions();
            network.receive(FOREIGN_AGENT_B, request);
            assertEquals(HA_IDENTIFICATION_MISMATCH, theReply().message().code());
            assertEquals(List.of(), stagedIds());
        }

        @Test
        void isUnknownWithAnotherLengthOrFromAnotherEnterprise() {
            var malformed = new CriticalVendorSpecific(
                    ENTERPRISE, PREPARE.vendorType(), PREPARE.value().concat(Octets.ofHex("00")));
            for (var unknown : List.of(malformed, PREPARE.toExtension(9))) {
                network.pass(Duration.ofSeconds(1));
                network.receive(FOREIGN_AGENT_B, relayed(network.request(T, 60, CARE_OF_B, unknown)));
                assertEquals(
                        HA_UNKNOWN_CVSE_FROM_MOBILE_NODE, theReply().message().code());
            }
        }

        @Test
        void isDeniedWhereTheMobileNodeDoesNotCoverIt() {
            var request = signed(network.request(T, 60, CARE_OF_B))
                    .concat(RegistrationCodec.encode(List.of(PREPARE.toExtension(ENTERPRISE))));
            network.receive(FOREIGN_AGENT_B, new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME).appendTo(request));
            assertEquals(
                    HA_UNKNOWN_CVSE_FROM_FOREIGN_AGENT, theReply().message().code());
        }

        @Test
        void isDeniedWithCode130WhenTheKernelRefusesAndLeavesNothingStaged() {
            network.pause();
            network.kernelRefuses(true);
            prepare();
            network.answer();
            network.kernelRefuses(false);
            network.answer();
            assertEquals(List.of(STAGE_B, UNSTAGE), forwardings());
            assertEquals(HA_INSUFFICIENT_RESOURCES, theReply().message().code());
            assertEquals(List.of(), stagedIds());
            assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        }

        @Test
        void isDeniedWithCode130WhenTheStoreRefusesAndLeavesNothingStaged() {
            network.storeRefuses(true);
            prepare();
            assertEquals(List.of(STAGE_B, UNSTAGE), forwardings());
            assertEquals(HA_INSUFFICIENT_RESOURCES, theReply().message().code());
            assertEquals(List.of(), stagedIds());
        }

        @Test
        void endsWithTheHoldTime() {
            prepare();
            network.actions();
            network.pass(Duration.ofSeconds(HOLD_SECONDS));
            fireHold();
            assertEquals(List.of(How.EXPIRED), gone());
            assertEquals(List.of(UNSTAGE), forwardings());
            assertEquals(List.of(), stagedIds());
            assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        }

        @Test
        void isTriedAgainWhenTheKernelKeepsWhatIsOver() {
            prepare();
            network.actions();
            network.pass(Duration.ofSeconds(HOLD_SECONDS));
            network.kernelRefuses(true);
            fireHold();
            assertEquals(List.of(network.now().plusSeconds(5)), network.armed(HOLD));
            network.kernelRefuses(false);
            network.pass(Duration.ofSeconds(5));
            network.actions();
            fireHold();
            assertEquals(List.of(UNSTAGE), forwardings());
            network.actions();
            fireHold();
            assertEquals(List.of(), network.actions());
        }

        @Test
        void isNotEndedByATimerOfAnEarlierOne() {
            prepare();
            network.pass(Duration.ofSeconds(30));
            prepare();
            network.pass(Duration.ofSeconds(30));
            network.actions();
            fireHold();
            assertEquals(List.of(network.now().plusSeconds(30)), network.armed(HOLD));
            assertEquals(List.of(ID), stagedIds());
        }

        @Test
        void isNotEndedWhileARequestIsUnderWay() {
            prepare();
            network.pass(Duration.ofSeconds(HOLD_SECONDS));
            network.pause();
            network.actions();
            commit();
            fireHold();
            assertEquals(List.of(FLIP), forwardings());
            network.answer();
            network.answer();
            assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
        }

        @Test
        void survivesRenewals() {
            prepare();
            network.pass(Duration.ofSeconds(1));
            network.register(300);
            assertEquals(List.of(ID), stagedIds());
        }

        @Test
        void isGivenUpWhenTheKernelRefusesAnything() {
            prepare();
            network.pass(Duration.ofSeconds(1));
            network.pause();
            network.kernelRefuses(true);
            network.register(300);
            network.answer();
            network.kernelRefuses(false);
            network.answer();
            assertEquals(List.of(), stagedIds());
            network.pass(Duration.ofSeconds(HOLD_SECONDS));
            network.actions();
            fireHold();
            assertEquals(List.of(UNSTAGE), forwardings());
        }

        @Test
        void isForgottenByARestart() {
            prepare();
            var record = network.all(Persist.class).get(0).record();
            var restarted = new HomeNetwork(policy(600, 100, Optional.of(MAC)));
            restarted.handle(new Event.Restored(restarted.now(), List.of(record)));
            assertEquals(List.of(), restarted.homeAgent().staged());
            assertEquals(List.of(CARE_OF_A), restarted.careOfAddresses());
        }
    }

    @Nested
    class FromHomeTest {
        @Test
        void preparesWithTheHomeAddressAsPrevious() {
            prepare();
            assertEquals(List.of(STAGE_B), forwardings());
            assertEquals(List.of(new Previous(HOME_ADDRESS)), theReply().forForeignAgent());
            assertEquals(List.of(), network.careOfAddresses());
        }

        @Test
        void prepareIsDeniedWithCode130WhereNoBindingMayBeAdded() {
            var full = new HomeNetwork(policy(600, 1, Optional.of(MAC)));
            full.receive(FOREIGN_AGENT_B, relayed(full.request(T, 60, CARE_OF_B, extensions(PREPARE))));
            assertEquals(ACCEPTED, full.code());
            full.pass(Duration.ofSeconds(1));
            full.receive(FOREIGN_AGENT_B, relayed(full.request(T, 60, CARE_OF_B, extensions(PREPARE))));
            assertEquals(ACCEPTED, full.code());

            var none = new HomeNetwork(policy(600, 0, Optional.of(MAC)));
            none.receive(FOREIGN_AGENT_B, relayed(none.request(T, 60, CARE_OF_B, extensions(PREPARE))));
            assertEquals(HA_INSUFFICIENT_RESOURCES, none.code());
        }

        @Test
        void armsWithADeregistration() {
            prepare();
            network.pass(Duration.ofSeconds(1));
            network.actions();
            receiveAtHome(new Arm());
            assertEquals(List.of(), forwardings());
            var reply = theReply();
            assertEquals(List.of(clock(), new Staged(ID, CARE_OF_B)), reply.forMobileNode());
            assertEquals(0, reply.message().lifetime());
            assertEquals(List.of(ID), stagedIds());
        }

        @Test
        void commitsWithADeregistrationForTheLongestLifetime() {
            prepare();
            network.pass(Duration.ofSeconds(1));
            network.actions();
            receiveAtHome(new Commit(ID));
            assertEquals(List.of(FLIP), forwardings());
            assertEquals(List.of(new AnnounceAway(HOME_ADDRESS)), network.all(AnnounceAway.class));
            assertEquals(List.of(), network.all(AnnounceHome.class));
            assertEquals(0, theReply().message().lifetime());
            var binding = binding();
            assertEquals(PEER_B, binding.peer());
            assertEquals(600, binding.lifetime());
            assertEquals(T, binding.flags());
            assertEquals(FOREIGN_AGENT_B, binding.from());
        }

        @Test
        void leavesNothingStagedAfterTheFlip() {
            prepare();
            network.pass(Duration.ofSeconds(1));
            receiveAtHome(new Commit(ID));
            network.actions();
            network.pass(Duration.ofSeconds(HOLD_SECONDS));
            fireHold();
            assertEquals(List.of(), network.actions());
        }

        @Test
        void staysHomeWhenTheStoreRefusesTheCommit() {
            prepare();
            network.pass(Duration.ofSeconds(1));
            network.actions();
            network.storeRefuses(true);
            receiveAtHome(new Commit(ID));
            assertEquals(List.of(FLIP, REMOVE), forwardings());
            assertEquals(HA_INSUFFICIENT_RESOURCES, theReply().message().code());
            assertEquals(List.of(), network.careOfAddresses());
            assertEquals(List.of(), network.all(AnnounceAway.class));
        }
    }

    @Nested
    class ArmTest {
        @BeforeEach
        void prepareAtB() {
            registerAtA();
            prepare();
            network.pass(Duration.ofSeconds(1));
            network.actions();
        }

        @Test
        void renewsAndTellsWhatIsStagedTwice() {
            receiveFromA(300, new Arm());
            assertEquals(List.of(INSTALL_A), forwardings());
            var reply = theReply();
            assertEquals(300, reply.message().lifetime());
            assertEquals(List.of(clock(), new Staged(ID, CARE_OF_B)), reply.forMobileNode());
            assertEquals(List.of(new Staged(ID, CARE_OF_B)), reply.forForeignAgent());
        }

        @Test
        void tellsNoForeignAgentWithoutAnAssociation() {
            var open = new HomeNetwork();
            open.receive(FOREIGN_AGENT_B, signed(open.request(T, 300, CARE_OF_B)));
            open.pass(Duration.ofSeconds(1));
            open.receive(FOREIGN_AGENT_A, relayed(open.request(T, 60, CARE_OF_A, extensions(PREPARE))));
            open.pass(Duration.ofSeconds(1));
            open.actions();
            open.receive(FOREIGN_AGENT_B, signed(open.request(T, 300, CARE_OF_B, extensions(new Arm()))));
            var reply = Reply.of(open.all(SendReply.class).get(0));
            assertTrue(reply.forMobileNode().contains(new Staged(ID, CARE_OF_A)));
            assertEquals(List.of(), reply.forForeignAgent());
        }

        @Test
        void tellsOnlyTheTimeWhenNothingIsStaged() {
            network.pass(Duration.ofSeconds(HOLD_SECONDS));
            fireHold();
            network.actions();
            receiveFromA(300, new Arm());
            var reply = theReply();
            assertEquals(List.of(clock()), reply.forMobileNode());
            assertEquals(List.of(), reply.forForeignAgent());
        }

        @Test
        void plainRequestsAreAnsweredPlainly() {
            network.register(300);
            var reply = theReply();
            assertEquals(List.of(), reply.forMobileNode());
            assertEquals(List.of(), reply.forForeignAgent());
        }
    }

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
                    PEER_B,
                    T,
                    200,
                    network.now(),
                    request.identification(),
                    MOBILE_HOME.spi(),
                    FOREIGN_AGENT_B,
                    2);
            assertEquals(
                    List.of(new Persist(new MobileNodeRecord(
                            HOME_ADDRESS,
                            2,
                            Optional.of(binding),
                            Map.of(MOBILE_HOME.spi(), request.identification())))),
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
            assertEquals(List.of(new InstallForwarding(HOME_ADDRESS, Peer.ipip(CARE_OF_C))), forwardings());
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

    @Nested
    class HomeReturnTest {
        private final DeviceId device = DeviceId.ethernet(Octets.ofHex("525400010050"));
        private final ReturnForwarding home = new ReturnForwarding(HOME_ADDRESS, MacAddress.of("52:54:00:01:00:50"));

        @BeforeEach
        void prepareAtHome() {
            registerAtA();
            prepareReturn(PREPARE, device);
        }

        @Test
        void isPreparedWithoutTheKernel() {
            assertEquals(List.of(), forwardings());
            var reply = theReply();
            assertEquals(ACCEPTED, reply.message().code());
            assertEquals(0, reply.message().lifetime());
            assertEquals(List.of(clock(), new Staged(ID, HOME_ADDRESS)), reply.forMobileNode());
            assertEquals(List.of(), reply.forForeignAgent());
            assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        }

        @Test
        void isToldToWhoArms() {
            network.actions();
            network.pass(Duration.ofSeconds(1));
            receiveFromA(300, new Arm());
            assertEquals(List.of(new Staged(ID, HOME_ADDRESS)), theReply().forForeignAgent());
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
            assertEquals(List.of(REMOVE), forwardings());
            assertEquals(List.of(How.CONFIRMED), gone());
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
            network.receive(
                    HOST_AT_HOME, signed(network.request(Flags.NONE, 0, HOME_ADDRESS, extensions(new Abort(ID)))));
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
            assertEquals(List.of(UNSTAGE), forwardings());
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

    private void registerAtA() {
        network.register(300);
        network.pass(Duration.ofSeconds(1));
        // Nothing is announced again.
        for (int i = 0; i < 3; i++) {
            network.handle(new Event.TimerFired(network.now(), HomeNetwork.ANNOUNCEMENT));
        }
        network.actions();
    }

    /** Through the new foreign agent. */
    private RegistrationRequest prepare() {
        return receiveFromB(HOLD_SECONDS, PREPARE);
    }

    /** By the host at home where the mobile node is to come. */
    private void prepareReturn(Object... extensions) {
        network.receive(HOST_AT_HOME, signed(network.request(Flags.NONE, 0, HOME_ADDRESS, extensions(extensions))));
    }

    /** At site A, where the mobile node stops. */
    private RegistrationRequest commit() {
        return receiveFromA(200, new Commit(ID));
    }

    private RegistrationRequest receiveFromA(int lifetime, HandoverExtension... extensions) {
        var request = network.request(T, lifetime, CARE_OF_A, extensions((Object[]) extensions));
        network.receive(FOREIGN_AGENT_A, relayed(request));
        return request;
    }

    private RegistrationRequest receiveFromB(int lifetime, HandoverExtension... extensions) {
        var request = fromB(lifetime, extensions);
        network.receive(FOREIGN_AGENT_B, relayed(request));
        return request;
    }

    private RegistrationRequest fromB(int lifetime, HandoverExtension... extensions) {
        return network.request(T, lifetime, CARE_OF_B, extensions((Object[]) extensions));
    }

    private void receiveAtHome(HandoverExtension extension) {
        network.receive(AT_HOME, signed(network.request(Flags.NONE, 0, HOME_ADDRESS, extensions(extension))));
    }

    private void fireHold() {
        network.handle(new Event.TimerFired(network.now(), HOLD));
    }

    /** Handover extensions as they stand in a message, and others. */
    private static Extension[] extensions(Object... extensions) {
        var standing = new ArrayList<Extension>();
        for (var extension : extensions) {
            standing.add(
                    extension instanceof HandoverExtension handover
                            ? handover.toExtension(ENTERPRISE)
                            : (Extension) extension);
        }
        return standing.toArray(Extension[]::new);
    }

    private List<Forwarding> forwardings() {
        return forwardings(network);
    }

    private static List<Forwarding> forwardings(HomeNetwork network) {
        return network.all(Forwarding.class);
    }

    private List<How> gone() {
        return network.facts().stream()
                .filter(Fact.StagedEntryGone.class::isInstance)
                .map(fact -> ((Fact.StagedEntryGone) fact).how())
                .toList();
    }

    private List<HandoverId> stagedIds() {
        return network.homeAgent().staged().stream().map(StagedEntry::id).toList();
    }

    private MobilityBinding binding() {
        return network.homeAgent().bindings().get(0);
    }

    private Clock clock() {
        return new Clock(Identification.of(network.now()));
    }

    /** The only reply. Forgets all actions. */
    private Reply theReply() {
        var sent = network.all(SendReply.class);
        assertEquals(1, sent.size());
        network.actions();
        return Reply.of(sent.get(0));
    }

    /** A reply with authenticators that are right, and what it says of the handover to whom. */
    private record Reply(
            RegistrationReply message, List<HandoverExtension> forMobileNode, List<HandoverExtension> forForeignAgent) {
        static Reply of(SendReply sent) {
            var reply = HomeNetwork.open(sent);
            var forMobileNode = HandoverRequest.covered(reply.extensions());
            var behind = reply.extensions()
                    .subList(forMobileNode.size() + 1, reply.extensions().size());
            if (!behind.isEmpty()) {
                var received = (Decoded.Message) RegistrationCodec.decode(sent.wire());
                assertEquals(
                        new Verified.By(FOREIGN_HOME),
                        Verifier.verify(received, Kind.FOREIGN_HOME, List.of(FOREIGN_HOME)));
                assertEquals(
                        Optional.of(34), behind.stream().reduce((a, b) -> b).map(Extension::type));
            }
            return new Reply(reply, handover(forMobileNode), handover(behind));
        }

        private static List<HandoverExtension> handover(List<Extension> extensions) {
            return extensions.stream()
                    .flatMap(extension -> HandoverExtension.of(extension, ENTERPRISE).stream())
                    .toList();
        }
    }
}
