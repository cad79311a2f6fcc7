package org.mooring.runtime.handover;

import io.prometheus.metrics.core.metrics.Counter;
import org.mooring.protocol.handover.Arrival.Opening;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.runtime.metrics.Metrics;

/** How packets were put in order since the start, for Prometheus. */
public final class ArrivalCounters {
    private final Counter delivered;
    private final Counter held;
    private final Counter openings;

    public ArrivalCounters(Metrics metrics) {
        delivered = metrics.counter(
                "handover_rescued_packets", "Packets that were rescued where mobile nodes were, and brought to them");
        held = metrics.counter("handover_held_packets", "Packets that had to wait while mobile nodes came");
        openings = metrics.counter(
                "handover_openings", "How often the packets of a path waited no longer, and why", "path", "why");
    }

    public void countDelivered() {
        delivered.inc();
    }

    /**
     * Counts that packets wait no longer.
     *
     * @param more packets that had to wait and have not been counted yet
     */
    public void countOpening(Room room, Opening why, long more) {
        openings.labelValues(ArrivalsView.word(room), ArrivalsView.word(why)).inc();
        held.inc(more);
    }
}
