package org.mooring.home.daemon;

import io.prometheus.metrics.core.metrics.Counter;
import java.util.Locale;
import org.mooring.home.Discard;
import org.mooring.home.HomeAgent;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.metrics.Metrics;

/** The home agent's metrics for Prometheus. */
final class HomeAgentMetrics {
    private static final int CODE_OFFSET = 1;

    private final Metrics metrics = new Metrics(HomeAgentProgram.NAME);
    private final Counter replies = metrics.counter("replies", "Registration Replies sent, by their code", "code");
    private final Counter discards =
            metrics.counter("discards", "Datagrams that were not answered, by the reason", "reason");

    HomeAgentMetrics(HomeAgent homeAgent) {
        metrics.gauge(
                "bindings",
                "Mobile nodes that are away",
                () -> homeAgent.bindings().size());
    }

    Metrics metrics() {
        return metrics;
    }

    void countReply(Octets reply) {
        replies.labelValues(Integer.toString(reply.unsignedByte(CODE_OFFSET))).inc();
    }

    void countDiscard(Discard discard) {
        discards.labelValues(discard.name().toLowerCase(Locale.ROOT)).inc();
    }
}
