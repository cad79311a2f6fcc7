package org.mooring.migrator.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import org.mooring.migrator.Preparation;
import org.mooring.runtime.Failure;
import org.mooring.runtime.control.ControlClient;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The guest hook of this host, as far as it is told of guests. A migration that is under way goes on without it, too. */
record Hook(Path socket) {
    private static final Logger log = LoggerFactory.getLogger(Hook.class);

    /** The hook gives the agents 3 s, and 6 s at most where they have it ask anew (docs/handover.md, "Timers"). */
    private static final Duration PATIENCE = Duration.ofMillis(6500);

    private static final Duration LAST_WORD = Duration.ofSeconds(1);

    /**
     * A guest is to come: has the agents prepared, and says what came of it. Where no hook runs nobody would register the guest. Takes
     * {@link #PATIENCE} at most.
     */
    Preparation arriving(String guest, String tap) {
        try {
            JsonNode answer = tell(guest, Map.of("phase", "arriving", "tap", tap), PATIENCE);
            return answer.hasNonNull("prepared")
                    ? new Preparation(
                            answer.path("prepared").asText(), answer.path("why").asText())
                    : Preparation.plain("the guest-hook there does not know how to prepare");
        } catch (ControlClient.SilenceException e) {
            return Preparation.plain("hook: " + e.getMessage());
        } catch (Failure e) {
            return Preparation.denied("hook: " + e.getMessage());
        }
    }

    /** What a request for the guest would be dated here now; empty where that isn't known. */
    Optional<Instant> time(String guest) {
        try {
            return Optional.of(Instant.parse(new ControlClient("guest-hook", socket, LAST_WORD)
                    .get("/guests/" + guest + "/time")
                    .path("time")
                    .asText()));
        } catch (Failure | DateTimeParseException e) {
            log.debug("hook does not say how it dates requests guest={}: {}", guest, e.getMessage());
            return Optional.empty();
        }
    }

    /** Requests for the guest that comes are dated so at the host from which it comes. */
    void follow(String guest, Instant time) {
        try {
            new ControlClient("guest-hook", socket, LAST_WORD)
                    .post("/guests/" + guest + "/time", Map.of("time", time.toString()));
        } catch (Failure e) {
            log.debug("hook not told how the source dates requests guest={}: {}", guest, e.getMessage());
        }
    }

    /** Nothing of a guest is here any more. */
    void gone(String guest) {
        try {
            tell(guest, Map.of("phase", "gone"), LAST_WORD);
        } catch (Failure e) {
            log.debug("hook not told that the guest is gone guest={}: {}", guest, e.getMessage());
        }
    }

    /** What it knows of the latest handovers. */
    HookRecords handovers() throws Failure {
        try {
            return HookRecords.read(new ControlClient("guest-hook", socket, PATIENCE).get("/handovers"));
        } catch (JsonProcessingException e) {
            throw new Failure("the guest-hook here is of another version: install the same as kvm-migrator's", e);
        }
    }

    private JsonNode tell(String guest, Map<String, String> event, Duration patience) throws Failure {
        return new ControlClient("guest-hook", socket, patience).post("/guests/" + guest + "/events", event);
    }
}
