package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RateLimitTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final RateLimit limit = new RateLimit(3, Duration.ofSeconds(1));

    @Test
    void permitsTheBurstAndThenOneEachInterval() {
        assertEquals(3, permittedOf(10, START));
        assertEquals(0, permittedOf(10, START.plusMillis(999)));
        assertEquals(1, permittedOf(10, START.plusMillis(1000)));
        assertEquals(1, permittedOf(10, START.plusMillis(2500)));
        assertEquals(1, permittedOf(10, START.plusMillis(3000)));
    }

    @Test
    void permitsNoMoreThanTheBurstAfterALongTime() {
        permittedOf(10, START);
        assertEquals(3, permittedOf(10, START.plusSeconds(3600)));
    }

    @Test
    void permitsNothingMoreWhenTheClockGoesBack() {
        permittedOf(10, START);
        assertEquals(0, permittedOf(10, START.minusSeconds(10)));
    }

    private long permittedOf(int attempts, Instant at) {
        return IntStream.range(0, attempts).filter(i -> limit.permits(at)).count();
    }
}
