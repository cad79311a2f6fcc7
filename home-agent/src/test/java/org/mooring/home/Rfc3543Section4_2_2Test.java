package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.FOREIGN_HOME;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.LIFETIME;
import static org.mooring.home.HomeNetwork.MOBILE_HOME;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.relayed;
import static org.mooring.home.HomeNetwork.signed;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mooring.home.Action.Persist;
import org.mooring.home.Action.RemoveForwarding;
import org.mooring.home.Action.SendRevocationMessage;
import org.mooring.home.Fact.BindingEnded;
import org.mooring.home.Policy.Revocability;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.Revocation;
import org.mooring.protocol.wire.RevocationAcknowledgment;
import org.mooring.protocol.wire.RevocationSupport;

@DisplayName("RFC 3543 §4.2.2 Home Domain Revoking/Releasing a Registration")
class Rfc3543Section4_2_2Test extends RevocationScene {
    private static final HandoverId ID = new HandoverId(0x3543);

    @Nested
    @DisplayName("that the operator wants to end")
    class Ordered {
        @Test
        @DisplayName("the forwarding ends first, then the store has it, then the foreign agent is told")
        void endsForwardingThenStoresThenTells() {
            registerAtA();
            network.pass(Duration.ofSeconds(2));
            network.actions();
            network.pause();
            revoke();
            assertEquals(List.of(new RemoveForwarding(HOME_ADDRESS)), network.actions());
            network.answer();
            var stored = network.all(Persist.class).get(0).record();
            assertEquals(BindingList.NONE, stored.bindings());
            assertEquals(1, stored.revoked().size());
            assertEquals(List.of(), network.all(SendRevocationMessage.class));
            network.actions();
            network.answer();
            assertEquals(List.of(), network.homeAgent().bindings());
            assertEquals(
                    new Revocation(
                            0,
                            Revocation.FROM_HOME_AGENT | Revocation.INFORM,
                            HOME_ADDRESS,
                            HOME_AGENT,
                            CARE_OF_A,
                            now(),
                            List.of()),
                    revocationSentToA());
        }

        @Test
        @DisplayName("I is zero where it was not agreed on")
        void informsOnlyWhereAgreed() {
            registerAtA(300, false);
            network.pass(Duration.ofSeconds(2));
            network.actions();
            revoke();
            assertFalse(revocationSentToA().informs());
        }

        @Test
        @DisplayName("while keys roll over, it is under the one that the foreign agent has used last")
        void isUnderTheAssociationThatWasUsedLast() {
            network = new HomeNetwork(policy(
                    Revocability.OPTIONAL,
                    List.of(new MobileNode(HOME_ADDRESS, Optional.of(HomeNetwork.MAC), List.of(MOBILE_HOME))),
                    Map.of(CARE_OF_A, List.of(OF_B, FOREIGN_HOME))));
            registerAtA();
            network.pass(Duration.ofSeconds(2));
            network.actions();
            revoke();
            revocationSentToA();
        }

        @Test
        @DisplayName("it goes to where the last accepted request came from, at port 434")
        void goesToTheSourceOfTheLastRequest() {
            network.receive(
                    new Endpoint(CARE_OF_A, 40_434),
                    offering(network.request(T, 300, CARE_OF_A), new RevocationSupport(true, nowAtA()), FOREIGN_HOME));
            network.pass(Duration.ofSeconds(2));
            network.actions();
            revoke();
            revocationSentToA();
        }

        @Test
        @DisplayName("what was not registered as revocable ends here, and nobody is told")
        void endsWhatIsNotRevocable() {
            network.receive(FOREIGN_AGENT_A, relayed(network.request(T, 300, CARE_OF_A)));
            network.pass(Duration.ofSeconds(2));
            network.actions();
            revoke();
            assertEquals(List.of(), network.homeAgent().bindings());
            assertEquals(List.of(), network.all(SendRevocationMessage.class));
            assertEquals(0, pending());
        }

        @Test
        @DisplayName("all simultaneous bindings end, and each foreign agent is told")
        void endsSimultaneousBindings() {
            registerAtA();
            network.pass(Duration.ofSeconds(2));
            network.receive(
                    FOREIGN_AGENT_B,
                    offering(
                            network.request(T.plus(Flags.SIMULTANEOUS_BINDINGS), 300, CARE_OF_B),
                            new RevocationSupport(true, now()),
                            OF_B));
            network.pass(Duration.ofSeconds(2));
            network.actions();
            revoke();
            assertEquals(List.of(), network.homeAgent().bindings());
            assertEquals(
                    List.of(FOREIGN_AGENT_A, FOREIGN_AGENT_B),
                    network.all(SendRevocationMessage.class).stream()
                            .map(SendRevocationMessage::to)
                            .toList());
        }

        @Test
        @DisplayName("who has no binding is left alone")
        void nothingToRevoke() {
            revoke();
            assertEquals(List.of(new Fact.NothingToRevoke(HOME_ADDRESS)), network.facts());
            assertEquals(List.of(), network.actions());
            network.handle(new Event.RevocationOrdered(network.now(), Ipv4Address.of("10.1.0.99")));
            assertEquals(List.of(), network.actions());
        }

        @Test
        @DisplayName("a change that is under way is finished, and what comes of it is revoked")
        void afterTheChangeUnderWay() {
            network.pause();
            registerAtA();
            revoke();
            network.answer();
            network.answer();
            assertEquals(List.of(new RemoveForwarding(HOME_ADDRESS)), network.all(RemoveForwarding.class));
            network.answer();
            network.answer();
            assertEquals(List.of(), network.homeAgent().bindings());
            assertEquals(1, pending());
        }

        @Test
        @DisplayName("a mobile node that is removed from the configuration is revoked")
        void removedFromTheConfiguration() {
            registerAtA();
            network.pass(Duration.ofSeconds(2));
            network.actions();
            network.handle(new Event.PolicyChanged(network.now(), policy(Revocability.OPTIONAL, List.of())));
            assertEquals(List.of(), network.homeAgent().bindings());
            assertTrue(revocationSentToA().informs());
            // Not once more with each reload.
            network.handle(new Event.PolicyChanged(network.now(), policy(Revocability.OPTIONAL, List.of())));
            assertEquals(List.of(), network.actions());
        }

        @Test
        @DisplayName("so is one that was removed while the home agent was down")
        void removedWhileDown() {
            registerAtA();
            var stored = network.all(Persist.class).get(0).record();
            network = new HomeNetwork(policy(Revocability.OPTIONAL, List.of()));
            network.pass(Duration.ofSeconds(2));
            network.handle(new Event.Restored(network.now(), List.of(stored)));
            assertEquals(List.of(), network.homeAgent().bindings());
            revocationSentToA();
        }

        @Test
        @DisplayName("what the kernel or the store refuses is tried again")
        void triesAgain() {
            registerAtA();
            network.pass(Duration.ofSeconds(2));
            network.actions();
            network.kernelRefuses(true);
            revoke();
            assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
            assertEquals(List.of(network.now().plusSeconds(5)), network.armed(RETRY));
            network.kernelRefuses(false);
            network.storeRefuses(true);
            network.handle(new Event.TimerFired(network.now(), RETRY));
            assertEquals(List.of(), network.all(SendRevocationMessage.class));
            network.storeRefuses(false);
            network.actions();
            network.handle(new Event.TimerFired(network.now(), RETRY));
            assertEquals(List.of(), network.homeAgent().bindings());
            revocationSentToA();
            network.handle(new Event.TimerFired(network.now(), RETRY));
            assertEquals(List.of(), network.actions());
        }

        @Test
        @DisplayName("a mobile node that registered itself is told under the mobile-home authentication")
        void directMobileNode() {
            var host = Ipv4Address.of("192.0.2.77");
            var flags = Flags.DECAPSULATION_BY_MOBILE_NODE.plus(T);
            network.receive(
                    new Endpoint(host, 434),
                    signed(network.request(flags, 300, host, new RevocationSupport(false, now()))));
            network.pass(Duration.ofSeconds(2));
            network.actions();
            revoke();
            var revocation = sent(Revocation.class, new Endpoint(host, 434), new Seal(Kind.MOBILE_HOME, MOBILE_HOME));
            assertEquals(host, revocation.foreignDomainAddress());
            assertTrue(revocation.informs());
            network.receive(
                    new Endpoint(host, 434),
                    Seal.encode(
                            new RevocationAcknowledgment(0, 0, HOME_ADDRESS, revocation.identifier(), List.of()),
                            new Seal(Kind.MOBILE_HOME, MOBILE_HOME)));
            assertEquals(0, pending());
        }
    }

    @Nested
    @DisplayName("§4.2.2.1: until it is acknowledged")
    class Retransmitted {
        @Test
        @DisplayName("it is sent again with a new timestamp, ever more slowly, never twice in a second")
        void isRepeated() {
            registerAtA();
            network.pass(Duration.ofSeconds(2));
            network.actions();
            revoke();
            assertEquals(List.of(network.now().plusSeconds(1)), network.armed(REVOCATION));
            int first = revocationSentToA().identifier();
            pass(Duration.ofMillis(900));
            assertEquals(List.of(), network.all(SendRevocationMessage.class));
            network.actions();
            pass(Duration.ofMillis(100));
            assertEquals(List.of(network.now().plusSeconds(2)), network.armed(REVOCATION));
            assertEquals(first + 1, revocationSentToA().identifier());
            pass(Duration.ofSeconds(2));
            assertEquals(List.of(network.now().plusSeconds(4)), network.armed(REVOCATION));
            assertEquals(first + 3, revocationSentToA().identifier());
        }

        @Test
        @DisplayName("§3.3: not within a second after the reply to a registration of the binding")
        void isASecondFromTheReply() {
            registerAtA();
            network.actions();
            revoke();
            assertEquals(List.of(), network.all(SendRevocationMessage.class));
            assertEquals(List.of(network.now().plusSeconds(1)), network.armed(REVOCATION));
            int told = now();
            pass(Duration.ofSeconds(1));
            assertEquals(told + 1, revocationSentToA().identifier());
        }

        @Test
        @DisplayName("and not beyond the lifetime of the binding")
        void endsWithTheLifetime() {
            registerAtA(10, true);
            network.pass(Duration.ofSeconds(2));
            network.actions();
            revoke();
            revocationSentToA();
            network.pass(Duration.ofSeconds(8));
            network.handle(new Event.TimerFired(network.now(), REVOCATION));
            assertEquals(List.of(), network.actions());
            assertEquals(0, pending());
        }

        @Test
        @DisplayName("an acknowledgment ends it, also that of an earlier transmission")
        void isAcknowledged() {
            registerAtA();
            network.pass(Duration.ofSeconds(2));
            network.actions();
            revoke();
            int first = revocationSentToA().identifier();
            pass(Duration.ofSeconds(1));
            acknowledgeByA(first);
            assertEquals(0, pending());
            network.actions();
            pass(Duration.ofSeconds(2));
            assertEquals(List.of(), network.actions());
        }

        @Test
        @DisplayName("§3.5: an acknowledgment of nothing that was sent, or that is not authentic, is discarded")
        void ignoresOtherAcknowledgments() {
            registerAtA();
            network.pass(Duration.ofSeconds(2));
            network.actions();
            revoke();
            int first = revocationSentToA().identifier();
            acknowledgeByA(first + 1);
            network.receive(
                    FOREIGN_AGENT_A,
                    Seal.encode(
                            new RevocationAcknowledgment(0, 0, HOME_ADDRESS, first, List.of()),
                            new Seal(Kind.FOREIGN_HOME, OF_B)));
            assertEquals(1, pending());
            assertEquals(Map.of(Discard.REVOCATION_NOT_SENT, 2L), discards());
        }

        @Test
        @DisplayName("a restart goes on with it")
        void survivesARestart() {
            registerAtA();
            network.pass(Duration.ofSeconds(2));
            network.actions();
            network.pause();
            revoke();
            network.answer();
            var stored = network.all(Persist.class).get(0).record();
            network = new HomeNetwork(policy(Revocability.OPTIONAL));
            network.pass(Duration.ofSeconds(60));
            network.handle(new Event.Restored(network.now(), List.of(stored)));
            assertEquals(now(), revocationSentToA().identifier());
        }
    }

    @Nested
    @DisplayName("H73, RFC 5563 §4.1.4: that the mobile node has left for another place")
    class Left {
        @Test
        @DisplayName("the foreign agent before is told a second after the reply, and need not tell the mobile node")
        void tellsTheForeignAgentBefore() {
            registerAtA();
            network.pass(Duration.ofSeconds(100));
            registerAtB();
            assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
            assertEquals(List.of(), network.all(SendRevocationMessage.class));
            network.actions();
            pass(Duration.ofSeconds(1));
            var revocation = revocationSentToA();
            assertEquals(CARE_OF_A, revocation.foreignDomainAddress());
            assertFalse(revocation.informs());
            assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
        }

        @Test
        @DisplayName("one through which it comes back is left alone, whatever was to be sent")
        void sparesWhoComesBack() {
            registerAtA();
            network.pass(Duration.ofSeconds(100));
            registerAtB();
            network.pass(Duration.ofMillis(500));
            registerAtA();
            network.actions();
            pass(Duration.ofMillis(500));
            assertEquals(List.of(), network.all(SendRevocationMessage.class));
            pass(Duration.ofMillis(500));
            var revocation = sent(Revocation.class, FOREIGN_AGENT_B, new Seal(Kind.FOREIGN_HOME, OF_B));
            assertEquals(CARE_OF_B, revocation.foreignDomainAddress());
            assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        }

        @Test
        @DisplayName("after the return home the foreign agent is told as well")
        void tellsAfterTheReturn() {
            registerAtA();
            network.pass(Duration.ofSeconds(100));
            network.deregisterFromHome();
            network.actions();
            pass(Duration.ofSeconds(1));
            assertFalse(revocationSentToA().informs());
        }

        @Test
        @DisplayName("not where it relayed the deregistration itself")
        void notWhereItRelayedTheDeregistration() {
            registerAtA();
            network.pass(Duration.ofSeconds(100));
            network.receive(FOREIGN_AGENT_A, signed(network.request(T, 0, CARE_OF_A)));
            assertEquals(0, pending());
        }

        @Test
        @DisplayName("a lifetime that is over needs no word")
        void notAtExpiry() {
            registerAtA();
            network.pass(Duration.ofMinutes(5));
            network.handle(new Event.TimerFired(network.now(), LIFETIME));
            assertEquals(List.of(), network.careOfAddresses());
            assertEquals(0, pending());
        }

        @Test
        @DisplayName("COMMIT alone tells nobody, because the mobile node may yet go on where it was; CONFIRM does")
        void tellsAtConfirm() {
            registerAtA();
            network.pass(Duration.ofSeconds(100));
            prepareAtB();
            network.pass(Duration.ofSeconds(1));
            commitAtA();
            assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
            assertEquals(0, pending());
            network.pass(Duration.ofSeconds(2));
            registerAtB();
            assertEquals(1, pending());
            network.actions();
            pass(Duration.ofSeconds(1));
            revocationSentToA();
        }

        @Test
        @DisplayName("a source that resumes after COMMIT is served on")
        void sparesTheSourceThatResumes() {
            registerAtA();
            network.pass(Duration.ofSeconds(100));
            prepareAtB();
            network.pass(Duration.ofSeconds(1));
            commitAtA();
            network.pass(Duration.ofSeconds(1));
            registerAtA();
            assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
            assertEquals(0, pending());
        }

        private void prepareAtB() {
            network.receive(
                    FOREIGN_AGENT_B,
                    Seal.encode(
                            network.request(T, 60, CARE_OF_B, extension(new Prepare(ID, 60))),
                            new Seal(Kind.MOBILE_HOME, MOBILE_HOME),
                            new Seal(Kind.FOREIGN_HOME, OF_B)));
        }

        private void commitAtA() {
            network.receive(
                    FOREIGN_AGENT_A,
                    offering(
                            network.request(T, 300, CARE_OF_A, extension(new Commit(ID))),
                            new RevocationSupport(true, nowAtA()),
                            FOREIGN_HOME));
        }

        private static Extension extension(HandoverExtension handover) {
            return handover.toExtension(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER);
        }
    }

    @Test
    @DisplayName("an operator reads how it ended, and what is not acknowledged")
    void isReported() {
        registerAtA();
        network.pass(Duration.ofSeconds(2));
        var binding = network.homeAgent().bindings().get(0);
        network.actions();
        revoke();
        assertEquals(
                List.of(new BindingEnded(binding, BindingEnded.End.REVOKED), new Fact.RevocationSent(binding, 1)),
                network.facts());
        assertEquals(
                List.of(new RevocationStatus(binding, true, 1, binding.expiry())),
                network.homeAgent().revocations());
    }
}
