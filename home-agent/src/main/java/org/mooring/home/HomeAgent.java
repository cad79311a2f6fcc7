package org.mooring.home;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import org.mooring.datapath.Encapsulation;
import org.mooring.home.Policy.Compatibility;
import org.mooring.protocol.handover.Arrival;
import org.mooring.protocol.handover.Arrivals.Refusal;
import org.mooring.protocol.handover.RepeatedRequest;
import org.mooring.protocol.nat.EchoPacket;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.ProxyAuthenticationMethod;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.Revocation;
import org.mooring.protocol.wire.RevocationAcknowledgment;

/**
 * The home agent of RFC 3344 §3.8, with the corrections of RFC 5944: events in, actions out. Opens nothing, reads no clock, confined to one
 * thread.
 *
 * <p>An accepted request changes the forwarding first, then the store, and is answered last. While a mobile node's change is under way, the
 * newest authenticated request that comes for it waits, and is checked when the change is done: so requests never overtake each other, and no
 * more than three are held for a mobile node: a COMMIT has a place of its own. Where RFC 5944 merely permits silence, RFC 3344's answer is given, at a limited rate.
 */
public final class HomeAgent {
    private final Map<Ipv4Address, MobileNodeState> mobileNodes = new TreeMap<>();
    private final Traffic traffic = new Traffic();
    private final List<Action> actions = new ArrayList<>();
    private final Event.Handler handler = new Handler();
    private final Answers answers;
    private final PacketOrder order;
    private final Revocations revocations;
    private final BindingChanges changes;
    private final Broadcasts broadcasts;
    private final Advertiser advertiser = new Advertiser(actions::add);
    private final IntSupplier nonces;

    /** All keys are tried on what says nobody's name, which garbage can ask for. */
    private final RateLimit searches = new RateLimit(1, Duration.ofSeconds(1));

    private final Map<Nai, Ipv4Address> identified = new HashMap<>();
    private Policy policy;
    private ValidityChecks checks;

    /**
     * @param nonces the chance that nonces are made of (RFC 3344 §5.7.2)
     */
    public HomeAgent(Policy policy, IntSupplier nonces) {
        this.policy = policy;
        this.nonces = nonces;
        this.checks = new ValidityChecks(policy);
        this.answers = new Answers(policy, traffic, actions::add);
        this.order = new PacketOrder(policy.enterpriseNumber(), actions::add);
        this.revocations = new Revocations(policy, actions::add);
        this.changes = new BindingChanges(answers, order, revocations, actions::add);
        this.broadcasts = new Broadcasts(actions::add);
        configureMobileNodes();
    }

    public List<Action> handle(Event event) {
        event.on(handler);
        var wanted = List.copyOf(actions);
        actions.clear();
        return wanted;
    }

    /** The bindings that are served, by home address. */
    public List<MobilityBinding> bindings() {
        return mobileNodes.values().stream()
                .flatMap(node -> node.bindings().all().stream())
                .toList();
    }

    /** How many mobile nodes are away. */
    public long away() {
        return mobileNodes.values().stream()
                .filter(node -> !node.bindings().isEmpty())
                .count();
    }

    /** What is staged, by home address. */
    public List<StagedEntry> staged() {
        return mobileNodes.values().stream()
                .flatMap(node -> node.staged().stream())
                .toList();
    }

    /** Those that are configured, and those that were and are away still. */
    public List<MobileNodeStatus> mobileNodes() {
        return mobileNodes.values().stream()
                .filter(node ->
                        !node.associations().isEmpty() || !node.bindings().isEmpty())
                .map(MobileNodeState::status)
                .toList();
    }

    /** The revocations that are not acknowledged yet, by home address. */
    public List<RevocationStatus> revocations() {
        return mobileNodes.values().stream()
                .flatMap(node -> Revocations.status(node).stream())
                .toList();
    }

    /** How the packets of those who came home last were put in order, by home address. */
    public List<Arrival> arrivals() {
        return order.arrivals();
    }

    public Traffic traffic() {
        return traffic;
    }

    /** Mobile nodes that are configured no more stay: their Identifications must not be used again. */
    private void configureMobileNodes() {
        mobileNodes.values().forEach(node -> node.configure(List.of(), Optional.empty()));
        identified.clear();
        for (var mobileNode : policy.mobileNodes()) {
            state(mobileNode.homeAddress()).configure(mobileNode.associations(), mobileNode.mac());
            mobileNode.nai().ifPresent(nai -> identified.put(nai, mobileNode.homeAddress()));
        }
    }

    private MobileNodeState state(Ipv4Address homeAddress) {
        return mobileNodes.computeIfAbsent(homeAddress, address -> new MobileNodeState(address, nonces));
    }

    private void restore(MobileNodeRecord stored, Instant at) {
        // One that is not configured may be again while we run, and its old requests must not be replayed then.
        changes.restore(state(stored.homeAddress()), stored, at);
    }

    private void receive(Event.DatagramReceived event) {
        traffic.countDatagram();
        if (event.to().equals(Ipv4Address.ALL_MOBILITY_AGENTS) && !isForHomeAgent(event)) {
            answers.discard(Discard.FOR_FOREIGN_AGENT, event.from(), event.at());
        } else if (event.decoded() instanceof Decoded.Message message) {
            if (message.message() instanceof RegistrationRequest request) {
                var handover = HandoverRequest.of(request, policy.enterpriseNumber());
                receive(new ReceivedRequest(
                        event.at(), event.from(), event.to(), message, withHomeAddress(request), handover));
            } else if (message.message() instanceof Revocation revocation) {
                receive(event, message, revocation);
            } else if (message.message() instanceof RevocationAcknowledgment acknowledgment) {
                receive(event, message, acknowledgment);
            } else {
                answers.discard(Discard.NOT_A_REQUEST, event.from(), event.at());
            }
        } else if (event.decoded() instanceof Decoded.Undecodable undecodable) {
            answers.discard(Discard.UNDECODABLE, Discard.words(undecodable), event.from(), event.at());
        }
    }

    /**
     * Whether what was sent to all mobility agents is this one's, and not to be relayed by a foreign agent on the home link (RFC 3344 §2.3,
     * §3.6.1.1): it names this home agent, and comes from a mobile node that has come home, or is its own tunnel's end.
     */
    private boolean isForHomeAgent(Event.DatagramReceived event) {
        return event.decoded() instanceof Decoded.Message message
                && message.message() instanceof RegistrationRequest request
                && request.homeAgent().equals(policy.address())
                && (request.flags().decapsulationByMobileNode()
                        || (request.isDeregistrationOfAll()
                                && event.from().address().equals(request.homeAddress())));
    }

    /** RFC 3543 §4.2.3.2. */
    private void receive(Event.DatagramReceived event, Decoded.Message message, Revocation revocation) {
        var association = revocations.authenticate(message, revocation, event.from());
        if (association.isEmpty()) {
            answers.discard(Discard.REVOCATION_NOT_AUTHENTIC, event.from(), event.at());
            return;
        }
        if (revocation.isFromHomeAgent()) {
            answers.discard(Discard.REVOCATION_REFLECTED, event.from(), event.at());
        } else if (!revocation.homeDomainAddress().equals(policy.address())) {
            answers.discard(Discard.REVOCATION_NOT_AGREED, event.from(), event.at());
        } else {
            revoke(new ReceivedRevocation(event.at(), event.from(), revocation, association.get()));
        }
    }

    private void revoke(ReceivedRevocation arrived) {
        var node = Optional.ofNullable(mobileNodes.get(arrived.revocation().homeAddress()));
        switch (revocations.answer(node, arrived)) {
            case REVOKE -> node.ifPresent(bound -> changes.revoke(bound, arrived));
            case ACKNOWLEDGE -> revocations.acknowledge(node, arrived, Optional.empty());
            case REPLAYED -> answers.discard(Discard.REVOCATION_REPLAYED, arrived.from(), arrived.at());
            case NOT_AGREED -> answers.discard(Discard.REVOCATION_NOT_AGREED, arrived.from(), arrived.at());
            case LATER -> answers.discard(Discard.IN_PROGRESS, arrived.from(), arrived.at());
        }
    }

    private void receive(
            Event.DatagramReceived event, Decoded.Message message, RevocationAcknowledgment acknowledgment) {
        var node = mobileNodes.get(acknowledgment.homeAddress());
        if (node == null || !revocations.acknowledged(node, message, acknowledgment)) {
            answers.discard(Discard.REVOCATION_NOT_SENT, event.from(), event.at());
        }
    }

    private void discard(Refusal refusal, Endpoint from, Instant at) {
        answers.discard(Discard.HANDOVER_MESSAGE, Discard.words(refusal), from, at);
    }

    /** RFC 2794 §2: who does not know its home address says who it is. */
    private RegistrationRequest withHomeAddress(RegistrationRequest request) {
        return request.homeAddress().isUnspecified()
                ? homeAddressByNai(request).map(request::withHomeAddress).orElse(request)
                : request;
    }

    /** Only what the mobile node's authenticator covers says who it is. */
    private Optional<Ipv4Address> homeAddressByNai(RegistrationRequest request) {
        return HandoverRequest.covered(request.extensions()).stream()
                .filter(Nai.class::isInstance)
                .findFirst()
                .map(identified::get);
    }

    private void receive(ReceivedRequest received) {
        var node = mobileNodes.get(received.homeAddress());
        if (node == null || node.associations().isEmpty()) {
            if (deniesAnothersAddress(received) || deniesNobody(received)) {
                return;
            }
            answers.discard(
                    Discard.UNKNOWN_MOBILE_NODE,
                    Discard.UNKNOWN_MOBILE_NODE.words() + " " + received.homeAddress(),
                    received.from(),
                    received.at());
            return;
        }
        var verified = verified(received, node);
        if (verified instanceof Verified.By by) {
            serve(node, received, by.association());
        } else if (verified == Verified.Not.MISSING && isFromProxy(received)) {
            answers.denyUnauthenticated(node, received, ValidityChecks.PROXY, false);
        } else if (verified == Verified.Not.MISSING && policy.compatibility() == Compatibility.RFC5944) {
            answers.discard(Discard.NO_AUTHORIZATION, received.from(), received.at());
        } else {
            var denial = new Verdict.Denial(
                    ReplyCode.HA_MOBILE_NODE_FAILED_AUTHENTICATION, "mobile-home authentication: " + verified);
            answers.denyUnauthenticated(node, received, denial, isVouchedFor(received));
        }
    }

    /** RFC 5563 §5.1: whether its sender has an association with us, and says that it would do instead of the mobile node's. */
    private boolean isFromProxy(ReceivedRequest received) {
        return received.request().extension(ProxyAuthenticationMethod.class).isPresent() && isVouchedFor(received);
    }

    /** Whether its sender has an association with us. */
    private boolean isVouchedFor(ReceivedRequest received) {
        return Verifier.verify(received.message(), Kind.FOREIGN_HOME, policy.associationsWith(received))
                instanceof Verified.By;
    }

    /** RFC 3344 §3.8.2.1a has one authorization-enabling extension, RFC 5944 any number that are all right. */
    private Verified verified(ReceivedRequest received, MobileNodeState node) {
        return policy.compatibility() == Compatibility.RFC5944
                ? Verifier.verifyEach(received.message(), node.associations())
                : Verifier.verify(received.message(), Kind.MOBILE_HOME, node.associations());
    }

    /** RFC 5944 §3.8.3.2: a mobile node that is known by its NAI asks for a home address that is none of ours. */
    private boolean deniesAnothersAddress(ReceivedRequest received) {
        var node = homeAddressByNai(received.request()).map(mobileNodes::get);
        if (node.isPresent() && verified(received, node.get()) instanceof Verified.By by) {
            var denial =
                    new Verdict.Denial(ReplyCode.HA_ADMINISTRATIVELY_PROHIBITED, "its home address is not served here");
            answers.deny(node.get(), received, by.association(), denial, received.at());
            return true;
        }
        return false;
    }

    /**
     * Whoever says neither a home address nor an NAI: nobody can be authenticated then, and RFC 5944 §3.8.2.1 has silence. With RFC 3344 it is
     * told so, if it is a mobile node of ours by the key that it has: without one no reply could be authenticated (§3.8.3.3).
     */
    private boolean deniesNobody(ReceivedRequest received) {
        if (policy.compatibility() != Compatibility.RFC3344
                || !received.homeAddress().isUnspecified()
                || received.request().extension(Nai.class).isPresent()
                || !searches.permits(received.at())) {
            return false;
        }
        for (var node : mobileNodes.values()) {
            if (verified(received, node) instanceof Verified.By by) {
                var denial = new Verdict.Denial(
                        ReplyCode.HA_POORLY_FORMED_REQUEST, "it says neither a home address nor an NAI");
                answers.deny(node, received, by.association(), denial, received.at());
                return true;
            }
        }
        return false;
    }

    private void receive(Event.TunnelDataReceived event) {
        traffic.countDatagram();
        var echo = EchoPacket.decode(event.data())
                .filter(packet -> packet.kind() == EchoPacket.Kind.REQUEST
                        && packet.destination().equals(policy.address()));
        var node = echo.map(packet -> mobileNodes.get(packet.source()));
        if (node.isEmpty() || !isKeptAlive(node.get(), event, echo.get())) {
            answers.discard(Discard.TUNNEL_DATA, event.from(), event.at());
        }
    }

    /** RFC 3519 §4.6, §4.9. Whether this comes from the end of the mobile node's tunnel, or from what may be that. */
    private boolean isKeptAlive(MobileNodeState node, Event.TunnelDataReceived event, EchoPacket echo) {
        var from = new Peer(event.from().address(), event.from().port(), Encapsulation.UDP);
        var answer = new Action.SendTunnelData(event.from(), echo.reply().encode());
        if (node.bindings().with(from).isPresent()) {
            actions.add(answer);
            return true;
        }
        // §6.1.2: nobody else may take its packets, but who has its address and is the first.
        var unbound = node.bindings()
                .with(new Peer(from.address(), Peer.UNKNOWN_PORT, Encapsulation.UDP))
                .filter(bound -> node.change().isEmpty());
        unbound.ifPresent(bound -> changes.begin(
                node, Change.keepalive(node.standing(), bound.withPeer(from, node.generationWith(from)), answer)));
        return unbound.isPresent();
    }

    private void serve(MobileNodeState node, ReceivedRequest received, SecurityAssociation association) {
        node.heard(received);
        if (node.change().isPresent()) {
            queue(node, node.change().get(), received, association);
            return;
        }
        var guard = node.guard(association);
        // §3.8.2.2 has a duplicate answered without a longer lifetime, §5.7.1 refuses any timestamp that is not newer.
        // So: the datagram that was accepted last gets its reply once more while its timestamp is near the clock, every
        // other one is refused. Who passes it on must authenticate itself each time (§3.8.2.1 (c)).
        var answered = node.answered()
                .filter(last -> received.repeats(last.received())
                        && guard.mayRepeat(received.request().identification(), received.at()));
        var refusal = answered.flatMap(last -> checks.foreignHomeAuthentication(received));
        if (answered.isPresent() && refusal.isEmpty()) {
            answers.repeat(node, answered.get());
            return;
        }
        var verdict = refusal.orElseGet(() -> checks.check(received, guard));
        if (verdict instanceof Verdict.Acceptable acceptable) {
            var tunnel = acceptable.tunnel();
            int lifetime = Math.min(received.request().lifetime(), policy.maxLifetime(tunnel.peer()));
            accept(
                    node,
                    new Change.Acceptance(
                            received, association, acceptable.code(), lifetime, tunnel, revocations.offer(received)));
        } else if (verdict instanceof Verdict.Denial denial) {
            answers.deny(node, received, association, denial, received.at());
        } else if (verdict instanceof Verdict.Silence silence) {
            answers.discard(silence.discard(), received.from(), received.at());
        }
    }

    private void accept(MobileNodeState node, Change.Acceptance acceptance) {
        var received = acceptance.received();
        var change = new AcceptanceRules(policy).change(node, acceptance);
        var denial = tooMany(node, change, received.request());
        if (denial.isPresent()) {
            answers.deny(node, received, acceptance.association(), denial.get(), received.at());
        } else {
            changes.begin(node, change);
        }
    }

    private Optional<Verdict.Denial> tooMany(MobileNodeState node, Change change, RegistrationRequest request) {
        int bindings = change.after().size();
        if (bindings > change.before().size() && bindings > policy.maxSimultaneousBindings()) {
            return Optional.of(new Verdict.Denial(
                    ReplyCode.HA_TOO_MANY_BINDINGS,
                    "it has max-simultaneous-bindings=" + policy.maxSimultaneousBindings()));
        }
        boolean another = !request.isDeregistration() && !isCounted(node);
        return another && countBindings() >= policy.maxBindings()
                ? Optional.of(new Verdict.Denial(
                        ReplyCode.HA_INSUFFICIENT_RESOURCES, "there are max-bindings=" + policy.maxBindings()))
                : Optional.empty();
    }

    /** With those that are being made, and those that a COMMIT may make. */
    private long countBindings() {
        return mobileNodes.values().stream().filter(HomeAgent::isCounted).count();
    }

    private static boolean isCounted(MobileNodeState node) {
        return !node.bindings().isEmpty()
                || node.change().filter(change -> !change.after().isEmpty()).isPresent()
                || node.staged()
                        .or(() -> node.change().flatMap(Change::stagedAfter))
                        .flatMap(StagedEntry::peer)
                        .isPresent();
    }

    private void queue(MobileNodeState node, Change change, ReceivedRequest received, SecurityAssociation association) {
        boolean inProgress = change.acceptance()
                .filter(acceptance -> received.repeats(acceptance.received()))
                .isPresent();
        if (inProgress) {
            answers.discard(Discard.IN_PROGRESS, received.from(), received.at());
            return;
        }
        var superseded = node.await(received, association);
        superseded.ifPresent(other -> answers.discard(Discard.SUPERSEDED, other.from(), received.at()));
    }

    private void serveWaiting(MobileNodeState node) {
        if (node.change().isEmpty() && node.takeRevocation()) {
            changes.revoke(node);
        }
        while (node.change().isEmpty()) {
            var next = node.takeWaiting();
            if (next.isEmpty()) {
                return;
            }
            receive(next.get());
        }
    }

    /** One method per event. */
    private final class Handler implements Event.Handler {
        @Override
        public void handle(Event.Restored event) {
            event.records().forEach(stored -> restore(stored, event.at()));
            advertiser.start(policy, event.at());
        }

        @Override
        public void handle(Event.DatagramReceived event) {
            receive(event);
        }

        @Override
        public void handle(Event.TunnelDataReceived event) {
            receive(event);
        }

        @Override
        public void handle(Event.ForwardingChanged event) {
            var node = node(event.homeAddress());
            changes.forwardingChanged(node, changeOf(node, event), event.at());
            serveWaiting(node);
        }

        @Override
        public void handle(Event.ForwardingFailed event) {
            var node = node(event.homeAddress());
            changes.forwardingFailed(node, changeOf(node, event), event.reason(), event.at());
            serveWaiting(node);
        }

        @Override
        public void handle(Event.Persisted event) {
            var node = node(event.homeAddress());
            changes.persisted(node, changeOf(node, event), event.at());
            serveWaiting(node);
        }

        @Override
        public void handle(Event.PersistFailed event) {
            var node = node(event.homeAddress());
            changes.persistFailed(node, changeOf(node, event), event.reason(), event.at());
            serveWaiting(node);
        }

        @Override
        public void handle(Event.HandoverMessageReceived event) {
            var repeated = RepeatedRequest.decode(event.datagram(), policy.enterpriseNumber());
            if (repeated.isPresent()) {
                receive(new Event.DatagramReceived(
                        event.at(), event.from(), event.to(), RegistrationCodec.decode(repeated.get())));
                return;
            }
            traffic.countDatagram();
            order.receive(event.datagram(), event.at())
                    .ifPresent(refusal -> discard(refusal, event.from(), event.at()));
        }

        @Override
        public void handle(Event.MarkerReceived event) {
            order.mark(event.homeAddress(), event.datagram(), event.at())
                    .ifPresent(refusal -> discard(
                            refusal, new Endpoint(event.homeAddress(), Endpoint.REGISTRATION_PORT), event.at()));
        }

        @Override
        public void handle(Event.BroadcastReceived event) {
            broadcasts.forward(policy.address(), bindings(), event.packet());
        }

        /** RFC 3344 §4.6: whoever asks is answered. But a mobile node that comes home must find its own address free. */
        @Override
        public void handle(Event.ArpProbed event) {
            Optional.ofNullable(mobileNodes.get(event.address()))
                    .filter(node -> !node.bindings().isEmpty())
                    .filter(node -> !node.hasMac(event.mac()))
                    .ifPresent(node -> actions.add(new Action.AnswerProbe(event.address(), event.mac())));
        }

        @Override
        public void handle(Event.NeighbourRead event) {
            changes.neighbourRead(node(event.homeAddress()), event.mac(), event.at());
        }

        @Override
        public void handle(Event.SolicitationReceived event) {
            advertiser.solicited(policy, event.station(), event.from());
        }

        @Override
        public void handle(Event.AdvertisementDue event) {
            advertiser.due(policy, event.at());
        }

        @Override
        public void handle(Event.WaitBegan event) {
            order.began(event.homeAddress(), event.room(), event.at());
        }

        @Override
        public void handle(Event.RoomOpened event) {
            order.opened(event.action(), event.held());
        }

        @Override
        public void handle(Event.TimerFired event) {
            var node = node(event.timer().homeAddress());
            switch (event.timer().purpose()) {
                case LIFETIME -> changes.lifetimeExpired(node, event.at());
                case ANNOUNCEMENT -> changes.announcementDue(node, event.at());
                case HOLD -> changes.holdTimeOver(node, event.at());
                case ARRIVAL -> order.due(node.homeAddress(), event.at());
                case MARKER -> order.sendMarkers(node.homeAddress());
                case REVOCATION -> revocations.send(node, event.at());
                case REVOCATION_RETRY -> changes.revokeAgain(node);
            }
        }

        @Override
        public void handle(Event.RevocationOrdered event) {
            var node = mobileNodes.get(event.homeAddress());
            if (node == null) {
                actions.add(new Action.Report(new Fact.NothingToRevoke(event.homeAddress())));
            } else {
                changes.revoke(node);
            }
        }

        @Override
        public void handle(Event.PolicyChanged event) {
            boolean begins = !policy.advertisement().interval().isUnsolicited();
            policy = event.policy();
            if (begins) {
                advertiser.start(policy, event.at());
            }
            checks = new ValidityChecks(policy);
            answers.follow(policy);
            order.follow(policy);
            revocations.follow(policy);
            configureMobileNodes();
            mobileNodes.values().stream()
                    .filter(node -> node.associations().isEmpty())
                    .forEach(changes::revokeUnconfigured);
        }

        private MobileNodeState node(Ipv4Address homeAddress) {
            return Objects.requireNonNull(mobileNodes.get(homeAddress), "no mobile node has this home address");
        }

        private static Change changeOf(MobileNodeState node, Event event) {
            return node.change().orElseThrow(() -> new AssertionError(event));
        }
    }
}
