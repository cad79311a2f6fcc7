package org.mooring.foreign;

import static org.mooring.foreign.Event.Timer.Purpose.PENDING_REQUEST;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.VisitorList.HeldReply;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationMessage;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

/**
 * The foreign agent of RFC 3344 §3.7: events in, actions out. Opens nothing, reads no clock, confined to one thread.
 *
 * <p>A mobile node is known by its home address alone: the kernel's forwarding is, so two visitors with one private
 * address cannot both be served, and the second is told so.
 */
public final class ForeignAgent {
    /** §3.7.1: a pending request is given up after that. */
    static final Duration PENDING_TIME = Duration.ofSeconds(7);

    /** What the event that is being handled makes necessary. */
    private final List<Action> actions = new ArrayList<>();

    private final Map<Ipv4Address, PendingRequest> pending = new TreeMap<>();
    private final VisitorList visitors = new VisitorList(actions::add);
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

    /** The requests that wait for an answer, in the order of home addresses. */
    public List<PendingRequest> pending() {
        return List.copyOf(pending.values());
    }

    // §3.7.2 Receiving Registration Requests

    private void receiveRequest(Instant now, Origin origin, Decoded decoded) {
        if (decoded instanceof Decoded.Undecodable undecodable) {
            report(new Fact.Unreadable(origin.source().toString(), undecodable.reason(), undecodable.offset()));
        } else if (decoded instanceof Decoded.Message received
                && received.message() instanceof RegistrationRequest request) {
            if (isUnicast(origin.linkAddress())) {
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
                .or(() -> resources(request))
                .ifPresentOrElse(
                        denial -> deny(now, origin, request, denial), () -> relay(now, origin, received, request));
    }

    /** §3.7.1: what is already listed stays as it is; it takes no further resources to renew it. */
    private Optional<Denial> resources(RegistrationRequest request) {
        var home = request.homeAddress();
        if (isAnothers(home, request.homeAgent())) {
            return Optional.of(insufficient("another home agent's visitor has this home address"));
        }
        if (!pending.containsKey(home) && pending.size() >= policy.maxPending()) {
            return Optional.of(insufficient("too many pending requests"));
        }
        boolean arrives = !request.isDeregistration() && visitors.find(home).isEmpty();
        if (arrives && visitors.size() >= policy.maxVisitors()) {
            return Optional.of(insufficient("too many visitors"));
        }
        return Optional.empty();
    }

    private boolean isAnothers(Ipv4Address homeAddress, Ipv4Address homeAgent) {
        var listed = visitors.find(homeAddress).map(Visitor::homeAgent);
        var waiting = Optional.ofNullable(pending.get(homeAddress))
                .map(PendingRequest::request)
                .map(RegistrationRequest::homeAgent);
        return !listed.orElse(homeAgent).equals(homeAgent)
                || !waiting.orElse(homeAgent).equals(homeAgent);
    }

    private static Denial insufficient(String why) {
        return new Denial(ReplyCode.FA_INSUFFICIENT_RESOURCES, why);
    }

    // §3.7.2.2 Forwarding a Valid Request to the Home Agent

    private void relay(Instant now, Origin origin, Decoded.Message received, RegistrationRequest request) {
        var home = request.homeAddress();
        var deadline = now.plus(PENDING_TIME);
        // A newer request takes the older one's place: the mobile node listens to the reply to its latest (§3.6.2.1).
        pending.put(home, new PendingRequest(origin, request, deadline));
        actions.add(new Action.ArmTimer(new Timer(PENDING_REQUEST, home), deadline));

        // RFC 5944 §3.7.2.2 has no Foreign-Home extension on deregistrations; a home agent of RFC 3344 asks for one on
        // each message, and one of RFC 5944 does not mind.
        var message = upToAuthorization(received);
        var associations = policy.foreignHome(request.homeAgent());
        if (!associations.isEmpty()) {
            message = new Seal(Kind.FOREIGN_HOME, associations.get(0)).appendTo(message);
        }
        actions.add(new Action.RelayToHomeAgent(request.homeAgent(), message));
        report(new Fact.RequestRelayed(home, request.homeAgent(), origin.link(), request.lifetime()));
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
        pending.remove(given.request().homeAddress(), given);
        deny(now, given.origin(), given.request(), new Denial(code, why));
    }

    /** The addresses and ports of §3.7.2.3, which §3.7.3.2 uses as well. */
    private void sendToVisitor(Origin origin, RegistrationRequest request, Octets message) {
        var home = request.homeAddress();
        var source = origin.destination().isUnicast()
                ? origin.destination()
                : policy.links().getOrDefault(origin.link(), policy.careOfAddress());
        var destination = home.isUnspecified() ? Ipv4Address.LIMITED_BROADCAST : home;
        var sealed = mobileForeignAssociation(request)
                .map(association -> new Seal(Kind.MOBILE_FOREIGN, association).appendTo(message))
                .orElse(message);
        actions.add(new Action.SendToVisitor(
                origin.link(), origin.linkAddress(), source, destination, origin.sourcePort(), sealed));
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
        var waiting = pending.get(reply.homeAddress());
        if (waiting == null) {
            report(new Fact.Discarded(from.toString(), Fact.Discard.NO_PENDING_REQUEST));
            return;
        }
        if (!waiting.isAnsweredBy(reply, from)) {
            report(new Fact.Discarded(from.toString(), Fact.Discard.REPLY_DOES_NOT_MATCH));
            return;
        }
        var wrong = new ReplyChecks(policy, received, reply, waiting.request()).denial();
        if (wrong.isPresent()) {
            denyPending(now, waiting, wrong.get().code(), wrong.get().why());
            return;
        }
        pending.remove(reply.homeAddress());
        relay(now, waiting, received, reply);
    }

    // §3.7.3.2 Forwarding Replies to the Mobile Node

    private void relay(Instant now, PendingRequest answered, Decoded.Message received, RegistrationReply reply) {
        var ready = new HeldReply(answered, reply, upToAuthorization(received));
        var request = answered.request();
        if (reply.code().isAccepted() && reply.lifetime() == 0) {
            // A deregistration of another care-of address than ours says nothing about our visitor.
            if (request.isDeregistrationOfAll() || request.careOfAddress().equals(policy.careOfAddress())) {
                visitors.deregister(reply.homeAddress());
            }
            send(ready);
        } else if (reply.code().isAccepted() && !request.flags().decapsulationByMobileNode()) {
            visitors.install(visitor(now, answered, reply), ready);
        } else {
            // Denied, which leaves an earlier registration as it is; or co-located, where no tunnel ends here.
            send(ready);
        }
    }

    private Visitor visitor(Instant now, PendingRequest answered, RegistrationReply reply) {
        var request = answered.request();
        int lifetime = Math.min(reply.lifetime(), policy.maxLifetime());
        return new Visitor(
                request.homeAddress(),
                answered.origin().link(),
                linkAddress(answered),
                reply.homeAgent(),
                policy.careOfAddress(),
                request.flags().reverseTunneling(),
                request.identification(),
                lifetime == RegistrationMessage.INFINITE_LIFETIME ? Visitor.NEVER : now.plusSeconds(lifetime));
    }

    /** RFC 5563 §5.3: who speaks for the mobile node says which device it is. */
    private static Octets linkAddress(PendingRequest answered) {
        return answered.request()
                .extension(DeviceId.class)
                .filter(DeviceId::isEthernet)
                .map(DeviceId::identifier)
                .filter(ForeignAgent::isUnicast)
                .orElse(answered.origin().linkAddress());
    }

    private void send(HeldReply ready) {
        var reply = ready.reply();
        sendToVisitor(ready.answered().origin(), ready.answered().request(), ready.message());
        report(new Fact.ReplyRelayed(reply.homeAddress(), reply.homeAgent(), reply.code(), reply.lifetime()));
    }

    private void refuse(Instant now, Visitor visitor, String why) {
        report(new Fact.KernelRefused(visitor.homeAddress(), "install", why));
        visitors.release(visitor)
                .map(HeldReply::answered)
                .ifPresent(answered -> deny(
                        now,
                        answered.origin(),
                        answered.request(),
                        insufficient("the kernel refused to forward its packets")));
    }

    // §3.7.1: a request is not pending for ever

    private void timeOut(Instant now, Ipv4Address homeAddress) {
        var waiting = pending.get(homeAddress);
        if (waiting != null && !now.isBefore(waiting.deadline())) {
            denyPending(
                    now,
                    waiting,
                    ReplyCode.FA_REGISTRATION_TIMEOUT,
                    "no reply from home agent " + waiting.request().homeAgent());
        }
    }

    // §3.7.3, on ICMP errors

    private void homeAgentUnreachable(Event.HomeAgentUnreachable event) {
        var code = codeFor(event);
        pending.values().stream()
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

    /**
     * The octets that are the mobile node's and the home agent's business, which nobody may touch (§3.7.2.2,
     * §3.7.3.2): the fixed part up to the last authorization-enabling extension. What follows was for us.
     */
    private static Octets upToAuthorization(Decoded.Message received) {
        var message = received.message();
        var extensions = message.extensions();
        int count = extensions.size();
        while (count > 0 && !extensions.get(count - 1).isAuthorizationEnabling()) {
            count--;
        }
        return received.wire().slice(0, message.offsetOf(count));
    }

    /** Whether frames can be sent to one station by {@code linkAddress}. */
    private static boolean isUnicast(Octets linkAddress) {
        return linkAddress.length() == 6 && (linkAddress.unsignedByte(0) & 1) == 0;
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
            visitors.installed(event.visitor());
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
        public void handle(Event.TimerFired event) {
            switch (event.timer().purpose()) {
                case PENDING_REQUEST -> timeOut(event.at(), event.timer().homeAddress());
                case VISITOR -> visitors.expire(event.timer().homeAddress(), event.at());
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
