package org.mooring.runtime.cli;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.mooring.runtime.Supervisor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A daemon's process from its start to its end: signals, the watchdog, and crashes. */
final class Lifecycle implements Supervisor {
    private static final Logger log = LoggerFactory.getLogger(Lifecycle.class);
    private static final Duration LONG = Duration.ofDays(1);

    private enum Request {
        STOP,
        RELOAD
    }

    private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
    private final List<Executor> watched = new CopyOnWriteArrayList<>();
    private final Optional<Duration> watchdogInterval;

    private Lifecycle(Optional<Duration> watchdogInterval) {
        this.watchdogInterval = watchdogInterval;
    }

    /** Takes over the signals and uncaught exceptions of this process. */
    static Lifecycle ofThisProcess(Optional<Duration> watchdogInterval) {
        Lifecycle lifecycle = new Lifecycle(watchdogInterval);
        Signals.handle("TERM", lifecycle::stop);
        Signals.handle("INT", lifecycle::stop);
        Signals.handle("HUP", () -> lifecycle.requests.add(Request.RELOAD));
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, cause) -> lifecycle.crash("running thread " + thread.getName(), cause));
        return lifecycle;
    }

    @Override
    public void crash(String doing, Throwable cause) {
        log.error("ended by a bug while {}", doing, cause);
        halt();
    }

    @Override
    public void watch(Executor thread) {
        watched.add(thread);
    }

    /**
     * Returns when the program was asked to stop.
     *
     * @param reload run on each SIGHUP
     * @param alive run at each third of the watchdog's interval, if the watched threads still turn
     */
    void untilStopped(Runnable reload, Runnable alive) {
        // A third, so that a late one doesn't bite.
        long wait = watchdogInterval
                .map(interval -> interval.dividedBy(3))
                .orElse(LONG)
                .toMillis();
        while (true) {
            try {
                Request request = requests.poll(wait, TimeUnit.MILLISECONDS);
                if (request == Request.STOP) {
                    return;
                }
                if (request == Request.RELOAD) {
                    reload.run();
                }
                CompletableFuture.allOf(watched.stream()
                                .map(thread -> CompletableFuture.runAsync(() -> {}, thread))
                                .toArray(CompletableFuture[]::new))
                        .thenRun(alive);
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts the main thread", e);
            }
        }
    }

    private void stop() {
        if (requests.contains(Request.STOP)) {
            log.warn("asked to stop again: ended at once");
            halt();
        }
        requests.add(Request.STOP);
    }

    /** Without shutdown hooks, which could wait for a thread that is stuck. */
    private static void halt() {
        Runtime.getRuntime().halt(1);
    }
}
