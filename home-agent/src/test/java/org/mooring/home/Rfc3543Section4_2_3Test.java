package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.FOREIGN_HOME;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.relayed;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.home.Action.Persist;
import org.mooring.home.Action.RemoveForwarding;
import org.mooring.home.Action.SendRevocationMessage;
import org.mooring.home.Fact.BindingEnded;
import org.mooring.home.Policy.Revocability;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.Revocation;
import org.mooring.protocol.wire.RevocationAcknowledgment;
import org.mooring.protocol.wire.RevocationSupport;

@DisplayName("RFC 3543 §3.5, §4.2.3 Foreign Domain Revoking/Releasing a Registration")
class Rfc3543Section4_2_3Test extends RevocationScene {
    private static final Endpoint PORT_OF_A = new Endpoint(CARE_OF_A, 40_000);

    @Test
    @DisplayName("the forwarding ends, then the store has it, then it is acknowledged to where it came from")
    void endsTheBinding() {
        registerAtA();
        network.pass(Duration.ofSeconds(2));
        network.actions();
        network.pause();
        network.receive(PORT_OF_A, revocationByA(nowAtA(), false));
        assertEquals(List.of(new RemoveForwarding(HOME_ADDRESS)), network.actions());
        network.answer();
        var stored = network.all(Persist.class).get(0).record();
        assertEquals(BindingList.NONE, stored.bindings());
        assertEquals(List.of(), stored.revoked());
        network.actions();
        network.answer();
        assertEquals(List.of(), network.homeAgent().bindings());
        assertEquals(new RevocationAcknowledgment(0, 0, HOME_ADDRESS, nowAtA(), List.of()), acknowledgmentSent());
        assertEquals(0, pending());
    }

    @Test
    @DisplayName("asked whether the mobile node should be told, it says yes, if I was agreed on")
    void decidesWhetherTheMobileNodeIsTold() {
        registerAtA();
        network.pass(Duration.ofSeconds(2));
        network.actions();
        network.receive(PORT_OF_A, revocationByA(nowAtA(), true));
        assertTrue(acknowledgmentSent().informs());

        registerAtA(300, false);
        network.pass(Duration.ofSeconds(2));
        network.actions();
        network.receive(PORT_OF_A, revocationByA(nowAtA(), true));
        assertEquals(0, acknowledgmentSent().flags());
    }

    @Test
    @DisplayName("T95: a replay changes nothing and is not answered")
    void replay() {
        registerAtA();
        network.pass(Duration.ofSeconds(2));
        var revocation = revocationByA(nowAtA(), false);
        network.receive(PORT_OF_A, revocation);
        network.actions();
        network.receive(PORT_OF_A, revocation);
        assertEquals(List.of(), network.actions());

        network.pass(Duration.ofSeconds(2));
        registerAtA();
        network.actions();
        network.receive(PORT_OF_A, revocation);
        assertEquals(List.of(), network.actions());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        assertEquals(Map.of(Discard.REVOCATION_REPLAYED, 2L), discards());
    }

    @Test
    @DisplayName("T95: what the home agent itself has sent, and somebody reflects, changes nothing")
    void reflection() {
        registerAtA();
        network.pass(Duration.ofSeconds(2));
        network.actions();
        network.receive(
                PORT_OF_A, revocation(Revocation.FROM_HOME_AGENT, HOME_AGENT, CARE_OF_A, nowAtA(), FOREIGN_HOME));
        assertEquals(List.of(), network.actions());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        assertEquals(Map.of(Discard.REVOCATION_REFLECTED, 1L), discards());
    }

    @Test
    @DisplayName("T96: one that is not later than the foreign agent's time at the registration is discarded")
    void olderThanTheRegistration() {
        registerAtA();
        network.actions();
        network.receive(PORT_OF_A, revocationByA(nowAtA() - 1, false));
        network.receive(PORT_OF_A, revocationByA(nowAtA(), false));
        assertEquals(List.of(), network.actions());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        network.receive(PORT_OF_A, revocationByA(nowAtA() + 1, false));
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName("the same after a restart")
    void olderThanARestoredRegistration() {
        registerAtA();
        var stored = network.all(Persist.class).get(0).record();
        network = new HomeNetwork(policy(Revocability.OPTIONAL));
        network.handle(new Event.Restored(network.now(), List.of(stored)));
        network.actions();
        network.receive(PORT_OF_A, revocationByA(nowAtA(), false));
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        network.receive(PORT_OF_A, revocationByA(nowAtA() + 1, false));
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName("§3.3: without a valid authenticator it is ignored")
    void notAuthentic() {
        registerAtA();
        network.pass(Duration.ofSeconds(2));
        network.actions();
        var wrongKey =
                HomeNetwork.association(FOREIGN_HOME.spi(), "000102030405060708090a0b0c0d0e0f", Algorithm.HMAC_MD5);
        network.receive(PORT_OF_A, revocation(0, HOME_AGENT, CARE_OF_A, nowAtA(), wrongKey));
        var bare = revocationByA(nowAtA(), false);
        network.receive(PORT_OF_A, bare.slice(0, Revocation.FIXED_LENGTH));
        network.receive(PORT_OF_A, flipped(bare, 19));
        network.receive(
                PORT_OF_A,
                Seal.encode(
                        new Revocation(0, 0, HOME_ADDRESS, HOME_AGENT, CARE_OF_A, nowAtA(), List.of()),
                        new Seal(Kind.MOBILE_HOME, HomeNetwork.MOBILE_HOME)));
        assertEquals(List.of(), network.actions());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        assertEquals(Map.of(Discard.REVOCATION_NOT_AUTHENTIC, 4L), discards());
    }

    @Test
    @DisplayName("a foreign agent revokes only what is registered through it")
    void anotherForeignAgent() {
        registerAtA();
        network.pass(Duration.ofSeconds(2));
        network.actions();
        // Neither in A's name, nor as if what is at A was at B.
        network.receive(FOREIGN_AGENT_B, revocation(0, HOME_AGENT, CARE_OF_A, now(), OF_B));
        network.receive(FOREIGN_AGENT_B, revocation(0, HOME_AGENT, CARE_OF_B, now(), OF_B));
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        assertEquals(Map.of(Discard.REVOCATION_NOT_AUTHENTIC, 1L), discards());
    }

    @Test
    @DisplayName("another home agent's binding is not ours")
    void anotherHomeAgent() {
        registerAtA();
        network.pass(Duration.ofSeconds(2));
        network.actions();
        network.receive(PORT_OF_A, revocation(0, Ipv4Address.of("10.9.0.1"), CARE_OF_A, nowAtA(), FOREIGN_HOME));
        assertEquals(List.of(), network.actions());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
    }

    @Test
    @DisplayName("H70: what was not registered as revocable is not revoked")
    void notAgreed() {
        network.receive(FOREIGN_AGENT_A, relayed(network.request(T, 300, CARE_OF_A)));
        network.pass(Duration.ofSeconds(2));
        network.actions();
        network.receive(PORT_OF_A, revocationByA(nowAtA(), false));
        assertEquals(List.of(), network.actions());
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());
        assertEquals(Map.of(Discard.REVOCATION_NOT_AGREED, 1L), discards());
    }

    @Test
    @DisplayName("a lost acknowledgment is given again to the repeated revocation")
    void acknowledgesAgain() {
        registerAtA();
        network.pass(Duration.ofSeconds(2));
        network.receive(PORT_OF_A, revocationByA(nowAtA(), true));
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.receive(PORT_OF_A, revocationByA(nowAtA(), true));
        assertEquals(new RevocationAcknowledgment(0, 0, HOME_ADDRESS, nowAtA(), List.of()), acknowledgmentSent());
    }

    @Test
    @DisplayName("so is that of a home address that nobody has here any more")
    void acknowledgesWhatIsUnknown() {
        network = new HomeNetwork(policy(Revocability.OPTIONAL, List.of()));
        network.receive(PORT_OF_A, revocationByA(nowAtA(), false));
        assertEquals(nowAtA(), acknowledgmentSent().identifier());
        network.receive(PORT_OF_A, revocationByA(nowAtA(), false));
        assertEquals(List.of(), network.actions());
    }

    @Test
    @DisplayName("while a registration is under way the foreign agent has to ask again")
    void whileSomethingElseIsUnderWay() {
        registerAtA();
        network.pass(Duration.ofSeconds(2));
        network.actions();
        network.pause();
        registerAtB();
        network.receive(PORT_OF_A, revocationByA(nowAtA(), false));
        assertEquals(Map.of(Discard.IN_PROGRESS, 1L), discards());
        network.answer();
        network.answer();
        network.actions();
        network.pass(Duration.ofSeconds(1));
        network.receive(PORT_OF_A, revocationByA(nowAtA(), false));
        assertEquals(nowAtA(), acknowledgmentSent().identifier());
        assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
    }

    @Test
    @DisplayName("what the kernel or the store refuses is not acknowledged, and done when asked again")
    void refusedByKernelOrStore() {
        registerAtA();
        network.pass(Duration.ofSeconds(2));
        network.actions();
        network.kernelRefuses(true);
        network.receive(PORT_OF_A, revocationByA(nowAtA(), false));
        assertEquals(List.of(), network.all(SendRevocationMessage.class));
        assertEquals(List.of(CARE_OF_A), network.careOfAddresses());

        network.kernelRefuses(false);
        network.storeRefuses(true);
        network.pass(Duration.ofSeconds(1));
        network.receive(PORT_OF_A, revocationByA(nowAtA(), false));
        assertEquals(List.of(), network.all(SendRevocationMessage.class));

        network.storeRefuses(false);
        network.actions();
        network.handle(new Event.TimerFired(network.now(), RETRY));
        assertEquals(nowAtA(), acknowledgmentSent().identifier());
        assertEquals(List.of(), network.careOfAddresses());
    }

    @Test
    @DisplayName("it ends a revocation of our own that crosses it")
    void crossing() {
        registerAtA();
        network.pass(Duration.ofSeconds(2));
        revoke();
        network.actions();
        network.receive(PORT_OF_A, revocationByA(nowAtA(), false));
        acknowledgmentSent();
        assertEquals(0, pending());
    }

    @Test
    @DisplayName("of simultaneous bindings only the one with the foreign agent ends")
    void oneOfSimultaneousBindings() {
        registerAtA();
        network.pass(Duration.ofSeconds(2));
        network.receive(
                FOREIGN_AGENT_B,
                offering(
                        network.request(T.plus(Flags.SIMULTANEOUS_BINDINGS), 300, CARE_OF_B),
                        new RevocationSupport(true, now()),
                        OF_B));
        assertEquals(List.of(CARE_OF_A, CARE_OF_B), network.careOfAddresses());
        network.actions();
        network.receive(PORT_OF_A, revocationByA(nowAtA(), false));
        assertEquals(List.of(CARE_OF_B), network.careOfAddresses());
        assertEquals(1, network.all(Action.InstallForwarding.class).size());
        acknowledgmentSent();
        assertEquals(0, pending());
    }

    @Test
    @DisplayName("an operator reads who ended it")
    void isReported() {
        registerAtA();
        network.pass(Duration.ofSeconds(2));
        var binding = network.homeAgent().bindings().get(0);
        network.actions();
        network.receive(PORT_OF_A, revocationByA(nowAtA(), false));
        assertEquals(List.of(new BindingEnded(binding, BindingEnded.End.REVOKED_BY_FOREIGN_AGENT)), network.facts());
    }

    private RevocationAcknowledgment acknowledgmentSent() {
        return sent(RevocationAcknowledgment.class, PORT_OF_A, new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME));
    }

    private static Octets flipped(Octets message, int offset) {
        byte[] octets = message.toByteArray();
        octets[offset] ^= 1;
        return Octets.of(octets);
    }
}
