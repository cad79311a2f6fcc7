package org.mooring.protocol.security;

import java.time.Duration;

/**
 * A mobility security association between two nodes, with timestamps as its replay protection (RFC 3344 §1.6, §5.7.1).
 *
 * @param spi unsigned; 0..255 are reserved
 * @param tolerance how far a timestamp may be from the verifier's clock
 */
public record SecurityAssociation(int spi, Key key, Algorithm algorithm, Duration tolerance) {
    /** RFC 3344 §5.7.1. */
    public static final Duration DEFAULT_TOLERANCE = Duration.ofSeconds(7);

    private static final int FIRST_SPI = 256;

    public SecurityAssociation {
        if (Integer.compareUnsigned(spi, FIRST_SPI) < 0) {
            throw new IllegalArgumentException("SPI " + spi + " is reserved: 0 to 255 must not be used");
        }
        if (tolerance.isNegative()) {
            throw new IllegalArgumentException("a tolerance of " + tolerance + " accepts nothing");
        }
    }
}
