package org.mooring.hook.daemon;

import io.prometheus.metrics.core.metrics.Counter;
import java.util.Locale;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.runtime.metrics.Metrics;

/** What Prometheus sees. */
final class HookMetrics {
    private final Metrics metrics = new Metrics("guest-hook");
    private final Counter requests = metrics.counter("requests", "Registration Requests sent", "guest");
    private final Counter replies = metrics.counter("replies", "Registration Replies received", "code");
    private final Counter happenings = metrics.counter("happenings", "What became of guests on this host", "what");

    Metrics metrics() {
        return metrics;
    }

    void requestSent(String guest) {
        requests.labelValues(guest).inc();
    }

    void replyReceived(ReplyCode code) {
        replies.labelValues(Integer.toString(code.value())).inc();
    }

    void happened(Enum<?> what) {
        happenings
                .labelValues(what.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .inc();
    }
}
