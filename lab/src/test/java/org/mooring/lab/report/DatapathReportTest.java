package org.mooring.lab.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.lab.report.DatapathReport.Changes;
import org.mooring.lab.report.DatapathReport.Crowd;
import org.mooring.lab.report.DatapathReport.Sample;

class DatapathReportTest {
    private static final Spread ONE = new Spread(1, 1, 1);

    /** The second round ran while the machine was half as fast, which the ratios must not show. */
    private final DatapathReport report = new DatapathReport(
            Map.of("kernel", "6.1"),
            "plain",
            "vxlan",
            List.of(
                    Map.of(
                            "plain", new Sample(1000, 100_000, 40, 8000),
                            "vxlan", new Sample(500, 40_000, 60, 20_000),
                            "ours", new Sample(900, 80_000, 50, 10_000)),
                    Map.of(
                            "plain", new Sample(500, 50_000, 80, 16_000),
                            "vxlan", new Sample(250, 20_000, 120, 40_000),
                            "ours", new Sample(550, 40_000, 100, 20_000))),
            1,
            new Changes(100, ONE, 10, ONE),
            new Crowd(1000, 200));

    @Test
    void comparesWithinARound() {
        DatapathReport.PathFigures ours = report.getPaths().stream()
                .filter(path -> path.name().equals("ours"))
                .findFirst()
                .orElseThrow();
        assertEquals(new Spread(0.9, 1.0, 1.1), ours.tcpRatio());
        assertEquals(new Spread(0.8, 0.8, 0.8), ours.ppsRatio());
        assertEquals(new Spread(1.8, 2.0, 2.2), ours.tcpToVxlan());
        assertEquals(new Spread(2, 2, 2), ours.ppsToVxlan());
        assertEquals(new Spread(50, 75, 100), ours.rttUs());
        assertEquals(new Spread(10_000, 15_000, 20_000), ours.cpuNsPerPacket());
    }

    @Test
    void theMedianIsInTheMiddle() {
        assertEquals(new Spread(1, 3, 9), Spread.of(List.of(9.0, 1.0, 3.0)));
        assertEquals(new Spread(1, 2.5, 9), Spread.of(List.of(9.0, 1.0, 3.0, 2.0)));
    }

    @Test
    void writesJson(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("datapath.json");
        JsonFile.write(file, report);
        JsonNode json = new ObjectMapper().readTree(Files.readString(file));
        for (JsonNode path : json.path("paths")) {
            for (String figure : List.of("tcp_ratio", "pps_ratio", "rtt_us", "cpu_ns_per_packet")) {
                for (String value : List.of("min", "median", "max")) {
                    assertTrue(path.path(figure).path(value).isNumber(), figure + "." + value);
                }
            }
        }
        assertEquals(3, json.path("paths").size());
        assertEquals(1, json.path("void_rounds").asInt());
        assertEquals(200, json.path("crowd").path("kernel_octets_per_binding").asInt());
    }

    @Test
    void hasARowForEachPath() {
        assertTrue(report.table().lines().anyMatch(line -> line.matches("ours +1\\.00 \\[0\\.90\\.\\.1\\.10] .*")));
        assertTrue(report.table().contains("2 rounds, 1 void"), report::table);
    }
}
