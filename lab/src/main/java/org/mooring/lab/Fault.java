package org.mooring.lab;

import java.util.EnumSet;
import java.util.List;
import java.util.Random;

/**
 * What goes wrong in a handover, and when (docs/handover.md, "Failures").
 *
 * @param kind of it
 * @param moment when it strikes
 * @param delayMs from then on until it really does
 * @param downMs for how long a daemon or host is dead
 */
record Fault(Kind kind, Moment moment, int delayMs, int downMs) {
    static final Fault NONE = new Fault(Kind.NONE, Moment.COPYING, 0, 0);

    private static final int LONGEST_DELAY = 60;
    private static final int LONGEST_DOWN = 3000;

    /** A step of the handover. */
    enum Moment {
        PREPARING,
        /** PREPARE is on its way. */
        ASKED,
        /** The guest is staged, and nobody has asked for it. */
        ARMING,
        COPYING,
        STOP,
        PAUSE,
        RESUME,
        AFTER
    }

    /** What it is. */
    enum Kind {
        NONE("nothing"),
        CANCELLED("the operator cancels"),
        FAILED("the migration fails"),
        DESTINATION_DEAD("the destination's QEMU dies"),
        SOURCE_HOST_DEAD("the source host dies"),
        OLD_HOOK("kill -9 of the source's hook"),
        NEW_HOOK("kill -9 of the destination's hook"),
        OLD_AGENT("kill -9 of the agent at the source's site"),
        NEW_AGENT("kill -9 of the agent at the destination's site"),
        HOME_AGENT("kill -9 of the home agent"),
        LOST("half of the messages are lost"),
        TWICE("messages come twice"),
        LATE("messages come late");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        private List<Moment> moments() {
            return switch (this) {
                case NONE, CANCELLED -> List.of(Moment.COPYING);
                case FAILED -> List.of(Moment.COPYING, Moment.STOP, Moment.PAUSE);
                case DESTINATION_DEAD -> List.of(Moment.COPYING, Moment.STOP, Moment.PAUSE, Moment.AFTER);
                case SOURCE_HOST_DEAD -> List.of(Moment.COPYING, Moment.PAUSE, Moment.AFTER);
                case OLD_HOOK, NEW_HOOK, OLD_AGENT, NEW_AGENT, HOME_AGENT -> List.of(Moment.values());
                case LOST, TWICE, LATE -> List.of(Moment.PREPARING);
            };
        }

        boolean spoilsMessages() {
            return this == LOST || this == TWICE || this == LATE;
        }
    }

    /** Any but {@link #NONE}, with the same chance for each kind. */
    static Fault draw(Random random) {
        List<Kind> kinds = List.copyOf(EnumSet.complementOf(EnumSet.of(Kind.NONE)));
        Kind kind = kinds.get(random.nextInt(kinds.size()));
        Moment moment = kind.moments().get(random.nextInt(kind.moments().size()));
        return new Fault(kind, moment, random.nextInt(LONGEST_DELAY), random.nextInt(LONGEST_DOWN));
    }

    boolean strikes(Kind what, Moment when) {
        return kind == what && moment == when;
    }

    /** In a line of a report. */
    String words() {
        return kind.words + (kind == Kind.NONE || kind.spoilsMessages() ? "" : " at " + moment);
    }
}
