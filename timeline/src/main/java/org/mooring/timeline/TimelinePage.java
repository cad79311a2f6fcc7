package org.mooring.timeline;

import java.util.List;

/** Timelines as one HTML page that needs no other file. */
public final class TimelinePage {
    private static final String STYLE = """
            body { font: 15px/1.5 sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; color: #111827 }
            figure { margin: 2rem 0; overflow-x: auto }
            table { border-collapse: collapse; font-size: 13px } th, td { border-bottom: 1px solid #e5e7eb; padding: .2rem .6rem; text-align: left }
            td.t { text-align: right } tr.pause { background: #fef3c7 }
            """;

    private TimelinePage() {}

    public static String of(List<Timeline> timelines) {
        var html = new Markup();
        html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Handovers</title>");
        html.raw("<style>\n" + STYLE + "</style>\n<h1>Handovers</h1>");
        for (Timeline timeline : timelines) {
            html.line("<h2>%s</h2>", timeline.title());
            html.raw("<figure>\n" + TimelineSvg.draw(List.of(timeline)) + "</figure>");
            html.raw("<details><summary>As a table</summary>\n<table>");
            html.line("<tr><th>ms from %s</th><th>place</th><th>what</th></tr>", timeline.origin());
            for (Timeline.Moment moment : timeline.moments()) {
                html.line(
                        "<tr%s><td class=\"t\">%s</td><td>%s</td><td>%s</td></tr>",
                        new RowClass(timeline.isInPause(moment)), moment.time(), moment.place(), moment.what());
            }
            html.raw("</table>\n</details>");
        }
        html.raw("</html>");
        return html.toString();
    }

    private record RowClass(boolean paused) {
        @Override
        public String toString() {
            return paused ? " class=\"pause\"" : "";
        }
    }
}
