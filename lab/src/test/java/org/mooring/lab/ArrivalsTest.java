package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ArrivalsTest {
    private final Arrivals arrivals = new Arrivals();

    @Test
    void theLongestSilenceIsTheLongestGapThatTouchesTheWindow() {
        add(100, 110, 150, 160, 300);

        assertEquals(40, arrivals.longestSilence(105, 155));
        assertEquals(40, arrivals.longestSilence(100, 160));
    }

    @Test
    void aSilenceThatBeganBeforeTheWindowCountsFromItsBeginning() {
        add(100, 110, 150);

        assertEquals(40, arrivals.longestSilence(145, 150));
    }

    @Test
    void aSilenceThatLastsBeyondTheWindowCountsUpToItsEnd() {
        add(100, 110, 300);

        assertEquals(190, arrivals.longestSilence(100, 300));
        assertEquals(190, arrivals.longestSilence(100, 200), "the packet after it says how long it was");
        add(310);
        assertEquals(90, arrivals.longestSilence(305, 400), "nothing came any more");
    }

    @Test
    void withoutAnyArrivalTheWholeWindowIsSilent() {
        assertEquals(50, arrivals.longestSilence(100, 150));
    }

    @Test
    void keepsMoreThanItsFirstRoom() {
        for (int i = 0; i < 10_000; i++) {
            arrivals.add(i);
        }
        assertEquals(10_000, arrivals.count());
        assertEquals(1_000, arrivals.since(9_000));
        assertEquals(5_001, arrivals.firstAfterOrNone(5_000));
        assertEquals(-1, arrivals.firstAfterOrNone(9_999));
    }

    private void add(long... times) {
        for (long time : times) {
            arrivals.add(time);
        }
    }
}
