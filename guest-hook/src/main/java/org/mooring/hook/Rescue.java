package org.mooring.hook;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Action.Agent;
import org.mooring.hook.Action.ArmTimer;
import org.mooring.hook.Action.CountUnread;
import org.mooring.hook.Action.ForgetFrames;
import org.mooring.hook.Action.KeepFrames;
import org.mooring.hook.Action.Report;
import org.mooring.hook.Action.RescueFrames;

/**
 * What went to the guest's tap, and QEMU hadn't read when it stopped, follows the guest (docs/handover.md, "The way of the
 * packets"). Confined to one thread.
 */
final class Rescue {
    /** For the answer to COMMIT to come, and then for those to learn who still send to here. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private enum State {
        NONE,
        KEEPING,
        COMMITTED,
        RESCUING
    }

    private final Guest guest;
    private State state = State.NONE;
    private Agent to = Agent.HOME_AGENT;
    private boolean told;
    private @Nullable Instant due;

    Rescue(Guest guest) {
        this.guest = guest;
    }

    /** The guest may be committed to another site any time. */
    void keep(List<Action> out) {
        if (state == State.NONE) {
            state = State.KEEPING;
            out.add(new KeepFrames(guest));
        }
    }

    /**
     * COMMIT was sent.
     *
     * @param to who is asked to have the guest's packets follow it
     * @param stopped when the guest did
     */
    void committed(Agent to, Instant stopped, Instant at, List<Action> out) {
        if (state == State.KEEPING) {
            state = State.COMMITTED;
            this.to = to;
            told = false;
            out.add(new CountUnread(guest, stopped));
            arm(at, out);
        }
    }

    /**
     * COMMIT was accepted: what comes to the agents follows the guest. What was on its way before that has come to the tap by
     * now, and any earlier a foreign agent that has just begun to redirect would send it back to here.
     */
    void begin(Instant at, List<Action> out) {
        if (state == State.COMMITTED) {
            state = State.RESCUING;
            out.add(new RescueFrames(guest, to));
            arm(at, out);
        }
    }

    /** @param left whether the guest has left: its handover waits for nothing else then */
    void rescued(int rescued, int lost, boolean left, Instant at, List<Action> out) {
        Fact fact = told ? Fact.rescuedLate(guest, rescued, lost) : Fact.rescued(guest, rescued, lost);
        out.add(new Report(at, left ? fact.thatSettles() : fact));
        told = true;
    }

    /**
     * Whether it is over with this.
     *
     * @param left as for {@link #rescued}
     */
    boolean timerFired(boolean left, Instant at, List<Action> out) {
        if (due == null || at.isBefore(due)) {
            return false;
        }
        if (state == State.COMMITTED) {
            Fact fact = Fact.notRescued(guest);
            out.add(new Report(at, left ? fact.thatSettles() : fact));
        }
        end(out);
        return true;
    }

    /** The guest reads again what comes to its tap, or nothing of it goes on elsewhere. */
    void end(List<Action> out) {
        if (state != State.NONE) {
            state = State.NONE;
            due = null;
            out.add(new ForgetFrames(guest));
        }
    }

    /** The guest has ended here, as it does after it was committed, too. */
    void endUnlessCommitted(List<Action> out) {
        if (!isPending()) {
            end(out);
        }
    }

    /** Whether what comes to the tap is to follow the guest. */
    boolean isPending() {
        return state == State.COMMITTED || state == State.RESCUING;
    }

    /** Whether the outcome is still to come. */
    boolean isAwaited() {
        return isPending() && !told;
    }

    private void arm(Instant at, List<Action> out) {
        due = at.plus(PATIENCE);
        out.add(new ArmTimer(guest, Timer.RESCUE, due));
    }
}
