package org.mooring.migrator.host;

import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.mooring.migrator.Evacuation;
import org.mooring.migrator.EvacuationAction;
import org.mooring.migrator.EvacuationEvent;
import org.mooring.migrator.Outcome;
import org.mooring.migrator.Outcome.Whereabouts;
import org.mooring.runtime.Failure;
import org.mooring.runtime.loop.AgentLoop;
import org.mooring.runtime.loop.Worker;
import org.mooring.timeline.MigrationRecord;

/** Runs an {@link Evacuation}: a {@link MigrationRun} for each guest, on a thread for each that moves at once. */
final class EvacuationRun implements EvacuationAction.Executor, AutoCloseable {
    /** Connects to a guest's monitor. */
    interface Departure {
        MigrationRun of(String guest, MigrationDisplay display) throws Failure;
    }

    private final String host;
    private final Departure departure;
    private final MigrationRecords kept;
    private final EvacuationDisplay display;
    private final Evacuation evacuation;
    private final CompletableFuture<List<MigrationResult>> results = new CompletableFuture<>();
    private final AgentLoop<EvacuationEvent, EvacuationAction> loop =
            new AgentLoop<>("evacuation", Clock.systemUTC(), new ProgramSupervisor());
    private final List<Worker<EvacuationEvent>> workers = new ArrayList<>();

    // Confined to the loop from here on.
    private final Deque<Worker<EvacuationEvent>> idle = new ArrayDeque<>();
    private final Map<String, MigrationRun> runs = new HashMap<>();
    private final Set<String> cancelled = new HashSet<>();
    private final Map<String, MigrationResult> details = new HashMap<>();
    private final List<MigrationRecord> records = new ArrayList<>();

    /** @param host the destination, as the operator calls it */
    EvacuationRun(
            String host,
            Evacuation evacuation,
            int parallel,
            Departure departure,
            MigrationRecords kept,
            EvacuationDisplay display) {
        this.host = host;
        this.evacuation = evacuation;
        this.departure = departure;
        this.kept = kept;
        this.display = display;
        for (int i = 0; i < parallel; i++) {
            workers.add(loop.worker("departure " + i));
        }
        idle.addAll(workers);
    }

    /** Moves them; a result for each guest, in the order of the evacuation. */
    List<MigrationResult> await() {
        loop.start(this::handle, action -> action.on(this));
        loop.execute(() -> {
            List<EvacuationAction> first = evacuation.begin();
            display.total(evacuation.tally());
            first.forEach(action -> action.on(this));
        });
        return results.join();
    }

    /** May be called at any time, more than once. */
    void cancel() {
        loop.post(new EvacuationEvent.CancelRequested());
    }

    @Override
    public void close() {
        display.end();
        workers.forEach(Worker::close);
        loop.close();
    }

    private List<EvacuationAction> handle(EvacuationEvent event) {
        List<EvacuationAction> actions = evacuation.handle(event);
        display.total(evacuation.tally());
        return actions;
    }

    @Override
    public void execute(EvacuationAction.Begin action) {
        Worker<EvacuationEvent> worker = idle.remove();
        worker.submit(() -> {
            MigrationResult result = move(action.guest());
            display.say(result.sentence());
            loop.execute(() -> {
                details.put(action.guest(), result);
                idle.add(worker);
            });
            return new EvacuationEvent.Ended(action.guest(), result.outcome());
        });
    }

    private MigrationResult move(String guest) {
        try (MigrationRun run = departure.of(guest, display.of(guest))) {
            loop.execute(() -> {
                runs.put(guest, run);
                if (cancelled.contains(guest)) {
                    run.cancelBeforeStop();
                }
            });
            MigrationRun.End end = run.await();
            forget(guest);
            record(end.record());
            return end.result();
        } catch (Failure e) {
            return MigrationResult.of(
                    guest, host, new Outcome.NotMoved(Whereabouts.STAYED, String.valueOf(e.getMessage())));
        }
    }

    private void record(MigrationRecord migration) {
        kept.keep(migration);
        loop.execute(() -> records.add(migration));
    }

    /** Of those that were begun, once all are over. */
    List<MigrationRecord> records() {
        return records;
    }

    /** Once this returns, nobody cancels it any more. */
    private void forget(String guest) {
        CompletableFuture<Void> forgotten = new CompletableFuture<>();
        loop.execute(() -> {
            runs.remove(guest);
            forgotten.complete(null);
        });
        forgotten.join();
    }

    @Override
    public void execute(EvacuationAction.Cancel action) {
        cancelled.add(action.guest());
        MigrationRun run = runs.get(action.guest());
        if (run != null) {
            run.cancelBeforeStop();
        }
    }

    @Override
    public void execute(EvacuationAction.Finish action) {
        List<MigrationResult> all = new ArrayList<>();
        action.outcomes()
                .forEach((guest, outcome) ->
                        all.add(details.getOrDefault(guest, MigrationResult.of(guest, host, outcome))));
        results.complete(all);
    }
}
