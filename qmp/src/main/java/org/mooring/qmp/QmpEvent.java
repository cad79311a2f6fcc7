package org.mooring.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.time.Instant;

/**
 * Something that happened in QEMU (QMP specification, "Asynchronous events").
 *
 * @param name such as {@code STOP}, {@code RESUME}, {@code MIGRATION}
 * @param data the event's own members; {@link MissingNode} where there are none
 * @param at when it happened by the clock of QEMU's host; {@code received} where QEMU couldn't tell
 * @param received when it reached us
 */
public record QmpEvent(String name, JsonNode data, Instant at, Instant received) {
    /** The {@code status} that {@code MIGRATION} carries; empty for other events. */
    public String status() {
        return data.path("status").asText();
    }
}
