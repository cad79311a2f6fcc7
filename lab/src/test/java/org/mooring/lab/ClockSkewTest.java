package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.lab.report.Handover;

/**
 * The clocks of home agent, source and destination differ by up to six seconds, each pair either way: nobody's request is denied for that (133) from STOP
 * until the guest is registered where it runs.
 */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClockSkewTest {
    private static final Path SOURCES = Path.of("src/main/simulated").toAbsolutePath();
    private static final Duration PAUSE = Duration.ofMillis(500);

    private final Lab lab = Testbed.raiseWithoutGuests(HandoverBench.SITES);

    /** Those whose clocks differ from all others. */
    private List<Daemon> skewed = List.of(lab.homeAgent(Site.A), lab.hook(Site.B));

    private @Nullable HandoverBench bench;

    @BeforeAll
    void start() {
        var settings = new HandoverBench.Settings(500, Duration.ofMillis(20), Optional.of(PAUSE));
        bench = new HandoverBench(lab, SOURCES, settings);
    }

    @AfterAll
    void removeEverything() {
        if (bench != null) {
            bench.close();
        }
        Testbed.close(lab, "clocks");
    }

    /** @param ahead in seconds: first behind, then ahead, or clocks would have to come up to what the home agent has accepted before */
    @ParameterizedTest
    @ValueSource(ints = {-6, 6})
    void noRequestIsDeniedFromStopOn(int ahead) {
        assertEquals(Site.A, bench.at(), "where a test that failed has left the guest");
        skewed.forEach(Daemon::stop);
        skewed = Stream.of(lab.homeAgent(Site.A), lab.hook(Site.B))
                .map(daemon -> daemon.withClock(Duration.ofSeconds(ahead)))
                .toList();
        lab.start(skewed);
        // What a clock that is ahead has dated by then lies behind all others.
        Clock.sleep(Duration.ofSeconds(Math.max(0, 1 - ahead)));
        for (String way : new String[] {"A > B", "B > C", "C > A"}) {
            Handover move = bench.move(0);
            assertEquals(way, move.from() + " > " + move.to());
            assertEquals(0, move.deniedSinceStop(), move::toString);
            assertTrue(move.isTwoPhase(), move::toString);
        }
    }
}
