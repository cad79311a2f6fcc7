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
import org.mooring.foreign.Policy.Revocability;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.RepeatedRequest;
import org.mooring.protocol.security.LatestAssociations;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.AuthorizedPart;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.ProxyAuthenticationMethod;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.RevocationSupport;

/** Receives requests, and relays those that are valid (RFC 3344 §3.7.2). Confined to the agent loop. */
final class RequestRelay {
    private final PendingRequests pending;
    private final Visits visits;
    private final Answers answers;
    private final Revocations revocations;
    private final Challenges challenges;
    private final LatestAssociations latest;
    private final Supplier<Policy> policy;
    private final Consumer<Action> actions;

    RequestRelay(
            PendingRequests pending,
            Visits visits,
            Answers answers,
            Revocations revocations,
            Challenges challenges,
            LatestAssociations latest,
            Supplier<Policy> policy,
            Consumer<Action> actions) {
        this.pending = pending;
        this.visits = visits;
        this.answers = answers;
        this.revocations = revocations;
        this.challenges = challenges;
        this.latest = latest;
        this.policy = policy;
        this.actions = actions;
    }

    /**
     * A datagram from a visitor link.
     *
     * @param again whether it came in AGAIN, which is no request to who knows no handovers, and is none when it is relayed (RFC 3344 §3.6.3, §3.7)
     */
    void receive(Instant now, Origin origin, Decoded decoded, boolean again) {
        if (decoded instanceof Decoded.Undecodable undecodable) {
            report(new Fact.Unreadable(origin.source().toString(), undecodable.reason(), undecodable.offset()));
        } else if (decoded instanceof Decoded.Message received
                && received.message() instanceof RegistrationRequest request) {
            if (isForHomeAgent(origin, request)) {
                report(new Fact.Discarded(origin.source().toString(), Fact.Discard.FOR_HOME_AGENT));
            } else if (request.extension(ProxyAuthenticationMethod.class).isPresent()) {
                report(new Fact.Discarded(origin.source().toString(), Fact.Discard.PROXY_REGISTRATION));
            } else if (offersRevocation(request)) {
                report(new Fact.Discarded(origin.source().toString(), Fact.Discard.REVOCATION_SUPPORT));
            } else if (policy.get().advertising().challenges() && Challenges.isUnauthenticated(request)) {
                report(new Fact.Discarded(origin.source().toString(), Fact.Discard.UNAUTHENTICATED_CHALLENGE));
            } else if (DeviceAddress.isUnicast(origin.linkAddress())) {
                receive(now, origin, received, request, again);
            } else {
                report(new Fact.Discarded(origin.source().toString(), Fact.Discard.BAD_LINK_ADDRESS));
            }
        } else {
            report(new Fact.Discarded(origin.source().toString(), Fact.Discard.UNEXPECTED_MESSAGE));
        }
    }

    /**
     * Whether it was sent to all mobility agents and is for the home agent that this router is on this link (RFC 3344 §2.3, §3.7.2): it comes from a
     * mobile node that has come home, or is its own tunnel's end. Here there would be a denial beside that one's answer.
     */
    private boolean isForHomeAgent(Origin origin, RegistrationRequest request) {
        return origin.destination().equals(Ipv4Address.ALL_MOBILITY_AGENTS)
                && policy.get().isAnothersOn(origin.link(), request.homeAgent())
                && (request.flags().decapsulationByMobileNode()
                        || (request.isDeregistrationOfAll() && origin.source().equals(request.homeAddress())));
    }

    /** RFC 3543 §4.2.1: a mobile node without a co-located care-of address must not, and hears nothing. */
    private static boolean offersRevocation(RegistrationRequest request) {
        return !request.flags().decapsulationByMobileNode()
                && request.extension(RevocationSupport.class).isPresent();
    }

    private void receive(
            Instant now, Origin origin, Decoded.Message received, RegistrationRequest request, boolean again) {
        new RequestChecks(policy.get(), received, request, origin, () -> challenge(origin, request))
                .denial()
                .or(() -> resources(origin, request))
                .ifPresentOrElse(
                        denial -> answers.deny(now, origin, request, denial),
                        () -> relay(now, origin, received, request, again));
    }

    private Optional<Denial> challenge(Origin origin, RegistrationRequest request) {
        return policy.get().advertising().challenges()
                ? challenges.denial(
                        origin,
                        request,
                        !policy.get().mobileForeign(request.homeAddress()).isEmpty(),
                        pending.of(request.homeAddress()))
                : Optional.empty();
    }

    /** §3.7.1: what is already listed stays as it is; it takes no further resources to renew it. */
    private Optional<Denial> resources(Origin origin, RegistrationRequest request) {
        var home = request.homeAddress();
        var key = VisitorKey.of(request);
        var indistinct = Optional.of(key)
                .filter(any -> isTunnelEnd(request) && visits.isNamesake(key))
                .flatMap(any -> namesake(origin, request));
        if (indistinct.isPresent()) {
            return indistinct;
        }
        if (!pending.hasRoomFor(origin, request, purpose(request), isKnown(origin, request), policy.get())) {
            return Optional.of(insufficient("too many pending requests"));
        }
        boolean arrives = !request.isDeregistration()
                && !visits.namesakes().contains(key)
                && !visits.coLocated().contains(key)
                && visits.of(home).noneMatch(visitor -> visitor.homeAgent().equals(key.homeAgent()));
        if (arrives && visits.size() >= policy.get().maxVisitors()) {
            return Optional.of(insufficient("too many visitors"));
        }
        return Optional.empty();
    }

    /** Whether a tunnel would end here, if the request is accepted. */
    private static boolean isTunnelEnd(RegistrationRequest request) {
        return !request.isDeregistration() && !request.flags().decapsulationByMobileNode();
    }

    /** RFC 3024 §A.4 assumes care-of addresses that are no NAT's business. */
    private Optional<Denial> namesake(Origin origin, RegistrationRequest request) {
        var linkAddress = DeviceAddress.of(request).orElse(origin.linkAddress());
        return Denial.when(
                        purpose(request) == Purpose.PREPARATION
                                || policy.get().natTraversal().isBehindNat(),
                        ReplyCode.FA_INSUFFICIENT_RESOURCES,
                        "another home agent's visitor has this home address")
                .or(() -> visits.indistinct(
                        VisitorKey.of(request),
                        new Station(origin.link(), linkAddress),
                        request.flags().reverseTunneling()));
    }

    /** A mobile node that has authenticated itself to us, or is here or expected from the very station that asks. */
    private boolean isKnown(Origin origin, RegistrationRequest request) {
        return !policy.get().mobileForeign(request.homeAddress()).isEmpty()
                || Stream.concat(
                                visits.of(request.homeAddress()),
                                visits.namesakes().of(request.homeAddress()))
                        .anyMatch(visitor -> visitor.homeAgent().equals(AskedHomeAgent.of(request))
                                && Station.of(visitor).equals(Station.of(origin)));
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

    private void relay(
            Instant now, Origin origin, Decoded.Message received, RegistrationRequest request, boolean again) {
        var home = request.homeAddress();
        var deadline = now.plus(pendingTime(request));
        challenges.use(origin, request);
        // First of all: the packets that come from now on are for the paused mobile node.
        boolean commits = commit(now, origin, request);
        abort(origin, request);
        var purpose = commits ? Purpose.COMMIT : purpose(request);
        var homeAgent = AskedHomeAgent.of(request);
        var association =
                latest.with(homeAgent, policy.get().foreignHome(homeAgent)).filter(any -> isAuthenticated(request));
        var offered =
                Optional.of(revocations.timestamp(now)).filter(time -> association.isPresent() && isRevocable(request));
        pending.put(
                        new PendingRequest(origin, request, purpose, offered, deadline, isKnown(origin, request)),
                        policy.get())
                .ifPresent(other -> answers.deny(
                        now, other.origin(), other.request(), insufficient("another request has taken its place")));
        armPending(home, purpose == Purpose.PREPARATION);

        var message = AuthorizedPart.of(received).concat(RegistrationCodec.encode(udpTunnelRequest(request)));
        if (association.isPresent()) {
            var offer = offered.map(time -> new RevocationSupport(true, time)).stream()
                    .toList();
            message = new Seal(Kind.FOREIGN_HOME, association.get())
                    .appendTo(message.concat(RegistrationCodec.encode(offer)));
        }
        actions.accept(new Action.RelayToHomeAgent(
                homeAgent, again ? RepeatedRequest.encode(message, policy.get().enterpriseNumber()) : message));
        report(new Fact.RequestRelayed(home, homeAgent, origin.link(), request.lifetime()));
        if (purpose == Purpose.REGISTRATION
                && !request.isDeregistration()
                && !visits.isNamesake(VisitorKey.of(request))) {
            visits.arrivals().confirm(home, now);
        }
    }

    /** For the one that is to be given up first. */
    void armPending(Ipv4Address homeAddress, boolean prepares) {
        pending.deadline(homeAddress, prepares)
                .ifPresent(deadline -> actions.accept(new Action.ArmTimer(
                        new Timer(prepares ? PENDING_PREPARATION : PENDING_REQUEST, homeAddress), deadline)));
    }

    /**
     * RFC 3519 §4.5: behind the mobile node's part, under the foreign-home authentication. Never for a co-located care-of address: the tunnel
     * would come here.
     */
    private List<Extension> udpTunnelRequest(RegistrationRequest request) {
        return policy.get().natTraversal().request().filter(any -> isTunnelEnd(request)).stream()
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

    /** RFC 3543 §4.2.1: not where no tunnel will end here (§4.3.2), and a PREPARE registers nobody. */
    private boolean isRevocable(RegistrationRequest request) {
        return policy.get().revocation() != Revocability.REFUSED
                && !request.isDeregistration()
                && !request.flags().decapsulationByMobileNode()
                && handover(request).prepare().isEmpty();
    }

    /** Whether {@code request} is a COMMIT that is acted upon. Its sender must be the visitor: whoever else knows the id is nobody's friend. */
    private boolean commit(Instant now, Origin origin, RegistrationRequest request) {
        var home = request.homeAddress();
        boolean renews = purpose(request) == Purpose.REGISTRATION
                && !request.isDeregistration()
                && !request.flags().decapsulationByMobileNode();
        if (!renews || !isVisitor(request, origin)) {
            return false;
        }
        var committed = handover(request)
                .commit()
                .map(Commit::id)
                .filter(id -> visits.departures().commit(home, id, now));
        committed.ifPresent(id -> tellRedirected(home, id));
        return committed.isPresent();
    }

    /** Of the home agent that it names, which may deny what it asks for. */
    private boolean isVisitor(RegistrationRequest request, Origin origin) {
        return visits.visitors()
                .find(request.homeAddress())
                .filter(visitor -> Station.of(visitor).equals(Station.of(origin)))
                .filter(visitor -> visitor.homeAgent().equals(AskedHomeAgent.of(request)))
                .isPresent();
    }

    /** As soon as the kernel redirects, and again for each COMMIT that is repeated. */
    void tellRedirected(Ipv4Address homeAddress, HandoverId id) {
        visits.visitors()
                .find(homeAddress)
                .filter(visitor -> visits.departures().isRedirected(homeAddress, id))
                .ifPresent(visitor -> answers.tellRedirected(visitor, id));
    }

    void tellFollowed(Ipv4Address homeAddress, HandoverId id, long packets) {
        visits.visitors()
                .find(homeAddress)
                .filter(visitor -> visits.departures().isRedirected(homeAddress, id))
                .ifPresent(visitor -> {
                    report(new Fact.RedirectedCounted(homeAddress, id, packets));
                    answers.tellFollowed(visitor, id, packets);
                });
    }

    private void abort(Origin origin, RegistrationRequest request) {
        handover(request).abort().ifPresent(abort -> {
            visits.staged().abort(request.homeAddress(), abort.id());
            // Only a visitor ends its own redirect; one that is revoked is recalled when it is registered again, if at
            // all.
            if (isVisitor(request, origin)) {
                visits.departures().abort(request.homeAddress(), abort.id());
            }
        });
    }

    private void report(Fact fact) {
        actions.accept(new Action.Report(fact));
    }
}
