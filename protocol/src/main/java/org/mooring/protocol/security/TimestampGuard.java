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
public final class TimestampGuard implements ReplayGuard {
    private final Duration tolerance;
    private @Nullable Identification newest;

    public TimestampGuard(Duration tolerance) {
        this.tolerance = tolerance;
    }

    /** One that goes on where another ended: {@code newest} is what that one had accepted last. */
    public static TimestampGuard restored(Duration tolerance, Identification newest) {
        var guard = new TimestampGuard(tolerance);
        guard.newest = newest;
        return guard;
    }

    @Override
    public boolean isFresh(Identification id, Instant now) {
        return isNear(id, now) && (newest == null || id.isAfter(newest));
    }

    /** Not one that the last accepted one made necessary: that is what we have asked for ({@link #mismatchedInHandover}). */
    @Override
    public boolean isAhead(Identification id, Instant now, Duration most) {
        boolean needed = newest != null && id.high() - newest.high() <= 1;
        return !needed && Duration.between(now, id.toInstant(now)).compareTo(most) > 0;
    }

    /** A retransmission has the same Identification (§3.8.2.2): while it is near the clock it may be one. */
    @Override
    public boolean mayRepeat(Identification id, Instant now) {
        return isNear(id, now);
    }

    /** §5.7.1: as it came. */
    @Override
    public Identification accepted(Identification id) {
        return id;
    }

    /** §5.7.1: as it came if it was good, whatever the code; else one that tells our time. */
    @Override
    public Identification denied(Identification id, Instant now) {
        return isFresh(id, now) ? id : mismatched(id, now);
    }

    /** §5.7.1: our time of day in the high half, whatever was accepted before. */
    @Override
    public Identification mismatched(Identification id, Instant now) {
        return id.withHigh(Identification.of(now).high());
    }

    /**
     * Where something newer than our clock was accepted already, the high half is just past that instead: another host speaks for this mobile node as
     * well, and with the time of day alone the next request would be refused again. Who sends such requests is told our time beside it (CLOCK).
     */
    @Override
    public Identification mismatchedInHandover(Identification id, Instant now) {
        var clock = Identification.of(now);
        boolean behind = newest != null && newest.high() - clock.high() >= 0;
        return id.withHigh(behind && newest != null ? newest.high() + 1 : clock.high());
    }

    /** It is not known whose clock that is, but it does no harm to tell ours. */
    @Override
    public Identification unauthenticated(Identification id, Instant now) {
        return denied(id, now);
    }

    @Override
    public String reason(Identification id, Instant now) {
        return "its clock is %d ms from ours, newest accepted %s"
                .formatted(
                        Duration.between(now, id.toInstant(now)).toMillis(),
                        newest == null ? "none" : newest.toString());
    }

    private boolean isNear(Identification id, Instant now) {
        return Duration.between(now, id.toInstant(now)).abs().compareTo(tolerance) <= 0;
    }

    /** Makes {@code id}, and all that are older, stale: its request has been accepted. */
    public void advance(Identification id) {
        newest = id;
    }

    /** The last one accepted. */
    public Optional<Identification> newest() {
        return Optional.ofNullable(newest);
    }
}
