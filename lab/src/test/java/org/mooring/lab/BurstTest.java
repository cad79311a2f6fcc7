package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mooring.lab.report.Burst;

/** Many guests are committed at the same moment, through the real agents; how fast that goes, {@code ./bench burst} says. */
@Tag("e2e")
class BurstTest {
    private static final int GUESTS = 50;

    @Test
    void allAreHandedOverAndNoDatagramIsDropped() {
        Lab lab = Testbed.raiseWithoutGuests(HandoverBench.SITES);
        try (var bench = new BurstBench(lab, GUESTS)) {
            for (String way : new String[] {"B > C", "C > B"}) {
                Burst burst = bench.move();
                assertEquals(way, burst.from() + " > " + burst.to());
                assertTrue(burst.commits() >= GUESTS, burst::toString);
                assertEquals(GUESTS, burst.accepted(), burst::toString);
                assertEquals(GUESTS, burst.flipped(), burst::toString);
                assertEquals(0, burst.dropped(), burst::toString);
                assertEquals(GUESTS, bench.bound());
            }
        } finally {
            Testbed.close(lab, "burst");
        }
    }
}
