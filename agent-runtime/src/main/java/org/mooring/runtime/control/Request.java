package org.mooring.runtime.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.Map;
import java.util.Optional;
import org.mooring.runtime.json.Json;

/**
 * A request on the control socket.
 *
 * @param parameters what stands in the path where the route has {@code {name}}
 * @param query what follows the question mark
 * @param body JSON, or empty
 */
public record Request(Map<String, String> parameters, Map<String, String> query, String body) {
    /** The part of the path at {@code {name}}. */
    public String parameter(String name) {
        return Optional.ofNullable(parameters.get(name))
                .orElseThrow(() -> new IllegalArgumentException("the route has no {" + name + "}"));
    }

    /**
     * The body as a record.
     *
     * @throws Refusal if it isn't one
     */
    public <T> T body(Class<T> type) throws Refusal {
        try {
            T value = Json.MAPPER.readValue(body, type);
            if (value == null) {
                throw Refusal.badRequest("the body is null");
            }
            return value;
        } catch (JsonProcessingException e) {
            throw Refusal.badRequest("the body is not what is expected here: " + e.getOriginalMessage());
        }
    }
}
