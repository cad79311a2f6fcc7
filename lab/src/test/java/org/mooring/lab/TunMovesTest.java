package org.mooring.lab;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mooring.lab.report.Handover;

/** A simulated guest moves away, on and home again, and the agents carry its packets themselves. */
@Tag("e2e")
@Tag("alone")
class TunMovesTest {
    private static final Path SOURCES = Path.of("src/main/simulated").toAbsolutePath();
    private static final int PER_SECOND = 500;

    /** Long enough for a busy machine: a COMMIT that leaves after RESUME is too late. */
    private static final Duration PAUSE = Duration.ofMillis(250);

    @Test
    void aGuestMovesAwayAndHome() throws IOException {
        Lab lab = Testbed.raiseWithoutGuests(HandoverBench.SITES);
        List<Daemon> agents = List.of(lab.homeAgent(Site.A), lab.foreignAgent(Site.B), lab.foreignAgent(Site.C));
        for (Daemon agent : agents) {
            Path file = agent.configuration();
            Files.writeString(file, "datapath = \"tun\"\n" + Files.readString(file), UTF_8);
        }
        var settings = new HandoverBench.Settings(PER_SECOND, Duration.ofMillis(20), Optional.of(PAUSE));
        try (var bench = new HandoverBench(lab, SOURCES, settings)) {
            for (String way : new String[] {"A > B", "B > C", "C > A"}) {
                Handover move = bench.move(0);
                assertEquals(way, move.from() + " > " + move.to());
                Testbed.assertNothingLost(move);
                assertEquals(0, move.denied(), move::toString);
                assertTrue(move.sent() > 0 && move.affected() > 0, move::toString);
            }
            for (Daemon agent : agents) {
                JsonNode datapath = agent.control().get("/datapath");
                assertEquals("tun", datapath.path("datapath").asText(), datapath::toString);
                assertEquals("configured", datapath.path("why").asText(), datapath::toString);
            }
        } finally {
            Testbed.close(lab, "tun-moves");
        }
    }
}
