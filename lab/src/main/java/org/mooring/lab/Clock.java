package org.mooring.lab;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;

/** The clock that packet captures, QEMU's events and the probes share: CLOCK_REALTIME. */
final class Clock {
    private Clock() {}

    /** Nanoseconds since 1970. */
    static long now() {
        return nanoseconds(Instant.now());
    }

    static long nanoseconds(Instant instant) {
        return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }

    static void sleep(Duration duration) {
        sleepUntil(now() + duration.toNanos());
    }

    /** @param time in nanoseconds since 1970 */
    static void sleepUntil(long time) {
        for (long left = time - now(); left > 0; left = time - now()) {
            if (Thread.currentThread().isInterrupted()) {
                throw new LabException("interrupted");
            }
            LockSupport.parkNanos(left);
        }
    }
}
