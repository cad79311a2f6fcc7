package org.mooring.lab.report;

import static org.mooring.lab.report.ThroughputPlot.escape;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.mooring.timeline.Timeline;
import org.mooring.timeline.TimelineSvg;

/** The report as one HTML page that needs no other file. */
final class HtmlReport {
    private static final String STYLE = """
            body { font: 15px/1.5 sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #111827 }
            table { border-collapse: collapse; margin: 1rem 0; font-size: 13px }
            th, td { border-bottom: 1px solid #e5e7eb; padding: .25rem .6rem; text-align: right }
            th { background: #f3f4f6; vertical-align: bottom } td.text, th.text { text-align: left }
            .bad { color: #dc2626; font-weight: bold } svg { max-width: 100%; height: auto }
            figure { margin: 1rem 0 }
            """;
    private static final List<String> COLUMNS = List.of(
            "registered",
            "QEMU paused, ms",
            "longest UDP silence, ms",
            "added after RESUME, ms",
            "UDP sent",
            "lost",
            "duplicated",
            "reordered",
            "longest TCP silence, ms",
            "the same over stop/cont, ms",
            "TCP retransmitted",
            "the same over stop/cont",
            "TCP sessions");

    private final StringBuilder html = new StringBuilder();

    HtmlReport(Report report, String plot) {
        html.append(
                        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Mooring: a guest moves</title>\n<style>\n")
                .append(STYLE)
                .append("</style>\n<h1>A guest moves to another subnet</h1>\n");
        summary(report.moves());
        html.append("<h2>Throughput of an iperf3 run, from the guest to the correspondent</h2>\n")
                .append(plot);
        for (int i = 0; i < report.moves().size(); i++) {
            move(i + 1, report.moves().get(i));
        }
        html.append("<h2>Measured on</h2>\n<table>\n");
        report.environment().forEach((name, value) -> row(text(name), text(value)));
        html.append("</table>\n</html>\n");
    }

    private void summary(List<Move> moves) {
        html.append("<table>\n<tr><th class=\"text\">move</th>");
        COLUMNS.forEach(column -> html.append("<th>").append(escape(column)).append("</th>"));
        html.append("</tr>\n");
        for (Move move : moves) {
            row(
                    text(move.from() + " to " + move.to()),
                    cell(move.registeredVia()),
                    cell(move.qemuDowntimeMs()),
                    cell(move.stuntimeMs()),
                    cell(move.addedMs()),
                    cell(move.udpSent()),
                    cell(move.udpLost()),
                    cell(move.udpDuplicated()),
                    cell(move.udpReordered()),
                    cell(move.tcpLongestSilenceMs()),
                    cell(move.controlSilenceMs()),
                    cell(move.tcpRetransmitted()),
                    cell(move.controlTcpRetransmitted()),
                    move.tcpReset() ? "<td class=\"bad\">broken</td>" : cell("alive"));
        }
        html.append("</table>\n");
    }

    private void move(int number, Move move) {
        html.append(String.format(
                Locale.ROOT, "<h2>Move %d: %s to %s</h2>\n<table>\n", number, escape(move.from()), escape(move.to())));
        html.append(
                "<tr><th class=\"text\">session</th><th>longest silence, ms</th><th>the same, over stop/cont, ms</th><th class=\"text\">state</th></tr>\n");
        for (Move.Silence session : move.sessions()) {
            row(
                    text(session.session()),
                    cell(session.longestSilenceMs()),
                    cell(session.controlSilenceMs()),
                    session.end().isEmpty()
                            ? text("alive")
                            : "<td class=\"text bad\">" + escape(session.end()) + "</td>");
        }
        html.append("</table>\n<figure>\n")
                .append(TimelineSvg.draw(List.of(timeline(number, move))))
                .append("</figure>\n");
    }

    /** Those of the site that the guest leaves to the left, those of the other to the right. */
    private static Timeline timeline(int number, Move move) {
        List<String> places = move.events().stream()
                .map(TimelineEvent::who)
                .distinct()
                .sorted(Comparator.comparingInt(
                        who -> who.endsWith(" " + move.from()) ? 1 : who.endsWith(" " + move.to()) ? 2 : 0))
                .toList();
        return new Timeline(
                String.format(Locale.ROOT, "Move %d: %s to %s", number, move.from(), move.to()),
                List.of(),
                "STOP",
                move.qemuDowntimeMs(),
                places,
                move.events().stream()
                        .map(event -> new Timeline.Moment(event.tMs(), event.who(), event.what(), 0))
                        .toList());
    }

    private void row(String... cells) {
        html.append("<tr>").append(String.join("", cells)).append("</tr>\n");
    }

    private static String text(String value) {
        return "<td class=\"text\">" + escape(value) + "</td>";
    }

    private static String cell(String value) {
        return "<td>" + escape(value) + "</td>";
    }

    private static String cell(long value) {
        return cell(Long.toString(value));
    }

    private static String cell(double value) {
        return cell(String.format(Locale.ROOT, "%.1f", value));
    }

    @Override
    public String toString() {
        return html.toString();
    }
}
