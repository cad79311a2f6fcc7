package org.mooring.hook;

import java.time.Duration;

/**
 * How long to wait for a reply before asking again (RFC 3344 §3.6.3): at least a second, and two round trips, at first,
 * then twice as long each time. The RFC bounds it by the requested lifetime; half a minute is less, and as long as a
 * guest may have to wait once an agent is back. Confined to one thread.
 */
final class Retransmission {
    /** §3.6, §3.6.3: requests are at least this far apart, but for the first after an indication from the link. */
    static final Duration SPACING = Duration.ofSeconds(1);

    private static final Duration LONGEST = Duration.ofSeconds(30);
    private static final Duration SLACK = Duration.ofMillis(100);

    private Duration first = SPACING;
    private Duration patience = SPACING;
    private int requests;

    /** What is sent next is a new request, not a repeated one. */
    void reset() {
        requests = 0;
    }

    /** A request is sent. */
    void sent() {
        patience = requests == 0 ? first : shorter(patience.multipliedBy(2), LONGEST);
        requests++;
    }

    /** How long after the latest request the next one may be due. */
    Duration patience() {
        return patience;
    }

    /** A reply came after {@code roundTrip}. */
    void answered(Duration roundTrip) {
        Duration two = roundTrip.multipliedBy(2).plus(SLACK);
        first = two.compareTo(SPACING) > 0 ? shorter(two, LONGEST) : SPACING;
    }

    /** Requests sent since {@link #reset}. */
    int requests() {
        return requests;
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
