package org.mooring.lab.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A demonstration's report: {@code report.json} for other tools, {@code report.html} and {@code throughput.svg} to look at.
 *
 * @param environment what the figures were measured on
 */
public record Report(Map<String, String> environment, List<Move> moves) {
    public Report {
        environment = new LinkedHashMap<>(environment);
        moves = List.copyOf(moves);
    }

    /** Writes the three files: what other tools read comes last, whole. */
    public void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        String plot = ThroughputPlot.draw(moves);
        Files.writeString(directory.resolve("throughput.svg"), plot);
        Files.writeString(directory.resolve("report.html"), new HtmlReport(this, plot).toString());
        var json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        Path unfinished = directory.resolve(".report.json");
        Files.writeString(unfinished, json.writeValueAsString(this) + "\n");
        Files.move(unfinished, directory.resolve("report.json"), StandardCopyOption.REPLACE_EXISTING);
    }

    /** By how much longer than the control's a session's silence may be, in milliseconds, to go without a word. */
    private static final int UNREMARKABLE_MS = 300;

    /** A few lines for a terminal. The excess is that of the session, of all, that has the greatest over its control. */
    public String summary() {
        var out = new StringBuilder();
        out.append(String.format(
                Locale.ROOT,
                "%-12s %-10s %9s %9s %7s %7s %6s %5s %6s %12s %8s %8s  %s%n",
                "move",
                "registered",
                "paused",
                "stuntime",
                "added",
                "sent",
                "lost",
                "dup",
                "reord",
                "TCP silence",
                "control",
                "excess",
                "sessions"));
        for (Move move : moves) {
            out.append(String.format(
                    Locale.ROOT,
                    "%-12s %-10s %6.0f ms %6.0f ms %4.0f ms %7d %6d %5d %6d %9.0f ms %5.0f ms %5.0f ms  %s%n",
                    move.from() + " to " + move.to(),
                    move.registeredVia(),
                    move.qemuDowntimeMs(),
                    move.stuntimeMs(),
                    move.addedMs(),
                    move.udpSent(),
                    move.udpLost(),
                    move.udpDuplicated(),
                    move.udpReordered(),
                    move.tcpLongestSilenceMs(),
                    move.controlSilenceMs(),
                    move.greatestExcessMs(),
                    move.tcpReset() ? "BROKEN" : "alive"));
        }
        long remarkable = moves.stream()
                .filter(move -> move.greatestExcessMs() > UNREMARKABLE_MS)
                .count();
        out.append(String.format(
                Locale.ROOT,
                "%s by more than %d ms%n",
                remarkable == 0
                        ? "no session was silent longer than its control"
                        : "in " + remarkable + " of " + moves.size()
                                + " moves a session was silent longer than its control",
                UNREMARKABLE_MS));
        return out.toString();
    }
}
