package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.FOREIGN_HOME;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.datapath.Encapsulation;
import org.mooring.home.Action.AnnounceAway;
import org.mooring.home.Action.AnnounceHome;
import org.mooring.home.Action.Persist;
import org.mooring.home.Action.SendReply;
import org.mooring.home.Fact.StagedEntryGone.How;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Clock;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.UdpTunnelRequest;

@DisplayName("docs/handover.md, \"Home agent\": PREPARE and ARM")
class StagingTest extends HandoverScene {
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
                            BindingList.of(binding),
                            List.of(),
                            Map.of(MOBILE_HOME.spi(), request.identification()),
                            true))),
                    network.actions());
            network.answer();

            assertEquals(List.of(network.now().plusSeconds(HOLD_SECONDS)), network.armed(HOLD));
            var reply = theReply();
            assertEquals(ACCEPTED, reply.message().code());
            assertEquals(HOLD_SECONDS, reply.message().lifetime());
            assertEquals(List.of(clock(), new Staged(ID, CARE_OF_B, HOLD_SECONDS)), reply.forMobileNode());
            assertEquals(List.of(new Previous(CARE_OF_A)), reply.forForeignAgent());
            assertEquals(List.of(binding), network.homeAgent().bindings());
            assertEquals(
                    List.of(new StagedEntry(
                            HOME_ADDRESS,
                            ID,
                            CARE_OF_B,
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
        @DisplayName("or the other hook's CONFIRM, from a clock that is right, could not be newer than COMMIT")
        void isRefusedFromAClockThatIsSecondsAhead() {
            network.pass(Duration.ofSeconds(6));
            var early = relayed(fromB(60, PREPARE));
            network.pass(Duration.ofSeconds(-6));
            network.receive(FOREIGN_AGENT_B, early);
            var reply = theReply();
            assertEquals(HA_IDENTIFICATION_MISMATCH, reply.message().code());
            assertEquals(List.of(clock()), reply.forMobileNode());
            int ahead = reply.message().identification().high()
                    - Identification.of(network.now()).high();
            assertTrue(ahead == 0 || ahead == 1, () -> "told a time that is " + ahead + " s ahead");
            assertEquals(List.of(), stagedIds());
        }

        @Test
        @DisplayName("so what follows the 133 is accepted, also where another host's clock is ahead of ours")
        void isToldATimeThatIsPastWhatWasAccepted() {
            network.pass(Duration.ofSeconds(5));
            var ahead = relayed(network.request(T, 300, CARE_OF_A));
            network.pass(Duration.ofSeconds(-5));
            network.receive(FOREIGN_AGENT_A, ahead);
            network.actions();
            network.pass(Duration.ofSeconds(1));
            prepare();
            var reply = theReply();
            assertEquals(HA_IDENTIFICATION_MISMATCH, reply.message().code());
            assertEquals(List.of(clock()), reply.forMobileNode());

            var told = fromB(HOLD_SECONDS, PREPARE);
            network.receive(
                    FOREIGN_AGENT_B,
                    relayed(new RegistrationRequest(
                            told.flags(),
                            told.lifetime(),
                            told.homeAddress(),
                            told.homeAgent(),
                            told.careOfAddress(),
                            reply.message().identification(),
                            told.extensions())));
            assertEquals(ACCEPTED, theReply().message().code());
            assertEquals(List.of(ID), stagedIds());
        }

        @ParameterizedTest(name = "after a restart: {0}")
        @ValueSource(booleans = {false, true})
        @DisplayName("and what a renewal is told when no handover is under way any more")
        void hasARenewalToldATimeThatIsPastWhatWasAccepted(boolean restarted) {
            prepare();
            network.pass(Duration.ofMillis(5));
            receiveFromB(60, new Abort(ID), PREPARE);
            network.actions();
            network.pass(Duration.ofSeconds(6));
            var ahead = network.request(T, 300, CARE_OF_A);
            network.pass(Duration.ofSeconds(-5));
            network.receive(FOREIGN_AGENT_A, relayed(ahead));
            var record = network.all(Persist.class).get(0).record();
            var agent = restarted ? new HomeNetwork(policy(600, 100, Optional.of(MAC))) : network;
            if (restarted) {
                agent.handle(new Event.Restored(agent.now(), List.of(record)));
            }
            agent.actions();
            network.pass(Duration.ofSeconds(1));
            agent.receive(FOREIGN_AGENT_A, relayed(network.request(T, 300, CARE_OF_A)));
            var told = agent.reply();
            assertEquals(HA_IDENTIFICATION_MISMATCH, told.code());
            assertEquals(
                    ahead.identification().high() + 1, told.identification().high());
        }

        @Test
        @DisplayName("and what CONFIRM is told, if the other host's clock has made that too old")
        void hasConfirmToldATimeThatIsPastWhatWasAccepted() {
            prepare();
            network.pass(Duration.ofSeconds(5));
            var ahead = network.request(T, 300, CARE_OF_A);
            network.pass(Duration.ofSeconds(-4));
            network.receive(FOREIGN_AGENT_A, relayed(ahead));
            network.actions();
            receiveFromB(300);
            var told = theReply().message();
            assertEquals(HA_IDENTIFICATION_MISMATCH, told.code());
            assertEquals(
                    ahead.identification().high() + 1, told.identification().high());
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
        @DisplayName("what is staged doesn't end while the kernel is busy with something else, but right after")
        void endsWhenTheChangeUnderWayIsDone() {
            prepare();
            network.pass(Duration.ofSeconds(HOLD_SECONDS));
            network.pause();
            receiveFromA(300);
            network.actions();
            fireHold();
            assertEquals(List.of(), forwardings());
            assertEquals(1, network.armed(HOLD).size());
            network.answer();
            network.answer();
            network.actions();
            network.pass(Duration.ofSeconds(1));
            fireHold();
            assertEquals(List.of(UNSTAGE), forwardings());
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

        @ParameterizedTest
        @ValueSource(booleans = {false, true})
        void whatComesWhileItEndsIsServedThen(boolean kernelRefuses) {
            prepare();
            network.pass(Duration.ofSeconds(HOLD_SECONDS));
            network.pause();
            network.actions();
            fireHold();
            receiveFromA(300);
            assertEquals(List.of(UNSTAGE), network.actions());

            network.kernelRefuses(kernelRefuses);
            network.answer();
            network.kernelRefuses(false);
            assertEquals(List.of(INSTALL_A), forwardings());
            network.answer();
            network.answer();
            assertEquals(ReplyCode.ACCEPTED, theReply().message().code());
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
            assertEquals(List.of(clock(), new Staged(ID, CARE_OF_B, HOLD_SECONDS - 1)), reply.forMobileNode());
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
            assertEquals(List.of(clock(), new Staged(ID, CARE_OF_B, HOLD_SECONDS - 1)), reply.forMobileNode());
            assertEquals(List.of(new Staged(ID, CARE_OF_B, HOLD_SECONDS - 1)), reply.forForeignAgent());
        }

        @ParameterizedTest
        @EnumSource(names = {"GRE", "MINIMAL", "UDP"})
        void renewsWhateverTheTunnelIsMadeOf(Encapsulation encapsulation) {
            var kept = new HomeNetwork(HomeNetwork.encapsulating());
            var flags = switch (encapsulation) {
                case GRE -> T.plus(Flags.GRE_ENCAPSULATION);
                case MINIMAL -> T.plus(Flags.MINIMAL_ENCAPSULATION);
                default -> T.plus(Flags.DECAPSULATION_BY_MOBILE_NODE);
            };
            for (var extensions : List.of(extensions(), extensions(new Arm()))) {
                var all = new ArrayList<>(List.of(extensions));
                if (encapsulation == Encapsulation.UDP) {
                    all.add(new UdpTunnelRequest(UdpTunnelRequest.FORCE, 0));
                }
                boolean direct = encapsulation == Encapsulation.UDP;
                var request = kept.request(flags, 60, direct ? CARE_OF_B : CARE_OF_A, all.toArray(Extension[]::new));
                kept.receive(direct ? FOREIGN_AGENT_B : FOREIGN_AGENT_A, direct ? signed(request) : relayed(request));
                assertEquals(List.of(kept.now().plusSeconds(60)), kept.armed(HomeNetwork.LIFETIME));
                assertEquals(ACCEPTED, kept.code());
                assertEquals(
                        encapsulation, kept.homeAgent().bindings().get(0).peer().encapsulation());
                kept.pass(Duration.ofSeconds(40));
            }
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
            assertTrue(reply.forMobileNode().contains(new Staged(ID, CARE_OF_A, HOLD_SECONDS - 1)));
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
        @DisplayName("CLOCK in a request asks for the time, and for nothing else")
        void tellsTheTimeToWhoAsksForItAlone() {
            network.pass(Duration.ofSeconds(3));
            receiveFromA(300, new Clock(Identification.of(network.now().minusSeconds(3))));
            assertEquals(List.of(ID), stagedIds());
            var reply = theReply();
            assertEquals(ACCEPTED, reply.message().code());
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
}
