package org.mooring.lab.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a run of {@code ./bench pause} found.
 *
 * @param environment what the figures were measured on
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record PauseReport(Map<String, String> environment, List<Pair> pairs) {
    private static final String COLUMNS = "%6s  %-6s %9s %9s %9s%n";

    public PauseReport {
        environment = new LinkedHashMap<>(environment);
        pairs = List.copyOf(pairs);
    }

    /**
     * Two moves of the same guest the same way, one soon after the other.
     *
     * @param withMs QEMU's pause, from STOP to RESUME, with hooks on both hosts
     * @param withoutMs the same while no hook runs
     */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Pair(int number, String way, double withMs, double withoutMs) {
        double addedMs() {
            return withMs - withoutMs;
        }

        /** In one line. */
        public String row() {
            return String.format(
                    Locale.ROOT,
                    COLUMNS,
                    number,
                    way,
                    milliseconds(withMs),
                    milliseconds(withoutMs),
                    milliseconds(addedMs()));
        }
    }

    /** What the hooks add to the pause: the median of the pairs' differences. */
    public double getPauseAddedMs() {
        List<Double> sorted = pairs.stream().map(Pair::addedMs).sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** What stands above the rows. */
    public static String heading() {
        return String.format(Locale.ROOT, COLUMNS, "pair", "way", "with", "without", "added");
    }

    /** The last line of the table. */
    public String total() {
        return String.format(Locale.ROOT, COLUMNS, "median", "", "", "", milliseconds(getPauseAddedMs()));
    }

    private static String milliseconds(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
