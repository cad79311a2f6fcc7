package org.mooring.foreign;

import java.time.Duration;
import java.util.Map;

/**
 * How the agent advertises itself (RFC 3344 §2.1, RFC 1256 §4.1).
 *
 * @param interval the longest time between two advertisements to all; zero: only those who ask are told
 * @param registrationRequired R: also mobile nodes with a co-located care-of address are to register here
 * @param challenges whether requests must say something that was made up lately (RFC 4721)
 * @param prefixLengths of the visitor links, by interface name; empty to say none, as no agent of a link may where another does not
 */
public record Advertising(
        Duration interval, boolean registrationRequired, boolean challenges, Map<String, Integer> prefixLengths) {
    /** Nobody is told but who asks. */
    static final Advertising ON_SOLICITATION = new Advertising(Duration.ZERO, false, Map.of());

    /** RFC 1256 §4.1. */
    private static final Duration LONGEST_LIFETIME = Duration.ofMinutes(150);

    /** What those hold on to who were told because they asked. */
    private static final Duration LIFETIME_WHEN_ASKED = Duration.ofMinutes(30);

    public Advertising {
        prefixLengths = Map.copyOf(prefixLengths);
    }

    /** Without challenges. */
    Advertising(Duration interval, boolean registrationRequired, Map<String, Integer> prefixLengths) {
        this(interval, registrationRequired, false, prefixLengths);
    }

    boolean isUnsolicited() {
        return !interval.isZero();
    }

    /** RFC 3344 §2.1: two of three may be lost. */
    Duration lifetime() {
        var three = interval.multipliedBy(3);
        return !isUnsolicited()
                ? LIFETIME_WHEN_ASKED
                : three.compareTo(LONGEST_LIFETIME) < 0 ? three : LONGEST_LIFETIME;
    }
}
