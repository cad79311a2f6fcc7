package org.mooring.timeline;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One migration as the host saw it that the guest was to leave. All times are by the clock of that host.
 *
 * @param from that host
 * @param to the destination, as the operator called it
 * @param outcome in a word or two, {@link #MOVED} if it went well
 * @param why it did not; empty if it did
 * @param prepared what the hook at the destination had prepared: staged, nothing or plain; null if it was never heard of
 * @param clockAheadMs how far the destination's clock is ahead; null if it was never asked
 * @param stopped QEMU's STOP here; null if there was none, or the guest goes on here
 * @param resumed QEMU's RESUME there
 */
public record MigrationRecord(
        String guest,
        String from,
        String to,
        Instant began,
        Instant ended,
        String outcome,
        String why,
        @Nullable String prepared,
        @Nullable Double clockAheadMs,
        @Nullable Double clockGiveOrTakeMs,
        @Nullable Instant stopped,
        @Nullable Instant resumed,
        List<HandoverRecord.Step> steps) {
    public static final String MOVED = "moved";

    public MigrationRecord {
        steps = List.copyOf(steps);
    }

    public boolean moved() {
        return outcome.equals(MOVED);
    }
}
