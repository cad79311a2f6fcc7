package org.mooring.protocol.discovery;

import java.time.Duration;

/**
 * How often an agent advertises itself (RFC 1256 §4.1).
 *
 * @param longest the longest time between two advertisements to all; zero: only those who ask are told
 */
public record AdvertisementInterval(Duration longest) {
    /** Nobody is told but who asks. */
    public static final AdvertisementInterval ON_SOLICITATION = new AdvertisementInterval(Duration.ZERO);

    /** RFC 1256 §4.1. */
    private static final Duration LONGEST_LIFETIME = Duration.ofMinutes(150);

    /** What those hold on to who were told because they asked. */
    private static final Duration LIFETIME_WHEN_ASKED = Duration.ofMinutes(30);

    public boolean isUnsolicited() {
        return !longest.isZero();
    }

    /** How long an advertisement holds. RFC 3344 §2.1: two of three may be lost. */
    public Duration lifetime() {
        var three = longest.multipliedBy(3);
        return !isUnsolicited()
                ? LIFETIME_WHEN_ASKED
                : three.compareTo(LONGEST_LIFETIME) < 0 ? three : LONGEST_LIFETIME;
    }
}
