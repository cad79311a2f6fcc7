package org.mooring.migrator.host;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mooring.migrator.MigrationEvent;
import org.mooring.migrator.Outcome;
import org.mooring.timeline.HandoverRecord.Step;
import org.mooring.timeline.MigrationRecord;

/** What happened in one migration, for its record. Confined to one thread. */
final class MigrationJournal {
    /** A guest whose operator pauses it again and again while it is copied has many. */
    private static final int STEPS_KEPT = 100;

    private static final String WHO = "kvm-migrator";

    private final String from;
    private final Instant began;
    private final List<Step> steps = new ArrayList<>();
    private @Nullable Instant stopped;
    private @Nullable Instant resumed;

    /** @param from this host */
    MigrationJournal(String from, String to, Instant began) {
        this.from = from;
        this.began = began;
        note(began, "asks " + to + " to listen");
    }

    void note(Instant at, String what) {
        if (steps.size() < STEPS_KEPT) {
            steps.add(new Step(at, WHO, what, 0));
        }
    }

    void note(MigrationEvent event) {
        if (event instanceof MigrationEvent.SourceStopped stop) {
            stopped = stop.stopped();
        } else if (event instanceof MigrationEvent.SourceResumed) {
            stopped = null;
        } else if (event instanceof MigrationEvent.DestinationRunning running) {
            resumed = running.resumed();
        }
        String what = words(event);
        if (!what.isEmpty()) {
            note(event.at(), what);
        }
    }

    /** Empty where it says nothing to those who read it later. */
    private static String words(MigrationEvent event) {
        if (event instanceof MigrationEvent.DestinationReady ready) {
            return "the destination listens at " + ready.uri();
        } else if (event instanceof MigrationEvent.DestinationRunning) {
            return "hears that the guest runs there";
        } else if (event instanceof MigrationEvent.DestinationGone gone) {
            return gone.reason();
        } else if (event instanceof MigrationEvent.SessionLost lost) {
            return lost.reason();
        } else if (event instanceof MigrationEvent.SourceRefused refused) {
            return refused.reason();
        } else if (event instanceof MigrationEvent.StreamEnded ended) {
            return ended.reason();
        } else if (event instanceof MigrationEvent.SourceLost lost) {
            return lost.reason();
        } else if (event instanceof MigrationEvent.SourceCleared) {
            return "nothing of the guest is left here";
        } else if (event instanceof MigrationEvent.CancelRequested) {
            return "is told to cancel";
        }
        return "";
    }

    MigrationRecord record(MigrationResult result, Instant ended) {
        return new MigrationRecord(
                result.guest(),
                from,
                result.host(),
                began,
                ended,
                result.verdict(),
                result.outcome() instanceof Outcome.NotMoved left ? left.reason() : "",
                result.preparation().isPresent() ? result.preparation().get().prepared() : null,
                result.clock().isPresent() ? milliseconds(result.clock().get().ahead()) : null,
                result.clock().isPresent() ? milliseconds(result.clock().get().uncertainty()) : null,
                stopped,
                resumed,
                steps);
    }

    private static double milliseconds(Duration duration) {
        return duration.toNanos() / 1e6;
    }
}
