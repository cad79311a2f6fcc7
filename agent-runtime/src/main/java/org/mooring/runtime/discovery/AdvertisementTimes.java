package org.mooring.runtime.discovery;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.mooring.protocol.discovery.AdvertisementInterval;
import org.mooring.protocol.discovery.AdvertisementSeries.Window;
import org.mooring.runtime.config.Section;

/** When an agent advertises itself: what its configuration says, and what is left to chance. */
public final class AdvertisementTimes {
    /** RFC 1256 §4.1 has 4 to 1800 seconds; zero leaves it to solicitations (RFC 3344 §2.3). */
    private static final int SHORTEST_INTERVAL = 0;

    private static final int LONGEST_INTERVAL = 1800;
    private static final int DEFAULT_INTERVAL = 60;

    private AdvertisementTimes() {}

    /**
     * The time between advertisements that is configured, or else the usual one.
     *
     * @param table {@code [advertisement]}, if there is one
     */
    public static AdvertisementInterval interval(Optional<Section> table) {
        return new AdvertisementInterval(
                table.map(section -> section.seconds("interval", SHORTEST_INTERVAL, LONGEST_INTERVAL, DEFAULT_INTERVAL))
                        .orElse(Duration.ofSeconds(DEFAULT_INTERVAL)));
    }

    /** Some time of {@code window}. */
    public static Instant within(Window window) {
        long length = Duration.between(window.earliest(), window.latest()).toMillis();
        return window.earliest().plusMillis(ThreadLocalRandom.current().nextLong(length + 1));
    }
}
