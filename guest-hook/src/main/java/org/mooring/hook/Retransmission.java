package org.mooring.hook;

import java.time.Duration;

/**
 * How long to wait for a reply before asking again (RFC 3344 §3.6.3): at least a second, and two round trips, at first,
 * then twice as long each time, up to a longest. The RFC bounds that by the requested lifetime. It is as long as a guest may have
 * to wait once an agent is back: in silence two seconds for the first half minute, in which an agent that ended is started again;
 * half a minute else. Confined to one thread.
 */
final class Retransmission {
    /** §3.6, §3.6.3: requests are at least this far apart, but for the first after an indication from the link. */
    static final Duration SPACING = Duration.ofSeconds(1);

    private static final Duration LONGEST = Duration.ofSeconds(30);
    private static final Duration LONGEST_AT_FIRST = Duration.ofSeconds(2);
    private static final int REQUESTS_AT_FIRST = 15;
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

    /** The same where nobody answers: what has ended may be back any time, where a denial is a denial. */
    Duration patienceInSilence() {
        if (requests > REQUESTS_AT_FIRST) {
            return patience;
        }
        return shorter(patience, first.compareTo(LONGEST_AT_FIRST) > 0 ? first : LONGEST_AT_FIRST);
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
