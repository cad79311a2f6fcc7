package org.mooring.foreign;

import static org.mooring.foreign.Event.Timer.Purpose.PENDING_PREPARATION;
import static org.mooring.foreign.Event.Timer.Purpose.PENDING_REQUEST;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.PendingRequest.Purpose;
import org.mooring.foreign.Policy.Compatibility;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

/** Receives requests, and relays those that are valid (RFC 3344 §3.7.2). Confined to the agent loop. */
final class RequestRelay {
    private final PendingRequests pending;
    private final Visits visits;
    private final Answers answers;
    private final Supplier<Policy> policy;
    private final Consumer<Action> actions;

    RequestRelay(
            PendingRequests pending,
            Visits visits,
            Answers answers,
            Supplier<Policy> policy,
            Consumer<Action> actions) {
        this.pending = pending;
        this.visits = visits;
        this.answers = answers;
        this.policy = policy;
        this.actions = actions;
    }

    /** A datagram from a visitor link. */
    void receive(Instant now, Origin origin, Decoded decoded) {
        if (decoded instanceof Decoded.Undecodable undecodable) {
            report(new Fact.Unreadable(origin.source().toString(), undecodable.reason(), undecodable.offset()));
        } else if (decoded instanceof Decoded.Message received
                && received.message() instanceof RegistrationRequest request) {
            if (DeviceAddress.isUnicast(origin.linkAddress())) {
                receive(now, origin, received, request);
            } else {
                report(new Fact.Discarded(origin.source().toString(), Fact.Discard.BAD_LINK_ADDRESS));
            }
        } else {
            report(new Fact.Discarded(origin.source().toString(), Fact.Discard.UNEXPECTED_MESSAGE));
        }
    }

    private void receive(Instant now, Origin origin, Decoded.Message received, RegistrationRequest request) {
        new RequestChecks(policy.get(), received, request, origin)
                .denial()
                .or(() -> resources(request, purpose(request)))
                .ifPresentOrElse(
                        denial -> answers.deny(now, origin, request, denial),
                        () -> relay(now, origin, received, request));
    }

    /** §3.7.1: what is already listed stays as it is; it takes no further resources to renew it. */
    private Optional<Denial> resources(RegistrationRequest request, Purpose purpose) {
        var home = request.homeAddress();
        if (isAnothers(home, request.homeAgent())) {
            return Optional.of(insufficient("another home agent's visitor has this home address"));
        }
        if (pending.find(home, purpose).isEmpty()
                && pending.size() >= policy.get().maxPending()) {
            return Optional.of(insufficient("too many pending requests"));
        }
        boolean arrives =
                !request.isDeregistration() && visits.of(home).findAny().isEmpty();
        if (arrives && visits.size() >= policy.get().maxVisitors()) {
            return Optional.of(insufficient("too many visitors"));
        }
        return Optional.empty();
    }

    private boolean isAnothers(Ipv4Address homeAddress, Ipv4Address homeAgent) {
        var listed = visits.of(homeAddress).map(Visitor::homeAgent);
        var waiting = pending.of(homeAddress).map(PendingRequest::request).map(RegistrationRequest::homeAgent);
        return Stream.concat(listed, waiting).anyMatch(other -> !other.equals(homeAgent));
    }

    private Purpose purpose(RegistrationRequest request) {
        return handover(request).prepare().isPresent() ? Purpose.PREPARATION : Purpose.REGISTRATION;
    }

    private HandoverRequest handover(RegistrationRequest request) {
        return HandoverRequest.of(request, policy.get().enterpriseNumber());
    }

    private static Denial insufficient(String why) {
        return new Denial(ReplyCode.FA_INSUFFICIENT_RESOURCES, why);
    }

    // §3.7.2.2 Forwarding a Valid Request to the Home Agent

    private void relay(Instant now, Origin origin, Decoded.Message received, RegistrationRequest request) {
        var home = request.homeAddress();
        var deadline = now.plus(pendingTime(request));
        // First of all: the packets that come from now on are for the paused mobile node.
        boolean commits = commit(now, origin, request);
        abort(request);
        var purpose = commits ? Purpose.COMMIT : purpose(request);
        pending.put(new PendingRequest(origin, request, purpose, deadline));
        actions.accept(new Action.ArmTimer(
                new Timer(purpose == Purpose.PREPARATION ? PENDING_PREPARATION : PENDING_REQUEST, home), deadline));

        var message = AuthorizedPart.of(received).concat(RegistrationCodec.encode(udpTunnelRequest(request)));
        var associations = policy.get().foreignHome(request.homeAgent());
        if (!associations.isEmpty() && isAuthenticated(request)) {
            message = new Seal(Kind.FOREIGN_HOME, associations.get(0)).appendTo(message);
        }
        actions.accept(new Action.RelayToHomeAgent(request.homeAgent(), message));
        report(new Fact.RequestRelayed(home, request.homeAgent(), origin.link(), request.lifetime()));
        if (purpose == Purpose.REGISTRATION && !request.isDeregistration()) {
            visits.arrivals().confirm(home, now);
        }
    }

    /**
     * RFC 3519 §4.5: behind the mobile node's part, under the foreign-home authentication. Never for a co-located care-of address: the tunnel
     * would come here.
     */
    private List<Extension> udpTunnelRequest(RegistrationRequest request) {
        boolean endsHere = !request.isDeregistration() && !request.flags().decapsulationByMobileNode();
        return policy.get().natTraversal().request().filter(any -> endsHere).stream()
                .map(Extension.class::cast)
                .toList();
    }

    /** §3.7.2.2: a request is pending no longer than the lifetime it asks for. */
    private static Duration pendingTime(RegistrationRequest request) {
        var lifetime = Duration.ofSeconds(request.lifetime());
        return !request.isDeregistration() && lifetime.compareTo(ForeignAgent.PENDING_TIME) < 0
                ? lifetime
                : ForeignAgent.PENDING_TIME;
    }

    /** RFC 5944 §3.7.2.2: not on a deregistration, nor for a care-of address that is not ours. RFC 3344: always. */
    private boolean isAuthenticated(RegistrationRequest request) {
        return policy.get().follows(Compatibility.RFC3344)
                || (!request.isDeregistration()
                        && request.careOfAddress().equals(policy.get().careOfAddress()));
    }

    /** Whether {@code request} is a COMMIT that is acted upon. Its sender must be the visitor: whoever else knows the id is nobody's friend. */
    private boolean commit(Instant now, Origin origin, RegistrationRequest request) {
        var home = request.homeAddress();
        boolean renews = purpose(request) == Purpose.REGISTRATION
                && !request.isDeregistration()
                && !request.flags().decapsulationByMobileNode();
        if (!renews || !isVisitor(home, origin)) {
            return false;
        }
        var committed = handover(request)
                .commit()
                .map(Commit::id)
                .filter(id -> visits.departures().commit(home, id, now));
        committed.ifPresent(id -> tellRedirected(home, id));
        return committed.isPresent();
    }

    private boolean isVisitor(Ipv4Address homeAddress, Origin origin) {
        return visits.visitors()
                .find(homeAddress)
                .filter(visitor -> visitor.link().equals(origin.link())
                        && visitor.linkAddress().equals(origin.linkAddress()))
                .isPresent();
    }

    /** As soon as the kernel redirects, and again for each COMMIT that is repeated. */
    void tellRedirected(Ipv4Address homeAddress, HandoverId id) {
        visits.visitors()
                .find(homeAddress)
                .filter(visitor -> visits.departures().isRedirected(homeAddress, id))
                .ifPresent(visitor -> answers.tellRedirected(visitor, id));
    }

    private void abort(RegistrationRequest request) {
        handover(request).abort().ifPresent(abort -> {
            visits.staged().abort(request.homeAddress(), abort.id());
            visits.departures().abort(request.homeAddress(), abort.id());
        });
    }

    private void report(Fact fact) {
        actions.accept(new Action.Report(fact));
    }
}
