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
    /** What the high half of a reply leaves out of the home agent's time, and how old that is by now. */
    private static final Duration ROUNDING = Duration.ofSeconds(1);

    private final Duration tolerance;
    private Duration offset = Duration.ZERO;
    private @Nullable Identification accepted;
    private @Nullable Identification newest;

    /** By code 133, since the last acceptance. */
    private int refusals;

    /** One for an association whose home agent accepts what is at most {@code tolerance} from its clock. */
    public MobileNodeClock(Duration tolerance) {
        this.tolerance = tolerance;
    }

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
     * <p>§5.7.1 has the next request later than all before, and so it is while the home agent can accept that. What was sent from a clock
     * further ahead doesn't count, or nothing would be accepted until its time has come.
     *
     * <p>Who is refused again with the home agent's own time isn't the only one to speak for this mobile node: another host's clock is ahead, and
     * what that has sent was accepted (RFC 5563 §4.4). As far ahead as the home agent accepts anything, we are past that. A third time in a
     * row says that it isn't so: then only what was accepted counts.
     */
    @Override
    public void resynchronise(Identification reply, Instant now, Duration mostAhead) {
        Instant its = Identification.of(reply.high(), 0).toInstant(now);
        offset = Duration.between(now, its);
        refusals = refusals % 3 + 1;
        Instant latest = its.plus(mostAhead.compareTo(tolerance) < 0 ? mostAhead : tolerance);
        if (newest == null || refusals == 3 || newest.toInstant(its).isAfter(latest)) {
            newest = accepted;
        } else if (refusals == 2) {
            newest = newer(newest, Identification.of(latest.minus(ROUNDING)));
        }
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
        refusals = 0;
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
