package org.mooring.qmp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/** One line from QEMU. Whatever it holds it becomes one of these: a peer's mistake is a value. */
sealed interface QmpMessage {
    ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    record Greeting(String version) implements QmpMessage {}

    record Event(QmpEvent event) implements QmpMessage {}

    record Return(long id, JsonNode value) implements QmpMessage {}

    record Refusal(long id, String errorClass, String description) implements QmpMessage {}

    record Malformed(String reason) implements QmpMessage {}

    static QmpMessage parse(String line, Instant received) {
        JsonNode message;
        try {
            message = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            return new Malformed("not JSON: " + e.getOriginalMessage());
        }
        if (message.has("event")) {
            return event(message, received);
        } else if (message.path("QMP").isObject()) {
            return greeting(message.path("QMP").path("version").path("qemu"));
        } else if (message.path("error").isObject()) {
            // QEMU leaves the id out when it could not read the command: then no command of ours is known to have
            // failed.
            JsonNode error = message.path("error");
            return message.path("id").isIntegralNumber()
                    ? new Refusal(
                            message.path("id").longValue(),
                            error.path("class").asText(),
                            error.path("desc").asText())
                    : new Malformed(
                            "an error without an id: " + error.path("desc").asText());
        } else if (message.has("return") && message.path("id").isIntegralNumber()) {
            return new Return(message.path("id").longValue(), message.path("return"));
        }
        return new Malformed("neither greeting, event nor answer");
    }

    static String command(long id, String name, JsonNode arguments) {
        ObjectNode command = JSON.createObjectNode().put("execute", name);
        if (arguments.isObject()) {
            command.set("arguments", arguments);
        }
        return command.put("id", id).toString();
    }

    private static QmpMessage event(JsonNode message, Instant received) {
        if (!message.path("event").isTextual()) {
            return new Malformed("an event without a name");
        }
        JsonNode timestamp = message.path("timestamp");
        long seconds = timestamp.path("seconds").asLong(-1);
        long micros = timestamp.path("microseconds").asLong(-1);
        // Both are -1 where QEMU failed to read its clock.
        boolean known = seconds >= 0 && seconds <= Instant.MAX.getEpochSecond() && micros >= 0 && micros < 1_000_000;
        Instant at = known ? Instant.ofEpochSecond(seconds, micros * 1000) : received;
        return new Event(new QmpEvent(message.path("event").textValue(), message.path("data"), at, received));
    }

    private static Greeting greeting(JsonNode qemu) {
        return new Greeting("%d.%d.%d"
                .formatted(
                        qemu.path("major").asInt(),
                        qemu.path("minor").asInt(),
                        qemu.path("micro").asInt()));
    }
}
