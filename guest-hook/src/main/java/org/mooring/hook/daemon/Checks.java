package org.mooring.hook.daemon;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.mooring.hook.CheckOutcome;
import org.mooring.hook.ForeignAgent;
import org.mooring.hook.Guest;
import org.mooring.protocol.wire.Ipv4Address;

/** Who waits for the outcome of a check. Confined to the agent loop. */
final class Checks {
    /** What {@code POST /guests/NAME/check} answers. Skew: how far the home agent's clock is ahead of this host's. */
    record Answer(
            boolean ok,
            Optional<Ipv4Address> foreignAgent,
            Ipv4Address homeAgent,
            Optional<Integer> code,
            String verdict,
            @JsonProperty("clock-skew-ms") Optional<Long> clockSkew,
            @JsonProperty("round-trip-ms") Optional<Double> roundTrip) {}

    private final Map<String, List<CompletableFuture<Answer>>> waiting = new HashMap<>();

    CompletionStage<Answer> await(String guest) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        waiting.computeIfAbsent(guest, name -> new ArrayList<>()).add(answer);
        return answer;
    }

    void answer(Guest guest, CheckOutcome outcome) {
        List<CompletableFuture<Answer>> answers = waiting.remove(guest.name());
        if (answers == null) {
            return;
        }
        Answer answer = new Answer(
                outcome.isWell(),
                outcome.foreignAgent().map(ForeignAgent::address),
                guest.homeAgent(),
                outcome.code().map(code -> code.value()),
                outcome.verdict(),
                outcome.clockSkew().map(Duration::toMillis),
                outcome.roundTrip().map(roundTrip -> roundTrip.toNanos() / 1e6));
        answers.forEach(waiter -> waiter.complete(answer));
    }
}
