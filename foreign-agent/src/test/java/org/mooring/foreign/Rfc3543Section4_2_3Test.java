package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.mooring.foreign.Site.*;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Event.Timer.Purpose;
import org.mooring.foreign.Fact.VisitorLeft.Why;
import org.mooring.foreign.Policy.Revocability;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.Revocation;
import org.mooring.protocol.wire.RevocationAcknowledgment;

@DisplayName("RFC 3543 §4.2.3.1 The foreign agent revokes")
class Rfc3543Section4_2_3Test extends RevocationSite {
    @Test
    @DisplayName("it is stored, the visitor removed, and then its home agent told")
    void storesThenTells() {
        serve();
        var visitor = agent.visitors().get(0);
        pass(Duration.ofSeconds(2));
        done.clear();
        assertEquals(
                List.of(
                        new Action.StoreRevocation(visitor),
                        new Action.RemoveVisitor(HOME),
                        new Action.ForgetVisitor(HOME)),
                deeds(agent.handle(new Event.RevocationOrdered(now, HOME))));
        handle(new Event.RevocationStored(now, visitor));
        assertEquals(List.of(now.plusSeconds(1)), armed());
        assertEquals(
                new Revocation(0, Revocation.INFORM, HOME, HOME_AGENT, CARE_OF, now(), List.of()), revocationSent());
    }

    @Test
    @DisplayName(
            "while keys roll over, it is under the one that the home agent has used last, and so is what is relayed")
    void isUnderTheAssociationThatWasUsedLast() {
        var newKey = association(0x1009, "000102030405060708090a0b0c0d0e0f");
        agent = new ForeignAgent(policy(
                Revocability.OPTIONAL, Advertising.ON_SOLICITATION, Map.of(HOME_AGENT, List.of(newKey, FOREIGN_HOME))));
        serve();
        assertEquals(new Verified.By(newKey), relayedUnder(newKey));
        done.clear();
        ask(300);
        assertEquals(new Verified.By(FOREIGN_HOME), relayedUnder(FOREIGN_HOME));
        pass(Duration.ofSeconds(8));
        fire(Purpose.PENDING_REQUEST);
        done.clear();
        revoke();
        revocationSent();
    }

    private Verified relayedUnder(SecurityAssociation association) {
        var relayed = all(Action.RelayToHomeAgent.class).get(0).message();
        return Verifier.verify(
                (Decoded.Message) RegistrationCodec.decode(relayed), Kind.FOREIGN_HOME, List.of(association));
    }

    @Test
    @DisplayName("where I was agreed on, the home agent decides whether the mobile node is told")
    void asksTheHomeAgent() {
        serve();
        pass(Duration.ofSeconds(2));
        done.clear();
        revoke();
        assertEquals(Optional.empty(), told());
        int identifier = revocationSent().identifier();
        receive(acknowledgment(identifier, true));
        assertEquals(Optional.of(0), told().map(MobilityAgent::sequence));
        assertEquals(MobilityAgent.BUSY, told().orElseThrow().flags() & MobilityAgent.BUSY);
    }

    @Test
    @DisplayName("and not told if it says no")
    void theHomeAgentSaysNo() {
        serve();
        pass(Duration.ofSeconds(2));
        done.clear();
        revoke();
        receive(acknowledgment(revocationSent().identifier(), false));
        assertEquals(Optional.empty(), told());
    }

    @Test
    @DisplayName("where it was not, it is told at once, and an answer to what was not asked is ignored")
    void tellsByItself() {
        serve(300, false);
        pass(Duration.ofSeconds(2));
        done.clear();
        revoke();
        assertEquals(Optional.of(0), told().map(MobilityAgent::sequence));
        var revocation = revocationSent();
        assertEquals(0, revocation.flags());
        receive(acknowledgment(revocation.identifier(), true));
        assertEquals(Optional.empty(), told());
    }

    @Test
    @DisplayName("it is sent again with a new timestamp, ever more slowly, never twice in a second, until acknowledged")
    void isRepeated() {
        serve();
        pass(Duration.ofSeconds(2));
        done.clear();
        revoke();
        int first = revocationSent().identifier();
        pass(Duration.ofMillis(900));
        fire(Purpose.REVOCATION);
        assertEquals(List.of(), all(Action.SendRevocationMessage.class));
        pass(Duration.ofMillis(100));
        done.clear();
        fire(Purpose.REVOCATION);
        assertEquals(List.of(now.plusSeconds(2)), armed());
        assertEquals(first + 1, revocationSent().identifier());
        receive(acknowledgment(first, false));
        assertEquals(List.of(), agent.revocations());
        assertEquals(1, all(Action.ForgetRevocation.class).size());
        done.clear();
        pass(Duration.ofSeconds(2));
        fire(Purpose.REVOCATION);
        assertEquals(List.of(), done);
    }

    @Test
    @DisplayName("§3.3: not within a second after the registration, and not beyond its lifetime")
    void keepsItsTime() {
        serve(3, true);
        done.clear();
        revoke();
        assertEquals(List.of(), all(Action.SendRevocationMessage.class));
        pass(Duration.ofSeconds(1));
        fire(Purpose.REVOCATION);
        revocationSent();
        pass(Duration.ofSeconds(2));
        fire(Purpose.REVOCATION);
        assertEquals(List.of(), all(Action.SendRevocationMessage.class));
        assertEquals(List.of(), agent.revocations());
    }

    @Test
    @DisplayName("§3.5: other acknowledgments are discarded")
    void otherAcknowledgments() {
        serve();
        pass(Duration.ofSeconds(2));
        done.clear();
        revoke();
        int first = revocationSent().identifier();
        receive(acknowledgment(first + 1, false));
        receive(Seal.encode(
                new RevocationAcknowledgment(0, 0, HOME, first, List.of()),
                new Seal(Kind.FOREIGN_HOME, MOBILE_FOREIGN)));
        assertEquals(1, agent.revocations().size());
        assertEquals(List.of(Fact.Discard.REVOCATION_NOT_SENT, Fact.Discard.REVOCATION_NOT_SENT), discards());
    }

    @Test
    @DisplayName("a mobile node that registers again is not revoked by what is repeated")
    void sparesWhoIsBack() {
        serve();
        pass(Duration.ofSeconds(2));
        revoke();
        pass(Duration.ofMillis(800));
        var request = ask(300);
        done.clear();
        pass(Duration.ofMillis(200));
        fire(Purpose.REVOCATION);
        assertEquals(List.of(), all(Action.SendRevocationMessage.class));
        answer(request, 300);
        assertEquals(List.of(), agent.revocations());
        assertEquals(1, agent.visitors().size());
    }

    @Test
    @DisplayName("what was not registered as revocable ends here; the mobile node is told, the home agent can't be")
    void notAgreed() {
        answer(ask(300), 300);
        pass(Duration.ofSeconds(2));
        done.clear();
        revoke();
        assertEquals(List.of(), agent.visitors());
        assertEquals(List.of(), all(Action.SendRevocationMessage.class));
        assertEquals(List.of(), all(Action.StoreRevocation.class));
        assertEquals(Optional.of(0), told().map(MobilityAgent::sequence));
    }

    @Test
    @DisplayName("who is not here is not revoked")
    void nobody() {
        revoke();
        assertEquals(List.of(new Action.Report(new Fact.NothingToRevoke(HOME))), done);
    }

    @Test
    @DisplayName("visitors whose link is gone are revoked")
    void linkGone() {
        serve();
        pass(Duration.ofSeconds(2));
        done.clear();
        handle(new Event.LinkGone(now, "other"));
        assertEquals(1, agent.visitors().size());
        handle(new Event.LinkGone(now, LINK));
        assertEquals(List.of(), agent.visitors());
        assertEquals(List.of(Why.LINK_GONE), left());
        assertEquals(HOME, revocationSent().homeAddress());
    }

    @Test
    @DisplayName("so are those whose link a restart does not find configured any more")
    void linkNotConfiguredAnyMore() {
        serve();
        var visitor = agent.visitors().get(0);
        var elsewhere = policy(Revocability.OPTIONAL, Advertising.ON_SOLICITATION);
        agent = new ForeignAgent(new Policy(
                elsewhere.careOfAddress(),
                Map.of("other", Ipv4Address.of("10.3.0.2")),
                Map.of(),
                elsewhere.maxLifetime(),
                elsewhere.maxPending(),
                elsewhere.maxVisitors(),
                elsewhere.enterpriseNumber(),
                elsewhere.requireAssociation(),
                elsewhere.encapsulations(),
                elsewhere.compatibility(),
                elsewhere.reservedBits(),
                elsewhere.reverseTunnel(),
                elsewhere.encapsulatingDelivery(),
                elsewhere.revocation(),
                elsewhere.advertising(),
                elsewhere.natTraversal(),
                elsewhere.mobileNodes(),
                elsewhere.homeAgents()));
        pass(Duration.ofSeconds(2));
        done.clear();
        handle(new Event.Restored(now, List.of(visitor)));
        int identifier = revocationSent().identifier();
        receive(acknowledgment(identifier, true));
        assertEquals(Optional.empty(), told());
    }

    @Test
    @DisplayName("a restart goes on with what is not acknowledged, later than before")
    void survivesARestart() {
        serve();
        var visitor = agent.visitors().get(0);
        agent = new ForeignAgent(policy(Revocability.OPTIONAL, Advertising.ON_SOLICITATION));
        pass(Duration.ofSeconds(60));
        done.clear();
        handle(new Event.Restored(now, List.of(), List.of(), List.of(), List.of(visitor)));
        int identifier = revocationSent().identifier();
        assertEquals(now(), identifier);
        assertNotEquals(visitor.revocation().orElseThrow().told(), identifier);
    }

    @Test
    @DisplayName("the operator hears that it was sent, acknowledged, and told to the mobile node")
    void theOperatorHearsOfEachStep() {
        serve();
        pass(Duration.ofSeconds(2));
        done.clear();
        revoke();
        assertEquals(List.of(new Fact.RevocationSent(HOME, HOME_AGENT, 1)), heard(Fact.RevocationSent.class));
        receive(acknowledgment(revocationSent().identifier(), true));
        assertEquals(
                List.of(new Fact.RevocationAcknowledged(HOME, HOME_AGENT, 1)),
                heard(Fact.RevocationAcknowledged.class));
        assertEquals(List.of(new Fact.MobileNodeInformed(HOME, LINK, true)), heard(Fact.MobileNodeInformed.class));
    }

    @Test
    @DisplayName("and of each that could not be sent, or that nobody answered")
    void theOperatorHearsWhatCameToNothing() {
        serve(3, true);
        revoke();
        pass(Duration.ofSeconds(1));
        fire(Purpose.REVOCATION);
        pass(Duration.ofSeconds(2));
        fire(Purpose.REVOCATION);
        assertEquals(
                List.of(new Fact.RevocationUnanswered(HOME, HOME_AGENT, 1)), heard(Fact.RevocationUnanswered.class));

        answer(ask(300), 300);
        handle(new Event.LinkGone(now, LINK));
        assertEquals(List.of(new Fact.LinkLost(LINK, 1)), heard(Fact.LinkLost.class));
        assertEquals(List.of(new Fact.RevocationImpossible(HOME, HOME_AGENT)), heard(Fact.RevocationImpossible.class));
    }

    private List<Fact> heard(Class<? extends Fact> kind) {
        return facts(done).stream().filter(kind::isInstance).toList();
    }

    private List<Instant> armed() {
        return all(Action.ArmTimer.class).stream()
                .filter(armed -> armed.timer().equals(new Timer(Purpose.REVOCATION, HOME)))
                .map(Action.ArmTimer::at)
                .toList();
    }
}
