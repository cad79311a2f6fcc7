package org.mooring.lab.report;

import java.util.List;
import java.util.Locale;

/** Draws the throughput around each move, one panel a move, as an SVG image that needs nothing else. */
final class ThroughputPlot {
    private static final int WIDTH = 960;
    private static final int PANEL = 220;
    private static final int LEFT = 64;
    private static final int RIGHT = 20;
    private static final int TOP = 58;
    private static final int BOTTOM = 36;
    private static final String[] MARK_COLOURS = {"#6b7280", "#dc2626", "#16a34a", "#7c3aed"};

    private final StringBuilder svg = new StringBuilder();

    private ThroughputPlot() {}

    static String draw(List<Move> moves) {
        var plot = new ThroughputPlot();
        plot.line(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\""
                        + " font-family=\"sans-serif\" font-size=\"12\">",
                WIDTH, PANEL * moves.size(), WIDTH, PANEL * moves.size());
        plot.line("<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
        for (int i = 0; i < moves.size(); i++) {
            plot.panel(moves.get(i), i);
        }
        plot.line("</svg>");
        return plot.svg.toString();
    }

    private void panel(Move move, int index) {
        Throughput throughput = move.throughput();
        double top = niceAbove(throughput.megabitsPerSecond().stream()
                .mapToDouble(v -> v)
                .max()
                .orElse(1));
        line("<g transform=\"translate(0 %d)\">", index * PANEL);
        line(
                "<text x=\"%d\" y=\"18\" font-weight=\"bold\">Move %d: %s to %s, paused %.0f ms</text>",
                LEFT, index + 1, escape(move.from()), escape(move.to()), move.qemuDowntimeMs());
        yAxis(top);
        xAxis(throughput);
        var points = new StringBuilder();
        for (int i = 0; i < throughput.megabitsPerSecond().size(); i++) {
            double t = throughput.startMs() + (i + 0.5) * throughput.binMs();
            double rate = throughput.megabitsPerSecond().get(i);
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(throughput, t), y(rate, top)));
        }
        line(
                "<polyline fill=\"none\" stroke=\"#2563eb\" stroke-width=\"1.2\" points=\"%s\"/>",
                points.toString().strip());
        for (int i = 0; i < throughput.marks().size(); i++) {
            mark(throughput, throughput.marks().get(i), i);
        }
        line("</g>");
    }

    private void yAxis(double top) {
        for (int i = 0; i <= 4; i++) {
            double rate = top * i / 4;
            line(
                    "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#e5e7eb\"/>",
                    LEFT, WIDTH - RIGHT, y(rate, top), y(rate, top));
            line("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT - 6, y(rate, top) + 4, number(rate));
        }
        line(
                "<text transform=\"translate(16 %d) rotate(-90)\" text-anchor=\"middle\">Mb/s</text>",
                (TOP + PANEL - BOTTOM) / 2);
    }

    private void xAxis(Throughput throughput) {
        double step = throughput.endMs() - throughput.startMs() > 8000 ? 1000 : 500;
        for (double t = Math.ceil(throughput.startMs() / step) * step; t <= throughput.endMs(); t += step) {
            double x = x(throughput, t);
            line(
                    "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#9ca3af\"/>",
                    x, x, PANEL - BOTTOM, PANEL - BOTTOM + 4);
            line(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                    x, PANEL - BOTTOM + 17, number(t / 1000));
        }
        line("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">seconds from STOP</text>", (LEFT + WIDTH) / 2, PANEL - 4);
    }

    private void mark(Throughput throughput, Throughput.Mark mark, int index) {
        String colour = MARK_COLOURS[index % MARK_COLOURS.length];
        double x = x(throughput, mark.tMs());
        int label = 32 + 12 * (index % 2);
        line(
                "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"%s\"/>",
                x, x, label + 2, PANEL - BOTTOM, colour);
        // The later of two neighbours is written to the right, the earlier to the left, so that they stay apart.
        line(
                "<text x=\"%.1f\" y=\"%d\" fill=\"%s\" text-anchor=\"%s\">%s</text>",
                index < 2 ? x - 3 : x + 3, label, colour, index < 2 ? "end" : "start", escape(mark.label()));
    }

    private static double x(Throughput throughput, double t) {
        return LEFT + (t - throughput.startMs()) / (throughput.endMs() - throughput.startMs()) * (WIDTH - LEFT - RIGHT);
    }

    private static double y(double rate, double top) {
        return PANEL - BOTTOM - rate / top * (PANEL - BOTTOM - TOP);
    }

    /** The next 1, 2 or 5 times a power of ten. */
    static double niceAbove(double value) {
        double power = Math.pow(10, Math.floor(Math.log10(Math.max(value, 1e-3))));
        for (double factor : new double[] {1, 2, 5}) {
            if (value <= factor * power) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    private static String number(double value) {
        String text = String.format(Locale.ROOT, "%.2f", value);
        return text.replaceAll("\\.?0+$", "");
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    private void line(String format, Object... arguments) {
        svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }
}
