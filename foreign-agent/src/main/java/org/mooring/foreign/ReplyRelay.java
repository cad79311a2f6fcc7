package org.mooring.foreign;

import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mooring.datapath.Encapsulation;
import org.mooring.foreign.Fact.VisitorLeft.Why;
import org.mooring.foreign.Policy.Revocability;
import org.mooring.foreign.VisitorList.HeldReply;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.revocation.RevocationTerms;
import org.mooring.protocol.security.LatestAssociations;
import org.mooring.protocol.wire.AuthorizedPart;
import org.mooring.protocol.wire.Challenge;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.EncapsulatingDelivery;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationMessage;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;

/** Receives replies, acts upon them and relays them (RFC 3344 §3.7.3), and says so where there are none. Confined to the agent loop. */
final class ReplyRelay {
    private static final String ASK = ": is it running, and does UDP port 434 pass?";

    private final PendingRequests pending;
    private final Visits visits;
    private final Answers answers;
    private final Revocations revocations;
    private final LatestAssociations latest;
    private final Supplier<Policy> policy;
    private final Consumer<Action> actions;

    ReplyRelay(
            PendingRequests pending,
            Visits visits,
            Answers answers,
            Revocations revocations,
            LatestAssociations latest,
            Supplier<Policy> policy,
            Consumer<Action> actions) {
        this.pending = pending;
        this.visits = visits;
        this.answers = answers;
        this.revocations = revocations;
        this.latest = latest;
        this.policy = policy;
        this.actions = actions;
    }

    /** A datagram from the home agents' side. */
    void receive(Instant now, Ipv4Address from, Decoded decoded) {
        if (decoded instanceof Decoded.Undecodable undecodable) {
            report(new Fact.Unreadable(from.toString(), undecodable.reason(), undecodable.offset()));
        } else if (decoded instanceof Decoded.Message received
                && received.message() instanceof RegistrationReply reply) {
            receive(now, from, received, reply);
        } else {
            report(new Fact.Discarded(from.toString(), Fact.Discard.UNEXPECTED_MESSAGE));
        }
    }

    // §3.7.3.1 Validity Checks

    private void receive(Instant now, Ipv4Address from, Decoded.Message received, RegistrationReply reply) {
        // RFC 2794 §3: one that says none is somebody's all the same.
        var waiting =
                (reply.homeAddress().isUnspecified() ? pending.at(from) : pending.of(reply.homeAddress())).toList();
        var answered = waiting.stream()
                .filter(request -> request.isAnsweredBy(reply, from))
                .findFirst();
        if (answered.isPresent()) {
            receiveAnswer(now, from, answered.get(), received, reply);
        } else if (waiting.isEmpty()) {
            report(new Fact.Discarded(from.toString(), Fact.Discard.NO_PENDING_REQUEST));
        } else {
            report(new Fact.Discarded(from.toString(), Fact.Discard.REPLY_DOES_NOT_MATCH));
        }
    }

    private void receiveAnswer(
            Instant now, Ipv4Address from, PendingRequest answered, Decoded.Message received, RegistrationReply reply) {
        var wrong = new ReplyChecks(policy.get(), from, received, reply, answered.request()).denial();
        if (wrong.isPresent()) {
            denyPending(now, answered, wrong.get().code(), wrong.get().why());
            return;
        }
        var associations = ReplyChecks.associations(policy.get(), from, reply);
        latest.heard(from, received, associations);
        pending.remove(answered);
        var ready = new HeldReply(answered, reply, AuthorizedPart.of(received));
        if (returnsAnotherChallenge(answered, reply)) {
            answers.refuse(
                    now,
                    ready,
                    new Denial(
                            ReplyCode.FA_WRONG_CHALLENGE_FROM_HOME_AGENT,
                            "the home agent's reply has another challenge than the request"));
            return;
        }
        var word = HomeAgentsWord.of(received, associations, policy.get());
        switch (answered.purpose()) {
            case REGISTRATION -> relay(now, ready, word);
            case PREPARATION -> relayPrepared(now, ready, word);
            case COMMIT -> relayCommitted(ready);
        }
    }

    /**
     * docs/handover.md, "Foreign agent": what there was to do is done, and the mobile node is not here any more. But what the home agent denies changes
     * nothing (§3.7.2), and the packets come back. Not with code 133: the mobile node has stopped then as it says, under its own authenticator, and
     * may have registered from elsewhere by now; here are none but late packets.
     */
    private void relayCommitted(HeldReply ready) {
        var code = ready.reply().code();
        var request = ready.answered().request();
        // One that is revoked is not here, whatever is denied.
        boolean isListed = visits.visitors().find(request.homeAddress()).isPresent();
        if (isListed && !code.isAccepted() && !code.equals(ReplyCode.HA_IDENTIFICATION_MISMATCH)) {
            HandoverRequest.of(request, policy.get().enterpriseNumber())
                    .commit()
                    .ifPresent(commit -> visits.departures().abort(request.homeAddress(), commit.id()));
        }
        answers.send(ready);
    }

    /** RFC 4721 §3.3. */
    private boolean returnsAnotherChallenge(PendingRequest answered, RegistrationReply reply) {
        var returned = reply.extension(Challenge.class);
        return policy.get().advertising().challenges()
                && returned.isPresent()
                && !returned.equals(answered.request().extension(Challenge.class));
    }

    // §3.7.3.2 Forwarding Replies to the Mobile Node

    private void relay(Instant now, HeldReply ready, HomeAgentsWord word) {
        var reply = ready.reply();
        var request = ready.answered().request();
        if (reply.code().isAccepted() && reply.lifetime() == 0) {
            // A deregistration of another care-of address than ours says nothing about our visitor.
            if (request.isDeregistrationOfAll()
                    || request.careOfAddress().equals(policy.get().careOfAddress())) {
                visits.end(VisitorKey.of(request), Why.DEREGISTERED);
            }
            visits.coLocated().deregistered(VisitorKey.of(request), request.careOfAddress());
            answers.send(ready);
        } else if (reply.code().isAccepted() && !request.flags().decapsulationByMobileNode()) {
            var terms = terms(ready.answered(), word);
            if (terms.isEmpty() && policy.get().revocation() == Revocability.REQUIRED) {
                answers.refuse(
                        now,
                        ready,
                        new Denial(
                                ReplyCode.FA_ADMINISTRATIVELY_PROHIBITED,
                                "the home agent agrees to no revocation, and revocation is required"));
                return;
            }
            var visitor = visitor(now, ready, word.udpTunnel(), terms);
            if (visits.isNamesake(VisitorKey.of(visitor))) {
                serveNamesake(now, visitor, ready);
                return;
            }
            revocations.registered(visitor);
            visits.departures().registered(visitor);
            word.staged()
                    .filter(this::isElsewhere)
                    .ifPresent(place -> visits.departures().remember(visitor.homeAddress(), place, now));
            visits.visitors().install(visitor, ready);
        } else {
            // Denied, which leaves an earlier registration as it is; or co-located, where no tunnel ends here.
            if (reply.code().isAccepted()) {
                visits.coLocated().registered(visitor(now, ready, Optional.empty(), Optional.empty()));
            }
            answers.send(ready);
        }
    }

    /** RFC 3024 §A.4. What it must have was verified before, unless the others have come since then. */
    private void serveNamesake(Instant now, Visitor visitor, HeldReply ready) {
        var why = visits.indistinct(VisitorKey.of(visitor), Station.of(visitor), visitor.reverseTunneling())
                .map(Denial::why)
                .or(() -> visitor.udpTunnel().map(tunnel -> "another visitor behind this NAT has this home address"));
        if (why.isPresent()) {
            answers.refuse(now, ready, new Denial(ReplyCode.FA_INSUFFICIENT_RESOURCES, why.get()));
            revocations.refused(visitor);
        } else {
            revocations.registered(visitor);
            visits.namesakes().install(visitor, ready);
        }
    }

    /** RFC 3543 §4.2.1: both have said so. */
    private static Optional<RevocationTerms> terms(PendingRequest answered, HomeAgentsWord word) {
        return answered.offered()
                .flatMap(told -> word.revocation()
                        .map(support -> new RevocationTerms(told, support.timestamp(), support.informs())));
    }

    /** Whether packets can be redirected there. */
    private boolean isElsewhere(Staged place) {
        return place.careOfAddress().isUnicast() && !policy.get().isOwn(place.careOfAddress());
    }

    /** docs/handover.md, "Foreign agent": the reply to PREPARE registers nothing. */
    private void relayPrepared(Instant now, HeldReply ready, HomeAgentsWord word) {
        var request = ready.answered().request();
        var handover = HandoverRequest.of(request, policy.get().enterpriseNumber());
        boolean stages = ready.reply().code().isAccepted()
                && handover.abort().isEmpty()
                && !request.flags().decapsulationByMobileNode();
        if (!stages || handover.prepare().isEmpty()) {
            answers.send(ready);
            return;
        }
        var home = request.homeAddress();
        var prepare = handover.prepare().get();
        var expiry =
                now.plusSeconds(Math.min(prepare.holdSeconds(), policy.get().maxLifetime()));
        if (word.previous().isPresent()) {
            if (visits.departures().redirected(home).isPresent()) {
                // It went to where it comes from now: packets would go back and forth between the two of us.
                visits.end(home, Why.REDIRECTED);
            }
            // At home there is no foreign agent: what is redirected from there comes from the home agent.
            var previous = word.previous().map(Previous::careOfAddress).filter(address -> !address.equals(home));
            visits.staged()
                    .stage(
                            new StagedVisitor(
                                    prepare.id(), visitor(ready, expiry, word.udpTunnel(), Optional.empty(), previous)),
                            ready,
                            now);
        } else if (visits.staged().isStaged(home, prepare.id())) {
            // Refreshed after COMMIT: our care-of address is the present one already.
            var previous = visits.staged().find(home).flatMap(Visitor::previousCareOfAddress);
            visits.staged()
                    .stage(
                            new StagedVisitor(
                                    prepare.id(), visitor(ready, expiry, word.udpTunnel(), Optional.empty(), previous)),
                            ready,
                            now);
        } else {
            answers.send(ready);
        }
    }

    private Visitor visitor(
            Instant now, HeldReply ready, Optional<UdpTunnel> udpTunnel, Optional<RevocationTerms> revocation) {
        int lifetime = Math.min(ready.reply().lifetime(), policy.get().maxLifetime());
        var home = ready.reply().homeAddress();
        var previous = visits.previousCareOfAddress(home);
        return visitor(
                ready,
                lifetime == RegistrationMessage.INFINITE_LIFETIME ? Visitor.NEVER : now.plusSeconds(lifetime),
                udpTunnel,
                revocation,
                previous);
    }

    private Visitor visitor(
            HeldReply ready,
            Instant expiry,
            Optional<UdpTunnel> udpTunnel,
            Optional<RevocationTerms> revocation,
            Optional<Ipv4Address> previousCareOfAddress) {
        var answered = ready.answered();
        var request = answered.request();
        return new Visitor(
                request.homeAddress(),
                answered.origin().link(),
                DeviceAddress.of(request).orElse(answered.origin().linkAddress()),
                ready.reply().homeAgent(),
                request.flags().decapsulationByMobileNode()
                        ? request.careOfAddress()
                        : policy.get().careOfAddress(),
                // With a co-located care-of address the tunnel isn't ours.
                policy.get().encapsulation(request.flags()).orElse(Encapsulation.IPIP),
                request.flags().reverseTunneling(),
                request.extension(EncapsulatingDelivery.class)
                        .map(asked -> policy.get().answersFrom(answered.origin())),
                Optional.of(new Visitor.Asked(
                        answered.origin().destination(), answered.origin().sourcePort(), request.lifetime())),
                request.identification(),
                expiry,
                udpTunnel,
                revocation,
                previousCareOfAddress);
    }

    /** §3.7.1: a request is not pending for ever. */
    void timeOut(Instant now, Ipv4Address homeAddress, boolean prepares) {
        pending.over(homeAddress, prepares, now)
                .forEach(waiting -> denyPending(
                        now,
                        waiting,
                        ReplyCode.FA_REGISTRATION_TIMEOUT,
                        "no reply from home agent " + waiting.homeAgent() + ASK));
    }

    /** §3.7.3, on ICMP errors. */
    void unreachable(Event.HomeAgentUnreachable event) {
        var code = codeFor(event);
        pending.at(event.homeAgent())
                .filter(waiting -> event.request()
                        .map(quoted -> quoted.equals(waiting.request().identification()))
                        .orElse(true))
                .toList()
                .forEach(waiting ->
                        denyPending(event.at(), waiting, code, "ICMP error from or about " + event.homeAgent() + ASK));
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

    /** Ends a pending request. */
    private void denyPending(Instant now, PendingRequest given, ReplyCode code, String why) {
        pending.remove(given);
        answers.deny(now, given.origin(), given.request(), new Denial(code, why));
    }

    private void report(Fact fact) {
        actions.accept(new Action.Report(fact));
    }
}
