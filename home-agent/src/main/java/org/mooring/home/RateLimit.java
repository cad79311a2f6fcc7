package org.mooring.home;

import java.time.Duration;
import java.time.Instant;

/** Permits {@code burst} at once, and one more after each {@code interval}. Confined to one thread. */
public final class RateLimit {
    private final int burst;
    private final Duration interval;
    private int permits;
    private Instant refilled = Instant.MIN;

    public RateLimit(int burst, Duration interval) {
        this.burst = burst;
        this.interval = interval;
    }

    public boolean permits(Instant now) {
        refill(now);
        if (permits == 0) {
            return false;
        }
        permits--;
        return true;
    }

    private void refill(Instant now) {
        if (!refilled.plus(interval.multipliedBy(burst)).isAfter(now)) {
            permits = burst;
            refilled = now;
            return;
        }
        while (permits < burst && !refilled.plus(interval).isAfter(now)) {
            permits++;
            refilled = refilled.plus(interval);
        }
    }
}
