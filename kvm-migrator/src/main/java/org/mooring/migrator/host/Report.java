package org.mooring.migrator.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.time.Instant;
import org.mooring.migrator.Preparation;
import org.mooring.runtime.json.Json;

/** What {@code listen} prints for {@code migrate}: a JSON object on a line each. */
sealed interface Report {

    /** QEMU of this version waits at this URI, and the hook has prepared what it could. */
    record Ready(String uri, String qemu, Preparation preparation) implements Report {}

    /** The guest runs here, since this time by our clock. */
    record Running(Instant resumed) implements Report {}

    /** Nothing of the guest's is left here. */
    record Gone(String reason) implements Report {}

    /** Our clock, to an {@link Order.TellTime} of this number. */
    record Time(int number, Instant now) implements Report {}

    /** Not a report: a login banner, say. */
    record Unreadable(String line) implements Report {}

    static String line(Report report) {
        ObjectNode line = Json.MAPPER.createObjectNode();
        if (report instanceof Ready ready) {
            line.put("report", "ready")
                    .put("uri", ready.uri())
                    .put("qemu", ready.qemu())
                    .put("prepared", ready.preparation().prepared())
                    .put("why", ready.preparation().why());
        } else if (report instanceof Running running) {
            line.put("report", "running").put("resumed", running.resumed().toString());
        } else if (report instanceof Gone gone) {
            line.put("report", "gone").put("reason", gone.reason());
        } else if (report instanceof Time time) {
            line.put("report", "time")
                    .put("number", time.number())
                    .put("now", time.now().toString());
        } else {
            throw new IllegalArgumentException(report.toString());
        }
        return line.toString();
    }

    private static Preparation preparation(JsonNode report) {
        return report.hasNonNull("prepared")
                ? new Preparation(
                        report.path("prepared").asText(), report.path("why").asText())
                : Preparation.plain("the kvm-migrator there is older and asks nobody to prepare");
    }

    static Report parse(String line) {
        try {
            JsonNode report = Json.MAPPER.readTree(line);
            return switch (report.path("report").asText()) {
                case "ready" ->
                    new Ready(report.path("uri").asText(), report.path("qemu").asText(), preparation(report));
                case "running" ->
                    new Running(Instant.parse(report.path("resumed").asText()));
                case "gone" -> new Gone(report.path("reason").asText());
                case "time" ->
                    new Time(
                            report.path("number").asInt(),
                            Instant.parse(report.path("now").asText()));
                default -> new Unreadable(line);
            };
        } catch (JsonProcessingException | DateTimeException e) {
            return new Unreadable(line);
        }
    }
}
