package org.mooring.hook;

import java.time.Instant;

/**
 * When the next request of one guest may leave that nothing on the link has indicated: a second after the one before, whoever here sent that, and
 * whatever it was answered (RFC 3344 §3.6, §3.6.3). Confined to one thread.
 */
final class Spacing {
    private Instant latest = Instant.EPOCH;

    /** A request leaves. */
    void sent(Instant at) {
        latest = at;
    }

    /** At {@code at}, or later. A clock that was set back keeps nobody waiting. */
    Instant soonest(Instant at) {
        Instant soonest = latest.plus(Retransmission.SPACING);
        return soonest.isAfter(at) && !latest.isAfter(at) ? soonest : at;
    }
}
