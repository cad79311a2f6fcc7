package org.mooring.lab.report;

import java.util.List;

/**
 * What an iperf3 run carried around one move.
 *
 * @param startMs where the first bin begins, in milliseconds from STOP
 * @param binMs how long a bin is
 * @param megabitsPerSecond the rate within each bin
 * @param marks moments to be marked
 */
public record Throughput(double startMs, double binMs, List<Double> megabitsPerSecond, List<Mark> marks) {
    public Throughput {
        megabitsPerSecond = List.copyOf(megabitsPerSecond);
        marks = List.copyOf(marks);
    }

    public double endMs() {
        return startMs + binMs * megabitsPerSecond.size();
    }

    /** A moment with a name, in milliseconds from STOP. */
    public record Mark(double tMs, String label) {}
}
