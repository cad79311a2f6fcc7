package org.mooring.hook.daemon;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Fact;
import org.mooring.hook.Happening;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.timeline.HandoverRecord;
import org.mooring.timeline.HandoverRecord.Step;

/** What happened when in the latest handovers that this host had a part in. Confined to the agent loop. */
final class Handovers {
    private static final int KEPT = 100;

    /** A registration that nobody answers is tried for as long as the guest runs. */
    private static final int STEPS_KEPT = 50;

    private static final String QEMU = "qemu";
    private static final String HOOK = "hook";
    private static final String AGENT = "agent";
    private static final String HOME_AGENT = "home-agent";

    /** One of them, while it grows. */
    private static final class Handover {
        final String guest;
        final boolean arriving;
        final Instant began;
        final Map<String, Long> counts = new LinkedHashMap<>();
        final List<Step> steps = new ArrayList<>();

        @Nullable
        String id;

        @Nullable
        Instant bound;

        Handover(String guest, boolean arriving, Instant began) {
            this.guest = guest;
            this.arriving = arriving;
            this.began = began;
        }

        void add(Instant at, String who, String what, double giveOrTakeMs) {
            if (steps.size() < STEPS_KEPT) {
                steps.add(new Step(at, who, what, giveOrTakeMs));
            }
        }

        /** It was decided somewhere between request and answer. */
        void answered(Fact.Answer answer, Instant at) {
            Duration half = answer.roundTrip().dividedBy(2);
            Instant then = at.minus(half);
            add(then, HOME_AGENT, answer.what(), half.toNanos() / 1e6);
            if (answer.binds() && bound == null) {
                bound = then;
            }
        }

        HandoverRecord record() {
            return new HandoverRecord(guest, id, arriving, began, bound, counts, steps);
        }
    }

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
            handover = begin(guest, what == Happening.ARRIVING, occurred);
        }
        if (handover != null) {
            handover.add(occurred, QEMU, words(what), 0);
            handover.add(received, HOOK, words(what) + " received", 0);
        }
    }

    void sent(String guest, Instant at, String what) {
        Handover handover = current.get(guest);
        if (handover != null) {
            handover.add(at, HOOK, what, 0);
        }
    }

    void told(Fact fact, Instant at) {
        Handover handover = current.get(fact.guest());
        if (handover != null) {
            if (fact.answer() != null) {
                handover.answered(fact.answer(), at);
            }
            if (fact.handover() != null) {
                handover.id = fact.handover().toString();
            }
            handover.add(at, HOOK, fact.line(), 0);
            if (fact.settling()) {
                current.remove(fact.guest());
            }
        }
    }

    /**
     * So many packets of a guest's handover met with this.
     *
     * @param what as {@link HandoverRecord#counts()} has it
     */
    void counted(String guest, String what, long packets) {
        Handover handover = current.get(guest);
        if (handover != null) {
            handover.counts.merge(what, packets, Long::sum);
        }
    }

    /**
     * An agent here has said something of a handover, be it settled or not.
     *
     * @param handover its id
     */
    void said(HandoverId handover, Instant at, String what) {
        find(handover).ifPresent(found -> found.add(at, AGENT, what, 0));
    }

    /** Where a guest has come, so many packets had to wait. */
    void held(HandoverId handover, Instant at, long packets) {
        said(handover, at, "packets wait no longer held=" + packets);
        find(handover).ifPresent(found -> found.counts.put(HandoverRecord.HELD, packets));
    }

    /** From where a guest has left, so many packets were sent after it, by the agent that did it. */
    void redirected(HandoverId handover, Instant at, long packets) {
        find(handover).ifPresent(found -> redirected(found, at, packets));
    }

    /** As above, in the last handover of a guest from this host, whichever it was. */
    void redirected(String guest, Instant at, long packets) {
        Iterator<Handover> latest = handovers.descendingIterator();
        while (latest.hasNext()) {
            Handover handover = latest.next();
            if (handover.guest.equals(guest) && !handover.arriving) {
                redirected(handover, at, packets);
                return;
            }
        }
    }

    private static void redirected(Handover handover, Instant at, long packets) {
        handover.add(at, AGENT, "packets were sent after the guest redirected=" + packets, 0);
        handover.counts.put(HandoverRecord.REDIRECTED, packets);
    }

    private Optional<Handover> find(HandoverId handover) {
        return handovers.stream()
                .filter(known -> handover.toString().equals(known.id))
                .findFirst();
    }

    /** From the oldest to the newest. */
    List<HandoverRecord> all() {
        return handovers.stream().map(Handover::record).toList();
    }

    private Handover begin(String guest, boolean arriving, Instant at) {
        Handover handover = new Handover(guest, arriving, at);
        current.put(guest, handover);
        handovers.add(handover);
        if (handovers.size() > KEPT) {
            current.values().remove(handovers.removeFirst());
        }
        return handover;
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
