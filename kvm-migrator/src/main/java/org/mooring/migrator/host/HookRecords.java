package org.mooring.migrator.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import org.mooring.runtime.json.Json;
import org.mooring.timeline.HandoverRecord;

/** What a host's hook knows of the latest handovers, also as the line of JSON that {@code handovers} prints. */
record HookRecords(List<HandoverRecord> handovers) {
    HookRecords {
        handovers = List.copyOf(handovers);
    }

    HookRecords of(String guest) {
        return new HookRecords(handovers.stream()
                .filter(record -> record.guest().equals(guest))
                .toList());
    }

    String line() {
        return Json.MAPPER.valueToTree(this).toString();
    }

    /** Empty where it is none: a login banner, say. */
    static Optional<HookRecords> parse(String line) {
        try {
            JsonNode json = Json.MAPPER.readTree(line);
            return json.path("handovers").isArray() ? Optional.of(read(json)) : Optional.empty();
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    static HookRecords read(JsonNode json) throws JsonProcessingException {
        return Json.MAPPER.treeToValue(json, HookRecords.class);
    }
}
