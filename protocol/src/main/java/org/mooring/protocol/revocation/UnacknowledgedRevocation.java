package org.mooring.protocol.revocation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A revocation that is repeated until it is acknowledged, or the binding would have ended by itself (RFC 3543 §4.2.2.1, §4.2.3.1). Confined
 * to one thread.
 */
public final class UnacknowledgedRevocation {
    /** §3.3: revocations and registrations of one binding together. */
    public static final Duration SPACING = Duration.ofSeconds(1);

    /** An agent that is back after an hour should not have to wait for another one. */
    private static final Duration LONGEST_PATIENCE = Duration.ofSeconds(64);

    /** What is acknowledged later than that was overtaken by others. */
    private static final int REMEMBERED = 8;

    private final Instant end;
    private final Deque<Integer> sent = new ArrayDeque<>();
    private int newest;
    private int transmissions;
    private Duration patience = SPACING;
    private Instant due;

    /**
     * @param told the timestamp that the other agent heard last: the first identifier is later
     * @param end of the binding's lifetime
     * @param earliest when it is sent first
     */
    public UnacknowledgedRevocation(int told, Instant end, Instant earliest) {
        this.end = end;
        this.newest = told;
        this.due = earliest;
    }

    /** From {@code now} on, but a second after the registration in which {@code told} was told. */
    public static Instant apartFrom(int told, Instant now) {
        // The seconds alone can't say that it was less than one.
        boolean apart = RevocationClock.isAfter(RevocationClock.at(now), told + 1);
        return apart ? now : now.plus(SPACING);
    }

    /** When to {@link #send} next, or to give up. */
    public Instant due() {
        return due.isBefore(end) ? due : end;
    }

    public boolean isDue(Instant now) {
        return !now.isBefore(due);
    }

    /** §3.3: what has ended by itself must not be revoked any more. */
    public boolean isOver(Instant now) {
        return !now.isBefore(end);
    }

    /** The identifier of the next transmission, at {@code now}: later than all before. */
    public int send(Instant now) {
        newest = RevocationClock.atOrAfter(now, newest + 1);
        transmissions++;
        sent.addLast(newest);
        if (sent.size() > REMEMBERED) {
            sent.removeFirst();
        }
        due = now.plus(patience);
        var longer = patience.multipliedBy(2);
        patience = longer.compareTo(LONGEST_PATIENCE) < 0 ? longer : LONGEST_PATIENCE;
        return newest;
    }

    /** Whether {@code identifier} is one of those that were sent (§3.5). */
    public boolean isAcknowledgedBy(int identifier) {
        return sent.contains(identifier);
    }

    /** The latest identifier. */
    public int newest() {
        return newest;
    }

    /** How often it was sent. */
    public int transmissions() {
        return transmissions;
    }

    /** Until when it is repeated: {@link Instant#MAX} for a binding that never ends. */
    public Instant end() {
        return end;
    }
}
