package org.mooring.hook;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Action.ArmTimer;
import org.mooring.hook.Action.ForgetFrames;
import org.mooring.hook.Action.HoldFrames;
import org.mooring.hook.Action.KeepFrames;
import org.mooring.hook.Action.Report;
import org.mooring.hook.Action.RescueFrames;
import org.mooring.hook.Action.SendEnd;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * What went to the guest's tap, and QEMU hadn't read when it stopped, follows the guest (docs/handover.md, "The way of the
 * packets"). Confined to one thread.
 */
final class Rescue {
    /** For those to learn where the guest is who still send to here. */
    private static final Duration LATE = Duration.ofSeconds(1);

    /** After the stop. */
    private static final Duration END_AT_LATEST = Duration.ofMillis(100);

    /** After the first END: nobody answers it. */
    private static final List<Duration> END_AGAIN = List.of(Duration.ofMillis(20), Duration.ofMillis(60));

    /** After the stop, until the guest is heard on this link: QEMU's longest pause. */
    private static final Duration HEARD_AT_LATEST = Duration.ofSeconds(10);

    private enum State {
        NONE,
        KEEPING,
        HOLDING,
        RESCUING
    }

    private final Guest guest;
    private final Attachment attachment;
    private State state = State.NONE;
    private @Nullable HandoverId id;
    private boolean told;
    private @Nullable Instant due;
    private @Nullable Instant ended;
    private int endsRepeated;
    private @Nullable Instant endDue;

    Rescue(Guest guest, Attachment attachment) {
        this.guest = guest;
        this.attachment = attachment;
    }

    /** The guest may be committed to another site any time. */
    void keep(List<Action> out) {
        if (state == State.NONE) {
            state = State.KEEPING;
            out.add(new KeepFrames(guest));
        }
    }

    /**
     * Nobody was told where the guest goes. If it goes on at another host of this link, what is unread here follows it when it is heard there.
     *
     * @param stopped when the guest did
     */
    void hold(Instant stopped, Instant at, List<Action> out) {
        if (state == State.KEEPING) {
            state = State.HOLDING;
            told = false;
            out.add(new HoldFrames(guest, stopped));
            armOver(at.plus(HEARD_AT_LATEST), out);
        }
    }

    /** The guest runs at another host of this link. */
    void heardOnLink(Instant at, List<Action> out) {
        if (state == State.HOLDING) {
            state = State.RESCUING;
            ended = at;
            endsRepeated = END_AGAIN.size();
            out.add(new SendEnd(guest));
            armOver(at.plus(LATE), out);
        }
    }

    /**
     * COMMIT was sent. Who will put the guest's packets in order is told what is unread here, and then what still comes.
     *
     * @param stopped when the guest did
     */
    void begin(Staged staged, Instant stopped, Instant at, List<Action> out) {
        if (state != State.KEEPING) {
            return;
        }
        state = State.RESCUING;
        id = staged.id();
        told = false;
        ended = null;
        endsRepeated = 0;
        out.add(new RescueFrames(guest, staged.id(), agentOf(staged), stopped));
        armEnd(at.plus(END_AT_LATEST), out);
        armOver(at.plus(LATE), out);
    }

    /** The foreign agent sends after the guest what comes to it: here nothing more comes that is worth waiting for. */
    void redirected(HandoverId id, Instant at, List<Action> out) {
        if (id.equals(this.id)) {
            sendEnd("redirected", at, out);
        }
    }

    /**
     * COMMIT was accepted. On the home link, the home agent itself has sent here all that it had. Elsewhere this is no word of
     * what the foreign agent does.
     */
    void commitAccepted(Instant at, List<Action> out) {
        if (guest.atHome()) {
            sendEnd("commit accepted", at, out);
        }
    }

    void endTimerFired(Instant at, List<Action> out) {
        if (endDue == null || at.isBefore(endDue)) {
            return;
        }
        endDue = null;
        if (ended == null) {
            sendEnd("nothing heard for " + END_AT_LATEST.toMillis() + " ms", at, out);
        } else {
            out.add(new SendEnd(guest));
            endsRepeated++;
            armNextEnd(ended, out);
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
        if (!told) {
            Fact fact = state == State.HOLDING ? Fact.notHeardOnLink(guest) : Fact.notRescued(guest);
            out.add(new Report(at, left ? fact.thatSettles() : fact));
        }
        end(out);
        return true;
    }

    /** The guest reads again what comes to its tap, or nothing of it goes on elsewhere. */
    void end(List<Action> out) {
        if (state != State.NONE) {
            state = State.NONE;
            id = null;
            due = null;
            endDue = null;
            out.add(new ForgetFrames(guest));
        }
    }

    /** The guest has ended here, as it does after it was committed, too. */
    void endUnlessCommitted(List<Action> out) {
        if (!isPending()) {
            end(out);
        }
    }

    /** Whether what comes to the tap follows the guest. */
    boolean isPending() {
        return state == State.RESCUING || state == State.HOLDING;
    }

    /** Whether the outcome is still to come. */
    boolean isAwaited() {
        return isPending() && !told;
    }

    /** Who serves the guest where it goes. */
    private Ipv4Address agentOf(Staged staged) {
        return Optional.of(staged.careOfAddress())
                .filter(careOfAddress -> !careOfAddress.equals(guest.homeAddress()))
                .orElse(attachment.homeAgent());
    }

    private void sendEnd(String reason, Instant at, List<Action> out) {
        if (state != State.RESCUING || ended != null) {
            return;
        }
        ended = at;
        out.add(new SendEnd(guest));
        out.add(new Report(at, Fact.endSent(guest, reason)));
        armNextEnd(at, out);
    }

    private void armNextEnd(Instant first, List<Action> out) {
        if (endsRepeated < END_AGAIN.size()) {
            armEnd(first.plus(END_AGAIN.get(endsRepeated)), out);
        }
    }

    private void armOver(Instant at, List<Action> out) {
        due = at;
        out.add(new ArmTimer(guest, Timer.RESCUE, at));
    }

    private void armEnd(Instant at, List<Action> out) {
        endDue = at;
        out.add(new ArmTimer(guest, Timer.END, at));
    }
}
