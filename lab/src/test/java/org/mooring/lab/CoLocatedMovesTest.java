package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mooring.lab.report.Handover;

/**
 * Sites without a foreign agent, where the KVM host is the tunnel end. A simulated guest is moved by the real home agent, hooks and, at
 * the other sites, foreign agents.
 */
@Tag("e2e")
@Tag("alone")
class CoLocatedMovesTest {
    private static final Path SOURCES = Path.of("src/main/simulated").toAbsolutePath();
    private static final Duration PAUSE = Duration.ofMillis(500);

    @Test
    void aGuestComesFromAForeignAgent() {
        assertMovesLoseNothing("co-located-C", Set.of(Site.C));
    }

    @Test
    @Tag("soak")
    void aGuestGoesToAForeignAgent() {
        assertMovesLoseNothing("co-located-B", Set.of(Site.B));
    }

    @Test
    void aGuestMovesWhereNobodyHasOne() {
        assertMovesLoseNothing("co-located", Set.of(Site.B, Site.C));
    }

    private static void assertMovesLoseNothing(String name, Set<Site> coLocated) {
        Lab lab = Testbed.raiseWithoutGuests(HandoverBench.SITES, coLocated);
        var settings = new HandoverBench.Settings(500, Duration.ofMillis(20), Optional.of(PAUSE));
        try (var bench = new HandoverBench(lab, SOURCES, settings)) {
            for (String way : new String[] {"A > B", "B > C", "C > A"}) {
                Handover move = bench.move(0);
                assertEquals(way, move.from() + " > " + move.to());
                Testbed.assertNothingLost(move);
                assertEquals("staged", move.prepared(), move::toString);
            }
        } finally {
            Testbed.close(lab, name);
        }
    }
}
