package org.mooring.lab.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

class ReportTest {
    private static final Move MOVE = new Move(
            "A",
            "B",
            "plain",
            101.5,
            250.25,
            12.5,
            4000,
            17,
            1,
            2,
            false,
            240,
            230,
            3,
            2,
            List.of(new Move.Silence("ssh <cn>", 240, 230, "")),
            List.of(new TimelineEvent(-500, "kvm-migrator", "decision"), new TimelineEvent(0, "QEMU A", "STOP")),
            new Throughput(
                    -1000,
                    20,
                    List.of(19.5, 20.5, 0.0, 61.0),
                    List.of(
                            new Throughput.Mark(-990, "decision"),
                            new Throughput.Mark(-980, "STOP"),
                            new Throughput.Mark(-960, "RESUME"),
                            new Throughput.Mark(-950, "first packet"))));

    @TempDir
    Path directory;

    @Test
    void theNamesInTheJsonAreThoseThatOtherToolsRead() throws Exception {
        JsonNode move = written().get("moves").get(0);

        var names = new ArrayList<String>();
        move.fieldNames().forEachRemaining(names::add);
        assertTrue(
                names.containsAll(List.of(
                        "from",
                        "to",
                        "registered_via",
                        "tcp_retransmitted",
                        "control_tcp_retransmitted",
                        "qemu_downtime_ms",
                        "stuntime_ms",
                        "added_ms",
                        "udp_sent",
                        "udp_lost",
                        "udp_duplicated",
                        "udp_reordered",
                        "tcp_reset",
                        "tcp_longest_silence_ms",
                        "control_silence_ms",
                        "events")),
                () -> "there are only " + new TreeSet<>(names));
        assertEquals("plain", move.get("registered_via").asText());
        assertEquals(101.5, move.get("qemu_downtime_ms").asDouble());
        assertEquals(17, move.get("udp_lost").asInt());
        assertFalse(move.get("tcp_reset").asBoolean(true));
        JsonNode event = move.get("events").get(0);
        assertEquals(-500, event.get("t_ms").asDouble());
        assertEquals("kvm-migrator", event.get("who").asText());
        assertEquals("decision", event.get("what").asText());
    }

    @Test
    void aSessionThatBrokeLaterIsBrokenInTheLastMove() {
        Move last = MOVE.withBroken(Map.of("ssh <cn>", "reset by its peer"));

        assertTrue(last.tcpReset());
        assertEquals("reset by its peer", last.sessions().get(0).end());
        assertEquals(MOVE, MOVE.withBroken(Map.of()));
    }

    @Test
    void theSummaryTellsTheGreatestExcessOfAnySession() {
        var silences = List.of(new Move.Silence("one", 240, 230, ""), new Move.Silence("other", 700, 255, ""));
        Move move = new Move(
                "A", "B", "plain", 0, 0, 0, 0, 0, 0, 0, false, 240, 230, 0, 0, silences, List.of(), MOVE.throughput());

        assertEquals(445, move.greatestExcessMs());
        assertTrue(new Report(Map.of(), List.of(MOVE))
                .summary()
                .endsWith("no session was silent longer than its control by more than 300 ms\n"));
        String summary = new Report(Map.of(), List.of(move, MOVE)).summary();
        assertTrue(summary.contains("   445 ms  alive"), summary);
        assertTrue(
                summary.endsWith("in 1 of 2 moves a session was silent longer than its control by more than 300 ms\n"),
                summary);
    }

    @Test
    void thePlotIsWellFormedAndMarksEachMoment() throws Exception {
        written();

        Document plot = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(directory.resolve("throughput.svg").toFile());
        var texts = new ArrayList<String>();
        var nodes = plot.getElementsByTagName("text");
        for (int i = 0; i < nodes.getLength(); i++) {
            texts.add(nodes.item(i).getTextContent());
        }
        assertTrue(texts.containsAll(List.of("decision", "STOP", "RESUME", "first packet", "Mb/s")), texts::toString);
        String points = plot.getElementsByTagName("polyline")
                .item(0)
                .getAttributes()
                .getNamedItem("points")
                .getNodeValue();
        assertEquals(4, points.split(" ", -1).length);
    }

    @Test
    void thePageHoldsThePlotAndEscapesNames() throws Exception {
        written();

        String page = Files.readString(directory.resolve("report.html"));
        assertTrue(page.contains("<svg "));
        assertTrue(page.contains("ssh &lt;cn&gt;"));
        assertTrue(page.contains(">Move 1: A to B</text>"), "no timeline of the move");
        assertTrue(page.contains(">decision</text>") && page.contains(">-500.0</text>"), page);
        assertFalse(page.contains("src="), "the page needs another file");
        assertFalse(page.contains("href="), "the page needs another file");
    }

    @Test
    void anAxisEndsAtARoundNumber() {
        assertEquals(100, ThroughputPlot.niceAbove(61));
        assertEquals(20, ThroughputPlot.niceAbove(20));
        assertEquals(0.5, ThroughputPlot.niceAbove(0.3), 1e-9);
    }

    private JsonNode written() throws Exception {
        new Report(Map.of("QEMU", "7.2"), List.of(MOVE)).write(directory);
        return new ObjectMapper().readTree(directory.resolve("report.json").toFile());
    }
}
