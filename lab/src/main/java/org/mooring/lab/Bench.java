package org.mooring.lab;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.mooring.lab.report.Handover;
import org.mooring.lab.report.HandoverReport;

/** What {@code ./bench handover} runs: moves a simulated guest many times, and says what each move did to its traffic. */
public final class Bench {
    private static final int FAILED = 1;
    private static final int WRONG_USAGE = 2;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final int moves;
    private final HandoverBench.Settings settings;
    private final Optional<Path> json;
    private volatile boolean ending;

    private Bench(int moves, HandoverBench.Settings settings, Optional<Path> json) {
        this.moves = moves;
        this.settings = settings;
        this.json = json;
    }

    /** {@code DIRECTORY SOURCES MOVES RATE RTT LOSS PAUSE JSON}, as the front door gives them; no pause or file is an empty word. */
    public static void main(String[] arguments) {
        if (arguments.length != 8) {
            System.err.println("bench: this is started by ./bench");
            System.exit(WRONG_USAGE);
        }
        RunDirectory run = RunDirectory.own(Path.of(arguments[0]));
        var settings = new HandoverBench.Settings(
                Integer.parseInt(arguments[3]),
                milliseconds(arguments[4]),
                Integer.parseInt(arguments[5]),
                given(arguments[6]).map(Bench::milliseconds));
        var bench = new Bench(
                Integer.parseInt(arguments[2]), settings, given(arguments[7]).map(Path::of));
        System.exit(bench.run(run, Path.of(arguments[1])));
    }

    private static Optional<String> given(String argument) {
        return argument.isEmpty() ? Optional.empty() : Optional.of(argument);
    }

    private static Duration milliseconds(String number) {
        return Duration.ofMillis(Integer.parseInt(number));
    }

    private int run(RunDirectory run, Path sources) {
        // Also on a signal: then the main thread's attempts fail one after the other, and nobody wants to read that.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            ending = true;
            run.remove();
        }));
        try {
            RunDirectory.sweep();
            out.println("raising the networks of three sites, starting the daemons");
            try (Lab lab = Lab.raiseWithoutGuests(run, HandoverBench.SITES);
                    var bench = new HandoverBench(lab, sources, settings)) {
                return measure(bench);
            }
        } catch (LabException | IOException e) {
            if (!ending) {
                System.err.println("bench: " + e.getMessage());
            }
            return FAILED;
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
        out.println();
        controls.add(control(bench));
        var report = new HandoverReport(environment(bench), controls, first, measured);
        if (json.isPresent()) {
            report.write(json.get());
            out.println("written: " + json.get());
        }
        if (!controls.stream().allMatch(HandoverReport.Control::isClean)) {
            System.err.println(
                    "bench: a guest that stays lost packets, too: the machine can't do this, try a lower --rate");
            return FAILED;
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
