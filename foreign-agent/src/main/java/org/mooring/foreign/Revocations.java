package org.mooring.foreign;

import static org.mooring.foreign.Event.Timer.Purpose.REVOCATION;

import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Fact.Discard;
import org.mooring.foreign.Fact.VisitorLeft.Why;
import org.mooring.foreign.PendingRequest.Purpose;
import org.mooring.protocol.revocation.ReceivedRevocations;
import org.mooring.protocol.revocation.RevocationClock;
import org.mooring.protocol.revocation.RevocationTerms;
import org.mooring.protocol.revocation.UnacknowledgedRevocation;
import org.mooring.protocol.security.LatestAssociations;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Revocation;
import org.mooring.protocol.wire.RevocationAcknowledgment;

/**
 * What the foreign agent and home agents tell each other, and mobile nodes, of registrations that are over before their time (RFC 3543).
 * Confined to the agent loop.
 */
final class Revocations {
    /** Of UDP (RFC 3344 §3.3). */
    private static final int REGISTRATION_PORT = 434;

    /** A visitor that is not served any more, while its home agent has not acknowledged that. */
    private record Revoked(Visitor visitor, UnacknowledgedRevocation sending) {}

    private final Map<VisitorKey, Revoked> revoked = new TreeMap<>();

    /** Acknowledgments that wait until the store has forgotten the visitor: a restart must not find it again. */
    private final Map<Ipv4Address, Action> held = new HashMap<>();

    private final ReceivedRevocations received = new ReceivedRevocations();
    private final PendingRequests pending;
    private final Visits visits;
    private final Advertiser advertiser;
    private final LatestAssociations associations;
    private final Supplier<Policy> policy;
    private final Consumer<Action> actions;
    private Optional<Integer> told = Optional.empty();

    Revocations(
            PendingRequests pending,
            Visits visits,
            Advertiser advertiser,
            LatestAssociations associations,
            Supplier<Policy> policy,
            Consumer<Action> actions) {
        this.pending = pending;
        this.visits = visits;
        this.advertiser = advertiser;
        this.associations = associations;
        this.policy = policy;
        this.actions = actions;
    }

    /** The time to tell at {@code now} (§3.2): none is before what was told already. */
    int timestamp(Instant now) {
        int time = told.map(last -> RevocationClock.atOrAfter(now, last)).orElseGet(() -> RevocationClock.at(now));
        tell(time);
        return time;
    }

    private void tell(int time) {
        told = told.filter(last -> RevocationClock.isAfter(last, time)).or(() -> Optional.of(time));
    }

    // RFC 3543 §4.2.3.1: the foreign agent revokes

    /** As the operator wants. */
    void revoke(Ipv4Address homeAddress, Instant now) {
        var visitors = visits.visitors().of(homeAddress).toList();
        var namesakes = visits.namesakes().of(homeAddress).toList();
        if (visitors.isEmpty() && namesakes.isEmpty()) {
            report(new Fact.NothingToRevoke(homeAddress));
            return;
        }
        boolean hasLeft = visits.departures().redirected(homeAddress).isPresent();
        namesakes.forEach(visitor -> revoke(visitor, false));
        if (!visitors.isEmpty()) {
            revoke(visitors.get(visitors.size() - 1), hasLeft);
        }
    }

    private void revoke(Visitor visitor, boolean hasLeft) {
        revoke(visitor, Why.REVOKED);
        // Where I is in use, it is the home agent's to decide.
        if (!hasLeft && !visitor.revocation().map(RevocationTerms::informs).orElse(false)) {
            inform(visitor, true);
        }
    }

    /** Its visitors can't be served any more. */
    void linkGone(String link) {
        var visitors =
                visits.all().filter(visitor -> visitor.link().equals(link)).toList();
        report(new Fact.LinkLost(link, visitors.size()));
        visitors.forEach(visitor -> revoke(visitor, Why.LINK_GONE));
    }

    private void revoke(Visitor visitor, Why why) {
        if (isPossible(visitor)) {
            boolean isNamesake = visits.namesakes().contains(VisitorKey.of(visitor));
            actions.accept(new Action.StoreRevocation(visitor, isNamesake));
        } else {
            report(new Fact.RevocationImpossible(visitor.homeAddress(), visitor.homeAgent()));
        }
        visits.end(VisitorKey.of(visitor), why);
    }

    /** RFC 4636 §6: {@code visitor}, which the home agent has accepted, is not served. */
    void refused(Visitor visitor) {
        if (isPossible(visitor)) {
            actions.accept(new Action.StoreRevocation(visitor, visits.isNamesake(VisitorKey.of(visitor))));
        }
    }

    private boolean isPossible(Visitor visitor) {
        return visitor.revocation().isPresent()
                && !policy.get().foreignHome(visitor.homeAgent()).isEmpty();
    }

    /** A restart would go on with it from now on. */
    void stored(Visitor visitor, Instant now) {
        // Who has registered again in between is served again.
        boolean servedAgain = registrations(VisitorKey.of(visitor)).findAny().isPresent();
        if (servedAgain) {
            actions.accept(new Action.ForgetRevocation(visitor));
        } else {
            begin(visitor, now);
            send(VisitorKey.of(visitor), now);
        }
    }

    /** What is listed and what is being installed of one mobile node. */
    private Stream<Visitor> registrations(VisitorKey key) {
        return Stream.concat(
                        visits.visitors().of(key.homeAddress()),
                        visits.namesakes().of(key.homeAddress()))
                .filter(visitor -> VisitorKey.of(visitor).equals(key));
    }

    private void begin(Visitor visitor, Instant now) {
        int last = visitor.revocation().map(RevocationTerms::told).orElseThrow();
        tell(last);
        revoked.put(
                VisitorKey.of(visitor),
                new Revoked(
                        visitor,
                        new UnacknowledgedRevocation(
                                last, visitor.expiry(), UnacknowledgedRevocation.apartFrom(last, now))));
    }

    /** It may be time to repeat a revocation. */
    void due(Ipv4Address homeAddress, Instant now) {
        waiting(homeAddress).forEach(found -> send(VisitorKey.of(found.visitor()), now));
    }

    private List<Revoked> waiting(Ipv4Address homeAddress) {
        return revoked.values().stream()
                .filter(found -> found.visitor().homeAddress().equals(homeAddress))
                .toList();
    }

    private void send(VisitorKey key, Instant now) {
        var found = revoked.get(key);
        if (found == null) {
            return;
        }
        var homeAddress = key.homeAddress();
        var visitor = found.visitor();
        var association = associations.with(visitor.homeAgent(), policy.get().foreignHome(visitor.homeAgent()));
        if (found.sending().isOver(now) || association.isEmpty()) {
            end(found);
            report(new Fact.RevocationUnanswered(
                    homeAddress, visitor.homeAgent(), found.sending().transmissions()));
            return;
        }
        // A registration that is under way is newer than what is revoked, and must not be taken for it.
        boolean registering = pending.of(homeAddress)
                .anyMatch(waiting -> waiting.purpose() != Purpose.PREPARATION
                        && VisitorKey.of(waiting.request()).equals(key));
        if (found.sending().isDue(now) && !registering) {
            send(found, association.get(), now);
        }
        var next = found.sending().isDue(now)
                ? now.plus(UnacknowledgedRevocation.SPACING)
                : found.sending().due();
        actions.accept(new Action.ArmTimer(new Timer(REVOCATION, homeAddress), next));
    }

    private void send(Revoked found, SecurityAssociation association, Instant now) {
        var visitor = found.visitor();
        int identifier = found.sending().send(now);
        tell(identifier);
        boolean asks = visitor.revocation().map(RevocationTerms::informs).orElse(false);
        var revocation = new Revocation(
                0,
                asks ? Revocation.INFORM : 0,
                visitor.homeAddress(),
                visitor.homeAgent(),
                visitor.careOfAddress(),
                identifier,
                List.of());
        actions.accept(new Action.SendRevocationMessage(
                visitor.homeAgent(),
                REGISTRATION_PORT,
                Seal.encode(revocation, new Seal(Kind.FOREIGN_HOME, association))));
        report(new Fact.RevocationSent(
                visitor.homeAddress(), visitor.homeAgent(), found.sending().transmissions()));
    }

    private void end(Revoked found) {
        revoked.remove(VisitorKey.of(found.visitor()));
        actions.accept(new Action.ForgetRevocation(found.visitor()));
    }

    /** {@code visitor} is registered, perhaps again after it was revoked: its home agent has a new binding in place of the revoked one. */
    void registered(Visitor visitor) {
        Optional.ofNullable(revoked.get(VisitorKey.of(visitor))).ifPresent(this::end);
    }

    /**
     * After a restart.
     *
     * @param unserved those that the configuration does not serve any more
     * @param unacknowledged those whose revocation is not acknowledged
     */
    void restore(
            Collection<Visitor> stored, Collection<Visitor> unserved, Collection<Visitor> unacknowledged, Instant now) {
        Stream.concat(stored.stream(), unacknowledged.stream())
                .flatMap(visitor -> visitor.revocation().stream())
                .map(RevocationTerms::told)
                .forEach(this::tell);
        unserved.stream()
                .filter(this::isPossible)
                .forEach(visitor -> actions.accept(new Action.StoreRevocation(visitor)));
        for (var visitor : unacknowledged) {
            begin(visitor, now);
            send(VisitorKey.of(visitor), now);
        }
    }

    // RFC 3543 §4.2.2.2: a home agent revokes

    void receive(Event.RevocationMessageReceived event) {
        if (event.message().message() instanceof Revocation revocation) {
            receive(event, revocation);
        } else if (event.message().message() instanceof RevocationAcknowledgment acknowledgment) {
            acknowledged(event, acknowledgment);
        }
    }

    private void receive(Event.RevocationMessageReceived event, Revocation revocation) {
        // RFC 3543, appendix B: the home domain address tells visitors with one home address apart, and must be there.
        var verified = Verifier.verify(
                event.message(), Kind.FOREIGN_HOME, policy.get().foreignHome(revocation.homeDomainAddress()));
        if (!(verified instanceof Verified.By by)) {
            discard(event, Discard.REVOCATION_NOT_AUTHENTIC);
            return;
        }
        if (!revocation.isFromHomeAgent()) {
            discard(event, Discard.REVOCATION_REFLECTED);
            return;
        }
        var key = new VisitorKey(revocation.homeAddress(), revocation.homeDomainAddress());
        var visitors = registrations(key)
                .filter(visitor -> visitor.careOfAddress().equals(revocation.foreignDomainAddress()))
                .toList();
        if (visitors.stream().anyMatch(visitor -> visitor.revocation().isEmpty())) {
            discard(event, Discard.REVOCATION_NOT_AGREED);
        } else if (isReplayed(revocation, visitors)) {
            discard(event, Discard.REVOCATION_REPLAYED);
        } else {
            // Of others that have the home address, whatever is stored stays.
            boolean isStored = !visits.isNamesake(key);
            boolean informed =
                    !visitors.isEmpty() && revoked(visitors.get(visitors.size() - 1), revocation, event.at());
            var acknowledgment = acknowledgment(event, revocation, informed, by.association());
            if (isStored) {
                held.put(revocation.homeAddress(), acknowledgment);
                // One that was forgotten already is forgotten again, for the answer.
                actions.accept(new Action.ForgetVisitor(revocation.homeAddress()));
            } else {
                actions.accept(acknowledgment);
            }
        }
    }

    private boolean isReplayed(Revocation revocation, List<Visitor> visitors) {
        int identifier = revocation.identifier();
        return visitors.stream()
                        .flatMap(visitor -> visitor.revocation().stream())
                        .anyMatch(terms -> !terms.isRevokedBy(identifier))
                || !received.isNew(revocation.homeAddress(), revocation.homeDomainAddress(), identifier);
    }

    /** Whether the mobile node was told: as the home agent wants if the two agreed on that, else in any case (§3.2). */
    private boolean revoked(Visitor visitor, Revocation revocation, Instant now) {
        boolean isNamesake = visits.namesakes().contains(VisitorKey.of(visitor));
        if (!isNamesake && visits.retire(visitor.homeAddress(), Why.REVOKED_BY_HOME_AGENT, now)) {
            return false;
        }
        visits.end(VisitorKey.of(visitor), Why.REVOKED_BY_HOME_AGENT);
        boolean agreed = visitor.revocation().map(RevocationTerms::informs).orElse(false);
        return (revocation.informs() || !agreed) && inform(visitor, false);
    }

    private Action acknowledgment(
            Event.RevocationMessageReceived event,
            Revocation revocation,
            boolean informed,
            SecurityAssociation association) {
        var acknowledgment = new RevocationAcknowledgment(
                0,
                informed && revocation.informs() ? RevocationAcknowledgment.INFORM : 0,
                revocation.homeAddress(),
                revocation.identifier(),
                List.of());
        return new Action.SendRevocationMessage(
                event.from(), event.port(), Seal.encode(acknowledgment, new Seal(Kind.FOREIGN_HOME, association)));
    }

    /** Nothing is stored of the visitor any more. */
    void forgotten(Ipv4Address homeAddress) {
        Optional.ofNullable(held.remove(homeAddress)).ifPresent(actions);
    }

    private void acknowledged(Event.RevocationMessageReceived event, RevocationAcknowledgment acknowledgment) {
        var found = waiting(acknowledgment.homeAddress()).stream()
                .filter(one -> one.sending().isAcknowledgedBy(acknowledgment.identifier()))
                .filter(one -> Verifier.verify(
                                event.message(),
                                Kind.FOREIGN_HOME,
                                policy.get().foreignHome(one.visitor().homeAgent()))
                        instanceof Verified.By)
                .findFirst();
        if (found.isEmpty()) {
            discard(event, Discard.REVOCATION_NOT_SENT);
            return;
        }
        var visitor = found.get().visitor();
        end(found.get());
        report(new Fact.RevocationAcknowledged(
                visitor.homeAddress(),
                visitor.homeAgent(),
                found.get().sending().transmissions()));
        // §3.4: what was not asked is not answered.
        if (acknowledgment.informs()
                && visitor.revocation().map(RevocationTerms::informs).orElse(false)) {
            inform(visitor, true);
        }
    }

    /** Whether there is a link where the mobile node can be told (§4.1). */
    private boolean inform(Visitor visitor, boolean busy) {
        boolean reachable = policy.get().links().containsKey(visitor.link());
        if (reachable) {
            advertiser.tellRevoked(policy.get(), visitor, busy);
            report(new Fact.MobileNodeInformed(visitor.homeAddress(), visitor.link(), busy));
        }
        return reachable;
    }

    List<RevocationStatus> status() {
        return revoked.values().stream()
                .map(found ->
                        new RevocationStatus(found.visitor(), found.sending().transmissions()))
                .toList();
    }

    private void discard(Event.RevocationMessageReceived event, Discard reason) {
        report(new Fact.Discarded(event.from().toString(), reason));
    }

    private void report(Fact fact) {
        actions.accept(new Action.Report(fact));
    }
}
