package org.mooring.lab;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mooring.datapath.Encapsulation;
import org.mooring.lab.report.DatapathReport;
import org.mooring.lab.report.DatapathReport.Changes;
import org.mooring.lab.report.DatapathReport.Crowd;
import org.mooring.lab.report.DatapathReport.Sample;

/** What {@code ./bench datapath} runs: compares our tunnels with what the kernel has, all paths in turn in each round. */
public final class DatapathBench {
    private static final int INSTALLED = 100_000;
    private static final int REPOINTED = 10_000;
    private static final int REPETITIONS = 5;
    private static final Set<String> REFERENCES = Set.of(ForwardingPath.PLAIN, ForwardingPath.VXLAN);

    private final PrintStream out;
    private final RunDirectory run;
    private final Path sources;
    private final Settings settings;

    /**
     * What to measure.
     *
     * @param phase how long each of a path's three figures is measured in a round
     * @param crowd bindings that the home agent of one of the paths has
     * @param paths which ones by their names, beside those that all are compared with; none: all
     */
    record Settings(int rounds, Duration phase, int crowd, List<String> paths) {
        Settings {
            paths = List.copyOf(paths);
        }

        boolean wants(String path) {
            return paths.isEmpty() || paths.contains(path) || REFERENCES.contains(path);
        }
    }

    private DatapathBench(PrintStream out, RunDirectory run, Path sources, Settings settings) {
        this.out = out;
        this.run = run;
        this.sources = sources;
        this.settings = settings;
    }

    /** {@code DIRECTORY SOURCES ROUNDS SECONDS BINDINGS PATHS JSON}, as the front door gives them; no paths or file is an empty word. */
    public static void main(String[] arguments) {
        BenchRun.main(arguments, 7, (run, out) -> {
            var settings = new Settings(
                    Integer.parseInt(arguments[2]),
                    Duration.ofSeconds(Integer.parseInt(arguments[3])),
                    Integer.parseInt(arguments[4]),
                    arguments[5].isEmpty() ? List.of() : List.of(arguments[5].split(",", -1)));
            DatapathReport report = new DatapathBench(out, run, Path.of(arguments[1]), settings).measure();
            out.println();
            out.print(report.table());
            BenchRun.write(report, arguments[6], out);
            return 0;
        });
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
            for (ForwardingPath path : paths()) {
                loads.add(new Load(path, program, run.resolve("load.log")));
            }
            long before = ControlPlane.kernelMemory();
            ForwardingPath crowded = ForwardingPath.crowded(run.prefix() + "m", false, settings.crowd());
            var crowd = new Crowd(settings.crowd(), (ControlPlane.kernelMemory() - before) / settings.crowd());
            loads.add(new Load(crowded, program, run.resolve("load.log")));
            loads.add(new Load(
                    ForwardingPath.crowded(run.prefix() + "o", true, settings.crowd()),
                    program,
                    run.resolve("load.log")));
            var rounds = new ArrayList<Map<String, Sample>>();
            int voidRounds = rounds(wanted(loads), rounds);
            return new DatapathReport(
                    environment, ForwardingPath.PLAIN, ForwardingPath.VXLAN, rounds, voidRounds, changes, crowd);
        } finally {
            loads.forEach(Load::close);
        }
    }

    private List<Load> wanted(List<Load> loads) {
        List<String> names = loads.stream().map(load -> load.path().name()).toList();
        if (!names.containsAll(settings.paths())) {
            throw new LabException("the paths are " + String.join(", ", names));
        }
        return loads.stream().filter(load -> settings.wants(load.path().name())).toList();
    }

    private List<ForwardingPath> paths() {
        var paths = new ArrayList<ForwardingPath>();
        paths.add(ForwardingPath.plain(run.prefix() + "p"));
        paths.add(ForwardingPath.redirect(run.prefix() + "r"));
        paths.add(ForwardingPath.vxlan(run.prefix() + "v"));
        paths.add(ForwardingPath.ebpf(run.prefix() + "e", Encapsulation.IPIP, false));
        paths.add(ForwardingPath.ebpf(run.prefix() + "f", Encapsulation.IPIP, true));
        paths.add(ForwardingPath.ebpf(run.prefix() + "u", Encapsulation.UDP, false));
        paths.add(ForwardingPath.ebpf(run.prefix() + "w", Encapsulation.UDP, true));
        paths.add(ForwardingPath.ebpf(run.prefix() + "g", Encapsulation.GRE, false));
        paths.add(ForwardingPath.ebpf(run.prefix() + "k", Encapsulation.GRE, true));
        paths.add(ForwardingPath.ebpf(run.prefix() + "n", Encapsulation.MINIMAL, false));
        paths.add(ForwardingPath.tun(run.prefix() + "t", Encapsulation.IPIP));
        paths.add(ForwardingPath.tun(run.prefix() + "y", Encapsulation.UDP));
        try {
            paths.add(ForwardingPath.kernel(run.prefix() + "i", Encapsulation.IPIP));
            paths.add(ForwardingPath.kernel(run.prefix() + "j", Encapsulation.GRE));
        } catch (LabException e) {
            out.println("without the kernel's own tunnels: " + e.getMessage());
        }
        return paths;
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
