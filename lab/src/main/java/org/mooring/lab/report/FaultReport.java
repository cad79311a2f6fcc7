package org.mooring.lab.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a run of {@code ./bench faults} found.
 *
 * @param seed from which all that was by chance follows
 * @param limitMs that the guest may need until it is reachable
 * @param left what was there at the end, after a plus, and shouldn't have been, or the other way round, after a minus
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record FaultReport(
        Map<String, String> environment, long seed, double limitMs, List<Struck> handovers, List<String> left) {

    public FaultReport {
        environment = new LinkedHashMap<>(environment);
        handovers = List.copyOf(handovers);
        left = List.copyOf(left);
    }

    /**
     * One handover in which something went wrong.
     *
     * @param at where the guest was in the end
     * @param fault in words; {@code downMs}: for how long what was killed stayed dead
     * @param prepared what the destination's hook said
     * @param reachableMs from when nothing was wrong any more, and the guest ran, until it answered
     */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Struck(
            int number,
            String from,
            String to,
            String at,
            String fault,
            int downMs,
            String prepared,
            double reachableMs) {
        /** In one line. */
        public String row() {
            return String.format(
                    Locale.ROOT,
                    "%6d  %s > %s, at %s  %-10s %9.1f ms  %s%n",
                    number,
                    from,
                    to,
                    at,
                    prepared,
                    reachableMs,
                    fault);
        }
    }

    /** Those that took longer than they may. */
    public List<Struck> late() {
        return handovers.stream()
                .filter(struck -> struck.reachableMs() > limitMs)
                .toList();
    }
}
