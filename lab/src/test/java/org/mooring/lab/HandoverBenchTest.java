package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mooring.lab.report.Handover;

/** A simulated guest is moved by the real agents and hooks: home, foreign, foreign and home again, over a line of 20 ms. */
@Tag("e2e")
@Tag("alone")
class HandoverBenchTest {
    private static final Path SOURCES = Path.of("src/main/simulated").toAbsolutePath();

    /** Long enough for a busy machine: a COMMIT that leaves after RESUME is too late. */
    private static final Duration PAUSE = Duration.ofMillis(500);

    @Test
    void everyMoveIsTwoPhaseAndNoPacketComesTwice() {
        Lab lab = Testbed.raiseWithoutGuests(HandoverBench.SITES);
        var settings = new HandoverBench.Settings(500, Duration.ofMillis(20), Optional.of(PAUSE));
        try (var bench = new HandoverBench(lab, SOURCES, settings)) {
            for (String way : new String[] {"A > B", "B > C", "C > A"}) {
                Handover move = bench.move(0);
                assertEquals(way, move.from() + " > " + move.to());
                assertTrue(move.isTwoPhase(), move::toString);
                assertEquals("staged", move.prepared(), move::toString);
                assertEquals(0, move.duplicated(), move::toString);
                assertEquals(0, move.denied(), move::toString);
                assertTrue(move.sent() > move.lost() && move.affected() > 0, move::toString);
                assertTrue(move.pauseMs() >= PAUSE.toMillis(), move::toString);
                assertNotNull(move.stopToFirstPacketMs(), move::toString);
            }
        } finally {
            Testbed.close(lab, "handover-bench");
        }
    }
}
