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
public final class MobileNodeClock implements MobileNodeReplay {
    private Duration offset = Duration.ZERO;
    private @Nullable Identification accepted;
    private @Nullable Identification newest;

    /**
     * The Identification for the next request: the corrected clock, or the newest known plus one where the clock is
     * behind that.
     *
     * @param random fills the bits that the clock does not supply
     */
    @Override
    public Identification next(Instant now, int random) {
        var clock = Identification.of(now.plus(offset), random);
        newest = newest == null || clock.isAfter(newest) ? clock : newest.next();
        return newest;
    }

    @Override
    public boolean repeats() {
        return false;
    }

    /** Of the time it says nothing but by code 133, and CLOCK. */
    @Override
    public void answered(Identification reply) {}

    /**
     * Takes the home agent's time from an authenticated reply with code 133 (RFC 3344 §3.6.2.3): its high half.
     *
     * <p>What we sent from a clock that was ahead was refused, so it no longer counts; only what was accepted does.
     */
    @Override
    public void resynchronise(Identification reply, Instant now) {
        offset = Duration.between(now, Identification.of(reply.high(), 0).toInstant(now));
        newest = accepted;
    }

    /**
     * Takes the home agent's time from what it said of it in an authenticated reply (CLOCK, docs/handover.md
     * "Identification"), to the fraction of a second that code 133 leaves out. It was half-way between {@code sent} and
     * {@code received}, as far as we can know.
     */
    @Override
    public void synchronise(Identification time, Instant sent, Instant received) {
        Instant halfWay = sent.plus(Duration.between(sent, received).dividedBy(2));
        offset = Duration.between(halfWay, time.toInstant(halfWay));
    }

    /**
     * Takes note that {@code id} was accepted for this mobile node, from here or another host: no older one will do.
     */
    @Override
    public void observe(Identification id) {
        accepted = newer(accepted, id);
        newest = newer(newest, id);
    }

    /** How far the home agent's clock is ahead of ours: to the second, or, where it told its time, to half a round trip. */
    @Override
    public Duration offset() {
        return offset;
    }

    /** The newest that was accepted, as far as we know. */
    public Optional<Identification> accepted() {
        return Optional.ofNullable(accepted);
    }

    private static Identification newer(@Nullable Identification known, Identification id) {
        return known != null && known.isAfter(id) ? known : id;
    }
}
