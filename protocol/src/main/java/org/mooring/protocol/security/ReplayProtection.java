package org.mooring.protocol.security;

import java.time.Duration;

/** The style of replay protection that the two ends of an association use (RFC 3344 §5.7). */
public sealed interface ReplayProtection {
    /**
     * Timestamps (§5.7.1), which everybody has.
     *
     * @param tolerance how far a timestamp may be from the verifier's clock
     */
    record Timestamps(Duration tolerance) implements ReplayProtection {
        /** RFC 3344 §5.7.1. */
        public static final Duration DEFAULT_TOLERANCE = Duration.ofSeconds(7);

        public Timestamps {
            if (tolerance.isNegative()) {
                throw new IllegalArgumentException("a tolerance of " + tolerance + " accepts nothing");
            }
        }
    }

    /** Nonces (§5.7.2): no clocks, and a denied request before the first that is accepted. */
    record Nonces() implements ReplayProtection {}
}
