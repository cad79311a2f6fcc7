package org.mooring.lab.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What a run of {@code ./bench datapath} found.
 *
 * @param environment what the figures were measured on
 * @param plain name of the path that the others are compared with
 * @param vxlan name of the kernel's own tunnel
 * @param rounds what each path did in each round, by its name
 * @param voidRounds how many more there were, in which our counters did not agree with what arrived
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record DatapathReport(
        Map<String, String> environment,
        String plain,
        String vxlan,
        List<Map<String, Sample>> rounds,
        int voidRounds,
        Changes changes,
        Crowd crowd) {

    public DatapathReport {
        environment = new LinkedHashMap<>(environment);
        rounds = List.copyOf(rounds);
    }

    /** What one path did in one round. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Sample(double tcpMbitPerS, double packetsPerS, double rttUs, double cpuNsPerPacket) {}

    /** Ratios are to {@code plain}, or to {@code vxlan}, in the same round. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record PathFigures(
            String name,
            Spread tcpRatio,
            Spread ppsRatio,
            Spread rttUs,
            Spread cpuNsPerPacket,
            Spread tcpMbitPerS,
            Spread packetsPerS,
            Spread tcpToVxlan,
            Spread ppsToVxlan) {}

    /** How long the home agent's control plane takes, in ms: for all that a starting agent installs, and for changes one by one. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Changes(int installed, Spread installMs, int repointed, Spread repointMs) {}

    /** What many bindings take of the kernel's memory, in octets each. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Crowd(int bindings, long kernelOctetsPerBinding) {}

    /** The figures of each path, in the order of the first round. */
    public List<PathFigures> getPaths() {
        return rounds.get(0).keySet().stream().map(this::figures).toList();
    }

    private PathFigures figures(String path) {
        return new PathFigures(
                path,
                ratio(path, plain, Sample::tcpMbitPerS),
                ratio(path, plain, Sample::packetsPerS),
                spread(path, Sample::rttUs),
                spread(path, Sample::cpuNsPerPacket),
                spread(path, Sample::tcpMbitPerS),
                spread(path, Sample::packetsPerS),
                ratio(path, vxlan, Sample::tcpMbitPerS),
                ratio(path, vxlan, Sample::packetsPerS));
    }

    private Spread ratio(String path, String to, ToDoubleFunction<Sample> value) {
        return Spread.of(rounds.stream()
                .map(round -> value.applyAsDouble(sample(round, path)) / value.applyAsDouble(sample(round, to)))
                .toList());
    }

    private Spread spread(String path, ToDoubleFunction<Sample> value) {
        return Spread.of(rounds.stream()
                .map(round -> value.applyAsDouble(sample(round, path)))
                .toList());
    }

    private static Sample sample(Map<String, Sample> round, String path) {
        Sample sample = round.get(path);
        if (sample == null) {
            throw new IllegalArgumentException("a round without " + path);
        }
        return sample;
    }

    /** For people: median [least..greatest]. */
    public String table() {
        var out = new StringBuilder(String.format(
                Locale.ROOT,
                "%-16s %-22s %-22s %-22s %-22s %-12s %-12s%n",
                "path",
                "TCP / plain",
                "packets / plain",
                "round trip, us",
                "CPU per packet, ns",
                "TCP / vxlan",
                "packets / vxlan"));
        for (PathFigures path : getPaths()) {
            out.append(String.format(
                    Locale.ROOT,
                    "%-16s %-22s %-22s %-22s %-22s %-12.2f %-12.2f%n",
                    path.name(),
                    text(path.tcpRatio(), "%.2f"),
                    text(path.ppsRatio(), "%.2f"),
                    text(path.rttUs(), "%.0f"),
                    text(path.cpuNsPerPacket(), "%.0f"),
                    path.tcpToVxlan().median(),
                    path.ppsToVxlan().median()));
        }
        PathFigures reference = figures(plain);
        out.append(String.format(
                Locale.ROOT,
                "%s: TCP %s Mbit/s, %s packets/s; %d rounds, %d void%n",
                plain,
                text(reference.tcpMbitPerS(), "%.0f"),
                text(reference.packetsPerS(), "%.0f"),
                rounds.size(),
                voidRounds));
        out.append(String.format(
                Locale.ROOT,
                "%d bindings installed in %s ms, %d given another care-of address in %s ms%n",
                changes.installed(),
                text(changes.installMs(), "%.0f"),
                changes.repointed(),
                text(changes.repointMs(), "%.0f")));
        out.append(String.format(
                Locale.ROOT,
                "%d bindings take %d octets of kernel memory each%n",
                crowd.bindings(),
                crowd.kernelOctetsPerBinding()));
        return out.toString();
    }

    private static String text(Spread spread, String format) {
        return String.format(
                Locale.ROOT, format + " [" + format + ".." + format + "]", spread.median(), spread.min(), spread.max());
    }
}
