package org.mooring.foreign.daemon;

import io.prometheus.metrics.core.metrics.Counter;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.mooring.foreign.Fact;
import org.mooring.foreign.ForeignAgent;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.runtime.handover.ArrivalCounters;
import org.mooring.runtime.metrics.Metrics;

/** How often each thing has happened since the start, and when last: for {@code show traffic} and for Prometheus. */
final class TrafficCounters {
    /** How often, and when last. */
    record Tally(long count, Instant last) {
        private static Tally first(Instant at) {
            return new Tally(1, at);
        }

        private Tally plus(Tally one) {
            return new Tally(count + one.count, one.last);
        }
    }

    private final Metrics metrics = new Metrics(ForeignAgentProgram.NAME);
    private final Counter requestsCounter = metrics.counter("requests_relayed", "Requests relayed to home agents");
    private final Counter deniedCounter = metrics.counter("requests_denied", "Requests denied, by our code", "code");
    private final Counter repliesCounter =
            metrics.counter("replies_relayed", "Replies relayed to mobile nodes, by the home agent's code", "code");
    private final Counter discardsCounter =
            metrics.counter("discards", "Datagrams that were not answered, by the reason", "reason");

    private final Counter keepalivesCounter = metrics.counter("keepalives", "Keepalives of UDP tunnels that were sent");
    private final Counter lossesCounter =
            metrics.counter("keepalive_losses", "How often a UDP tunnel's keepalives were no longer answered");
    private final Counter stepsCounter = metrics.counter("handover_steps", "Steps of handovers", "step");

    private final Counter leftCounter = metrics.counter("visitors_left", "Visitors that are served no more", "why");

    private final Counter revocationsCounter =
            metrics.counter("revocations", "Revocations of the foreign agent's own, by what became of them", "outcome");

    private final ArrivalCounters arrivalCounters = new ArrivalCounters(metrics);

    private final Map<Integer, Tally> denied = new TreeMap<>();
    private final Map<Integer, Tally> replies = new TreeMap<>();
    private final Map<String, Tally> discards = new TreeMap<>();
    private long requestsRelayed;
    private long denialsSuppressed;

    TrafficCounters(ForeignAgent agent) {
        metrics.gauge(
                "visitors",
                "Mobile nodes that are served",
                () -> agent.visitors().size());
        metrics.gauge(
                "staged_visitors",
                "Mobile nodes that may come",
                () -> agent.staged().size());
        metrics.gauge(
                "redirected_visitors",
                "Mobile nodes that have left, and whose packets follow them",
                () -> (int) agent.visitors().stream()
                        .filter(visitor ->
                                agent.redirected(visitor.homeAddress()).isPresent())
                        .count());
        metrics.gauge(
                "revocations_pending",
                "Revocations that are not acknowledged yet",
                () -> agent.revocations().size());
        metrics.gauge(
                "pending",
                "Requests that wait for a reply",
                () -> agent.pending().size());
    }

    Metrics metrics() {
        return metrics;
    }

    /** Confined to the agent loop, as are the views. */
    void count(Fact fact, Instant at) {
        if (fact instanceof Fact.RequestRelayed) {
            requestsRelayed++;
            requestsCounter.inc();
        } else if (fact instanceof Fact.RequestDenied denial) {
            count(denied, denial.code(), at);
            denialsSuppressed += denial.answered() ? 0 : 1;
            deniedCounter.labelValues(label(denial.code())).inc();
        } else if (fact instanceof Fact.ReplyRelayed reply) {
            count(replies, reply.code(), at);
            repliesCounter.labelValues(label(reply.code())).inc();
        } else if (fact instanceof Fact.Handover handover) {
            stepsCounter.labelValues(handover.step().word()).inc();
        } else if (fact instanceof Fact.KeepalivesUnanswered) {
            lossesCounter.inc();
        } else if (fact instanceof Fact.VisitorLeft left) {
            leftCounter.labelValues(Fact.word(left.why())).inc();
        } else if (fact instanceof Fact.RevocationSent) {
            revocationsCounter.labelValues("sent").inc();
        } else if (fact instanceof Fact.RevocationAcknowledged) {
            revocationsCounter.labelValues("acknowledged").inc();
        } else if (fact instanceof Fact.RevocationUnanswered) {
            revocationsCounter.labelValues("unanswered").inc();
        } else if (fact instanceof Fact.RoomOpened opened) {
            arrivalCounters.countOpening(opened.action().room(), opened.action().why(), opened.more());
        } else if (fact instanceof Fact.HandoverMessageDiscarded discarded) {
            discard(discarded.reason(), at);
        } else if (fact instanceof Fact.Discarded discarded) {
            discard(discarded.reason(), at);
        } else if (fact instanceof Fact.Unreadable unreadable) {
            discard(unreadable.reason(), at);
        }
    }

    void countKeepalive() {
        keepalivesCounter.inc();
    }

    void countDelivered() {
        arrivalCounters.countDelivered();
    }

    long requestsRelayed() {
        return requestsRelayed;
    }

    long denialsSuppressed() {
        return denialsSuppressed;
    }

    Map<Integer, Tally> denied() {
        return denied;
    }

    Map<Integer, Tally> replies() {
        return replies;
    }

    Map<String, Tally> discards() {
        return discards;
    }

    private void discard(Enum<?> reason, Instant at) {
        var words = reason.name().toLowerCase(Locale.ROOT);
        discards.merge(words.replace('_', ' '), Tally.first(at), Tally::plus);
        discardsCounter.labelValues(words).inc();
    }

    private static void count(Map<Integer, Tally> tallies, ReplyCode code, Instant at) {
        tallies.merge(code.value(), Tally.first(at), Tally::plus);
    }

    private static String label(ReplyCode code) {
        return Integer.toString(code.value());
    }
}
