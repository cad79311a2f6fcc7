package org.mooring.migrator;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mooring.migrator.MigrationEvent.Verdict;
import org.mooring.migrator.Outcome.Whereabouts;

/**
 * The migration of one guest, seen from the host that it leaves: events in, actions out. Opens nothing, reads no clock, confined to one
 * thread.
 *
 * <p>It keeps what is known of the three parties, the source's QEMU, the stream and the destination, and after each event asks for what
 * follows from that. Two rules stand above all others: the guest's memory at the source is given up only when the destination has said
 * RESUME, and the source's guest is made to go on only when the destination's QEMU is proven dead (or QEMU itself has resumed it).
 */
public final class Migration {
    /** For the destination's host to log us in and start a QEMU. */
    static final Duration START = Duration.ofSeconds(60);

    /** For either side to answer what it was asked. */
    static final Duration ANSWER = Duration.ofSeconds(20);

    private enum Source {
        RUNS,
        STOPPED,
        /** Its monitor is lost; the process lives. */
        UNSEEN,
        DEAD
    }

    private enum Stream {
        NOT_STARTED,
        UNDER_WAY,
        COMPLETED,
        /** Failed or cancelled: QEMU resumes the guest at the source. */
        BROKEN
    }

    private enum Destination {
        STARTING,
        READY,
        RUNS,
        /** Proven dead. */
        GONE,
        OUT_OF_SIGHT
    }

    private enum Request {
        CONFIGURE,
        CANCEL,
        ABORT,
        EVICT,
        CONTINUE,
        QUIT
    }

    /** Whose next word we wait for. */
    private enum Party {
        NOBODY,
        SOURCE,
        DESTINATION
    }

    private final String host;
    private final Duration downtimeLimit;

    private final Instant begun;
    private final Set<Request> asked = EnumSet.noneOf(Request.class);
    private Source source = Source.RUNS;
    private Stream stream = Stream.NOT_STARTED;
    private Destination destination = Destination.STARTING;
    private @Nullable String uri;
    private boolean configured;
    private boolean cleared;
    /** From STOP until RESUME at the source, also when it is no longer seen. */
    private boolean paused;

    private @Nullable Instant stopped;
    private @Nullable Instant resumed;
    private @Nullable String failure;
    private boolean failedOfStream;
    private String diagnosis = "";
    private Party awaited = Party.NOBODY;
    private int deadline;
    private @Nullable Outcome outcome;

    private List<MigrationAction> actions = new ArrayList<>();

    /**
     * @param host the destination, as the operator calls it
     * @param downtimeLimit how long QEMU may keep the guest paused by plan
     */
    public Migration(String host, Duration downtimeLimit, Instant begun) {
        this.host = host;
        this.downtimeLimit = downtimeLimit;
        this.begun = begun;
    }

    /** The first actions. */
    public List<MigrationAction> begin() {
        actions.add(new MigrationAction.Listen());
        await(Party.DESTINATION, begun, START);
        return drain();
    }

    /** The guest is stopped and its last pages are on the way: it is too late to cancel without asking the destination. */
    public boolean switchingOver() {
        return stream == Stream.UNDER_WAY && source == Source.STOPPED;
    }

    public List<MigrationAction> handle(MigrationEvent event) {
        if (outcome == null) {
            learn(event);
            decide(event.at());
        }
        return drain();
    }

    private List<MigrationAction> drain() {
        List<MigrationAction> drained = List.copyOf(actions);
        actions = new ArrayList<>();
        return drained;
    }

    private void learn(MigrationEvent event) {
        if (event instanceof MigrationEvent.DestinationReady ready) {
            uri = ready.uri();
            destination = Destination.READY;
        } else if (event instanceof MigrationEvent.DestinationRunning running) {
            resumed = running.resumed();
            destination = Destination.RUNS;
        } else if (event instanceof MigrationEvent.DestinationGone gone) {
            destination = Destination.GONE;
            fail(gone.reason());
            // Why a stream breaks is known to the end that couldn't read it.
            diagnosis = failedOfStream && failure != null && !failure.equals(gone.reason()) ? gone.reason() : diagnosis;
        } else if (event instanceof MigrationEvent.SessionLost lost) {
            sessionLost(lost);
        } else if (event instanceof MigrationEvent.SourceConfigured) {
            configured = true;
        } else if (event instanceof MigrationEvent.SourceRefused refused) {
            refused(refused);
        } else if (event instanceof MigrationEvent.SourceStopped stop) {
            source = Source.STOPPED;
            paused = true;
            stopped = stop.stopped();
        } else if (event instanceof MigrationEvent.SourceResumed) {
            source = Source.RUNS;
            paused = false;
            stopped = null;
        } else if (event instanceof MigrationEvent.StreamEnded ended) {
            streamEnded(ended);
        } else if (event instanceof MigrationEvent.SourceLost lost) {
            sourceLost(lost);
        } else if (event instanceof MigrationEvent.SourceCleared) {
            cleared = true;
        } else if (event instanceof MigrationEvent.CancelRequested cancel) {
            if (cancel.afterStop() || !paused || stream == Stream.NOT_STARTED) {
                fail("cancelled");
            }
        } else if (event instanceof MigrationEvent.DeadlinePassed passed) {
            deadlinePassed(passed);
        } else {
            throw new AssertionError(event);
        }
    }

    private void sessionLost(MigrationEvent.SessionLost lost) {
        // Once the guest was seen running there the listener has no more to say, unless it was asked to end it.
        boolean settled = destination == Destination.RUNS && !asked.contains(Request.EVICT);
        if (destination != Destination.GONE && !settled) {
            destination = Destination.OUT_OF_SIGHT;
            fail(lost.reason());
        }
    }

    private void refused(MigrationEvent.SourceRefused refused) {
        if (stream == Stream.UNDER_WAY && !asked.contains(Request.CANCEL)) {
            stream = Stream.NOT_STARTED;
        }
        fail(refused.reason());
    }

    private void streamEnded(MigrationEvent.StreamEnded ended) {
        if (ended.verdict() == Verdict.COMPLETED) {
            stream = Stream.COMPLETED;
            // QEMU completes only after STOP, whatever became of that event.
            source = source == Source.RUNS ? Source.STOPPED : source;
            paused = true;
        } else {
            stream = Stream.BROKEN;
            failedOfStream = failedOfStream || failure == null;
            fail(ended.reason());
        }
    }

    private void sourceLost(MigrationEvent.SourceLost lost) {
        source = lost.dead() ? Source.DEAD : Source.UNSEEN;
        fail(lost.reason());
    }

    private void deadlinePassed(MigrationEvent.DeadlinePassed passed) {
        if (passed.number() != deadline || awaited == Party.NOBODY) {
            return;
        }
        boolean lastWord = failure != null || destination == Destination.RUNS;
        Party silent = awaited;
        awaited = Party.NOBODY;
        if (silent == Party.DESTINATION) {
            fail(host + " keeps silent");
            if (lastWord) {
                destination = Destination.OUT_OF_SIGHT;
            }
        } else {
            fail("the source's QEMU keeps silent");
            if (lastWord && source != Source.DEAD) {
                source = Source.UNSEEN;
            }
        }
    }

    /** The first reason is the one that explains the others. */
    private void fail(String reason) {
        if (failure == null) {
            failure = reason;
        }
    }

    private void decide(Instant now) {
        if (destination == Destination.RUNS) {
            settle(now);
        } else if (failure == null) {
            advance(now);
        } else {
            retreat(now);
        }
    }

    private void advance(Instant now) {
        if (stream == Stream.NOT_STARTED && destination == Destination.READY) {
            if (!configured) {
                ask(Request.CONFIGURE, new MigrationAction.ConfigureSource());
                await(Party.SOURCE, now, ANSWER);
            } else if (uri != null) {
                stream = Stream.UNDER_WAY;
                actions.add(new MigrationAction.Migrate(uri));
                await(Party.NOBODY, now, ANSWER);
            }
        } else if (stream == Stream.UNDER_WAY && source == Source.STOPPED) {
            await(Party.DESTINATION, now, downtimeLimit.plus(ANSWER));
        } else if (stream == Stream.UNDER_WAY) {
            await(Party.NOBODY, now, ANSWER);
        } else if (stream == Stream.COMPLETED) {
            await(Party.DESTINATION, now, ANSWER);
        }
    }

    /** The guest runs at the destination. */
    private void settle(Instant now) {
        if (cleared) {
            finish(new Outcome.Moved(Duration.between(begun, now), downtime()));
        } else if (stream == Stream.BROKEN && (source == Source.RUNS || source == Source.STOPPED)) {
            // The destination started the guest, but its word was lost, and the source's QEMU takes the guest back. The
            // copy at the source is
            // what the hook there registers again: the other one goes, before both speak for one address.
            ask(Request.EVICT, new MigrationAction.EvictDestination());
            await(Party.DESTINATION, now, ANSWER);
        } else if (stream != Stream.UNDER_WAY || source == Source.DEAD || source == Source.UNSEEN) {
            ask(Request.QUIT, new MigrationAction.QuitSource());
            await(Party.NOBODY, now, ANSWER);
        } else {
            // Events of two hosts overtake each other: the source has yet to tell of its STOP, or that it completed.
            await(Party.SOURCE, now, ANSWER);
        }
    }

    private @Nullable Duration downtime() {
        return stopped == null || resumed == null ? null : Duration.between(stopped, resumed);
    }

    /** The guest shall stay, or it isn't known where it is. */
    private void retreat(Instant now) {
        switch (stream) {
            case NOT_STARTED -> {
                if (destinationCleared(now)) {
                    stay();
                }
            }
            case UNDER_WAY -> breakStream(now);
            case COMPLETED -> afterCompletion(now);
            case BROKEN -> afterBreak(now);
        }
    }

    private void breakStream(Instant now) {
        switch (source) {
            case RUNS -> {
                ask(Request.CANCEL, new MigrationAction.CancelMigration());
                await(Party.SOURCE, now, ANSWER);
            }
            case STOPPED -> {
                // Cancelling would resume the guest here while it may be starting there: the destination has to be out
                // of the game first.
                if (destination == Destination.GONE) {
                    ask(Request.CANCEL, new MigrationAction.CancelMigration());
                    await(Party.SOURCE, now, ANSWER);
                } else if (destination == Destination.OUT_OF_SIGHT) {
                    // A listener whose session is lost ends its QEMU, and ours notices that.
                    await(Party.SOURCE, now, ANSWER);
                } else {
                    ask(Request.ABORT, new MigrationAction.AbortDestination());
                    await(Party.DESTINATION, now, ANSWER);
                }
            }
            case UNSEEN, DEAD -> withoutSource(now);
        }
    }

    private void withoutSource(Instant now) {
        if (!paused) {
            // It never stopped the guest, so the destination can't have all of it.
            if (destinationCleared(now)) {
                stay();
            }
        } else if (destination == Destination.GONE) {
            stay();
        } else if (destination == Destination.OUT_OF_SIGHT) {
            undecided();
        } else {
            await(Party.DESTINATION, now, ANSWER);
        }
    }

    private void afterCompletion(Instant now) {
        if (source == Source.DEAD || source == Source.UNSEEN) {
            withoutSource(now);
        } else if (destination == Destination.OUT_OF_SIGHT) {
            undecided();
        } else if (destination != Destination.GONE) {
            await(Party.DESTINATION, now, ANSWER);
        } else if (source == Source.RUNS) {
            stay();
        } else {
            ask(Request.CONTINUE, new MigrationAction.ContinueSource());
            await(Party.SOURCE, now, ANSWER);
        }
    }

    private void afterBreak(Instant now) {
        if (!destinationCleared(now)) {
            return;
        }
        if (source != Source.STOPPED) {
            stay();
        } else if (destination == Destination.GONE) {
            ask(Request.CONTINUE, new MigrationAction.ContinueSource());
            await(Party.SOURCE, now, ANSWER);
        } else {
            await(Party.SOURCE, now, ANSWER);
        }
    }

    /** Whether there is nothing left to do at the destination; asks for its end otherwise. */
    private boolean destinationCleared(Instant now) {
        if (destination == Destination.GONE || destination == Destination.OUT_OF_SIGHT) {
            return true;
        }
        ask(Request.ABORT, new MigrationAction.AbortDestination());
        await(Party.DESTINATION, now, ANSWER);
        return false;
    }

    private void stay() {
        boolean outOfSight = destination == Destination.OUT_OF_SIGHT;
        Whereabouts whereabouts = switch (source) {
            case RUNS -> outOfSight && resumed != null ? Whereabouts.TWICE : Whereabouts.STAYED;
            case STOPPED -> Whereabouts.STAYED;
            case UNSEEN -> outOfSight && paused ? Whereabouts.UNDECIDED : Whereabouts.STAYED_UNSEEN;
            case DEAD -> outOfSight && paused ? Whereabouts.UNDECIDED : Whereabouts.LOST;
        };
        finish(new Outcome.NotMoved(whereabouts, reason()));
    }

    private void undecided() {
        finish(new Outcome.NotMoved(Whereabouts.UNDECIDED, reason()));
    }

    private String reason() {
        String first = failure == null ? "no reason known" : failure;
        return diagnosis.isEmpty() ? first : first + " (" + diagnosis + ")";
    }

    private void ask(Request request, MigrationAction action) {
        if (asked.add(request)) {
            actions.add(action);
            awaited = Party.NOBODY;
        }
    }

    private void await(Party party, Instant now, Duration patience) {
        if (party == awaited) {
            return;
        }
        awaited = party;
        deadline++;
        if (party != Party.NOBODY) {
            actions.add(new MigrationAction.ArmDeadline(deadline, now.plus(patience)));
        }
    }

    private void finish(Outcome outcome) {
        this.outcome = outcome;
        actions.add(new MigrationAction.Finish(outcome));
    }
}
