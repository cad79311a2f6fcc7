package org.mooring.lab;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.mooring.lab.report.PauseReport;
import org.mooring.lab.report.PauseReport.Pair;

/** What {@code ./bench pause} runs: moves a real guest with hooks and without, and says what QEMU's pause has to do with them. */
public final class Pauses {
    private static final Guest GUEST = Guest.ONE;

    private final PrintStream out;
    private final Lab lab;

    private Pauses(PrintStream out, Lab lab) {
        this.out = out;
        this.lab = lab;
    }

    /** {@code DIRECTORY IMAGE PAIRS JSON}, as the front door gives them; no file is an empty word. */
    public static void main(String[] arguments) {
        BenchRun.main(arguments, 4, (run, out) -> {
            out.println("raising the networks of two sites, starting the daemons, booting the guest");
            try (Lab lab = Lab.raise(run, Path.of(arguments[1]))) {
                lab.startDaemons();
                lab.start(GUEST);
                return new Pauses(out, lab).measure(Integer.parseInt(arguments[2]), arguments[3]);
            }
        });
    }

    private int measure(int pairs, String json) throws IOException {
        // What runs for the first time is slow, with hooks and without.
        roundTrips(true);
        out.println();
        out.print(PauseReport.heading());
        var measured = new ArrayList<Pair>();
        for (int number = 1; number <= pairs; number++) {
            // The order changes, in case that the guest's pauses become longer or shorter with time.
            boolean hooksFirst = number % 2 == 0;
            List<Switchover> one = roundTrips(hooksFirst);
            List<Switchover> other = roundTrips(!hooksFirst);
            for (int way = 0; way < one.size(); way++) {
                Switchover with = (hooksFirst ? one : other).get(way);
                Switchover without = (hooksFirst ? other : one).get(way);
                var pair = new Pair(number, way == 0 ? "A > B" : "B > A", pause(with), pause(without));
                measured.add(pair);
                out.print(pair.row());
            }
        }
        Map<String, String> environment = Environment.describe();
        var report = new PauseReport(environment, measured);
        out.print(report.total());
        BenchRun.write(report, json, out);
        return 0;
    }

    /** Away and home again. */
    private List<Switchover> roundTrips(boolean hooks) {
        List<Daemon> both = lab.sites().stream().map(lab::hook).toList();
        if (!hooks) {
            both.forEach(Daemon::stop);
        }
        Switchover away = Switchover.forced(lab, GUEST, Site.A, Site.B);
        Switchover home = Switchover.forced(lab, GUEST, Site.B, Site.A);
        if (!hooks) {
            lab.start(both);
        }
        return List.of(away, home);
    }

    private static double pause(Switchover switchover) {
        return Mover.milliseconds(switchover.resume() - switchover.stop());
    }
}
