package org.mooring.protocol.security;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mooring.protocol.wire.Identification;

/**
 * Timestamp replay protection, the verifier's side (RFC 3344 §5.7.1): a timestamp is good if it is near the clock and
 * later than every one accepted before. Confined to one thread.
 */
public final class ReplayGuard {
    private final Duration tolerance;
    private @Nullable Identification newest;

    public ReplayGuard(Duration tolerance) {
        this.tolerance = tolerance;
    }

    /** One that goes on where another ended: {@code newest} is what that one had accepted last. */
    public static ReplayGuard restored(Duration tolerance, Identification newest) {
        var guard = new ReplayGuard(tolerance);
        guard.newest = newest;
        return guard;
    }

    /** Whether {@code id} may be accepted at {@code now}. Changes nothing: a request may fail a later check. */
    public boolean isFresh(Identification id, Instant now) {
        var skew = Duration.between(now, id.toInstant(now)).abs();
        return skew.compareTo(tolerance) <= 0 && (newest == null || id.isAfter(newest));
    }

    /** Makes {@code id}, and all that are older, stale: its request has been accepted. */
    public void advance(Identification id) {
        newest = id;
    }

    /** The last one accepted. */
    public Optional<Identification> newest() {
        return Optional.ofNullable(newest);
    }

    /**
     * The Identification of a reply with code 133: our time of day in the high half, the request's low half (RFC 3344
     * §5.7.1).
     *
     * <p>Where something newer than our clock was accepted already, the high half is just past that instead: another
     * host may have spoken for this mobile node, and with the time of day alone the next request would be refused
     * again.
     */
    public Identification resynchronise(Identification id, Instant now) {
        var clock = Identification.of(now);
        boolean behind = newest != null && newest.high() - clock.high() >= 0;
        return id.withHigh(behind && newest != null ? newest.high() + 1 : clock.high());
    }
}
