package org.mooring.migrator.host;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.mooring.migrator.Migration;
import org.mooring.migrator.MigrationAction;
import org.mooring.migrator.MigrationEvent;
import org.mooring.migrator.MigrationEvent.Verdict;
import org.mooring.migrator.Preparation;
import org.mooring.qmp.QmpConnectionException;
import org.mooring.qmp.QmpEvent;
import org.mooring.qmp.QmpListener;
import org.mooring.runtime.Failure;
import org.mooring.runtime.json.Json;
import org.mooring.runtime.loop.AgentLoop;
import org.mooring.runtime.loop.Worker;
import org.mooring.timeline.MigrationRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a {@link Migration}: the source's monitor, the session with the destination, and what the operator sees of it. */
final class MigrationRun implements MigrationAction.Executor, QmpListener, RemoteSession.Listener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(MigrationRun.class);
    private static final Duration REDRAW = Duration.ofMillis(500);
    private static final Duration HEARTBEAT = Duration.ofSeconds(5);
    private static final Duration DEATH_THROES = Duration.ofSeconds(5);

    /** Questions for the time at the start; later ones are signs of life above all. */
    private static final int FIRST_QUESTIONS = 4;

    /**
     * @param command runs the listener at the destination
     * @param force the guest moves, even if it would be cut off there
     */
    record Route(
            String host,
            String tlsName,
            RemoteCommand command,
            StreamSetup setup,
            Duration downtimeLimit,
            OptionalInt maxBandwidth,
            boolean force) {}

    /** How it ended, and what happened until then. */
    record End(MigrationResult result, MigrationRecord record) {}

    private final ThisHost host;
    private final GuestFiles files;
    private final QemuProcess qemu;
    private final Route route;
    private final MigrationDisplay display;
    private final CompletableFuture<End> end = new CompletableFuture<>();
    private final AgentLoop<MigrationEvent, MigrationAction> loop =
            new AgentLoop<>("migration", Clock.systemUTC(), new ProgramSupervisor());
    private final Worker<MigrationEvent> worker = loop.worker("host");
    private final Migration migration;
    private final Guest guest;
    private final Monitor monitor;
    private volatile boolean closing;

    // Confined to the loop from here on.
    private final RemoteClock clock = new RemoteClock();
    private @Nullable RemoteSession session;
    private boolean ready;
    private @Nullable Preparation preparation;
    private boolean streaming;
    private final MigrationJournal journal;
    private Optional<Progress> last = Optional.empty();

    /** Connects to the guest's monitor. */
    MigrationRun(ThisHost host, GuestFiles files, GuestRecord record, Route route, MigrationDisplay display)
            throws Failure {
        this.host = host;
        this.files = files;
        this.qemu = new QemuProcess(files, record.pid());
        this.route = route;
        this.display = display;
        Instant begun = loop.now();
        this.migration = new Migration(route.host(), route.downtimeLimit(), begun);
        this.journal = new MigrationJournal(ThisHost.name(), route.host(), begun);
        try {
            this.monitor = Monitor.connect(loop.group(), files, this);
            this.guest = record.guest().withMachine(machine());
        } catch (Failure e) {
            loop.close();
            throw e;
        }
    }

    /** Moves the guest, or says why not. */
    End await() {
        loop.start(this::handle, action -> action.on(this));
        loop.execute(() -> migration.begin().forEach(action -> action.on(this)));
        return end.join();
    }

    private List<MigrationAction> handle(MigrationEvent event) {
        if (!end.isDone()) {
            journal.note(event);
        }
        return migration.handle(event);
    }

    /** May be called at any time, more than once. Where the guest is stopped already, asks the destination whether it runs there. */
    void cancel() {
        loop.post(new MigrationEvent.CancelRequested(loop.now(), true));
        loop.execute(() -> {
            if (!end.isDone()) {
                display.say(
                        migration.switchingOver()
                                ? "the guest is on its way already: asking " + route.host() + " whether it runs there"
                                : "cancelling; the guest stays here");
            }
        });
    }

    /** As {@link #cancel}, but a guest that is stopped already goes on its way. */
    void cancelBeforeStop() {
        loop.execute(() -> {
            if (!end.isDone()) {
                display.say(
                        migration.switchingOver()
                                ? "the guest is on its way already: waiting for it to arrive"
                                : "cancelling; the guest stays here");
            }
        });
        loop.post(new MigrationEvent.CancelRequested(loop.now(), false));
    }

    @Override
    public void close() {
        closing = true;
        display.end();
        if (session != null) {
            session.close();
        }
        worker.close();
        monitor.close();
        loop.close();
    }

    /** Refuses a guest that can't be migrated now; returns what its QEMU calls its machine. */
    private String machine() throws Failure {
        refuseUnlessRunning(monitor, files.guest());
        // The class of the machine, such as pc-i440fx-7.2-machine.
        return monitor.ask(
                        "qom-get",
                        Json.MAPPER.createObjectNode().put("path", "/machine").put("property", "type"))
                .asText()
                .replaceFirst("-machine$", "");
    }

    static void refuseUnlessRunning(Monitor monitor, String guest) throws Failure {
        String status = monitor.ask("query-status").path("status").asText();
        if (!status.equals("running")) {
            throw new Failure("guest " + guest + " doesn't run, QEMU says '" + status + "'"
                    + (status.equals("postmigrate")
                            ? ": it was migrated; if it runs at the other host, 'kvm-migrator teardown " + guest
                                    + "' removes what is left of it here"
                            : ": only a running guest is migrated"));
        }
    }

    @Override
    public void onEvent(QmpEvent event) {
        log.debug("qemu {} {} at={}", event.name(), event.status(), event.at());
        switch (event.name()) {
            case "STOP" -> loop.post(new MigrationEvent.SourceStopped(event.received(), event.at()));
            case "RESUME" -> loop.post(new MigrationEvent.SourceResumed(event.received()));
            case "MIGRATION" -> streamChanged(event);
            default -> {}
        }
    }

    private void streamChanged(QmpEvent event) {
        if (!streaming) {
            // The last words of an earlier stream, whose migrator died.
            return;
        }
        switch (event.status()) {
            case "completed" -> ended(event, Verdict.COMPLETED);
            case "failed" -> ended(event, Verdict.FAILED);
            case "cancelled" -> ended(event, Verdict.CANCELLED);
            default -> {}
        }
    }

    private void ended(QmpEvent event, Verdict verdict) {
        streaming = false;
        monitor.client().execute("query-migrate").whenComplete((stream, failed) -> {
            String reason = failed == null ? stream.path("error-desc").asText() : "";
            if (failed == null && verdict == Verdict.COMPLETED) {
                last = Optional.of(Progress.of(stream));
                display.show(last.get());
            }
            loop.post(new MigrationEvent.StreamEnded(
                    event.received(),
                    verdict,
                    "the stream " + verdict.name().toLowerCase(Locale.ROOT) + (reason.isEmpty() ? "" : ": " + reason)));
        });
    }

    @Override
    public void onDisconnected(QmpConnectionException why) {
        if (closing) {
            return;
        }
        worker.submit(() -> {
            boolean dead = qemu.gone(DEATH_THROES);
            return new MigrationEvent.SourceLost(
                    loop.now(),
                    dead,
                    dead
                            ? "QEMU ended here: " + files.lastWords()
                            : "the guest's monitor was lost: " + why.getMessage());
        });
    }

    @Override
    public void onLine(String line) {
        Report report = Report.parse(line);
        loop.execute(() -> {
            if (report instanceof Report.Ready waiting) {
                destinationReady(waiting);
            } else if (report instanceof Report.Running running) {
                loop.post(new MigrationEvent.DestinationRunning(loop.now(), clock.ours(running.resumed())));
            } else if (report instanceof Report.Gone gone) {
                loop.post(new MigrationEvent.DestinationGone(loop.now(), route.host() + ": " + gone.reason()));
            } else if (report instanceof Report.Time time) {
                clock.answer(time.number(), time.now(), loop.now());
            } else {
                log.debug("not a report host={} line={}", route.host(), report);
            }
        });
    }

    private void destinationReady(Report.Ready waiting) {
        ready = true;
        preparation = waiting.preparation();
        if (waiting.preparation().isPlain()) {
            display.say(plain(route.host(), waiting.preparation()));
        } else if (waiting.preparation().isDenied() && route.force()) {
            display.say(denied(route.host(), waiting.preparation()));
        }
        for (int i = 0; i < FIRST_QUESTIONS; i++) {
            askTime();
        }
        loop.group()
                .scheduleAtFixedRate(this::askTime, HEARTBEAT.toMillis(), HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS);
        if (QemuVersion.of(waiting.qemu())
                .isOlderThan(QemuVersion.of(monitor.client().qemuVersion()))) {
            loop.post(new MigrationEvent.SourceRefused(
                    loop.now(),
                    "QEMU at " + route.host() + " is " + waiting.qemu() + ", older than "
                            + monitor.client().qemuVersion() + " here: a guest can't move back to an older one"));
        } else if (waiting.preparation().isDenied() && !route.force()) {
            loop.post(new MigrationEvent.SourceRefused(
                    loop.now(),
                    denied(route.host(), waiting.preparation()) + ". Mend that, or move it all the same with --"
                            + MigrateVerb.FORCE.getLongOpt()));
        } else {
            worker.submit(() -> {
                host.hook().time(files.guest()).ifPresent(time -> loop.execute(() -> tell(new Order.Follow(time))));
                return new MigrationEvent.DestinationReady(loop.now(), waiting.uri());
            });
        }
    }

    /** How the operator hears that packets of the pause will be lost. */
    static String plain(String host, Preparation preparation) {
        return host + ": the guest will register when it runs there: " + preparation.why();
    }

    /** How the operator hears that the guest would be cut off. */
    static String denied(String host, Preparation preparation) {
        return host + ": the guest could not register when it runs there: " + preparation.why();
    }

    private void askTime() {
        tell(new Order.TellTime(clock.ask(loop.now())));
    }

    @Override
    public void onEnd(boolean refused, String reason) {
        loop.execute(() -> loop.post(
                // A listener that never offered anything has nothing that could run.
                refused && !ready
                        ? new MigrationEvent.DestinationGone(loop.now(), reason)
                        : new MigrationEvent.SessionLost(loop.now(), reason)));
    }

    private void tell(Order order) {
        if (session != null) {
            session.send(order);
        }
    }

    @Override
    public void execute(MigrationAction.Listen action) {
        display.say("preparing " + route.host());
        try {
            session = RemoteSession.start(route.command(), this);
            session.send(new Order.Receive(guest));
        } catch (Failure e) {
            loop.post(new MigrationEvent.DestinationGone(loop.now(), String.valueOf(e.getMessage())));
        }
    }

    @Override
    public void execute(MigrationAction.ConfigureSource action) {
        answer(
                route.setup().sender(monitor.client(), route.tlsName(), route.downtimeLimit(), route.maxBandwidth()),
                () -> loop.post(new MigrationEvent.SourceConfigured(loop.now())));
    }

    @Override
    public void execute(MigrationAction.Migrate action) {
        display.say("migrating to " + route.host() + " (" + action.uri() + ")");
        answer(
                monitor.client()
                        .execute("migrate", Json.MAPPER.createObjectNode().put("uri", action.uri())),
                () -> {
                    streaming = true;
                    journal.note(loop.now(), "QEMU sends the guest to " + action.uri());
                    watch();
                });
    }

    /** For the display alone: how much was sent is the one thing that QEMU has no event for. */
    private void watch() {
        if (!streaming) {
            return;
        }
        monitor.client().execute("query-migrate").thenAccept(stream -> {
            if (streaming && stream.path("ram").isObject()) {
                last = Optional.of(Progress.of(stream));
                display.show(last.get());
            }
        });
        loop.group().schedule(this::watch, REDRAW.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void execute(MigrationAction.CancelMigration action) {
        answer(monitor.client().execute("migrate_cancel"), () -> {});
    }

    @Override
    public void execute(MigrationAction.AbortDestination action) {
        tell(new Order.Abort());
    }

    @Override
    public void execute(MigrationAction.EvictDestination action) {
        tell(new Order.Evict());
    }

    @Override
    public void execute(MigrationAction.ContinueSource action) {
        answer(monitor.client().execute("cont"), () -> {});
    }

    @Override
    public void execute(MigrationAction.QuitSource action) {
        monitor.client().execute("quit");
        worker.submit(() -> {
            try {
                qemu.end(true);
                host.clear(files);
            } catch (Failure e) {
                log.warn("the guest has moved, but not everything of it could be removed here: {}", e.getMessage());
            }
            return new MigrationEvent.SourceCleared(loop.now());
        });
    }

    @Override
    public void execute(MigrationAction.ArmDeadline action) {
        loop.arm("deadline", action.when(), at -> new MigrationEvent.DeadlinePassed(at, action.number()));
    }

    @Override
    public void execute(MigrationAction.Finish action) {
        streaming = false;
        MigrationResult result = new MigrationResult(
                files.guest(), route.host(), action.outcome(), clock.offset(), last, Optional.ofNullable(preparation));
        end.complete(new End(result, journal.record(result, loop.now())));
    }

    private <T> void answer(CompletionStage<T> command, Runnable well) {
        command.whenComplete((done, refused) -> {
            if (refused == null) {
                well.run();
            } else {
                loop.post(new MigrationEvent.SourceRefused(loop.now(), Failures.reason(refused)));
            }
        });
    }
}
