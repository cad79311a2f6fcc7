package org.mooring.lab.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Arrays;

/** How many packets' delays are distributed, in milliseconds; all 0 where there are none. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Delays(double p50Ms, double p99Ms, double maxMs) {

    /**
     * How these are distributed.
     *
     * @param nanoseconds in any order
     */
    public static Delays of(long[] nanoseconds) {
        long[] sorted = nanoseconds.clone();
        Arrays.sort(sorted);
        return new Delays(percentile(sorted, 50), percentile(sorted, 99), percentile(sorted, 100));
    }

    /** The smallest value that so many percent of all don't exceed. */
    private static double percentile(long[] sorted, int percent) {
        if (sorted.length == 0) {
            return 0;
        }
        int rank = Math.max(1, (int) Math.ceil(sorted.length * percent / 100.0));
        return milliseconds(sorted[rank - 1]);
    }

    /** To a hundredth. */
    public static double milliseconds(long nanoseconds) {
        return Math.round(nanoseconds / 10_000.0) / 100.0;
    }
}
