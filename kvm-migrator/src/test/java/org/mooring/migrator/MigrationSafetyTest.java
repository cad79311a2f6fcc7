package org.mooring.migrator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mooring.migrator.MigrationEvent.Verdict;

/** Every sequence of events up to a length, sensible or not, and what must hold in all of them. */
class MigrationSafetyTest {
    private static final int LENGTH = 5;
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

    private static final List<MigrationEvent> EVENTS = List.of(
            new MigrationEvent.DestinationReady(NOW, "tcp:198.51.100.10:49152"),
            new MigrationEvent.DestinationRunning(NOW, NOW),
            new MigrationEvent.DestinationGone(NOW, "gone"),
            new MigrationEvent.SessionLost(NOW, "session lost"),
            new MigrationEvent.SourceConfigured(NOW),
            new MigrationEvent.SourceRefused(NOW, "refused"),
            new MigrationEvent.SourceStopped(NOW, NOW),
            new MigrationEvent.SourceResumed(NOW),
            new MigrationEvent.StreamEnded(NOW, Verdict.COMPLETED, ""),
            new MigrationEvent.StreamEnded(NOW, Verdict.FAILED, "failed"),
            new MigrationEvent.SourceLost(NOW, true, "dead"),
            new MigrationEvent.SourceLost(NOW, false, "unseen"),
            new MigrationEvent.CancelRequested(NOW, true),
            new MigrationEvent.CancelRequested(NOW, false));

    private int sequences;

    @Test
    void neverGivesTheGuestUpNorRunsItTwiceAndAlwaysEnds() {
        explore(new ArrayList<>());
        // From the start, and again from the copying stage, which takes two events to reach.
        assertTrue(sequences > Math.pow(EVENTS.size(), LENGTH), () -> sequences + " sequences");
    }

    private void explore(List<MigrationEvent> sequence) {
        check(sequence);
        List<MigrationEvent> copying = new ArrayList<>(List.of(EVENTS.get(0), EVENTS.get(4)));
        copying.addAll(sequence);
        check(copying);
        if (sequence.size() < LENGTH) {
            for (MigrationEvent next : EVENTS) {
                sequence.add(next);
                explore(sequence);
                sequence.remove(sequence.size() - 1);
            }
        }
    }

    private void check(List<MigrationEvent> sequence) {
        sequences++;
        Run run = new Run(sequence);
        run.take(run.migration.begin());
        sequence.forEach(run::give);
        // Whoever falls silent now, the deadlines end it, but for the copying itself, which takes as long as it takes.
        for (int i = 0; i < 8; i++) {
            run.give(new MigrationEvent.DeadlinePassed(NOW, run.deadline));
        }
        if (!run.finished) {
            run.give(new MigrationEvent.CancelRequested(NOW, true));
        }
        for (int i = 0; i < 8; i++) {
            run.give(new MigrationEvent.DeadlinePassed(NOW, run.deadline));
        }
        if (run.quitting) {
            run.give(new MigrationEvent.SourceCleared(NOW));
        }
        assertTrue(run.finished, () -> "does not end: " + sequence);
    }

    private static final class Run {
        final Migration migration = new Migration("kb", Duration.ofMillis(300), NOW);
        final List<MigrationEvent> sequence;
        int deadline;
        boolean finished;
        boolean quitting;
        private boolean sourceRuns = true;
        private boolean destinationRuns;
        private boolean destinationDead;

        Run(List<MigrationEvent> sequence) {
            this.sequence = sequence;
        }

        void give(MigrationEvent event) {
            if (event instanceof MigrationEvent.DestinationRunning) {
                destinationRuns = true;
                destinationDead = false;
            } else if (event instanceof MigrationEvent.DestinationGone) {
                destinationRuns = false;
                destinationDead = true;
            } else if (event instanceof MigrationEvent.SourceStopped) {
                sourceRuns = false;
            } else if (event instanceof MigrationEvent.SourceResumed) {
                sourceRuns = true;
            }
            take(migration.handle(event));
        }

        void take(List<MigrationAction> actions) {
            for (MigrationAction action : actions) {
                assertEquals(false, finished, () -> action + " after the end: " + sequence);
                if (action instanceof MigrationAction.ArmDeadline armed) {
                    deadline = armed.number();
                } else if (action instanceof MigrationAction.ContinueSource) {
                    assertTrue(destinationDead, () -> "would run twice: " + sequence);
                } else if (action instanceof MigrationAction.CancelMigration) {
                    assertTrue(sourceRuns || destinationDead, () -> "might run twice: " + sequence);
                } else if (action instanceof MigrationAction.QuitSource) {
                    assertTrue(destinationRuns, () -> "would be lost: " + sequence);
                    quitting = true;
                } else if (action instanceof MigrationAction.EvictDestination) {
                    assertTrue(destinationRuns, () -> "nothing to evict: " + sequence);
                } else if (action instanceof MigrationAction.Finish) {
                    finished = true;
                }
            }
        }
    }
}
