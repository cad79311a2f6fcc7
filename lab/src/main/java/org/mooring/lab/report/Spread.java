package org.mooring.lab.report;

import java.util.List;

/** How a figure was distributed over the rounds. */
public record Spread(double min, double median, double max) {

    /**
     * How these are distributed; of an even number of values, the median is the mean of the two in the middle.
     *
     * @param values in any order, at least one
     */
    public static Spread of(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        double median = (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
        return new Spread(round(sorted[0]), round(median), round(sorted[sorted.length - 1]));
    }

    /** To four digits that count. */
    private static double round(double value) {
        return new java.math.BigDecimal(value)
                .round(new java.math.MathContext(4))
                .doubleValue();
    }
}
