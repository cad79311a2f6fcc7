package org.mooring.lab;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Map;
import org.mooring.lab.report.FaultReport;
import org.mooring.lab.report.FaultReport.Struck;

/** What {@code ./bench faults} runs: many handovers, in each of which something goes wrong. */
public final class Faults {
    private final PrintStream out;
    private final int handovers;
    private final long seed;
    private final Duration roundTrip;
    private final Duration soak;
    private final String json;

    private Faults(PrintStream out, int handovers, long seed, Duration roundTrip, Duration soak, String json) {
        this.out = out;
        this.handovers = handovers;
        this.seed = seed;
        this.roundTrip = roundTrip;
        this.soak = soak;
        this.json = json;
    }

    /** {@code DIRECTORY SOURCES HANDOVERS SEED RTT SOAK JSON}, as the front door gives them; no file is an empty word. */
    public static void main(String[] arguments) {
        BenchRun.main(arguments, 7, (run, out) -> {
            var roundTrip = Duration.ofMillis(Integer.parseInt(arguments[4]));
            var soak = Duration.ofSeconds(Integer.parseInt(arguments[5]));
            var faults = new Faults(
                    out, Integer.parseInt(arguments[2]), Long.parseLong(arguments[3]), roundTrip, soak, arguments[6]);
            return faults.run(run, Path.of(arguments[1]));
        });
    }

    private int run(RunDirectory run, Path sources) throws IOException {
        out.println("raising the networks of three sites, starting the daemons; seed " + seed);
        try (Lab lab = FaultCampaign.raise(run);
                var campaign = new FaultCampaign(lab, sources, roundTrip, seed)) {
            return report(campaign);
        }
    }

    private int report(FaultCampaign campaign) throws IOException {
        var struck = new ArrayList<Struck>();
        for (int i = 1; i <= handovers; i++) {
            Struck one = campaign.strike(i);
            struck.add(one);
            out.print(one.row());
        }
        out.println("watching the guest for " + soak.toSeconds()
                + " s, then waiting until all has ended that ends by itself");
        campaign.soak(handovers + 1, soak);
        Map<String, String> environment = Environment.describe();
        environment.put("round_trip_ms", Long.toString(roundTrip.toMillis()));
        double limit = campaign.limit().toNanos() / 1e6;
        var report = new FaultReport(environment, seed, limit, struck, campaign.settle(handovers + 2));
        out.printf(
                Locale.ROOT,
                "%d handovers, %d of them not reachable within %.0f ms, %d things left behind%n",
                handovers,
                report.late().size(),
                limit,
                report.left().size());
        report.left().forEach(out::println);
        BenchRun.write(report, json, out);
        return report.late().isEmpty() && report.left().isEmpty() ? 0 : BenchRun.FAILED;
    }
}
