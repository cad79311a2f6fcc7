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

    /** The offset as the home agent has told it, by code 133 or by CLOCK: another host's word is not about its clock. */
    private @Nullable Duration measured;

    private @Nullable Identification accepted;
    private @Nullable Identification newest;

    /** In whole, by CLOCK: there is no better word on it. */
    private boolean told;

    /** By code 133, since the last acceptance. */
    private int refusals;

    /** How far ahead of the home agent's clock something may be accepted of what it has refused since the last acceptance. */
    private @Nullable Duration mostAhead;

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
        Identification before = before(now.plus(offset));
        newest = before == null || clock.isAfter(before) ? clock : before.next();
        return newest;
    }

    /**
     * What the next request has to be later than: all that was sent or accepted (§5.7.1). But what was sent from a clock so far ahead that the home agent
     * can't accept anything later yet counts no more, or nothing would be accepted until its time has come; then it is what was accepted.
     */
    private @Nullable Identification before(Instant homeAgents) {
        boolean unacceptable = newest != null
                && mostAhead != null
                && newest.toInstant(homeAgents).isAfter(homeAgents.plus(mostAhead));
        return unacceptable ? accepted : newest;
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
     * <p>Who is refused again with the home agent's own time isn't the only one to speak for this mobile node: another host's clock is ahead, and
     * what that has sent was accepted (RFC 5563 §4.4). As far ahead as the home agent accepts anything, we are past that. Only once: if it
     * accepts less than we think, the time comes for what was sent.
     */
    @Override
    public void resynchronise(Identification reply, Instant now, Duration mostAhead) {
        Instant its = Identification.of(reply.high(), 0).toInstant(now);
        offset = Duration.between(now, its);
        measured = offset;
        refusals++;
        boolean less = mostAhead.compareTo(tolerance) < 0;
        this.mostAhead = less ? mostAhead : tolerance.plus(ROUNDING);
        if (refusals == 2) {
            Instant latest = its.plus(less ? mostAhead : tolerance);
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
        measured = offset;
        told = true;
    }

    /**
     * What that host has sent was accepted, or it would have a better idea of the time. So its clock is one that the home agent accepts, and if it
     * is ahead of ours, ours is put forward. Who was told the home agent's own time has no need of that.
     */
    @Override
    public void follow(Instant time, Instant now) {
        if (!told && time.isAfter(now.plus(offset))) {
            offset = Duration.between(now, time);
        }
    }

    @Override
    public Instant dated(Instant now) {
        Instant clock = now.plus(offset);
        Identification before = before(clock);
        Instant latest = before == null ? clock : before.toInstant(clock);
        return latest.isAfter(clock) ? latest : clock;
    }

    /**
     * Takes note that {@code id} was accepted for this mobile node, from here or another host: no older one will do.
     */
    @Override
    public void observe(Identification id) {
        refusals = 0;
        mostAhead = null;
        accepted = newer(accepted, id);
        newest = newer(newest, id);
    }

    /** How far the home agent's clock is ahead of ours: to the second, or, where it told its time, to half a round trip. */
    @Override
    public Optional<Duration> offset() {
        return Optional.ofNullable(measured);
    }

    /** The newest that was accepted, as far as we know. */
    public Optional<Identification> accepted() {
        return Optional.ofNullable(accepted);
    }

    private static Identification newer(@Nullable Identification known, Identification id) {
        return known != null && known.isAfter(id) ? known : id;
    }
}
