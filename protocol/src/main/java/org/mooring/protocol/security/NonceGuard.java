package org.mooring.protocol.security;

import java.time.Duration;
import java.time.Instant;
import java.util.function.IntSupplier;
import org.mooring.protocol.wire.Identification;

/**
 * Nonce replay protection, the verifier's side (RFC 3344 §5.7.2): the high half of a request must be what the last reply had there, and each
 * reply has a new one. Who begins, or has lost a reply, learns it from a denial. Confined to one thread.
 *
 * <p>Anybody can have a reply sent with a wrong authenticator. Its nonce is good as well, but beside the one of the last reply to an authentic
 * request, which the mobile node may have: that one is good until it is used, whatever was forged since.
 */
public final class NonceGuard implements ReplayGuard {
    private final IntSupplier random;
    private int expected;
    /** What the last reply to a request that proved nothing had; {@link #expected}, where there was none since. */
    private int offered;

    /** Expects something that nobody was told. */
    public NonceGuard(IntSupplier random) {
        this.random = random;
        this.expected = random.getAsInt();
        this.offered = expected;
    }

    @Override
    public boolean isFresh(Identification id, Instant now) {
        return id.high() == expected || id.high() == offered;
    }

    /** Nonces tell no time. */
    @Override
    public boolean isAhead(Identification id, Instant now, Duration most) {
        return false;
    }

    /** §3.6.3: with nonces, retransmissions are the same octets; the reply to them is the one that may have been lost. */
    @Override
    public boolean mayRepeat(Identification id, Instant now) {
        return true;
    }

    @Override
    public Identification accepted(Identification id) {
        return withNewNonce(id);
    }

    @Override
    public Identification denied(Identification id, Instant now) {
        return withNewNonce(id);
    }

    @Override
    public Identification mismatched(Identification id, Instant now) {
        return withNewNonce(id);
    }

    @Override
    public Identification mismatchedInHandover(Identification id, Instant now) {
        return withNewNonce(id);
    }

    /** Leaves what the last authentic request was told as it is: forgeries must not keep the mobile node from the nonce that it knows. */
    @Override
    public Identification unauthenticated(Identification id, Instant now) {
        offered = newNonce();
        return id.withHigh(offered);
    }

    @Override
    public String reason(Identification id, Instant now) {
        return "its nonce is %08x, not the one that was sent last".formatted(id.high());
    }

    private Identification withNewNonce(Identification id) {
        expected = newNonce();
        offered = expected;
        return id.withHigh(expected);
    }

    private int newNonce() {
        int next = random.getAsInt();
        while (next == expected || next == offered) {
            next++;
        }
        return next;
    }
}
