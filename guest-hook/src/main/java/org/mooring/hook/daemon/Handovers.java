package org.mooring.hook.daemon;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mooring.hook.Fact;
import org.mooring.hook.Happening;

/** What happened when in the latest handovers that this host had a part in. Confined to the agent loop. */
final class Handovers {
    private static final int KEPT = 100;

    /** A registration that nobody answers is tried for as long as the guest runs. */
    private static final int STEPS_KEPT = 50;

    /**
     * One step.
     *
     * @param at by the clock of this host
     * @param who qemu, or hook
     */
    record Step(Instant at, String who, String what) {}

    /** One handover, here or away from here, as far as this host saw it. */
    record Handover(String guest, Instant began, List<Step> steps) {}

    private final Deque<Handover> handovers = new ArrayDeque<>();

    /** Those that aren't settled yet. */
    private final Map<String, Handover> current = new HashMap<>();

    /**
     * Something became of a guest.
     *
     * @param occurred when, as the source has it; {@code received} is when it was told
     */
    void happened(String guest, Happening what, Instant occurred, Instant received) {
        Handover handover = current.get(guest);
        // A pause, a first boot or a shutdown is none.
        if (handover == null && (what == Happening.ARRIVING || what == Happening.MIGRATION_STARTED)) {
            handover = begin(guest, occurred);
        }
        if (handover != null) {
            add(handover, new Step(occurred, "qemu", words(what)));
            add(handover, new Step(received, "hook", words(what) + " received"));
        }
    }

    void sent(String guest, Instant at, String what) {
        Handover handover = current.get(guest);
        if (handover != null) {
            add(handover, new Step(at, "hook", what));
        }
    }

    void told(Fact fact, Instant at) {
        Handover handover = current.get(fact.guest());
        if (handover != null) {
            add(handover, new Step(at, "hook", fact.line()));
            if (fact.settling()) {
                current.remove(fact.guest());
            }
        }
    }

    /** From the oldest to the newest; nothing of it changes any more. */
    List<Handover> all() {
        return handovers.stream()
                .map(handover -> new Handover(handover.guest(), handover.began(), List.copyOf(handover.steps())))
                .toList();
    }

    private Handover begin(String guest, Instant at) {
        Handover handover = new Handover(guest, at, new ArrayList<>());
        current.put(guest, handover);
        handovers.add(handover);
        if (handovers.size() > KEPT) {
            current.values().remove(handovers.removeFirst());
        }
        return handover;
    }

    private static void add(Handover handover, Step step) {
        if (handover.steps().size() < STEPS_KEPT) {
            handover.steps().add(step);
        }
    }

    private static String words(Happening what) {
        return switch (what) {
            case ARRIVING -> "arriving";
            case RUNNING -> "resume";
            case MIGRATION_STARTED -> "migration started";
            case STOPPED -> "stop";
            case MIGRATION_COMPLETED -> "migration completed";
            case MIGRATION_FAILED -> "migration failed";
            case ENDED -> "shutdown";
        };
    }
}
