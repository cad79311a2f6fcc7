package org.mooring.protocol.security;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mooring.protocol.wire.Identification;

/**
 * Timestamp replay protection, the sender's side (RFC 3344 §3.6.2.3, §5.7.1): each Identification is the home agent's
 * time as well as we know it, and later than every one before. Confined to one thread.
 */
public final class MobileNodeClock {
    private Duration offset = Duration.ZERO;
    private @Nullable Identification newest;

    /**
     * The Identification for the next request: the corrected clock, or the newest known plus one where the clock is
     * behind that.
     *
     * @param random fills the bits that the clock does not supply
     */
    public Identification next(Instant now, int random) {
        var clock = Identification.of(now.plus(offset), random);
        newest = newest == null || clock.isAfter(newest) ? clock : newest.next();
        return newest;
    }

    /** Takes the home agent's time from an authenticated reply with code 133 (its high half; RFC 3344 §3.6.2.3). */
    public void resynchronise(Identification reply, Instant now) {
        offset = Duration.between(now, Identification.of(reply.high(), 0).toInstant(now));
    }

    /**
     * Takes note that {@code id} was used for this mobile node, here or on another host: none that is older will do.
     */
    public void observe(Identification id) {
        if (newest == null || id.isAfter(newest)) {
            newest = id;
        }
    }

    /** How far the home agent's clock is ahead of ours, to the second. */
    public Duration offset() {
        return offset;
    }

    /** The newest that was used, as far as we know. */
    public Optional<Identification> newest() {
        return Optional.ofNullable(newest);
    }
}
