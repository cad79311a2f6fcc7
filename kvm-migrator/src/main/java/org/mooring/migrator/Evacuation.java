package org.mooring.migrator;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mooring.migrator.Outcome.Whereabouts;

/**
 * All guests of a host move to another, some at a time: events in, actions out. Opens nothing, confined to one thread. Each guest's own
 * way is a {@link Migration}; here is only which one is begun when.
 */
public final class Evacuation {
    private final int parallel;
    private final boolean failFast;
    private final Deque<String> waiting;
    private final Set<String> underWay = new LinkedHashSet<>();
    private final Map<String, Outcome> outcomes = new LinkedHashMap<>();

    private List<EvacuationAction> actions = new ArrayList<>();

    /**
     * How far it is, in guests.
     *
     * @param failed those that have not moved, whatever the reason
     */
    public record Tally(int moved, int failed, int underWay, int waiting) {}

    /**
     * @param guests in the order in which they shall move
     * @param refused those that can't, and why
     * @param parallel how many move at once, at most
     * @param failFast no other is begun once one has failed, or was refused
     */
    public Evacuation(Collection<String> guests, Map<String, String> refused, int parallel, boolean failFast) {
        this.parallel = parallel;
        this.failFast = failFast;
        this.waiting = new ArrayDeque<>(guests);
        guests.forEach(guest -> outcomes.put(guest, notBegun("its turn has not come")));
        refused.forEach((guest, reason) -> ended(guest, notBegun(reason)));
    }

    /** The first actions. */
    public List<EvacuationAction> begin() {
        proceed();
        return drain();
    }

    public List<EvacuationAction> handle(EvacuationEvent event) {
        if (event instanceof EvacuationEvent.Ended ended) {
            if (underWay.remove(ended.guest())) {
                ended(ended.guest(), ended.outcome());
                proceed();
            }
        } else if (event instanceof EvacuationEvent.CancelRequested) {
            cancel();
        } else {
            throw new AssertionError(event);
        }
        return drain();
    }

    public Tally tally() {
        int moved = (int) outcomes.values().stream()
                .filter(Outcome.Moved.class::isInstance)
                .count();
        return new Tally(
                moved, outcomes.size() - moved - underWay.size() - waiting.size(), underWay.size(), waiting.size());
    }

    private void ended(String guest, Outcome outcome) {
        outcomes.put(guest, outcome);
        if (failFast && !(outcome instanceof Outcome.Moved)) {
            halt("not begun, because guest " + guest + " has not moved");
        }
    }

    private void cancel() {
        halt("not begun, cancelled");
        underWay.forEach(guest -> actions.add(new EvacuationAction.Cancel(guest)));
    }

    /** Those that wait stay where they are. */
    private void halt(String reason) {
        waiting.forEach(guest -> outcomes.put(guest, notBegun(reason)));
        waiting.clear();
    }

    private void proceed() {
        while (underWay.size() < parallel && !waiting.isEmpty()) {
            String guest = waiting.remove();
            underWay.add(guest);
            actions.add(new EvacuationAction.Begin(guest));
        }
        if (underWay.isEmpty()) {
            actions.add(new EvacuationAction.Finish(outcomes));
        }
    }

    private static Outcome notBegun(String reason) {
        return new Outcome.NotMoved(Whereabouts.STAYED, reason);
    }

    private List<EvacuationAction> drain() {
        List<EvacuationAction> drained = List.copyOf(actions);
        actions = new ArrayList<>();
        return drained;
    }
}
