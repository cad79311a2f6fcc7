package org.mooring.runtime.loop;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.mooring.runtime.Supervisor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that owns an agent's state. It takes an event, hands it to the core, and runs the actions that come
 * back. Everybody else posts events: sockets, timers, the {@link Worker} threads.
 *
 * <p>An exception from the core or from an action is a bug: it ends the program through the {@link Supervisor}, with
 * the event in the log, and no further event is handled.
 *
 * @param <E> the core's events
 * @param <A> the core's actions
 */
public final class AgentLoop<E, A> implements Executor, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AgentLoop.class);

    /** The clock may be set while a timer waits, so it is read at least this often. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);

    private record Agent<E, A>(Function<E, List<A>> core, Consumer<A> executor) {}

    private final EventLoopGroup group;
    private final Clock clock;
    private final Supervisor supervisor;

    // Confined to the loop's thread from here on.
    private final Timers<E> timers = new Timers<>();
    private final List<E> early = new ArrayList<>();
    private @Nullable Agent<E, A> agent;
    private @Nullable Future<?> tick;
    private boolean crashed;

    /** Starts the thread, which is called {@code name}. */
    public AgentLoop(String name, Clock clock, Supervisor supervisor) {
        this.group = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory(name), EpollIoHandler.newFactory());
        this.clock = clock;
        this.supervisor = supervisor;
        supervisor.watch(this);
    }

    /**
     * Gives the loop its agent. Events that were posted before this are handled first.
     *
     * @param core the agent's {@code handle}
     * @param executor runs one action, on the loop's thread
     */
    public void start(Function<E, List<A>> core, Consumer<A> executor) {
        execute(() -> {
            agent = new Agent<>(core, executor);
            early.forEach(this::handle);
            early.clear();
        });
    }

    /**
     * Has {@code event} handled, after all that were posted before it. May be called on any thread. Once the loop is
     * being closed, events are dropped: nobody waits for what comes of them.
     */
    public void post(E event) {
        try {
            group.execute(() -> handle(event));
        } catch (RejectedExecutionException closing) {
            log.debug("dropped on the way out: {}", event);
        }
    }

    /**
     * Posts as {@link #post} does, and waits while {@code most} of its events aren't handled yet: for a thread that reads what anybody may send. What is
     * sent faster than it is handled waits in the kernel then, or is dropped there.
     */
    public Consumer<E> inlet(int most) {
        var bounded = bounded(most);
        return event -> bounded.execute(() -> handle(event));
    }

    /** Runs tasks as {@link #execute} does, for another thread than the loop's, which waits while {@code most} of its tasks haven't run yet. */
    public Executor bounded(int most) {
        var free = new Semaphore(most);
        return task -> {
            free.acquireUninterruptibly();
            try {
                execute(() -> {
                    try {
                        task.run();
                    } finally {
                        free.release();
                    }
                });
            } catch (RejectedExecutionException closing) {
                free.release();
                log.debug("dropped on the way out: {}", task);
            }
        };
    }

    /** Runs {@code task} on the loop's thread, where the agent's state may be read. May be called on any thread. */
    @Override
    public void execute(Runnable task) {
        group.execute(() -> {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                crash("running a task on the agent's thread", e);
            }
        });
    }

    /** The time to stamp an event with. */
    public Instant now() {
        return clock.instant();
    }

    /**
     * Posts {@code event}, made from the time it then is, once {@code at} has come by the wall clock. A timer with an
     * equal key is replaced. To be called on the loop's thread.
     */
    public void arm(Object key, Instant at, Function<Instant, E> event) {
        timers.arm(key, at, event);
        tickAtNext();
    }

    /** Forgets a timer. The core ignores stale ones, so this only saves work. To be called on the loop's thread. */
    public void disarm(Object key) {
        timers.disarm(key);
    }

    /** For channels whose handlers run on the loop's thread. */
    public EventLoopGroup group() {
        return group;
    }

    /** A thread of this loop's for work that blocks. */
    public Worker<E> worker(String name) {
        return new Worker<>(name, this::post, supervisor);
    }

    /** Ends the thread, after the tasks that it has been given. */
    @Override
    public void close() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private void handle(E event) {
        if (crashed) {
            return;
        }
        if (agent == null) {
            early.add(event);
            return;
        }
        try {
            log.trace("event {}", event);
            for (A action : agent.core().apply(event)) {
                log.trace("action {}", action);
                agent.executor().accept(action);
            }
        } catch (RuntimeException | Error e) {
            crash("handling " + event, e);
        }
    }

    private void crash(String doing, Throwable cause) {
        crashed = true;
        supervisor.crash(doing, cause);
    }

    private void tickAtNext() {
        if (tick != null) {
            tick.cancel(false);
        }
        tick = timers.next()
                .map(next -> {
                    Duration wait = Duration.between(now(), next);
                    long nanos = wait.compareTo(LONGEST_WAIT) < 0 ? wait.toNanos() : LONGEST_WAIT.toNanos();
                    return group.schedule(this::fireTimers, Math.max(nanos, 0), TimeUnit.NANOSECONDS);
                })
                .orElse(null);
    }

    private void fireTimers() {
        timers.due(now()).forEach(this::handle);
        tickAtNext();
    }
}
