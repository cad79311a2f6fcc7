package org.mooring.foreign;

import static org.mooring.foreign.Event.Timer.Purpose.PENDING_PREPARATION;
import static org.mooring.foreign.Event.Timer.Purpose.PENDING_REQUEST;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Fact.VisitorLeft.Why;
import org.mooring.foreign.PendingRequest.Purpose;
import org.mooring.foreign.VisitorList.HeldReply;
import org.mooring.protocol.handover.Arrival;
import org.mooring.protocol.handover.Arrivals;
import org.mooring.protocol.handover.Arrivals.Refusal;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage.Redirected;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationMessage;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

/**
 * The foreign agent of RFC 3344 §3.7, and its part of handovers (docs/handover.md, "Foreign agent"): events in, actions out. Opens nothing, reads no clock, confined to one thread.
 *
 * <p>A mobile node is known by its home address alone: the kernel's forwarding is, so two visitors with one private
 * address cannot both be served, and the second is told so.
 */
public final class ForeignAgent {
    /** §3.7.1: a pending request is given up after that. */
    static final Duration PENDING_TIME = Duration.ofSeconds(7);

    /** Of UDP (RFC 3344 §3.3). */
    private static final int REGISTRATION_PORT = 434;

    /** What the event that is being handled makes necessary. */
    private final List<Action> actions = new ArrayList<>();

    private final PendingRequests pending = new PendingRequests();
    private final VisitorList visitors = new VisitorList(actions::add);
    private final Arrivals arrivals = new Arrivals(new ArrivalActions(actions::add));
    private final StagedVisitors staged = new StagedVisitors(arrivals, actions::add);
    private final Departures departures = new Departures(actions::add);
    private final DenialLimit denials = new DenialLimit();
    private final Dispatch dispatch = new Dispatch();

    private Policy policy;

    public ForeignAgent(Policy policy) {
        this.policy = policy;
    }

    /** What {@code event} makes necessary, in the order in which it is to be done. */
    public List<Action> handle(Event event) {
        actions.clear();
        event.on(dispatch);
        return List.copyOf(actions);
    }

    /** What applies to the next request. */
    public Policy policy() {
        return policy;
    }

    /** The visitor list, in the order of home addresses. */
    public List<Visitor> visitors() {
        return visitors.all();
    }

    /** Who may come, in the order of home addresses. */
    public List<StagedVisitor> staged() {
        return staged.all();
    }

    /** Where the packets of a visitor that has left go: the home address itself if it went home. */
    public Optional<Ipv4Address> redirected(Ipv4Address homeAddress) {
        return departures.redirected(homeAddress);
    }

    /** How the packets of those that came last were put in order, in the order of home addresses. */
    public List<Arrival> arrivals() {
        return arrivals.all();
    }

    /** The requests that wait for an answer, in the order of home addresses. */
    public List<PendingRequest> pending() {
        return pending.all();
    }

    // §3.7.2 Receiving Registration Requests

    private void receiveRequest(Instant now, Origin origin, Decoded decoded) {
        if (decoded instanceof Decoded.Undecodable undecodable) {
            report(new Fact.Unreadable(origin.source().toString(), undecodable.reason(), undecodable.offset()));
        } else if (decoded instanceof Decoded.Message received
                && received.message() instanceof RegistrationRequest request) {
            if (DeviceAddress.isUnicast(origin.linkAddress())) {
                receiveRequest(now, origin, received, request);
            } else {
                report(new Fact.Discarded(origin.source().toString(), Fact.Discard.BAD_LINK_ADDRESS));
            }
        } else {
            report(new Fact.Discarded(origin.source().toString(), Fact.Discard.UNEXPECTED_MESSAGE));
        }
    }

    private void receiveRequest(Instant now, Origin origin, Decoded.Message received, RegistrationRequest request) {
        new RequestChecks(policy, received, request, origin)
                .denial()
                .or(() -> resources(request, purpose(request)))
                .ifPresentOrElse(
                        denial -> deny(now, origin, request, denial), () -> relay(now, origin, received, request));
    }

    /** §3.7.1: what is already listed stays as it is; it takes no further resources to renew it. */
    private Optional<Denial> resources(RegistrationRequest request, Purpose purpose) {
        var home = request.homeAddress();
        if (isAnothers(home, request.homeAgent())) {
            return Optional.of(insufficient("another home agent's visitor has this home address"));
        }
        if (pending.find(home, purpose).isEmpty() && pending.size() >= policy.maxPending()) {
            return Optional.of(insufficient("too many pending requests"));
        }
        boolean arrives = !request.isDeregistration()
                && visitors.find(home).isEmpty()
                && staged.find(home).isEmpty();
        if (arrives && visitors.size() + staged.size() >= policy.maxVisitors()) {
            return Optional.of(insufficient("too many visitors"));
        }
        return Optional.empty();
    }

    private boolean isAnothers(Ipv4Address homeAddress, Ipv4Address homeAgent) {
        var listed = Stream.concat(visitors.find(homeAddress).stream(), staged.find(homeAddress).stream())
                .map(Visitor::homeAgent);
        var waiting = pending.of(homeAddress).map(PendingRequest::request).map(RegistrationRequest::homeAgent);
        return Stream.concat(listed, waiting).anyMatch(other -> !other.equals(homeAgent));
    }

    private Purpose purpose(RegistrationRequest request) {
        return handover(request).prepare().isPresent() ? Purpose.PREPARATION : Purpose.REGISTRATION;
    }

    private HandoverRequest handover(RegistrationRequest request) {
        return HandoverRequest.of(request, policy.enterpriseNumber());
    }

    private static Denial insufficient(String why) {
        return new Denial(ReplyCode.FA_INSUFFICIENT_RESOURCES, why);
    }

    // §3.7.2.2 Forwarding a Valid Request to the Home Agent

    private void relay(Instant now, Origin origin, Decoded.Message received, RegistrationRequest request) {
        var home = request.homeAddress();
        var deadline = now.plus(PENDING_TIME);
        // First of all: the packets that come from now on are for the paused mobile node.
        boolean commits = commit(origin, request);
        abort(request);
        var purpose = commits ? Purpose.COMMIT : purpose(request);
        pending.put(new PendingRequest(origin, request, purpose, deadline));
        actions.add(new Action.ArmTimer(
                new Timer(purpose == Purpose.PREPARATION ? PENDING_PREPARATION : PENDING_REQUEST, home), deadline));

        // RFC 5944 §3.7.2.2 has no Foreign-Home extension on deregistrations; a home agent of RFC 3344 asks for one on
        // each message, and one of RFC 5944 does not mind.
        var message = AuthorizedPart.of(received);
        var associations = policy.foreignHome(request.homeAgent());
        if (!associations.isEmpty()) {
            message = new Seal(Kind.FOREIGN_HOME, associations.get(0)).appendTo(message);
        }
        actions.add(new Action.RelayToHomeAgent(request.homeAgent(), message));
        report(new Fact.RequestRelayed(home, request.homeAgent(), origin.link(), request.lifetime()));
        if (purpose == Purpose.REGISTRATION && !request.isDeregistration()) {
            arrivals.confirm(home, now);
        }
    }

    /** Whether {@code request} is a COMMIT that is acted upon. Its sender must be the visitor: whoever else knows the id is nobody's friend. */
    private boolean commit(Origin origin, RegistrationRequest request) {
        boolean renews = purpose(request) == Purpose.REGISTRATION
                && !request.isDeregistration()
                && !request.flags().decapsulationByMobileNode();
        return renews
                && visitors.find(request.homeAddress())
                        .filter(visitor -> visitor.link().equals(origin.link())
                                && visitor.linkAddress().equals(origin.linkAddress()))
                        .flatMap(visitor -> handover(request).commit())
                        .filter(commit -> departures.commit(request.homeAddress(), commit.id()))
                        .map(commit -> tellRedirected(request.homeAddress(), commit.id()))
                        .isPresent();
    }

    /** Tells the old site's hook that nothing comes here any more, as soon as the kernel redirects, and again for each COMMIT that is repeated. */
    private HandoverId tellRedirected(Ipv4Address homeAddress, HandoverId id) {
        visitors.find(homeAddress)
                .filter(visitor -> departures.isRedirected(homeAddress, id))
                .ifPresent(visitor -> actions.add(new Action.SendToVisitor(
                        visitor.link(),
                        visitor.linkAddress(),
                        policy.links().getOrDefault(visitor.link(), policy.careOfAddress()),
                        homeAddress,
                        REGISTRATION_PORT,
                        new Redirected(id).encode(policy.enterpriseNumber()))));
        return id;
    }

    private void abort(RegistrationRequest request) {
        handover(request).abort().ifPresent(abort -> {
            staged.abort(request.homeAddress(), abort.id());
            departures.abort(request.homeAddress(), abort.id());
        });
    }

    // §3.7.2.3 Denying Invalid Requests

    private void deny(Instant now, Origin origin, RegistrationRequest request, Denial denial) {
        boolean answered = denials.permits(request.homeAddress(), now);
        report(new Fact.RequestDenied(request.homeAddress(), origin.link(), denial.code(), denial.why(), answered));
        if (!answered) {
            return;
        }
        int lifetime = denial.code().equals(ReplyCode.FA_LIFETIME_TOO_LONG) ? policy.maxLifetime() : request.lifetime();
        var reply = new RegistrationReply(
                denial.code(),
                lifetime,
                request.homeAddress(),
                request.homeAgent(),
                request.identification(),
                List.of());
        sendToVisitor(origin, request, RegistrationCodec.encode(reply));
    }

    /** Ends a pending request. */
    private void denyPending(Instant now, PendingRequest given, ReplyCode code, String why) {
        pending.remove(given);
        deny(now, given.origin(), given.request(), new Denial(code, why));
    }

    /** The addresses and ports of §3.7.2.3, which §3.7.3.2 uses as well. */
    private void sendToVisitor(Origin origin, RegistrationRequest request, Octets message) {
        var source = origin.destination().isUnicast()
                ? origin.destination()
                : policy.links().getOrDefault(origin.link(), policy.careOfAddress());
        var sealed = mobileForeignAssociation(request)
                .map(association -> new Seal(Kind.MOBILE_FOREIGN, association).appendTo(message))
                .orElse(message);
        actions.add(new Action.SendToVisitor(
                origin.link(),
                origin.linkAddress(),
                source,
                destination(origin, request),
                origin.sourcePort(),
                sealed));
    }

    /**
     * §3.7.2.3: the home address. But a station that speaks for the mobile node from an address of its own does not have that one, and
     * might route the reply to where the mobile node still is.
     */
    private static Ipv4Address destination(Origin origin, RegistrationRequest request) {
        boolean speaksForAnother = DeviceAddress.of(request)
                .filter(device -> !device.equals(origin.linkAddress()))
                .isPresent();
        if (speaksForAnother && origin.source().isUnicast()) {
            return origin.source();
        }
        var home = request.homeAddress();
        return home.isUnspecified() ? Ipv4Address.LIMITED_BROADCAST : home;
    }

    /** The association that the request's own extension names, or else the first. */
    private Optional<SecurityAssociation> mobileForeignAssociation(RegistrationRequest request) {
        var associations = policy.mobileForeign(request.homeAddress());
        return associations.stream()
                .filter(association -> request.extensions().stream()
                        .anyMatch(extension -> extension instanceof Authentication authentication
                                && authentication.kind() == Kind.MOBILE_FOREIGN
                                && authentication.spi() == association.spi()))
                .findFirst()
                .or(() -> associations.stream().findFirst());
    }

    // §3.7.3 Receiving Registration Replies

    private void receiveReply(Instant now, Ipv4Address from, Decoded decoded) {
        if (decoded instanceof Decoded.Undecodable undecodable) {
            report(new Fact.Unreadable(from.toString(), undecodable.reason(), undecodable.offset()));
        } else if (decoded instanceof Decoded.Message received
                && received.message() instanceof RegistrationReply reply) {
            receiveReply(now, from, received, reply);
        } else {
            report(new Fact.Discarded(from.toString(), Fact.Discard.UNEXPECTED_MESSAGE));
        }
    }

    // §3.7.3.1 Validity Checks

    private void receiveReply(Instant now, Ipv4Address from, Decoded.Message received, RegistrationReply reply) {
        var waiting = pending.of(reply.homeAddress()).toList();
        var answered = waiting.stream()
                .filter(request -> request.isAnsweredBy(reply, from))
                .findFirst();
        if (answered.isPresent()) {
            receiveAnswer(now, answered.get(), received, reply);
        } else if (waiting.isEmpty()) {
            report(new Fact.Discarded(from.toString(), Fact.Discard.NO_PENDING_REQUEST));
        } else {
            report(new Fact.Discarded(from.toString(), Fact.Discard.REPLY_DOES_NOT_MATCH));
        }
    }

    private void receiveAnswer(
            Instant now, PendingRequest answered, Decoded.Message received, RegistrationReply reply) {
        var wrong = new ReplyChecks(policy, received, reply, answered.request()).denial();
        if (wrong.isPresent()) {
            denyPending(now, answered, wrong.get().code(), wrong.get().why());
            return;
        }
        pending.remove(answered);
        var ready = new HeldReply(answered, reply, AuthorizedPart.of(received));
        var word = HomeAgentsWord.of(received, answered.request().homeAgent(), policy);
        switch (answered.purpose()) {
            case REGISTRATION -> relay(now, ready, word);
            case PREPARATION -> relayPrepared(now, ready, word);
            case COMMIT -> send(ready); // What there was to do is done; the mobile node is not here any more.
        }
    }

    // §3.7.3.2 Forwarding Replies to the Mobile Node

    private void relay(Instant now, HeldReply ready, HomeAgentsWord word) {
        var reply = ready.reply();
        var request = ready.answered().request();
        if (reply.code().isAccepted() && reply.lifetime() == 0) {
            // A deregistration of another care-of address than ours says nothing about our visitor.
            if (request.isDeregistrationOfAll() || request.careOfAddress().equals(policy.careOfAddress())) {
                end(reply.homeAddress(), Why.DEREGISTERED);
            }
            send(ready);
        } else if (reply.code().isAccepted() && !request.flags().decapsulationByMobileNode()) {
            var visitor = visitor(now, ready);
            departures.registered(visitor);
            word.staged()
                    .filter(this::isElsewhere)
                    .ifPresent(place -> departures.remember(visitor.homeAddress(), place));
            visitors.install(visitor, ready);
        } else {
            // Denied, which leaves an earlier registration as it is; or co-located, where no tunnel ends here.
            send(ready);
        }
    }

    /** Whether packets can be redirected there. */
    private boolean isElsewhere(Staged place) {
        return place.careOfAddress().isUnicast() && !policy.isOwn(place.careOfAddress());
    }

    /** docs/handover.md, "Foreign agent": the reply to PREPARE registers nothing. */
    private void relayPrepared(Instant now, HeldReply ready, HomeAgentsWord word) {
        var request = ready.answered().request();
        var handover = handover(request);
        boolean stages = ready.reply().code().isAccepted()
                && handover.abort().isEmpty()
                && !request.flags().decapsulationByMobileNode();
        if (!stages || handover.prepare().isEmpty()) {
            send(ready);
            return;
        }
        var home = request.homeAddress();
        var prepare = handover.prepare().get();
        var expiry = now.plusSeconds(Math.min(prepare.holdSeconds(), policy.maxLifetime()));
        if (word.previous().isPresent()) {
            if (departures.redirected(home).isPresent()) {
                // It went to where it comes from now: packets would go back and forth between the two of us.
                end(home, Why.REDIRECTED);
            }
            // At home there is no foreign agent: what is redirected from there comes from the home agent.
            var previous = word.previous().map(Previous::careOfAddress).filter(address -> !address.equals(home));
            staged.stage(new StagedVisitor(prepare.id(), visitor(ready, expiry, previous)), ready, now);
        } else if (staged.isStaged(home, prepare.id())) {
            // Refreshed after COMMIT: our care-of address is the present one already.
            var previous = staged.find(home).flatMap(Visitor::previousCareOfAddress);
            staged.stage(new StagedVisitor(prepare.id(), visitor(ready, expiry, previous)), ready, now);
        } else {
            send(ready);
        }
    }

    private Visitor visitor(Instant now, HeldReply ready) {
        int lifetime = Math.min(ready.reply().lifetime(), policy.maxLifetime());
        var home = ready.reply().homeAddress();
        var previous = staged.find(home).or(() -> visitors.find(home)).flatMap(Visitor::previousCareOfAddress);
        return visitor(
                ready,
                lifetime == RegistrationMessage.INFINITE_LIFETIME ? Visitor.NEVER : now.plusSeconds(lifetime),
                previous);
    }

    private Visitor visitor(HeldReply ready, Instant expiry, Optional<Ipv4Address> previousCareOfAddress) {
        var answered = ready.answered();
        var request = answered.request();
        return new Visitor(
                request.homeAddress(),
                answered.origin().link(),
                DeviceAddress.of(request).orElse(answered.origin().linkAddress()),
                ready.reply().homeAgent(),
                policy.careOfAddress(),
                request.flags().reverseTunneling(),
                request.identification(),
                expiry,
                previousCareOfAddress);
    }

    private void send(HeldReply ready) {
        var reply = ready.reply();
        sendToVisitor(ready.answered().origin(), ready.answered().request(), ready.message());
        report(new Fact.ReplyRelayed(reply.homeAddress(), reply.homeAgent(), reply.code(), reply.lifetime()));
    }

    private void refuse(Instant now, Visitor visitor, String why) {
        report(new Fact.KernelRefused(visitor.homeAddress(), "install", why));
        refuse(now, visitors.release(visitor));
        if (departures.notInstalled(visitor)) {
            end(visitor.homeAddress(), Why.REFUSED);
        } else if (visitors.find(visitor.homeAddress()).isEmpty()) {
            departures.forget(visitor.homeAddress());
        }
    }

    private void refuse(Instant now, StagedVisitor visitor, String why) {
        report(new Fact.KernelRefused(visitor.visitor().homeAddress(), "stage", why));
        refuse(now, staged.notStaged(visitor));
    }

    private void refuse(Instant now, Optional<HeldReply> reply) {
        reply.map(HeldReply::answered)
                .ifPresent(answered -> deny(
                        now,
                        answered.origin(),
                        answered.request(),
                        insufficient("the kernel refused to forward its packets")));
    }

    // §3.7: the end of a visit

    private void end(Ipv4Address homeAddress, Why why) {
        if (visitors.end(homeAddress, why)) {
            ended(homeAddress);
        }
    }

    private void expire(Ipv4Address homeAddress, Instant now) {
        if (visitors.expire(homeAddress, now)) {
            ended(homeAddress);
        }
    }

    private void ended(Ipv4Address homeAddress) {
        departures.forget(homeAddress);
        if (staged.isStaged(homeAddress)) {
            staged.restage(homeAddress);
        } else {
            arrivals.forget(homeAddress);
        }
    }

    // §3.7.1: a request is not pending for ever

    private void timeOut(Instant now, Ipv4Address homeAddress, Purpose purpose) {
        pending.find(homeAddress, purpose)
                .filter(waiting -> !now.isBefore(waiting.deadline()))
                .ifPresent(waiting -> denyPending(
                        now,
                        waiting,
                        ReplyCode.FA_REGISTRATION_TIMEOUT,
                        "no reply from home agent " + waiting.request().homeAgent()));
    }

    // §3.7.3, on ICMP errors

    private void homeAgentUnreachable(Event.HomeAgentUnreachable event) {
        var code = codeFor(event);
        pending.all().stream()
                .filter(waiting -> waiting.request().homeAgent().equals(event.homeAgent()))
                .filter(waiting -> event.request()
                        .map(quoted -> quoted.equals(waiting.request().identification()))
                        .orElse(true))
                .toList()
                .forEach(waiting ->
                        denyPending(event.at(), waiting, code, "ICMP error from or about " + event.homeAgent()));
    }

    private static ReplyCode codeFor(Event.HomeAgentUnreachable event) {
        if (event.type() != 3) {
            return ReplyCode.FA_HOME_AGENT_UNREACHABLE;
        }
        return switch (event.code()) {
            case 0 -> ReplyCode.FA_HOME_NETWORK_UNREACHABLE;
            case 1 -> ReplyCode.FA_HOME_AGENT_HOST_UNREACHABLE;
            case 3 -> ReplyCode.FA_HOME_AGENT_PORT_UNREACHABLE;
            default -> ReplyCode.FA_HOME_AGENT_UNREACHABLE;
        };
    }

    private void discard(Ipv4Address from, Refusal reason) {
        report(new Fact.HandoverMessageDiscarded(from.toString(), reason));
    }

    private void report(Fact fact) {
        actions.add(new Action.Report(fact));
    }

    private final class Dispatch implements Event.Handler {
        @Override
        public void handle(Event.RequestReceived event) {
            receiveRequest(event.at(), event.origin(), event.decoded());
        }

        @Override
        public void handle(Event.ReplyReceived event) {
            receiveReply(event.at(), event.from(), event.decoded());
        }

        @Override
        public void handle(Event.HomeAgentUnreachable event) {
            homeAgentUnreachable(event);
        }

        @Override
        public void handle(Event.VisitorInstalled event) {
            departures.installed(event.visitor());
            if (visitors.installed(event.visitor())) {
                staged.confirm(event.visitor().homeAddress());
                // Its request may have passed before anything was staged.
                arrivals.confirm(event.visitor().homeAddress(), event.at());
            }
        }

        @Override
        public void handle(Event.VisitorNotInstalled event) {
            refuse(event.at(), event.visitor(), event.why());
        }

        @Override
        public void handle(Event.VisitorRemoved event) {
            // As was asked.
        }

        @Override
        public void handle(Event.VisitorNotRemoved event) {
            report(new Fact.KernelRefused(event.homeAddress(), "remove", event.why()));
        }

        @Override
        public void handle(Event.VisitorStaged event) {
            staged.staged(event.staged()).ifPresent(ForeignAgent.this::send);
        }

        @Override
        public void handle(Event.VisitorNotStaged event) {
            refuse(event.at(), event.staged(), event.why());
        }

        @Override
        public void handle(Event.VisitorUnstaged event) {
            // As was asked.
        }

        @Override
        public void handle(Event.VisitorNotUnstaged event) {
            report(new Fact.KernelRefused(event.homeAddress(), "unstage", event.why()));
        }

        @Override
        public void handle(Event.VisitorRedirected event) {
            departures.redirected(event.homeAddress(), event.id());
            tellRedirected(event.homeAddress(), event.id());
        }

        @Override
        public void handle(Event.VisitorNotRedirected event) {
            report(new Fact.KernelRefused(event.homeAddress(), "redirect", event.why()));
            departures.notRedirected(event.homeAddress(), event.id());
        }

        @Override
        public void handle(Event.VisitorRecalled event) {
            // As was asked.
        }

        @Override
        public void handle(Event.VisitorNotRecalled event) {
            report(new Fact.KernelRefused(event.homeAddress(), "recall", event.why()));
            end(event.homeAddress(), Why.REFUSED);
        }

        @Override
        public void handle(Event.VisitorStored event) {
            visitors.release(event.visitor()).ifPresent(ForeignAgent.this::send);
        }

        @Override
        public void handle(Event.VisitorNotStored event) {
            // To refuse it would cut the mobile node off for what matters only after a crash.
            report(new Fact.NotStored(event.visitor().homeAddress(), event.why()));
            visitors.release(event.visitor()).ifPresent(ForeignAgent.this::send);
        }

        @Override
        public void handle(Event.HandoverMessageReceived event) {
            arrivals.receive(event.datagram(), policy.enterpriseNumber(), event.at())
                    .ifPresent(refusal -> discard(event.from(), refusal));
        }

        @Override
        public void handle(Event.MarkerReceived event) {
            arrivals.mark(event.homeAddress(), event.datagram(), policy.enterpriseNumber(), event.at())
                    .ifPresent(refusal -> discard(event.homeAddress(), refusal));
        }

        @Override
        public void handle(Event.WaitBegan event) {
            arrivals.began(event.homeAddress(), event.room(), event.at());
        }

        @Override
        public void handle(Event.RoomOpened event) {
            var opened = event.action();
            long more = arrivals.held(opened.homeAddress(), opened.id(), event.held());
            report(new Fact.RoomOpened(opened, event.held(), more));
        }

        @Override
        public void handle(Event.TimerFired event) {
            switch (event.timer().purpose()) {
                case PENDING_REQUEST -> timeOut(event.at(), event.timer().homeAddress(), Purpose.REGISTRATION);
                case PENDING_PREPARATION -> timeOut(event.at(), event.timer().homeAddress(), Purpose.PREPARATION);
                case VISITOR -> expire(event.timer().homeAddress(), event.at());
                case STAGED_VISITOR -> staged.expire(event.timer().homeAddress(), event.at());
                case ARRIVAL -> arrivals.due(event.timer().homeAddress(), event.at());
            }
        }

        @Override
        public void handle(Event.Restored event) {
            visitors.restore(event.visitors(), policy, event.at());
        }

        @Override
        public void handle(Event.PolicyChanged event) {
            policy = event.policy();
        }
    }
}
