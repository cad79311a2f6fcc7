package org.mooring.protocol.security;

import java.time.Duration;
import org.mooring.protocol.security.ReplayProtection.Timestamps;

/**
 * A mobility security association between two nodes (RFC 3344 §1.6).
 *
 * @param spi unsigned; 0..255 are reserved
 */
public record SecurityAssociation(int spi, Key key, Algorithm algorithm, ReplayProtection replayProtection) {
    /** RFC 3344 §5.7.1. */
    public static final Duration DEFAULT_TOLERANCE = Timestamps.DEFAULT_TOLERANCE;

    private static final int FIRST_SPI = 256;

    public SecurityAssociation {
        if (Integer.compareUnsigned(spi, FIRST_SPI) < 0) {
            throw new IllegalArgumentException("SPI " + spi + " is reserved: 0 to 255 must not be used");
        }
    }

    /** One with timestamps. */
    public SecurityAssociation(int spi, Key key, Algorithm algorithm, Duration tolerance) {
        this(spi, key, algorithm, new Timestamps(tolerance));
    }
}
