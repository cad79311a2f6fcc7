package org.mooring.lab;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.mooring.datapath.Tunnel;
import org.mooring.lab.report.DatapathReport;
import org.mooring.lab.report.DatapathReport.Changes;
import org.mooring.lab.report.DatapathReport.Crowd;
import org.mooring.lab.report.DatapathReport.Sample;
import org.mooring.linux.Ipv4;

/** What {@code ./bench datapath} runs: compares our tunnels with what the kernel has, all paths in turn in each round. */
public final class DatapathBench {
    private static final int FAILED = 1;
    private static final int WRONG_USAGE = 2;
    private static final int INSTALLED = 100_000;
    private static final int REPOINTED = 10_000;
    private static final int REPETITIONS = 5;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final RunDirectory run;
    private final Path sources;
    private final Settings settings;
    private volatile boolean ending;

    /**
     * What to measure.
     *
     * @param phase how long each of a path's three figures is measured in a round
     * @param crowd bindings that the home agent of one of the paths has
     */
    record Settings(int rounds, Duration phase, int crowd) {}

    private DatapathBench(RunDirectory run, Path sources, Settings settings) {
        this.run = run;
        this.sources = sources;
        this.settings = settings;
    }

    /** {@code DIRECTORY SOURCES ROUNDS SECONDS BINDINGS JSON}, as the front door gives them; no file is an empty word. */
    public static void main(String[] arguments) {
        if (arguments.length != 6) {
            System.err.println("bench: this is started by ./bench");
            System.exit(WRONG_USAGE);
        }
        var settings = new Settings(
                Integer.parseInt(arguments[2]),
                Duration.ofSeconds(Integer.parseInt(arguments[3])),
                Integer.parseInt(arguments[4]));
        var bench = new DatapathBench(RunDirectory.own(Path.of(arguments[0])), Path.of(arguments[1]), settings);
        System.exit(bench.run(
                Optional.of(arguments[5]).filter(name -> !name.isEmpty()).map(Path::of)));
    }

    private int run(Optional<Path> json) {
        // Also on a signal: then the main thread's attempts fail one after the other, and nobody wants to read that.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            ending = true;
            run.remove();
        }));
        try {
            RunDirectory.sweep();
            DatapathReport report = measure();
            out.println();
            out.print(report.table());
            if (json.isPresent()) {
                report.write(json.get());
                out.println("written: " + json.get());
            }
            return 0;
        } catch (LabException | IOException e) {
            if (!ending) {
                System.err.println("bench: " + e.getMessage());
            }
            return FAILED;
        }
    }

    private DatapathReport measure() throws IOException {
        Map<String, String> environment = Environment.describe();
        environment.put("phase_s", Long.toString(settings.phase().toSeconds()));
        out.println("installing bindings");
        Changes changes = ControlPlane.measure(
                Chain.raise(run.prefix() + "x"),
                Math.min(INSTALLED, settings.crowd()),
                Math.min(REPOINTED, settings.crowd()),
                Math.min(REPETITIONS, settings.rounds()));
        Path program = Instrument.compile(run, sources, "load");
        var loads = new ArrayList<Load>();
        try {
            for (ForwardingPath path : List.of(
                    ForwardingPath.plain(run.prefix() + "p"),
                    ForwardingPath.redirect(run.prefix() + "r"),
                    ForwardingPath.vxlan(run.prefix() + "v"),
                    ForwardingPath.ebpf(ForwardingPath.EBPF, run.prefix() + "e", List.of()))) {
                loads.add(new Load(path, program, run.resolve("load.log")));
            }
            long before = ControlPlane.kernelMemory();
            ForwardingPath crowded = ForwardingPath.ebpf(
                    ForwardingPath.EBPF + "-" + settings.crowd(),
                    run.prefix() + "m",
                    ControlPlane.bindings(settings.crowd(), Tunnel.ipip(Ipv4.address(Chain.CARE_OF_ADDRESS))));
            var crowd = new Crowd(settings.crowd(), (ControlPlane.kernelMemory() - before) / settings.crowd());
            loads.add(new Load(crowded, program, run.resolve("load.log")));
            var rounds = new ArrayList<Map<String, Sample>>();
            int voidRounds = rounds(loads, rounds);
            return new DatapathReport(
                    environment, ForwardingPath.PLAIN, ForwardingPath.VXLAN, rounds, voidRounds, changes, crowd);
        } finally {
            loads.forEach(Load::close);
        }
    }

    /** Measures until enough of them count; returns how many did not. */
    private int rounds(List<Load> loads, List<Map<String, Sample>> rounds) {
        int voidRounds = 0;
        while (rounds.size() < settings.rounds()) {
            Optional<Map<String, Sample>> round = round(loads);
            if (round.isPresent()) {
                rounds.add(round.get());
            } else if (++voidRounds > settings.rounds()) {
                throw new LabException(
                        "our counters don't agree with what arrives: " + voidRounds + " rounds are void");
            }
        }
        return voidRounds;
    }

    /** All paths once. Empty if one of our own miscounted. */
    private Optional<Map<String, Sample>> round(List<Load> loads) {
        var samples = new LinkedHashMap<String, Sample>();
        for (Load load : loads) {
            Optional<Sample> sample = load.measure(settings.phase());
            if (sample.isEmpty()) {
                out.println("void: " + load.path().name() + " didn't count what arrived");
                return Optional.empty();
            }
            samples.put(load.path().name(), sample.get());
        }
        var line = new StringBuilder();
        samples.forEach((name, sample) -> line.append(String.format(
                Locale.ROOT,
                "%s %.0f Mbit/s %.0f p/s %.0f us; ",
                name,
                sample.tcpMbitPerS(),
                sample.packetsPerS(),
                sample.rttUs())));
        out.println(line);
        return Optional.of(samples);
    }
}
