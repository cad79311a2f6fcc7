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
    private final Counter keepalives = metrics.counter("keepalives", "Keepalives of UDP tunnels sent", "guest");
    private final Counter happenings = metrics.counter("happenings", "What became of guests on this host", "what");

    private final Counter rescued =
            metrics.counter("frames_rescued", "Frames from taps that were sent after their guests", "guest");
    private final Counter lost =
            metrics.counter("frames_lost", "Frames to taps that should have been, and weren't", "guest");

    Metrics metrics() {
        return metrics;
    }

    void requestSent(String guest) {
        requests.labelValues(guest).inc();
    }

    void keepaliveSent(String guest) {
        keepalives.labelValues(guest).inc();
    }

    void replyReceived(ReplyCode code) {
        replies.labelValues(Integer.toString(code.value())).inc();
    }

    void framesRescued(String guest, int rescuedNow, int lostNow) {
        rescued.labelValues(guest).inc(rescuedNow);
        lost.labelValues(guest).inc(lostNow);
    }

    void happened(Enum<?> what) {
        happenings
                .labelValues(what.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .inc();
    }
}
