package org.mooring.foreign.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.linux.MacAddress;

@DisplayName(
        "Of no station more is read in a second than of a host with a thousand guests, and of strangers no more than can be relayed")
class StationLimitTest {
    private static final long NOW = 1000;
    private static final long FLOODING = MacAddress.of("02:00:00:00:00:66").bits();
    private static final long OTHER = MacAddress.of("02:00:00:00:00:01").bits();

    private final StationLimit limit = new StationLimit(42);

    /** From where the next that nobody has seen come. */
    private long unseen = 1L << 32;

    @Test
    void endsAStationsFloodUntilTheNextSecond() {
        for (int i = 0; i < StationLimit.MOST; i++) {
            assertTrue(limit.permits(FLOODING, NOW));
        }
        assertFalse(limit.permits(FLOODING, NOW));
        assertTrue(limit.permits(OTHER, NOW));
        assertTrue(limit.permits(FLOODING, NOW + 1));
    }

    @Test
    void servesAThousandThatComeAtOnceEachThreeTimes() {
        for (int i = 0; i < 3; i++) {
            assertEquals(
                    1000,
                    LongStream.range(0, 1000)
                            .filter(station -> limit.permits(station, NOW))
                            .count());
        }
    }

    @Test
    @DisplayName("in a flood from ever new stations, who asks again is read, and hardly any of the flood is")
    void readsWhoAsksAgain() {
        flood(NOW);

        assertFalse(limit.permits(OTHER, NOW));
        assertTrue(flood(NOW + 1) < 1000);
        assertTrue(limit.permits(OTHER, NOW + 1));
        assertTrue(flood(NOW + 2) < 1000);
        assertTrue(flood(NOW + 3) < 1000);
        assertTrue(limit.permits(OTHER, NOW + 3));
    }

    @Test
    @DisplayName("who asks more often than mobile nodes do is not read more often")
    void readsNoStrangerMoreOftenThanAMobileNodeAsks() {
        flood(NOW);
        limit.permits(FLOODING, NOW);

        assertEquals(
                StationLimit.MOST_OF_A_STRANGER,
                LongStream.range(0, 100)
                        .filter(any -> limit.permits(FLOODING, NOW + 1))
                        .count());
    }

    @Test
    @DisplayName("if all of a flood ask again, no more are read than can be relayed")
    void readsNoMoreStrangersThanCanBeRelayed() {
        LongStream.range(0, 100_000).forEach(station -> limit.permits(station, NOW));

        assertEquals(
                StationLimit.MOST_OF_STRANGERS,
                LongStream.range(0, 100_000)
                        .filter(station -> limit.permits(station, NOW + 1))
                        .count());
    }

    @Test
    void readsWhoHasBeenServed() {
        limit.served(new MacAddress(OTHER));
        flood(NOW);

        assertTrue(limit.permits(OTHER, NOW));
    }

    @Test
    @DisplayName("after a flood, who asks for the first time is read, and nobody is taken for who asked long ago")
    void endsWithTheFlood() {
        flood(NOW);
        limit.permits(OTHER, NOW);

        assertTrue(limit.permits(FLOODING, NOW + 2));
        flood(NOW + 4);
        assertFalse(limit.permits(OTHER, NOW + 4));
    }

    @Test
    @DisplayName("those who have been served are remembered up to a number, the latest of them")
    void forgetsWhoWasServedLongAgo() {
        LongStream.rangeClosed(0, StationLimit.MOST_SERVED).forEach(station -> limit.served(new MacAddress(station)));
        flood(NOW);

        assertFalse(limit.permits(0, NOW));
        assertTrue(limit.permits(1, NOW));
        assertTrue(limit.permits(StationLimit.MOST_SERVED, NOW));
    }

    /** A second of it; how many of it are read. */
    private long flood(long second) {
        unseen += 100_000;
        return LongStream.range(unseen, unseen + 100_000)
                .filter(station -> limit.permits(station, second))
                .count();
    }
}
