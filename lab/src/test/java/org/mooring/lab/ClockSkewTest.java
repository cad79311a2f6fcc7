package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.lab.report.Handover;

/**
 * The clocks of home agent, source and destination differ by up to six seconds, each pair either way: nobody's request is denied for that (133) from STOP
 * until the guest is registered where it runs.
 */
@Tag("e2e")
class ClockSkewTest {
    private static final Path SOURCES = Path.of("src/main/simulated").toAbsolutePath();
    private static final Duration PAUSE = Duration.ofMillis(500);

    @ParameterizedTest
    @CsvSource({"6, 0, 6, 0", "-6, 0, -6, 0"})
    void noRequestIsDeniedFromStopOn(int homeAgent, int a, int b, int c) {
        Lab lab = Testbed.raiseWithoutGuests(HandoverBench.SITES);
        var clocks = new HandoverBench.Clocks(homeAgent, Map.of(Site.A, a, Site.B, b, Site.C, c));
        var settings = new HandoverBench.Settings(500, Duration.ofMillis(20), 0, Optional.of(PAUSE), clocks);
        try (var bench = new HandoverBench(lab, SOURCES, settings)) {
            // What a clock that is ahead has dated by then lies behind all others.
            Clock.sleep(Duration.ofSeconds(7));
            for (String way : new String[] {"A > B", "B > C", "C > A"}) {
                Handover move = bench.move(0);
                assertEquals(way, move.from() + " > " + move.to());
                assertEquals(0, move.deniedSinceStop(), move::toString);
                assertTrue(move.isTwoPhase(), move::toString);
            }
        } finally {
            Testbed.close(lab, "clocks");
        }
    }
}
