package org.mooring.protocol.security;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.mooring.protocol.wire.Identification;

/**
 * Replay protection, the mobile node's side (RFC 3344 §5.7): which Identification its next request has. Its low half is what tells the
 * answer to it from others. Confined to one thread.
 */
public sealed interface MobileNodeReplay permits MobileNodeClock, MobileNodeNonces {
    /** One for an association of this style. */
    static MobileNodeReplay of(ReplayProtection style) {
        return style instanceof ReplayProtection.Timestamps timestamps
                ? new MobileNodeClock(timestamps.tolerance())
                : new MobileNodeNonces();
    }

    /**
     * The Identification for the next request.
     *
     * @param random fills the bits that nothing else supplies
     */
    Identification next(Instant now, int random);

    /** Whether a request that isn't answered is sent again as it is, octet for octet (§3.6.3), and not with a new Identification. */
    boolean repeats();

    /** The home agent has answered, whatever: that is authenticated. */
    void answered(Identification reply);

    /**
     * An authenticated reply with code 133 (§3.6.2.3).
     *
     * @param mostAhead how far ahead of its clock the home agent accepts what was asked, where that is less than the association's tolerance
     */
    void resynchronise(Identification reply, Instant now, Duration mostAhead);

    /** The home agent told its time in an authenticated reply (CLOCK, docs/handover.md "Identification"). */
    void synchronise(Identification time, Instant sent, Instant received);

    /** Another host, from which the mobile node comes, would date a request {@code time} now (RFC 5563 §4.4): none from here is to be older. */
    void follow(Instant time, Instant now);

    /** What the next request would be dated, as {@link #follow} takes it elsewhere. */
    Instant dated(Instant now);

    /** {@code id} was accepted for this mobile node. */
    void observe(Identification id);

    /** How far the home agent's clock is ahead of ours; empty while that isn't known. */
    Optional<Duration> offset();
}
