package org.mooring.lab;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.mooring.lab.report.Delays;
import org.mooring.lab.report.Handover;
import org.mooring.lab.report.HandoverReport;

/** What {@code ./bench handover} runs: moves a simulated guest many times, and says what each move did to its traffic. */
public final class Bench {
    private final PrintStream out;
    private final int moves;
    private final HandoverBench.Settings settings;
    private final String json;

    private Bench(PrintStream out, int moves, HandoverBench.Settings settings, String json) {
        this.out = out;
        this.moves = moves;
        this.settings = settings;
        this.json = json;
    }

    /** {@code DIRECTORY SOURCES MOVES RATE RTT LOSS PAUSE JSON}, as the front door gives them; no pause or file is an empty word. */
    public static void main(String[] arguments) {
        BenchRun.main(arguments, 8, (run, out) -> {
            var settings = new HandoverBench.Settings(
                    Integer.parseInt(arguments[3]),
                    milliseconds(arguments[4]),
                    Integer.parseInt(arguments[5]),
                    Optional.of(arguments[6]).filter(pause -> !pause.isEmpty()).map(Bench::milliseconds));
            return new Bench(out, Integer.parseInt(arguments[2]), settings, arguments[7])
                    .run(run, Path.of(arguments[1]));
        });
    }

    private static Duration milliseconds(String number) {
        return Duration.ofMillis(Integer.parseInt(number));
    }

    private int run(RunDirectory run, Path sources) throws IOException {
        out.println("raising the networks of three sites, starting the daemons");
        try (Lab lab = Lab.raiseWithoutGuests(run, HandoverBench.SITES);
                var bench = new HandoverBench(lab, sources, settings)) {
            return measure(bench);
        }
    }

    private int measure(HandoverBench bench) throws IOException {
        var controls = new ArrayList<HandoverReport.Control>();
        controls.add(control(bench));
        out.println();
        out.print(HandoverReport.heading());
        Handover first = bench.move(0);
        out.print(HandoverReport.row(first));
        var measured = new ArrayList<Handover>();
        for (int i = 1; i <= moves; i++) {
            Handover move = bench.move(i);
            measured.add(move);
            out.print(HandoverReport.row(move));
            if (!move.isTwoPhase()) {
                out.println("        plain: " + move.prepared() + " " + move.why());
            }
        }
        out.print(HandoverReport.total(HandoverReport.summary(measured)));
        Delays added = bench.added();
        out.printf(
                Locale.ROOT,
                "%nadded delay of all affected packets: p50 %.2f p99 %.2f max %.2f ms%n",
                added.p50Ms(),
                added.p99Ms(),
                added.maxMs());
        controls.add(control(bench));
        BenchRun.write(new HandoverReport(environment(bench), controls, first, measured, added), json, out);
        if (!controls.stream().allMatch(HandoverReport.Control::isClean)) {
            System.err.println(
                    "bench: a guest that stays lost packets, too: the machine can't do this, try a lower --rate");
            return BenchRun.FAILED;
        }
        return 0;
    }

    private HandoverReport.Control control(HandoverBench bench) {
        HandoverReport.Control control = bench.control();
        out.printf(
                Locale.ROOT,
                "control, no move, at %s: sent %d, lost %d (%d more on the line), duplicated %d, reordered %d; delay p50 %.2f p99 %.2f max %.2f ms%n",
                control.at(),
                control.sent(),
                control.lost(),
                control.lostOnTheLine(),
                control.duplicated(),
                control.reordered(),
                control.delay().p50Ms(),
                control.delay().p99Ms(),
                control.delay().maxMs());
        return control;
    }

    private Map<String, String> environment(HandoverBench bench) throws IOException {
        Map<String, String> environment = Environment.describe();
        environment.put("rate", Integer.toString(settings.perSecond()));
        environment.put("round_trip_ms", Long.toString(settings.roundTrip().toMillis()));
        environment.put("loss_percent", Integer.toString(settings.lossPercent()));
        bench.lineQuality().ifPresent(quality -> environment.put("delay_line", quality));
        return environment;
    }
}
