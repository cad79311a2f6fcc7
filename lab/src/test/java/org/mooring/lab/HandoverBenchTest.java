package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.mooring.lab.report.Handover;

/** A simulated guest is moved by the real agents and hooks: home, foreign, foreign and home again, over a line of 20 ms, and misses nothing. */
@Tag("e2e")
@Tag("alone")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HandoverBenchTest {
    private static final Path SOURCES = Path.of("src/main/simulated").toAbsolutePath();

    /** Long enough for a busy machine: a COMMIT that leaves after RESUME is too late, and so is what comes after packets have waited in vain for it. */
    private static final Duration PAUSE = Duration.ofMillis(500);

    /** Whatever reads, checks and writes PREPARE, ARM, COMMIT, CONFIRM and their replies. */
    private static final Pattern REQUESTS_AND_REPLIES = Pattern.compile(
            "org\\.mooring\\.protocol\\.(handover\\.HandoverExtension|security\\.|wire\\.Registration)(?!.*Lambda).*");

    private final Lab lab = Testbed.raiseWithoutGuests(HandoverBench.SITES);
    private final List<Handover> moves = new ArrayList<>();
    private final Map<Daemon, Set<String>> loadedBefore = new LinkedHashMap<>();
    private final Map<Daemon, Set<String>> loadedAfter = new LinkedHashMap<>();

    private @Nullable HandoverBench bench;

    @BeforeAll
    void moveAroundTheSites() {
        var settings = new HandoverBench.Settings(500, Duration.ofMillis(20), Optional.of(PAUSE));
        bench = new HandoverBench(lab, SOURCES, settings);
        loadedBefore.putAll(loaded());
        moves.addAll(aroundTheSites());
        loadedAfter.putAll(loaded());
    }

    @AfterAll
    void removeEverything() {
        if (bench != null) {
            bench.close();
        }
        Testbed.close(lab, "handover-bench");
    }

    private List<Handover> aroundTheSites() {
        var moves = new ArrayList<Handover>();
        for (int i = 0; i < HandoverBench.SITES.size(); i++) {
            moves.add(bench.move(0));
        }
        return moves;
    }

    @Test
    void everyMoveIsTwoPhaseAndNoPacketIsLostRepeatedOrReordered() {
        assertNothingLost(moves);
    }

    private static void assertNothingLost(List<Handover> moves) {
        assertEquals(
                List.of("A > B", "B > C", "C > A"),
                moves.stream().map(move -> move.from() + " > " + move.to()).toList());
        for (Handover move : moves) {
            Testbed.assertNothingLost(move);
            assertEquals("staged", move.prepared(), move::toString);
            assertEquals(0, move.denied(), move::toString);
            assertTrue(move.sent() > 0 && move.affected() > 0, move::toString);
            assertTrue(move.pauseMs() >= PAUSE.toMillis(), move::toString);
            assertNotNull(move.stopToFirstPacketMs(), move::toString);
        }
    }

    /** What a daemon's {@code WarmUp} has not used before the daemon is ready, its first guest would have to wait for. */
    @Test
    void theFirstMovesFindWhatTheyNeedLoaded() {
        assertFalse(loadedAfter.isEmpty());
        loadedAfter.forEach((daemon, classes) -> {
            var late = new HashSet<>(classes);
            late.removeAll(loadedBefore.get(daemon));
            late.removeIf(REQUESTS_AND_REPLIES.asMatchPredicate().negate());
            assertEquals(Set.of(), late, daemon::program);
        });
    }

    private Map<Daemon, Set<String>> loaded() {
        var daemons = new ArrayList<>(agents());
        lab.sites().forEach(site -> daemons.add(lab.hook(site)));
        return daemons.parallelStream().collect(Collectors.toConcurrentMap(daemon -> daemon, Daemon::loadedClasses));
    }

    private List<Daemon> agents() {
        return List.of(lab.homeAgent(Site.A), lab.foreignAgent(Site.B), lab.foreignAgent(Site.C));
    }

    @Test
    void noPacketIsLostWhereTheAgentsCarryThemThemselves() throws IOException {
        for (Daemon agent : agents()) {
            agent.stop();
            Path file = agent.configuration();
            Files.writeString(file, "datapath = \"tun\"\n" + Files.readString(file));
        }
        lab.start(agents());
        assertNothingLost(aroundTheSites());
        for (Daemon agent : agents()) {
            JsonNode datapath = agent.control().get("/datapath");
            assertEquals("tun", datapath.path("datapath").asText(), datapath::toString);
            assertEquals("configured", datapath.path("why").asText(), datapath::toString);
        }
    }
}
