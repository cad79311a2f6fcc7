package org.mooring.lab;

import java.time.Instant;

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
}
