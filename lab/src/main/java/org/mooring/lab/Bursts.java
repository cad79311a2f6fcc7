package org.mooring.lab;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.stream.Stream;
import org.mooring.lab.report.Burst;
import org.mooring.lab.report.BurstReport;

/** What {@code ./bench burst} runs: many guests are committed at once, and how long it takes until the last one is bound elsewhere. */
public final class Bursts {
    private Bursts() {}

    /** {@code DIRECTORY GUESTS BURSTS JSON}, as the front door gives them; no file is an empty word. */
    public static void main(String[] arguments) {
        BenchRun.main(
                arguments,
                4,
                (run, out) -> measure(
                        run, Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]), arguments[3], out));
    }

    private static int measure(RunDirectory run, int guests, int bursts, String json, PrintStream out)
            throws IOException {
        out.println("raising the networks of three sites, starting the agents, registering " + guests + " guests");
        try (Lab lab = Lab.raiseWithoutGuests(run, HandoverBench.SITES);
                var bench = new BurstBench(lab, guests)) {
            out.println();
            out.print(Burst.heading());
            Burst first = bench.move();
            out.print(first.row());
            var measured = new ArrayList<Burst>();
            for (int i = 0; i < bursts; i++) {
                Burst burst = bench.move();
                measured.add(burst);
                out.print(burst.row());
            }
            BenchRun.write(new BurstReport(Environment.describe(), first, measured), json, out);
            return Stream.concat(Stream.of(first), measured.stream()).allMatch(Burst::isComplete) ? 0 : BenchRun.FAILED;
        }
    }
}
