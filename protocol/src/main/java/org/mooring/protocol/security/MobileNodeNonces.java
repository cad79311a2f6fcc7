package org.mooring.protocol.security;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.mooring.protocol.wire.Identification;

/**
 * Nonce replay protection, the mobile node's side (RFC 3344 §5.7.2): the high half is what the home agent's last answer had there. Who
 * begins, or finds that another host has asked since, learns it from a denial. Confined to one thread.
 */
public final class MobileNodeNonces implements MobileNodeReplay {
    private int high;
    private int low;

    @Override
    public Identification next(Instant now, int random) {
        low = random == low ? random + 1 : random; // §5.7: never that of the request before.
        return Identification.of(high, low);
    }

    @Override
    public boolean repeats() {
        return true;
    }

    @Override
    public void answered(Identification reply) {
        high = reply.high();
    }

    /** {@link #answered} was told already. */
    @Override
    public void resynchronise(Identification reply, Instant now, Duration mostAhead) {}

    @Override
    public void synchronise(Identification time, Instant sent, Instant received) {}

    /** No nonce is older than another. */
    @Override
    public void follow(Instant time, Instant now) {}

    @Override
    public Instant dated(Instant now) {
        return now;
    }

    @Override
    public void observe(Identification id) {}

    /** Nonces say nothing of clocks. */
    @Override
    public Optional<Duration> offset() {
        return Optional.empty();
    }
}
