package org.mooring.protocol.discovery;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.mooring.protocol.wire.AdvertisementExtension;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.AgentAdvertisement.Router;
import org.mooring.protocol.wire.Ipv4Address;

/** What one agent advertises on one link: its numbers and its times. Confined to the agent loop. */
public final class AdvertisementSeries {
    /** After a start. RFC 3344 §2.3.2: a lower number than before tells of a restart. */
    public static final int FIRST_SEQUENCE = 0;

    private static final int LAST_SEQUENCE = 0xffff;
    private static final int SEQUENCE_AFTER_LAST = 256;

    /** RFC 1256 §6: the first few come sooner. */
    private static final int INITIAL_ADVERTISEMENTS = 3;

    private static final Duration LONGEST_INITIAL_INTERVAL = Duration.ofSeconds(16);

    /** RFC 1256 §4.1: routers that were started together do not advertise together. */
    private static final double LEAST_PART_OF_INTERVAL = 0.75;

    private int sequence = FIRST_SEQUENCE;
    private int unsolicited;

    /** Any time between the two. */
    public record Window(Instant earliest, Instant latest) {}

    /** When to advertise to all for the first time. */
    public static Window first(Instant now) {
        return new Window(now, now.plusSeconds(1));
    }

    /** When to advertise to all again, as it was done at {@code now}. */
    public Window next(AdvertisementInterval interval, Instant now) {
        unsolicited++;
        var longest = unsolicited < INITIAL_ADVERTISEMENTS && interval.longest().compareTo(LONGEST_INITIAL_INTERVAL) > 0
                ? LONGEST_INITIAL_INTERVAL
                : interval.longest();
        var least = Duration.ofMillis((long) (longest.toMillis() * LEAST_PART_OF_INTERVAL));
        return new Window(now.plus(least), now.plus(longest));
    }

    /** Counts everything that is sent on the link, to whomever. */
    public int nextSequence() {
        int next = sequence;
        sequence = next == LAST_SEQUENCE ? SEQUENCE_AFTER_LAST : next + 1;
        return next;
    }

    /** Where the answer to a solicitation goes. Whether that is a neighbour's address does not matter (RFC 3344 §2.3). */
    public static Ipv4Address answerTo(Ipv4Address from) {
        return from.isUnicast() ? from : Ipv4Address.LIMITED_BROADCAST;
    }

    /**
     * An advertisement of the agent that has {@code address} on the link.
     *
     * @param extensions in their order
     */
    public static AgentAdvertisement advertisement(
            Ipv4Address address, AdvertisementInterval interval, List<AdvertisementExtension> extensions) {
        // Code 16: who is no mobile node has another default router.
        return AgentAdvertisement.of(
                AgentAdvertisement.NO_COMMON_TRAFFIC,
                (int) interval.lifetime().toSeconds(),
                List.of(new Router(address, 0)),
                extensions);
    }
}
