package org.mooring.lab.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a run of {@code ./bench burst} found.
 *
 * @param environment what the figures were measured on
 * @param first the first burst after the agents' start, which is not among {@code bursts}
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record BurstReport(Map<String, String> environment, Burst first, List<Burst> bursts) {
    public BurstReport {
        environment = new LinkedHashMap<>(environment);
        bursts = List.copyOf(bursts);
    }
}
