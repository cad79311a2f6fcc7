package org.mooring.datapath;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Optional;
import java.util.Queue;

/** Where the packets for one home address wait that come by one path. */
final class Room {
    /** Beyond this, the newest are lost: a second of 10,000 packets. */
    static final int CAPACITY = 10_000;

    private final Queue<ByteBuffer> packets = new ArrayDeque<>();
    private State state = State.PASSED_BY;
    private boolean unused;
    private long passesAfter = WaitsEntry.NONE_WAIT;
    private long settledAt;

    /** Idempotent. What is on its way out stays. */
    void hold() {
        if (state != State.HELD) {
            state = State.HELD;
            unused = true;
            passesAfter = WaitsEntry.ALL_WAIT;
        }
    }

    /** Idempotent; nothing is done if nothing is held. */
    void open() {
        if (state == State.HELD) {
            state = State.OPEN;
        }
    }

    boolean isPassedBy() {
        return state == State.PASSED_BY;
    }

    boolean isHeld() {
        return state == State.HELD;
    }

    boolean isEmpty() {
        return packets.isEmpty();
    }

    Collection<ByteBuffer> packets() {
        return Collections.unmodifiableCollection(packets);
    }

    boolean isFull() {
        return packets.size() >= CAPACITY;
    }

    void enter(ByteBuffer packet) {
        packets.add(packet);
    }

    /** Whether the first packet waits since {@link #hold}; asked again, no. */
    boolean began() {
        boolean first = unused && state == State.HELD && !packets.isEmpty();
        unused &= !first;
        return first;
    }

    /** The next one that may go on. */
    Optional<ByteBuffer> leave() {
        return state == State.HELD ? Optional.empty() : Optional.ofNullable(packets.poll());
    }

    /** After how many that went to wait the next one needn't, as {@link WaitsEntry} says it. */
    long passesAfter() {
        return passesAfter;
    }

    /** Whether all of so many that went to wait are known to have gone on. */
    boolean isSettledAt(long entered) {
        return state == State.PASSED_BY || (state == State.OPEN && packets.isEmpty() && passesAfter == entered);
    }

    /**
     * All of {@code entered} packets that went to wait have been handed over to here, or lost. If it is open and empty, they have gone
     * on.
     *
     * @param now in nanoseconds
     * @param quiet for so long no packet must have come before the room is closed
     */
    void settle(long entered, long now, long quiet) {
        if (state != State.OPEN || !packets.isEmpty()) {
            return;
        }
        if (passesAfter != entered) {
            passesAfter = entered;
            settledAt = now;
        } else if (now - settledAt > quiet) {
            state = State.PASSED_BY;
            passesAfter = WaitsEntry.NONE_WAIT;
        }
    }

    private enum State {
        /** Packets needn't come here. */
        PASSED_BY,
        /** Packets wait. */
        HELD,
        /** Packets go on, but each behind those that came before it. */
        OPEN
    }
}
