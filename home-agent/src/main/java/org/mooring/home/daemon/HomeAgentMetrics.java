package org.mooring.home.daemon;

import io.prometheus.metrics.core.metrics.Counter;
import java.util.Locale;
import org.mooring.home.Discard;
import org.mooring.home.Fact;
import org.mooring.home.Fact.BindingEnded.End;
import org.mooring.home.Fact.StagedEntryGone.How;
import org.mooring.home.HomeAgent;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.handover.ArrivalCounters;
import org.mooring.runtime.metrics.Metrics;

/** The home agent's metrics for Prometheus. */
final class HomeAgentMetrics {
    private static final int CODE_OFFSET = 1;

    private final Metrics metrics = new Metrics(HomeAgentProgram.NAME);
    private final Counter replies = metrics.counter("replies", "Registration Replies sent, by their code", "code");
    private final Counter discards =
            metrics.counter("discards", "Datagrams that were not answered, by the reason", "reason");
    private final Counter keepalives = metrics.counter("keepalives", "Keepalives of UDP tunnels that were answered");
    private final Counter handovers =
            metrics.counter("handovers", "Staged care-of addresses, by what became of them", "outcome");

    private final Counter broadcasts = metrics.counter(
            "broadcasts", "Broadcasts of the home link, by whether they were too many to be looked at", "outcome");
    private final Counter ends = metrics.counter("bindings_ended", "Bindings that are over, by how they ended", "how");
    private final Counter revocations =
            metrics.counter("revocations", "Revocations of the home agent's own, by what became of them", "outcome");

    private final ArrivalCounters arrivals = new ArrivalCounters(metrics);

    HomeAgentMetrics(HomeAgent homeAgent) {
        metrics.gauge(
                "bindings",
                "Bindings: care-of addresses of mobile nodes",
                () -> homeAgent.bindings().size());
        metrics.gauge("away", "Mobile nodes that are away", homeAgent::away);
        metrics.gauge(
                "staged",
                "Care-of addresses that are staged",
                () -> homeAgent.staged().size());
        metrics.gauge(
                "revocations_pending",
                "Revocations that are not acknowledged yet",
                () -> homeAgent.revocations().size());
    }

    Metrics metrics() {
        return metrics;
    }

    ArrivalCounters arrivals() {
        return arrivals;
    }

    /** May be called on any thread. */
    void countBroadcast(boolean taken) {
        broadcasts.labelValues(taken ? "taken" : "dropped").inc();
    }

    void countReply(Octets reply) {
        replies.labelValues(Integer.toString(reply.unsignedByte(CODE_OFFSET))).inc();
    }

    void countKeepalive() {
        keepalives.inc();
    }

    void countHandover(How outcome) {
        handovers.labelValues(outcome.name().toLowerCase(Locale.ROOT)).inc();
    }

    void countEnd(End how) {
        ends.labelValues(how.name().toLowerCase(Locale.ROOT)).inc();
    }

    /** One of the facts about a revocation. */
    void countRevocation(Fact fact) {
        var outcome = fact instanceof Fact.RevocationSent
                ? "sent"
                : fact instanceof Fact.RevocationAcknowledged ? "acknowledged" : "unanswered";
        revocations.labelValues(outcome).inc();
    }

    void countDiscard(Discard discard) {
        discards.labelValues(discard.name().toLowerCase(Locale.ROOT)).inc();
    }
}
