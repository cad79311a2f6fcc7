package org.mooring.protocol.security;

import java.time.Duration;
import java.time.Instant;
import org.mooring.protocol.wire.Identification;

/**
 * Replay protection, the verifier's side (RFC 3344 §5.7): which Identifications are good, and which one a reply has. Its low half is the
 * request's, always. Confined to one thread.
 */
public sealed interface ReplayGuard permits NonceGuard, TimestampGuard {
    /** Whether {@code id} may be accepted at {@code now}. Changes nothing: a request may fail a later check. */
    boolean isFresh(Identification id, Instant now);

    /** Whether {@code id}, fresh as it is, is from a clock that is more than {@code most} ahead of ours. */
    boolean isAhead(Identification id, Instant now, Duration most);

    /** Whether {@code id}, which was accepted last, may be a retransmission's that is to be answered again. */
    boolean mayRepeat(Identification id, Instant now);

    /** That of the reply that accepts {@code id}. */
    Identification accepted(Identification id);

    /** That of the reply that denies an authentic request with {@code id} for another reason. */
    Identification denied(Identification id, Instant now);

    /** That of the reply which denies an authentic request for its {@code id} (code 133). */
    Identification mismatched(Identification id, Instant now);

    /**
     * The same, of a mobile node that several hosts may speak for (docs/handover.md, "Identification"): what one of them is told must do, whatever
     * the others' clocks have made necessary.
     */
    Identification mismatchedInHandover(Identification id, Instant now);

    /** That of the reply to a request whose authenticator is wrong: nobody knows who sent it. */
    Identification unauthenticated(Identification id, Instant now);

    /** Why {@code id} is not fresh, for the log. */
    String reason(Identification id, Instant now);
}
