package org.mooring.foreign;

import static org.mooring.foreign.Event.Timer.Purpose.PENDING_PREPARATION;
import static org.mooring.foreign.Event.Timer.Purpose.PENDING_REQUEST;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.mooring.foreign.Fact.VisitorLeft.Why;
import org.mooring.foreign.VisitorList.HeldReply;
import org.mooring.protocol.handover.Arrival;
import org.mooring.protocol.handover.Arrivals.Refusal;
import org.mooring.protocol.handover.RepeatedRequest;
import org.mooring.protocol.nat.EchoPacket;
import org.mooring.protocol.security.LatestAssociations;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationCodec;

/**
 * The foreign agent of RFC 3344 §3.7, and its part of handovers (docs/handover.md, "Foreign agent"): events in, actions out. Opens nothing, reads no clock, confined to one thread.
 *
 * <p>A mobile node is known by its home address; those that come while another home agent's visitor has that are {@link Namesakes}.
 */
public final class ForeignAgent {
    /** §3.7.1: a pending request is given up after that. */
    static final Duration PENDING_TIME = Duration.ofSeconds(7);

    /** What the event that is being handled makes necessary. */
    private final List<Action> actions = new ArrayList<>();

    private final PendingRequests pending = new PendingRequests();
    private final Visits visits = new Visits(actions::add);
    private final Answers answers;
    private final Revocations revocations;
    private final RequestRelay requests;
    private final ReplyRelay replies;
    private final Advertiser advertiser;
    private final Dispatch dispatch = new Dispatch();

    private Policy policy;

    /**
     * An agent that serves nobody yet.
     *
     * @param random what challenges are made of (RFC 4721)
     */
    public ForeignAgent(Policy policy, IntSupplier random) {
        this.policy = policy;
        var challenges = new Challenges(random);
        this.advertiser = new Advertiser(challenges, actions::add);
        this.answers = new Answers(this::policy, challenges, actions::add);
        var latest = new LatestAssociations();
        this.revocations = new Revocations(pending, visits, advertiser, latest, this::policy, actions::add);
        this.requests =
                new RequestRelay(pending, visits, answers, revocations, challenges, latest, this::policy, actions::add);
        this.replies = new ReplyRelay(pending, visits, answers, revocations, latest, this::policy, actions::add);
    }

    /** One whose policy never has challenges. */
    ForeignAgent(Policy policy) {
        this(policy, () -> {
            throw new AssertionError("a challenge is wanted");
        });
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
        return visits.all().toList();
    }

    /** Those that are registered through us with care-of addresses of their own, in the order of home addresses. */
    public List<Visitor> coLocated() {
        return visits.coLocated().all();
    }

    /** Who may come, in the order of home addresses. */
    public List<StagedVisitor> staged() {
        return visits.staged().all();
    }

    /** Where the packets of a visitor that has left go: the home address itself if it went home. */
    public Optional<Ipv4Address> redirected(Ipv4Address homeAddress) {
        return visits.departures().redirected(homeAddress);
    }

    /** The revocations that are not acknowledged yet, in the order of home addresses. */
    public List<RevocationStatus> revocations() {
        return revocations.status();
    }

    /** How the packets of those that came last were put in order, in the order of home addresses. */
    public List<Arrival> arrivals() {
        return visits.arrivals().all();
    }

    /** The requests that wait for an answer, in the order of home addresses. */
    public List<PendingRequest> pending() {
        return pending.all();
    }

    /** B of an advertisement (§2.1.1): who is served already is served on. */
    private boolean isBusy() {
        return visits.size() >= policy.maxVisitors();
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
            requests.receive(event.at(), event.origin(), event.decoded(), false);
        }

        @Override
        public void handle(Event.RepeatedRequestReceived event) {
            var repeated = RepeatedRequest.decode(event.datagram(), policy.enterpriseNumber());
            requests.receive(
                    event.at(), event.origin(), RegistrationCodec.decode(repeated.orElse(event.datagram())), true);
        }

        @Override
        public void handle(Event.SolicitationReceived event) {
            advertiser.solicited(policy, event.link(), event.linkAddress(), event.from(), isBusy());
        }

        @Override
        public void handle(Event.AdvertisementDue event) {
            advertiser.due(policy, event.link(), isBusy(), event.at());
        }

        @Override
        public void handle(Event.ReplyReceived event) {
            replies.receive(event.at(), event.from(), event.decoded());
        }

        @Override
        public void handle(Event.RevocationMessageReceived event) {
            revocations.receive(event);
        }

        @Override
        public void handle(Event.RevocationOrdered event) {
            revocations.revoke(event.homeAddress(), event.at());
        }

        @Override
        public void handle(Event.LinkGone event) {
            revocations.linkGone(event.link());
        }

        @Override
        public void handle(Event.VisitorForgotten event) {
            revocations.forgotten(event.homeAddress());
        }

        @Override
        public void handle(Event.RevocationStored event) {
            revocations.stored(event.visitor(), event.at());
        }

        @Override
        public void handle(Event.HomeAgentUnreachable event) {
            replies.unreachable(event);
        }

        @Override
        public void handle(Event.VisitorInstalled event) {
            visits.installed(event.visitor(), event.at());
        }

        @Override
        public void handle(Event.VisitorNotInstalled event) {
            report(new Fact.KernelRefused(event.visitor().homeAddress(), "install", event.why()));
            var reply = visits.release(event.visitor());
            visits.notInstalled(event.visitor());
            reply.ifPresent(held -> notServed(event.visitor(), held, event.at()));
        }

        /** Who is served already is served on, as long as it was promised; its reply must not look like a success. */
        private void notServed(Visitor visitor, HeldReply reply, Instant now) {
            if (visits.isServed(VisitorKey.of(visitor))) {
                answers.deny(now, reply, Answers.REFUSED_BY_KERNEL);
            } else {
                answers.refuse(now, reply, Answers.REFUSED_BY_KERNEL);
                revocations.refused(visitor);
            }
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
            visits.staged().staged(event.staged()).ifPresent(answers::send);
        }

        @Override
        public void handle(Event.VisitorNotStaged event) {
            report(new Fact.KernelRefused(event.staged().visitor().homeAddress(), "stage", event.why()));
            visits.staged()
                    .notStaged(event.staged())
                    .ifPresent(reply -> answers.deny(event.at(), reply, Answers.REFUSED_BY_KERNEL));
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
            visits.departures().redirected(event.homeAddress(), event.id(), event.at());
            requests.tellRedirected(event.homeAddress(), event.id());
        }

        @Override
        public void handle(Event.VisitorNotRedirected event) {
            report(new Fact.KernelRefused(event.homeAddress(), "redirect", event.why()));
            visits.departures().notRedirected(event.homeAddress(), event.id());
        }

        @Override
        public void handle(Event.RedirectedCounted event) {
            event.packets().ifPresent(packets -> requests.tellFollowed(event.homeAddress(), event.id(), packets));
        }

        @Override
        public void handle(Event.VisitorRecalled event) {
            // As was asked.
        }

        @Override
        public void handle(Event.VisitorNotRecalled event) {
            report(new Fact.KernelRefused(event.homeAddress(), "recall", event.why()));
            visits.end(event.homeAddress(), Why.REFUSED);
        }

        @Override
        public void handle(Event.VisitorStored event) {
            visits.release(event.visitor()).ifPresent(answers::send);
        }

        @Override
        public void handle(Event.VisitorNotStored event) {
            // To refuse it would cut the mobile node off for what matters only after a crash.
            report(new Fact.NotStored(event.visitor().homeAddress(), event.why()));
            visits.release(event.visitor()).ifPresent(answers::send);
        }

        @Override
        public void handle(Event.HandoverMessageReceived event) {
            visits.arrivals()
                    .receive(event.datagram(), policy.enterpriseNumber(), event.at())
                    .ifPresent(refusal -> discard(event.from(), refusal));
        }

        @Override
        public void handle(Event.MarkerReceived event) {
            visits.arrivals()
                    .mark(event.homeAddress(), event.datagram(), policy.enterpriseNumber(), event.at())
                    .ifPresent(refusal -> discard(event.homeAddress(), refusal));
        }

        @Override
        public void handle(Event.TunnelDataReceived event) {
            boolean answers = EchoPacket.decode(event.data())
                    .filter(echo -> visits.keepalives().received(echo, event.at()))
                    .isPresent();
            if (!answers) {
                report(new Fact.Discarded(event.from().toString(), Fact.Discard.TUNNEL_DATA));
            }
        }

        @Override
        public void handle(Event.WaitBegan event) {
            visits.arrivals().began(event.homeAddress(), event.room(), event.at());
        }

        @Override
        public void handle(Event.RoomOpened event) {
            var opened = event.action();
            long more = visits.arrivals().held(opened.homeAddress(), opened.id(), event.held());
            report(new Fact.RoomOpened(opened, event.held(), more));
            visits.arrivals()
                    .waitedFor(opened.homeAddress(), opened.id())
                    .ifPresent(arrival -> visits.of(opened.homeAddress())
                            .findFirst()
                            .ifPresent(visitor -> answers.tellHeld(visitor, arrival.id(), arrival.held())));
        }

        @Override
        public void handle(Event.TimerFired event) {
            switch (event.timer().purpose()) {
                case PENDING_REQUEST -> timeOut(event, false);
                case PENDING_PREPARATION -> timeOut(event, true);
                case VISITOR -> visits.expire(event.timer().homeAddress(), event.at());
                case CO_LOCATED_VISITOR ->
                    visits.coLocated().expire(event.timer().homeAddress(), event.at());
                case NAMESAKE -> visits.namesakes().expire(event.timer().homeAddress(), event.at());
                case STAGED_VISITOR -> visits.staged().expire(event.timer().homeAddress(), event.at());
                case KEEPALIVE -> visits.keepalives().due(event.timer().homeAddress(), event.at());
                case ARRIVAL -> visits.arrivals().due(event.timer().homeAddress(), event.at());
                case REVOCATION -> revocations.due(event.timer().homeAddress(), event.at());
                case REDIRECT -> visits.endRedirect(event.timer().homeAddress());
                case DEPARTURE -> visits.departures().count(event.timer().homeAddress());
            }
        }

        private void timeOut(Event.TimerFired event, boolean prepares) {
            replies.timeOut(event.at(), event.timer().homeAddress(), prepares);
            // Those that are left: who was waited for first may have given way.
            requests.armPending(event.timer().homeAddress(), prepares);
        }

        @Override
        public void handle(Event.Restored event) {
            var unserved = visits.restore(event.visitors(), event.namesakes(), policy, event.at());
            visits.coLocated().restore(event.coLocated(), policy, event.at());
            revocations.restore(event.visitors(), unserved, event.revoked(), event.at());
            advertiser.start(policy, event.at());
        }

        @Override
        public void handle(Event.PolicyChanged event) {
            boolean begins = !policy.advertising().interval().isUnsolicited();
            policy = event.policy();
            if (begins) {
                advertiser.start(policy, event.at());
            }
        }
    }
}
