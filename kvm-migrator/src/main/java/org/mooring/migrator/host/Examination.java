package org.mooring.migrator.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mooring.runtime.json.Json;

/**
 * What a host found out about itself, as one line of JSON.
 *
 * @param version of this program there
 * @param qemu version there, or empty if there is none
 * @param mtu of the bridge or what it will be made of; 0 if there is neither
 * @param visiting whether the guest is away from its home subnet there; null where the hook didn't say
 * @param careOfAddress of the foreign agent there, if there is one
 */
record Examination(
        List<Finding> findings,
        String version,
        String qemu,
        int mtu,
        @Nullable Boolean visiting,
        @Nullable String careOfAddress) {
    Examination {
        findings = List.copyOf(findings);
    }

    String line() throws JsonProcessingException {
        ObjectNode line = Json.MAPPER.valueToTree(this);
        return line.put("report", "examination").toString();
    }

    /** Empty if that is something else, such as a login banner. */
    static Optional<Examination> parse(String line) {
        try {
            return Json.MAPPER.readTree(line).path("report").asText().equals("examination")
                    ? Optional.of(Json.MAPPER.readValue(line, Examination.class))
                    : Optional.empty();
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }
}
