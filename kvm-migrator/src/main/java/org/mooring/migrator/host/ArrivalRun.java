package org.mooring.migrator.host;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.mooring.migrator.Arrival;
import org.mooring.migrator.ArrivalAction;
import org.mooring.migrator.ArrivalEvent;
import org.mooring.migrator.Preparation;
import org.mooring.qmp.QmpClient;
import org.mooring.qmp.QmpConnectionException;
import org.mooring.qmp.QmpEvent;
import org.mooring.qmp.QmpListener;
import org.mooring.runtime.Failure;
import org.mooring.runtime.json.Json;
import org.mooring.runtime.loop.AgentLoop;
import org.mooring.runtime.loop.Worker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs an {@link Arrival}: QEMU's monitor, the source's orders on standard input, the reports on standard output. */
final class ArrivalRun implements ArrivalAction.Executor, QmpListener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ArrivalRun.class);

    private static final Duration DEATH_THROES = Duration.ofSeconds(5);

    /** @param address where the stream arrives */
    record Inlet(String address, PortRange ports, StreamSetup setup) {
        /** QEMU binds the first free port of the range itself, so no other program can come in between. */
        String uri() {
            return "tcp:" + address + ":" + ports.first() + ",to=" + ports.last();
        }

        String explain(Throwable refusal) {
            String reason = Failures.reason(refusal);
            return reason.contains("available port")
                    ? reason + " in " + ports + ": widen 'ports' under [migration]"
                    : reason;
        }
    }

    private final ThisHost host;
    private final GuestFiles files;
    private final QemuProcess qemu;
    private final Hook hook;
    private final PrintStream reports;
    private final Arrival arrival;
    private final CompletableFuture<Boolean> over = new CompletableFuture<>();
    private final AgentLoop<ArrivalEvent, ArrivalAction> loop =
            new AgentLoop<>("arrival", Clock.systemUTC(), new ProgramSupervisor());
    private final Worker<ArrivalEvent> worker = loop.worker("host");

    /** Of its own, for it may wait some seconds while QEMU has to be ended. */
    private final Worker<ArrivalEvent> hookWorker = loop.worker("hook");

    private volatile boolean closing;

    // Confined to the loop from here on.
    private @Nullable QmpClient monitor;
    private String uri = "";
    private boolean arrived;

    /** @param asked see {@link Arrival} */
    ArrivalRun(ThisHost host, GuestFiles files, QemuProcess qemu, Hook hook, PrintStream reports, boolean asked) {
        this.host = host;
        this.files = files;
        this.qemu = qemu;
        this.hook = hook;
        this.reports = reports;
        this.arrival = new Arrival(asked);
        loop.start(arrival::handle, action -> action.on(this));
    }

    /**
     * Waits for the guest.
     *
     * @param tap the guest's, for the hook
     * @param orders ends when the source's session does
     * @return whether it runs here; if not, nothing of it is left here
     * @throws Failure if something of it is
     */
    boolean await(Inlet inlet, String tap, InputStream orders) throws Failure {
        hookWorker.submit(() -> {
            Preparation preparation = hook.arriving(files.guest(), tap);
            return new ArrivalEvent.Prepared(loop.now(), preparation);
        });
        QmpClient.connect(loop.group(), files.monitor(), this, Clock.systemUTC())
                .thenCompose(client -> listen(client, inlet))
                .whenComplete((done, refused) -> loop.post(
                        refused == null
                                ? new ArrivalEvent.Listening(loop.now())
                                : new ArrivalEvent.Refused(loop.now(), inlet.explain(refused))));
        Thread reader = new Thread(() -> readOrders(orders), "orders");
        reader.setDaemon(true);
        reader.start();
        try {
            return over.join();
        } catch (CompletionException e) {
            throw new Failure(Failures.reason(e), e);
        }
    }

    /** The operator, or the service manager, wants it ended. */
    void abort() {
        loop.post(new ArrivalEvent.AbortRequested(loop.now()));
    }

    @Override
    public void close() {
        closing = true;
        hookWorker.close();
        worker.close();
        if (monitor != null) {
            monitor.close();
        }
        loop.close();
    }

    private CompletionStage<?> listen(QmpClient client, Inlet inlet) {
        monitor = client;
        return inlet.setup()
                .receiver(client)
                .thenCompose(done -> client.execute(
                        "migrate-incoming", Json.MAPPER.createObjectNode().put("uri", inlet.uri())))
                .thenCompose(done -> client.execute("query-migrate"))
                .thenAccept(migration -> uri = "tcp:" + inlet.address() + ":" + port(migration));
    }

    private static String port(JsonNode migration) {
        return migration.path("socket-address").path(0).path("port").asText();
    }

    @Override
    public void onEvent(QmpEvent event) {
        log.debug("qemu {} {} at={}", event.name(), event.status(), event.at());
        if (event.name().equals("RESUME")) {
            loop.post(new ArrivalEvent.Resumed(event.received(), event.at()));
        }
    }

    @Override
    public void onDisconnected(QmpConnectionException why) {
        if (closing) {
            return;
        }
        boolean running = arrived;
        worker.submit(() -> {
            if (!qemu.gone(DEATH_THROES)) {
                if (running) {
                    log.warn("the monitor of a running guest is lost guest={}", files.guest());
                    return new ArrivalEvent.SessionEnded(loop.now());
                }
            }
            return end(false);
        });
    }

    private ArrivalEvent end(boolean asked) {
        try {
            qemu.end(asked);
            hook.gone(files.guest());
            return new ArrivalEvent.QemuEnded(loop.now(), files.lastWords());
        } catch (Failure e) {
            // To leave without a word is right: the source must not believe it dead.
            over.completeExceptionally(e);
            return new ArrivalEvent.Refused(loop.now(), Failures.reason(e));
        }
    }

    private void readOrders(InputStream orders) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(orders, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Order order = Order.parse(line);
                loop.execute(() -> obey(order));
            }
        } catch (IOException e) {
            log.debug("orders end: {}", e.getMessage());
        }
        loop.post(new ArrivalEvent.SessionEnded(loop.now()));
    }

    private void obey(Order order) {
        loop.post(new ArrivalEvent.SourceHeard(loop.now()));
        if (order instanceof Order.Abort) {
            loop.post(new ArrivalEvent.AbortRequested(loop.now()));
        } else if (order instanceof Order.Evict) {
            loop.post(new ArrivalEvent.EvictRequested(loop.now()));
        } else if (order instanceof Order.TellTime question) {
            report(new Report.Time(question.number(), loop.now()));
        } else if (order instanceof Order.Follow source) {
            hookWorker.execute(() -> hook.follow(files.guest(), source.time()));
        } else {
            log.warn("order not understood: {}", order);
        }
    }

    @Override
    public void execute(ArrivalAction.AnnounceReady action) {
        String version = monitor == null ? "" : monitor.qemuVersion();
        report(new Report.Ready(uri, version, action.preparation()));
    }

    @Override
    public void execute(ArrivalAction.AwaitSource action) {
        loop.arm("silence", action.silentUntil(), ArrivalEvent.SessionEnded::new);
    }

    @Override
    public void execute(ArrivalAction.AnnounceRunning action) {
        arrived = true;
        report(new Report.Running(action.resumed()));
        try {
            host.arrived(files);
        } catch (Failure e) {
            log.warn("the guest runs, but its record says that it has yet to arrive: {}", e.getMessage());
        }
    }

    @Override
    public void execute(ArrivalAction.QuitQemu action) {
        boolean asked = monitor != null;
        if (monitor != null) {
            monitor.execute("quit");
        }
        worker.submit(() -> end(asked));
    }

    @Override
    public void execute(ArrivalAction.ClearAndAnnounceGone action) {
        String reason = action.reason();
        try {
            host.clear(files);
        } catch (Failure e) {
            reason += "; and not everything of it could be removed: " + e.getMessage();
        }
        report(new Report.Gone(reason));
    }

    @Override
    public void execute(ArrivalAction.Finish action) {
        over.complete(action.running());
    }

    private void report(Report report) {
        reports.println(Report.line(report));
        reports.flush();
    }
}
