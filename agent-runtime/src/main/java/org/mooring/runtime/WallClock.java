package org.mooring.runtime;

import java.time.Clock;
import java.time.Duration;

/**
 * The machine's clock, by which the daemons date what they say. A system property sets it forward by so many seconds, or back if they are negative: for tests of
 * hosts whose clocks differ.
 */
public final class WallClock {
    private static final String AHEAD = "mooring.clock-ahead-seconds";

    private WallClock() {}

    public static Clock ofThisMachine() {
        return Clock.offset(Clock.systemUTC(), Duration.ofSeconds(Long.getLong(AHEAD, 0)));
    }
}
