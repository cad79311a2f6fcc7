package org.mooring.timeline;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A timeline as an SVG image that needs nothing else: time goes down, a lane for each place, the guest's pause shaded. The more time lies
 * between two moments the further apart they are, by its logarithm: microseconds and seconds have room on one page.
 */
public final class TimelineSvg {
    private static final int LEFT = 90;
    private static final int LANE = 130;
    private static final int TEXT = 620;
    private static final int ROW = 18;
    private static final int TITLE = 26;
    private static final int NOTE = 16;

    /** For each tenfold of a millisecond. */
    private static final double GAP = 8;

    private static final String[] COLOURS = {"#2563eb", "#dc2626", "#16a34a", "#7c3aed", "#d97706", "#0891b2", "#4b5563"
    };

    private final Markup svg = new Markup();

    private TimelineSvg() {}

    /** One under the other. */
    public static String draw(List<Timeline> timelines) {
        var drawing = new TimelineSvg();
        int width = timelines.stream().mapToInt(TimelineSvg::width).max().orElse(LEFT);
        double height = timelines.stream().mapToDouble(TimelineSvg::height).sum();
        drawing.svg.line(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %1$d %2$.0f\" width=\"%1$d\" height=\"%2$.0f\""
                        + " font-family=\"sans-serif\" font-size=\"12\">",
                width, height);
        drawing.svg.raw("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
        double top = 0;
        for (Timeline timeline : timelines) {
            drawing.svg.line("<g transform=\"translate(0 %.1f)\">", top);
            drawing.draw(timeline);
            drawing.svg.raw("</g>");
            top += height(timeline);
        }
        drawing.svg.raw("</svg>");
        return drawing.svg.toString();
    }

    private static int width(Timeline timeline) {
        return LEFT + LANE * timeline.places().size() + TEXT;
    }

    private static double header(Timeline timeline) {
        return TITLE + NOTE * timeline.notes().size() + 2.0 * ROW;
    }

    private static double height(Timeline timeline) {
        double[] rows = rows(timeline);
        return header(timeline) + (rows.length == 0 ? 0 : rows[rows.length - 1]) + 2 * ROW;
    }

    /** How far down each moment is. */
    private static double[] rows(Timeline timeline) {
        List<Timeline.Moment> moments = timeline.moments();
        double[] rows = new double[moments.size()];
        for (int i = 1; i < rows.length; i++) {
            double gap = moments.get(i).tMs() - moments.get(i - 1).tMs();
            rows[i] = rows[i - 1] + ROW + GAP * Math.log10(1 + gap);
        }
        return rows;
    }

    private void draw(Timeline timeline) {
        svg.line("<text x=\"10\" y=\"18\" font-weight=\"bold\" font-size=\"14\">%s</text>", timeline.title());
        for (int i = 0; i < timeline.notes().size(); i++) {
            svg.line(
                    "<text x=\"10\" y=\"%d\">%s</text>",
                    TITLE + 10 + NOTE * i, timeline.notes().get(i));
        }
        double top = header(timeline);
        double[] rows = rows(timeline);
        pause(timeline, top, rows);
        lanes(timeline, top, rows.length == 0 ? 0 : rows[rows.length - 1]);
        svg.line(
                "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" fill=\"#6b7280\">ms from %s</text>",
                LEFT - 12, top - ROW, timeline.origin());
        for (int i = 0; i < rows.length; i++) {
            moment(timeline, timeline.moments().get(i), top + rows[i]);
        }
    }

    private void lanes(Timeline timeline, double top, double length) {
        for (int lane = 0; lane < timeline.places().size(); lane++) {
            int x = x(lane);
            svg.line(
                    "<text x=\"%d\" y=\"%.1f\" text-anchor=\"middle\" fill=\"%s\">%s</text>",
                    x, top - ROW, colour(lane), timeline.places().get(lane));
            svg.line(
                    "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#d1d5db\"/>",
                    x, x, top - ROW / 2.0, top + length + ROW / 2.0);
        }
    }

    private void pause(Timeline timeline, double top, double[] rows) {
        @Nullable Double first = null;
        double last = 0;
        for (int i = 0; i < rows.length; i++) {
            if (timeline.isInPause(timeline.moments().get(i))) {
                first = first == null ? rows[i] : first;
                last = rows[i];
            }
        }
        if (first != null) {
            svg.line(
                    "<rect class=\"pause\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"#fef3c7\"/>",
                    0, top + first - ROW / 2.0, width(timeline), last - first + ROW);
        }
    }

    private void moment(Timeline timeline, Timeline.Moment moment, double y) {
        int lane = timeline.places().indexOf(moment.place());
        int text = LEFT + LANE * timeline.places().size();
        svg.line(
                "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#e5e7eb\" stroke-dasharray=\"2 3\"/>",
                LEFT, text - 6, y, y);
        svg.line("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT - 12, y + 4, moment.time());
        svg.line("<circle cx=\"%d\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>", x(lane), y, colour(lane));
        svg.line("<text x=\"%d\" y=\"%.1f\">%s</text>", text, y + 4, moment.what());
    }

    private static int x(int lane) {
        return LEFT + LANE * lane + LANE / 2;
    }

    private static String colour(int lane) {
        return COLOURS[lane % COLOURS.length];
    }
}
