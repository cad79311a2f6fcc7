package org.mooring.migrator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mooring.migrator.MigrationEvent.Verdict;
import org.mooring.migrator.Outcome.Whereabouts;

class MigrationTest {
    private static final Instant BEGUN = Instant.parse("2026-01-02T03:04:05Z");
    private static final String URI = "tcp:198.51.100.10:49152";

    private final Migration migration = new Migration("kb", Duration.ofMillis(300), BEGUN);
    private Instant now = BEGUN;
    private int deadline;

    @Test
    void firstHasTheDestinationListen() {
        assertEquals(
                List.of(new MigrationAction.Listen(), new MigrationAction.ArmDeadline(1, BEGUN.plus(Migration.START))),
                migration.begin());
    }

    @Test
    void configuresThenMigratesThenQuitsTheSourceOnceTheGuestRunsThere() {
        begin();
        assertEquals(List.of(new MigrationAction.ConfigureSource()), ready());
        assertEquals(List.of(new MigrationAction.Migrate(URI)), when(new MigrationEvent.SourceConfigured(now)));
        assertEquals(List.of(), stop());
        assertEquals(List.of(), running());
        assertEquals(List.of(new MigrationAction.QuitSource()), completed());
        assertEquals(
                List.of(new MigrationAction.Finish(new Outcome.Moved(Duration.ofSeconds(7), Duration.ofMillis(75)))),
                when(new MigrationEvent.SourceCleared(now)));
    }

    @Test
    void takesTheTwoHostsEventsInAnyOrder() {
        copying();
        assertEquals(List.of(), running());
        assertEquals(List.of(), stop());
        assertEquals(List.of(new MigrationAction.QuitSource()), completed());
    }

    @Test
    void waitsForResumeAfterCompletion() {
        copying();
        stop();
        assertEquals(List.of(), completed());
        assertEquals(List.of(new MigrationAction.QuitSource()), running());
    }

    @Test
    void quitsASourceThatNeverSaysItCompleted() {
        copying();
        stop();
        running();
        assertEquals(List.of(new MigrationAction.QuitSource()), deadlinePasses());
    }

    @Test
    void paysNoAttentionToItsOwnQemuEnding() {
        copying();
        stop();
        running();
        completed();
        assertEquals(List.of(), sourceDies());
        assertEquals(
                Outcome.Moved.class,
                finished(when(new MigrationEvent.SourceCleared(now))).getClass());
    }

    @Test
    void ignoresADeadlineThatAnotherReplaced() {
        migration.begin();
        ready();
        assertEquals(List.of(), migration.handle(new MigrationEvent.DeadlinePassed(now, 1)));
    }

    @Nested
    class BeforeTheStream {
        @Test
        void theDestinationCannotBeReached() {
            begin();
            assertEquals(
                    stayed("ssh: connect to host kb: No route to host"),
                    sessionLost("ssh: connect to host kb: No route to host"));
        }

        @Test
        void theDestinationRefuses() {
            begin();
            assertEquals(stayed("the guest is there already"), gone("the guest is there already"));
        }

        @Test
        void theDestinationTakesTooLong() {
            begin();
            assertEquals(List.of(new MigrationAction.AbortDestination()), deadlinePasses());
            assertEquals(stayed("kb keeps silent"), deadlinePasses());
        }

        @Test
        void theSourceRefusesACapability() {
            begin();
            ready();
            assertEquals(
                    List.of(new MigrationAction.AbortDestination()),
                    when(new MigrationEvent.SourceRefused(now, "QEMU refused migrate-set-capabilities")));
            assertEquals(stayed("QEMU refused migrate-set-capabilities"), gone("ended"));
        }

        @Test
        void theSourceRefusesToMigrate() {
            copying();
            assertEquals(
                    List.of(new MigrationAction.AbortDestination()),
                    when(new MigrationEvent.SourceRefused(now, "QEMU refused migrate: disk not shared")));
            assertEquals(stayed("QEMU refused migrate: disk not shared"), gone("ended"));
        }

        @Test
        void theOperatorCancels() {
            begin();
            assertEquals(List.of(new MigrationAction.AbortDestination()), cancel());
            assertEquals(stayed("cancelled"), gone("ended"));
        }

        @Test
        void theSourceDies() {
            begin();
            assertEquals(List.of(new MigrationAction.AbortDestination()), sourceDies());
            assertEquals(left(Whereabouts.LOST, "QEMU ended"), gone("ended"));
        }
    }

    @Nested
    class WhileCopying {
        @Test
        void theDestinationDies() {
            copying();
            assertEquals(List.of(new MigrationAction.CancelMigration()), gone("QEMU was killed"));
            assertEquals(stayed("QEMU was killed"), ended(Verdict.CANCELLED, "cancelled"));
        }

        @Test
        void theStreamBreaks() {
            copying();
            assertEquals(List.of(new MigrationAction.AbortDestination()), ended(Verdict.FAILED, "Connection reset"));
            assertEquals(stayed("Connection reset (load of migration failed)"), gone("load of migration failed"));
        }

        @Test
        void theSessionIsLost() {
            copying();
            assertEquals(List.of(new MigrationAction.CancelMigration()), sessionLost("ssh ended"));
            assertEquals(stayed("ssh ended"), ended(Verdict.CANCELLED, "cancelled"));
        }

        @Test
        void theOperatorCancels() {
            copying();
            assertEquals(List.of(new MigrationAction.CancelMigration()), cancel());
            assertEquals(List.of(), cancel());
            assertEquals(List.of(new MigrationAction.AbortDestination()), ended(Verdict.CANCELLED, "cancelled"));
            assertEquals(stayed("cancelled"), gone("ended"));
        }

        @Test
        void cancellingComesTooLate() {
            copying();
            cancel();
            stop();
            assertEquals(List.of(), running());
            assertEquals(List.of(new MigrationAction.QuitSource()), completed());
        }

        @Test
        void theSourceDies() {
            copying();
            assertEquals(List.of(new MigrationAction.AbortDestination()), sourceDies());
            assertEquals(left(Whereabouts.LOST, "QEMU ended"), gone("ended"));
        }

        @Test
        void theSourcesMonitorIsLost() {
            copying();
            assertEquals(List.of(new MigrationAction.AbortDestination()), monitorLost());
            assertEquals(left(Whereabouts.STAYED_UNSEEN, "monitor lost"), gone("ended"));
        }

        @Test
        void anOperatorPausesTheGuestForAWhile() {
            copying();
            stop();
            assertEquals(List.of(), when(new MigrationEvent.SourceResumed(now)));
            assertEquals(List.of(new MigrationAction.CancelMigration()), cancel());
        }
    }

    @Nested
    class AtTheSwitchover {
        @Test
        void theDestinationDiesAndQemuTakesTheGuestBack() {
            copying();
            stop();
            assertEquals(List.of(new MigrationAction.CancelMigration()), gone("QEMU was killed"));
            assertEquals(List.of(new MigrationAction.ContinueSource()), ended(Verdict.FAILED, "broken pipe"));
            assertEquals(stayed("QEMU was killed"), when(new MigrationEvent.SourceResumed(now)));
        }

        @Test
        void theStreamBreaksBeforeTheDestinationsEndIsKnown() {
            copying();
            stop();
            assertEquals(List.of(new MigrationAction.AbortDestination()), ended(Verdict.FAILED, "broken pipe"));
            assertEquals(List.of(), when(new MigrationEvent.SourceResumed(now)));
            assertEquals(stayed("broken pipe (ended)"), gone("ended"));
        }

        @Test
        void theSessionIsLostButQemuTakesTheGuestBack() {
            copying();
            stop();
            assertEquals(List.of(), sessionLost("ssh ended"));
            assertEquals(List.of(), ended(Verdict.FAILED, "broken pipe"));
            assertEquals(stayed("ssh ended"), when(new MigrationEvent.SourceResumed(now)));
        }

        @Test
        void theSessionIsLostAndQemuCompletes() {
            copying();
            stop();
            sessionLost("ssh ended");
            assertEquals(left(Whereabouts.UNDECIDED, "ssh ended"), completed());
        }

        @Test
        void theSessionIsLostAndQemuKeepsSilent() {
            copying();
            stop();
            sessionLost("ssh ended");
            assertEquals(left(Whereabouts.UNDECIDED, "ssh ended"), deadlinePasses());
        }

        @Test
        void theOperatorCancelsAndTheDestinationIsAskedFirst() {
            copying();
            stop();
            assertEquals(List.of(new MigrationAction.AbortDestination()), cancel());
            assertEquals(List.of(new MigrationAction.CancelMigration()), gone("ended"));
            assertEquals(List.of(new MigrationAction.ContinueSource()), ended(Verdict.CANCELLED, "cancelled"));
            assertEquals(stayed("cancelled"), when(new MigrationEvent.SourceResumed(now)));
        }

        @Test
        void theOperatorCancelsButTheGuestRunsThereAlready() {
            copying();
            stop();
            cancel();
            assertEquals(List.of(), running());
            assertEquals(List.of(new MigrationAction.QuitSource()), completed());
        }

        @Test
        void nobodySaysAnything() {
            copying();
            stop();
            assertEquals(List.of(new MigrationAction.AbortDestination()), deadlinePasses());
            assertEquals(List.of(), deadlinePasses());
            assertEquals(left(Whereabouts.UNDECIDED, "kb keeps silent"), deadlinePasses());
        }

        @Test
        void theSourceDiesButTheGuestArrives() {
            copying();
            stop();
            assertEquals(List.of(), sourceDies());
            assertEquals(List.of(new MigrationAction.QuitSource()), running());
            assertEquals(
                    Outcome.Moved.class,
                    finished(when(new MigrationEvent.SourceCleared(now))).getClass());
        }

        @Test
        void bothDie() {
            copying();
            stop();
            sourceDies();
            assertEquals(left(Whereabouts.LOST, "QEMU ended"), gone("load of migration failed"));
        }

        @Test
        void theSourcesMonitorIsLostAndTheGuestArrives() {
            copying();
            stop();
            assertEquals(List.of(), monitorLost());
            assertEquals(List.of(new MigrationAction.QuitSource()), running());
        }
    }

    @Nested
    class AfterCompletion {
        @Test
        void theDestinationIsProvenDead() {
            copying();
            stop();
            completed();
            assertEquals(List.of(new MigrationAction.ContinueSource()), gone("QEMU was killed"));
            assertEquals(stayed("QEMU was killed"), when(new MigrationEvent.SourceResumed(now)));
        }

        @Test
        void theSessionIsLost() {
            copying();
            stop();
            completed();
            assertEquals(left(Whereabouts.UNDECIDED, "ssh ended"), sessionLost("ssh ended"));
        }

        @Test
        void theDestinationKeepsSilent() {
            copying();
            stop();
            completed();
            assertEquals(List.of(), deadlinePasses());
            assertEquals(left(Whereabouts.UNDECIDED, "kb keeps silent"), deadlinePasses());
        }

        @Test
        void theSessionIsLostAfterTheGuestWasSeenRunningThere() {
            copying();
            stop();
            running();
            assertEquals(List.of(), sessionLost("ssh ended"));
            assertEquals(List.of(new MigrationAction.QuitSource()), completed());
        }
    }

    @Nested
    class CancelledOnlyBeforeStop {
        @Test
        void staysWhileItIsCopied() {
            copying();
            assertEquals(List.of(new MigrationAction.CancelMigration()), cancelBeforeStop());
        }

        @Test
        void staysBeforeTheStream() {
            begin();
            assertEquals(List.of(new MigrationAction.AbortDestination()), cancelBeforeStop());
        }

        @Test
        void goesOnOnceItIsStopped() {
            copying();
            stop();
            assertEquals(List.of(), cancelBeforeStop());
            completed();
            assertEquals(List.of(new MigrationAction.QuitSource()), running());
            assertEquals(
                    Outcome.Moved.class,
                    finished(when(new MigrationEvent.SourceCleared(now))).getClass());
        }

        @Test
        void staysForAnotherReasonAlthoughItWasStopped() {
            copying();
            stop();
            cancelBeforeStop();
            assertEquals(
                    List.of(),
                    ended(Verdict.FAILED, "broken pipe").stream()
                            .filter(MigrationAction.Finish.class::isInstance)
                            .toList());
            when(new MigrationEvent.SourceResumed(now));
            assertEquals(stayed("broken pipe (gone)"), gone("gone"));
        }

        private List<MigrationAction> cancelBeforeStop() {
            return when(new MigrationEvent.CancelRequested(now, false));
        }
    }

    @Nested
    class WhenTheGuestRunsAtBoth {
        @Test
        void theDestinationsIsEvicted() {
            copying();
            stop();
            running();
            assertEquals(List.of(new MigrationAction.EvictDestination()), ended(Verdict.FAILED, "broken pipe"));
            when(new MigrationEvent.SourceResumed(now));
            assertEquals(stayed("broken pipe (evicted)"), gone("evicted"));
        }

        @Test
        void theSourceIsLetGoOnOnceTheDestinationsIsEvicted() {
            copying();
            stop();
            running();
            ended(Verdict.FAILED, "broken pipe");
            assertEquals(List.of(new MigrationAction.ContinueSource()), gone("evicted"));
        }

        @Test
        void evictingFails() {
            copying();
            stop();
            running();
            ended(Verdict.FAILED, "broken pipe");
            when(new MigrationEvent.SourceResumed(now));
            assertEquals(left(Whereabouts.TWICE, "broken pipe"), sessionLost("ssh ended"));
        }
    }

    private void begin() {
        when(migration.begin());
    }

    private void copying() {
        begin();
        ready();
        when(new MigrationEvent.SourceConfigured(now));
    }

    private List<MigrationAction> ready() {
        return when(new MigrationEvent.DestinationReady(now, URI));
    }

    private List<MigrationAction> stop() {
        now = BEGUN.plusSeconds(6);
        return when(new MigrationEvent.SourceStopped(now, now));
    }

    private List<MigrationAction> running() {
        return when(new MigrationEvent.DestinationRunning(now, BEGUN.plusMillis(6075)));
    }

    private List<MigrationAction> completed() {
        now = BEGUN.plusSeconds(7);
        return ended(Verdict.COMPLETED, "");
    }

    private List<MigrationAction> ended(Verdict verdict, String reason) {
        return when(new MigrationEvent.StreamEnded(now, verdict, reason));
    }

    private List<MigrationAction> gone(String reason) {
        return when(new MigrationEvent.DestinationGone(now, reason));
    }

    private List<MigrationAction> sessionLost(String reason) {
        return when(new MigrationEvent.SessionLost(now, reason));
    }

    private List<MigrationAction> sourceDies() {
        return when(new MigrationEvent.SourceLost(now, true, "QEMU ended"));
    }

    private List<MigrationAction> monitorLost() {
        return when(new MigrationEvent.SourceLost(now, false, "monitor lost"));
    }

    private List<MigrationAction> cancel() {
        return when(new MigrationEvent.CancelRequested(now, true));
    }

    private List<MigrationAction> deadlinePasses() {
        return when(new MigrationEvent.DeadlinePassed(now, deadline));
    }

    private List<MigrationAction> when(MigrationEvent event) {
        return when(migration.handle(event));
    }

    /** The actions but for deadlines, of which it keeps the last. */
    private List<MigrationAction> when(List<MigrationAction> asked) {
        List<MigrationAction> actions = new ArrayList<>();
        for (MigrationAction action : asked) {
            if (action instanceof MigrationAction.ArmDeadline armed) {
                deadline = armed.number();
            } else {
                actions.add(action);
            }
        }
        return actions;
    }

    private static Outcome finished(List<MigrationAction> actions) {
        return ((MigrationAction.Finish) actions.get(actions.size() - 1)).outcome();
    }

    private static List<MigrationAction> stayed(String reason) {
        return left(Whereabouts.STAYED, reason);
    }

    private static List<MigrationAction> left(Whereabouts whereabouts, String reason) {
        return List.of(new MigrationAction.Finish(new Outcome.NotMoved(whereabouts, reason)));
    }
}
