package org.mooring.hook.daemon;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.mooring.hook.PreparationOutcome;

/** Who waits to hear what is prepared for a guest that arrives. Confined to the agent loop. */
final class Preparations {
    /** What {@code POST /guests/NAME/events} answers to {@code arriving}. */
    record Answer(String phase, PreparationOutcome.Prepared prepared, String why) {}

    private final Map<String, List<CompletableFuture<Answer>>> waiting = new HashMap<>();

    CompletionStage<Answer> await(String guest) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        waiting.computeIfAbsent(guest, name -> new ArrayList<>()).add(answer);
        return answer;
    }

    void answer(String guest, PreparationOutcome outcome) {
        List<CompletableFuture<Answer>> answers = waiting.remove(guest);
        if (answers != null) {
            Answer answer = new Answer("arriving", outcome.prepared(), outcome.why());
            answers.forEach(waiter -> waiter.complete(answer));
        }
    }
}
