package org.mooring.migrator.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.time.Instant;
import org.mooring.runtime.json.Json;

/** What {@code migrate} tells a {@code listen}, on its standard input: a JSON object on a line each. */
sealed interface Order {

    /** Await this guest. */
    record Receive(Guest guest) implements Order {}

    /** End it, unless the guest runs already. */
    record Abort() implements Order {}

    /** End it though the guest runs: the source has taken it back. */
    record Evict() implements Order {}

    /** Say what time it is. That one asks is also the sign that one still lives. */
    record TellTime(int number) implements Order {}

    /** Have the guest's requests dated no earlier than this: so they are at the source now (RFC 5563 §4.4). */
    record Follow(Instant time) implements Order {}

    record Unreadable(String line) implements Order {}

    static String line(Order order) {
        ObjectNode line = Json.MAPPER.createObjectNode();
        if (order instanceof Receive receive) {
            line.put("order", "receive").set("guest", Json.MAPPER.valueToTree(receive.guest()));
        } else if (order instanceof Abort) {
            line.put("order", "abort");
        } else if (order instanceof Evict) {
            line.put("order", "evict");
        } else if (order instanceof TellTime time) {
            line.put("order", "tell-time").put("number", time.number());
        } else if (order instanceof Follow follow) {
            line.put("order", "follow").put("time", follow.time().toString());
        } else {
            throw new IllegalArgumentException(order.toString());
        }
        return line.toString();
    }

    static Order parse(String line) {
        try {
            JsonNode order = Json.MAPPER.readTree(line);
            return switch (order.path("order").asText()) {
                case "receive" ->
                    order.path("guest").isObject()
                            ? new Receive(Json.MAPPER.treeToValue(order.path("guest"), Guest.class))
                            : new Unreadable(line);
                case "abort" -> new Abort();
                case "evict" -> new Evict();
                case "tell-time" -> new TellTime(order.path("number").asInt());
                case "follow" -> new Follow(Instant.parse(order.path("time").asText()));
                default -> new Unreadable(line);
            };
        } catch (JsonProcessingException | DateTimeException e) {
            return new Unreadable(line);
        }
    }
}
