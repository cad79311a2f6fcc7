package org.mooring.home;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.mooring.home.Event.Timer;
import org.mooring.protocol.revocation.ReceivedRevocations;
import org.mooring.protocol.revocation.RevocationTerms;
import org.mooring.protocol.revocation.UnacknowledgedRevocation;
import org.mooring.protocol.security.LatestAssociations;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Revocation;
import org.mooring.protocol.wire.RevocationAcknowledgment;
import org.mooring.protocol.wire.RevocationSupport;

/**
 * What the home agent and the other ends of its tunnels tell each other of bindings that are over before their time (RFC 3543). Confined to
 * the agent loop.
 */
final class Revocations {
    /** What becomes of an authentic revocation. */
    enum Answer {
        /** The binding is to end, and then it is acknowledged. */
        REVOKE,
        /** There is no such binding any more: the acknowledgment may have been lost. */
        ACKNOWLEDGE,
        /** It is older than the registration, or was received before. */
        REPLAYED,
        /** The agents did not agree that this binding can be revoked. */
        NOT_AGREED,
        /** The binding may be another one in a moment; the foreign agent asks again. */
        LATER
    }

    private final Consumer<Action> out;
    private final ReceivedRevocations received = new ReceivedRevocations();
    private final LatestAssociations associations = new LatestAssociations();
    private Policy policy;

    Revocations(Policy policy, Consumer<Action> out) {
        this.policy = policy;
        this.out = out;
    }

    void follow(Policy next) {
        policy = next;
    }

    /** What an acceptable request offers (§3.2). */
    Optional<RevocationSupport> offer(ReceivedRequest request) {
        var offer = RevocationOffer.of(request, policy);
        if (offer.isPresent() && !request.isDirect()) {
            associations.heard(request.from().address(), request.message(), policy.associationsWith(request));
        }
        return offer;
    }

    // RFC 3543 §4.2.2.1: the home agent revokes

    /**
     * A change is done after which the foreign agents of {@code revoked} are to know that their bindings are over. Who is bound again where
     * it was revoked needs no telling any more.
     */
    void finish(MobileNodeState node, List<MobilityBinding> revoked, boolean informs, Instant at) {
        node.revoked().removeIf(pending -> !revoked.contains(pending.binding()));
        for (var binding : revoked) {
            if (!binding.isExpired(at)
                    && node.revoked().stream()
                            .noneMatch(pending -> pending.binding().equals(binding))) {
                begin(node, binding, informs, at);
            }
        }
        send(node, at);
    }

    private void begin(MobileNodeState node, MobilityBinding binding, boolean informs, Instant at) {
        seal(node, binding)
                .ifPresentOrElse(
                        seal -> node.revoked()
                                .add(new RevokedBinding(binding, informs, seal, sending(node, binding, at))),
                        () -> log(new Fact.RevocationImpossible(binding)));
    }

    /** §3.3: revocations and replies are a second apart. */
    private static UnacknowledgedRevocation sending(MobileNodeState node, MobilityBinding binding, Instant at) {
        int told = RevokedBinding.terms(binding).told();
        var apart = UnacknowledgedRevocation.apartFrom(told, at);
        boolean justAnswered = Duration.between(node.lastReply(), at).compareTo(UnacknowledgedRevocation.SPACING) < 0;
        return new UnacknowledgedRevocation(
                told, binding.expiry(), justAnswered ? at.plus(UnacknowledgedRevocation.SPACING) : apart);
    }

    private Optional<Seal> seal(MobileNodeState node, MobilityBinding binding) {
        return isDirect(binding)
                ? node.association(binding.spi()).map(association -> new Seal(Kind.MOBILE_HOME, association))
                : associations
                        .with(
                                binding.from().address(),
                                policy.associationsWith(binding.from().address()))
                        .map(association -> new Seal(Kind.FOREIGN_HOME, association));
    }

    /** §4.2.2.3: the mobile node itself is told. */
    private static boolean isDirect(MobilityBinding binding) {
        return binding.flags().decapsulationByMobileNode();
    }

    /** Sends what is due, gives up what is over, and arms the timer for the rest. */
    void send(MobileNodeState node, Instant at) {
        var over = node.revoked().stream()
                .filter(pending -> pending.sending().isOver(at))
                .toList();
        over.forEach(pending -> log(new Fact.RevocationUnanswered(
                pending.binding(), pending.sending().transmissions())));
        node.revoked().removeAll(over);
        node.revoked().stream()
                .filter(pending -> pending.sending().isDue(at))
                .forEach(pending -> send(node, pending, at));
        node.revoked().stream()
                .map(pending -> pending.sending().due())
                .min(Comparator.naturalOrder())
                .ifPresent(due ->
                        out.accept(new Action.ArmTimer(new Timer(Timer.Purpose.REVOCATION, node.homeAddress()), due)));
    }

    private void send(MobileNodeState node, RevokedBinding pending, Instant at) {
        var binding = pending.binding();
        int identifier = pending.sending().send(at);
        node.told(identifier);
        boolean informs = isDirect(binding)
                || (pending.informs() && RevokedBinding.terms(binding).informs());
        var revocation = new Revocation(
                0,
                Revocation.FROM_HOME_AGENT | (informs ? Revocation.INFORM : 0),
                binding.homeAddress(),
                policy.address(),
                binding.careOfAddress(),
                identifier,
                List.of());
        // §3.3: to where the last request came from, at the registration port.
        var to = new Endpoint(binding.from().address(), Endpoint.REGISTRATION_PORT);
        out.accept(new Action.SendRevocationMessage(to, Seal.encode(revocation, pending.seal())));
        log(new Fact.RevocationSent(binding, pending.sending().transmissions()));
    }

    /** Whether {@code acknowledgment} is authentic and acknowledges what was sent (§3.5). */
    boolean acknowledged(MobileNodeState node, Decoded.Message message, RevocationAcknowledgment acknowledgment) {
        var answered = node.revoked().stream()
                .filter(pending -> pending.sending().isAcknowledgedBy(acknowledgment.identifier()))
                .filter(pending -> Verifier.verify(
                                message,
                                pending.seal().kind(),
                                List.of(pending.seal().association()))
                        instanceof Verified.By)
                .findFirst();
        answered.ifPresent(pending -> {
            node.revoked().remove(pending);
            log(new Fact.RevocationAcknowledged(
                    pending.binding(), pending.sending().transmissions()));
        });
        return answered.isPresent();
    }

    // RFC 3543 §4.2.3.2: a foreign agent revokes

    /**
     * The association under which {@code message} is right. The foreign domain address says who should have sent it (RFC 3543 §A.2); but
     * foreign agents are known here by where their requests come from, which need not be the care-of address.
     */
    Optional<SecurityAssociation> authenticate(Decoded.Message message, Revocation revocation, Endpoint from) {
        var shared = policy.associationsWith(revocation.foreignDomainAddress());
        var verified = Verifier.verify(
                message, Kind.FOREIGN_HOME, shared.isEmpty() ? policy.associationsWith(from.address()) : shared);
        return verified instanceof Verified.By by ? Optional.of(by.association()) : Optional.empty();
    }

    /**
     * @param node none if nobody with this home address is known
     */
    Answer answer(Optional<MobileNodeState> node, ReceivedRevocation arrived) {
        var revocation = arrived.revocation();
        int identifier = revocation.identifier();
        if (node.flatMap(MobileNodeState::change).isPresent()) {
            return Answer.LATER;
        }
        var bound = node.flatMap(known -> known.bindings().at(revocation.foreignDomainAddress()))
                .filter(binding -> !isDirect(binding));
        if (bound.isPresent() && !isAgreed(bound.get(), arrived)) {
            return Answer.NOT_AGREED;
        }
        boolean late = bound.flatMap(MobilityBinding::revocation)
                .filter(terms -> !terms.isRevokedBy(identifier))
                .isPresent();
        if (late || !received.isNew(revocation.homeAddress(), revocation.foreignDomainAddress(), identifier)) {
            return Answer.REPLAYED;
        }
        return bound.isPresent() ? Answer.REVOKE : Answer.ACKNOWLEDGE;
    }

    /** §4.2.1; and nobody but the agent through which the mobile node is registered revokes that. */
    private boolean isAgreed(MobilityBinding binding, ReceivedRevocation arrived) {
        return binding.revocation().isPresent()
                && policy.associationsWith(binding.from().address()).contains(arrived.association());
    }

    /**
     * §3.4. The foreign agent that revokes need not be told the same.
     *
     * @param terms of the binding that has ended; none if there was no such binding
     */
    void acknowledge(Optional<MobileNodeState> node, ReceivedRevocation arrived, Optional<RevocationTerms> terms) {
        var revocation = arrived.revocation();
        node.ifPresent(known -> known.revoked()
                .removeIf(pending -> pending.careOfAddress().equals(revocation.foreignDomainAddress())
                        && !isDirect(pending.binding())));
        // §4.2.3.2: it is for us to decide if the foreign agent asks. The mobile node has nothing else to go by.
        boolean informs =
                revocation.informs() && terms.filter(RevocationTerms::informs).isPresent();
        var acknowledgment = new RevocationAcknowledgment(
                0,
                informs ? RevocationAcknowledgment.INFORM : 0,
                revocation.homeAddress(),
                revocation.identifier(),
                List.of());
        out.accept(new Action.SendRevocationMessage(
                arrived.from(), Seal.encode(acknowledgment, new Seal(Kind.FOREIGN_HOME, arrived.association()))));
    }

    /** Those that wait for their acknowledgment, as they are shown. */
    static List<RevocationStatus> status(MobileNodeState node) {
        return node.revoked().stream()
                .map(pending -> new RevocationStatus(
                        pending.binding(),
                        pending.informs(),
                        pending.sending().transmissions(),
                        pending.sending().end()))
                .toList();
    }

    private void log(Fact fact) {
        out.accept(new Action.Report(fact));
    }
}
