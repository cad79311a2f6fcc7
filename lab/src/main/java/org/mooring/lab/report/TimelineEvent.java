package org.mooring.lab.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * Something that happened during a move.
 *
 * @param tMs milliseconds from the source's STOP; negative before it
 * @param who the host, agent or program
 * @param what in its own words
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record TimelineEvent(double tMs, String who, String what) {}
