package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mooring.lab.report.Handover;

/** A simulated guest is moved by the real agents and hooks: home, foreign, foreign and home again, over a line of 20 ms, and misses nothing. */
@Tag("e2e")
@Tag("alone")
class HandoverBenchTest {
    private static final Path SOURCES = Path.of("src/main/simulated").toAbsolutePath();

    /** Long enough for a busy machine: a COMMIT that leaves after RESUME is too late, and so is what comes after packets have waited in vain for it. */
    private static final Duration PAUSE = Duration.ofMillis(500);

    /** Whatever reads, checks and writes PREPARE, ARM, COMMIT, CONFIRM and their replies. */
    private static final Pattern REQUESTS_AND_REPLIES = Pattern.compile(
            "org\\.mooring\\.protocol\\.(handover\\.HandoverExtension|security\\.|wire\\.Registration)(?!.*Lambda).*");

    @Test
    void everyMoveIsTwoPhaseAndNoPacketIsLostRepeatedOrReordered() {
        Lab lab = Testbed.raiseWithoutGuests(HandoverBench.SITES);
        var settings = new HandoverBench.Settings(500, Duration.ofMillis(20), Optional.of(PAUSE));
        try (var bench = new HandoverBench(lab, SOURCES, settings)) {
            for (String way : new String[] {"A > B", "B > C", "C > A"}) {
                Handover move = bench.move(0);
                assertEquals(way, move.from() + " > " + move.to());
                assertTrue(move.isTwoPhase(), move::toString);
                assertEquals("staged", move.prepared(), move::toString);
                assertEquals(0, move.lost(), move::toString);
                assertEquals(0, move.duplicated(), move::toString);
                assertEquals(0, move.reordered(), move::toString);
                assertFalse(move.isOutOfTime(), move::toString);
                assertEquals(0, move.denied(), move::toString);
                assertTrue(move.sent() > 0 && move.affected() > 0, move::toString);
                assertTrue(move.pauseMs() >= PAUSE.toMillis(), move::toString);
                assertNotNull(move.stopToFirstPacketMs(), move::toString);
            }
        } finally {
            Testbed.close(lab, "handover-bench");
        }
    }

    /** What a daemon's {@code WarmUp} has not used before the daemon is ready, its first guest would have to wait for. */
    @Test
    void theFirstMovesFindWhatTheyNeedLoaded() {
        Lab lab = Testbed.raiseWithoutGuests(HandoverBench.SITES);
        var settings = new HandoverBench.Settings(500, Duration.ofMillis(20), Optional.of(PAUSE));
        try (var bench = new HandoverBench(lab, SOURCES, settings)) {
            Map<Daemon, Set<String>> before = loaded(lab);
            for (int i = 0; i < HandoverBench.SITES.size(); i++) {
                Handover move = bench.move(0);
                assertTrue(move.isTwoPhase(), move::toString);
            }
            loaded(lab).forEach((daemon, classes) -> {
                classes.removeAll(before.get(daemon));
                classes.removeIf(REQUESTS_AND_REPLIES.asMatchPredicate().negate());
                assertEquals(Set.of(), classes, daemon::program);
            });
        } finally {
            Testbed.close(lab, "handover-loaded");
        }
    }

    private static Map<Daemon, Set<String>> loaded(Lab lab) {
        var daemons =
                new ArrayList<>(List.of(lab.homeAgent(Site.A), lab.foreignAgent(Site.B), lab.foreignAgent(Site.C)));
        lab.sites().forEach(site -> daemons.add(lab.hook(site)));
        var loaded = new LinkedHashMap<Daemon, Set<String>>();
        daemons.forEach(daemon -> loaded.put(daemon, daemon.loadedClasses()));
        return loaded;
    }
}
