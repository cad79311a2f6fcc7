package org.mooring.hook;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How long to wait for a reply before asking again (RFC 3344 §3.6.3): at least a second, and two round trips, at first,
 * then twice as long each time, up to a longest. The RFC bounds that by the requested lifetime; it may be less (half a minute, usually), since it
 * is as long as a guest may have to wait once an agent is back. Confined to one thread.
 */
final class Retransmission {
    /** §3.6, §3.6.3: requests are at least this far apart, but for the first after an indication from the link. */
    static final Duration SPACING = Duration.ofSeconds(1);

    /**
     * After a request, when the same octets leave again in a message that is no request (docs/handover.md, "Messages beside registration"):
     * what is lost must not cost what a handover is for, nor whoever brings the guest a second; and a guest doesn't wait for the next
     * request when its agents are back. What is dated longer ago than that they would not take for timely.
     */
    private static final List<Duration> AGAIN = Stream.concat(
                    Stream.of(200, 500), IntStream.rangeClosed(1, 6).mapToObj(seconds -> 1000 * seconds))
            .map(Duration::ofMillis)
            .toList();

    private static final Duration SLACK = Duration.ofMillis(100);

    private final Duration longest;
    private Duration first = SPACING;
    private Duration patience = SPACING;
    private int requests;
    private Duration repeated = Duration.ZERO;

    /** @param longest whatever lifetime is asked for */
    Retransmission(Duration longest) {
        this.longest = longest;
    }

    /** What is sent next is a new request, not a repeated one. */
    void reset() {
        requests = 0;
    }

    /**
     * A request is sent.
     *
     * @param lifetime that it asks for, in seconds; zero in a deregistration
     */
    void sent(int lifetime) {
        patience = requests == 0 ? first : shorter(patience.multipliedBy(2), longest(lifetime));
        requests++;
        repeated = Duration.ZERO;
    }

    /** A request has left in a message that is none. */
    void anticipated() {
        repeated = Duration.ZERO;
    }

    private Duration longest(int lifetime) {
        Duration permitted = lifetime == 0 ? longest : shorter(Duration.ofSeconds(lifetime), longest);
        return permitted.compareTo(first) < 0 ? first : permitted;
    }

    /** How long after the latest request the next one may be due. */
    Duration patience() {
        return patience;
    }

    /**
     * How long after the latest request its octets are to leave once more; empty if the next request is due before.
     *
     * @param hurried whether a lost request must not cost a second
     */
    Optional<Duration> again(boolean hurried) {
        return AGAIN.stream()
                .filter(after -> after.compareTo(repeated) > 0)
                .filter(after -> hurried || after.compareTo(SPACING) >= 0)
                .findFirst()
                .filter(after -> after.compareTo(patience) < 0);
    }

    /** They have, as {@link #again} said. */
    void repeated(boolean hurried) {
        repeated = again(hurried).orElseThrow();
    }

    /** A reply came after {@code roundTrip}. */
    void answered(Duration roundTrip) {
        Duration two = roundTrip.multipliedBy(2).plus(SLACK);
        first = two.compareTo(SPACING) > 0 ? shorter(two, longest) : SPACING;
    }

    /** Requests sent since {@link #reset}. */
    int requests() {
        return requests;
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
