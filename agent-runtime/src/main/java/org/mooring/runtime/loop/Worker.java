package org.mooring.runtime.loop;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mooring.runtime.Supervisor;

/**
 * One thread for work that blocks, such as the kernel's. Work is done in the order it was submitted; what comes of it
 * is an event.
 *
 * @param <E> the events of the loop that it works for
 */
public final class Worker<E> implements AutoCloseable {
    private final String name;
    private final Consumer<E> post;
    private final Supervisor supervisor;
    private final ExecutorService thread;

    Worker(String name, Consumer<E> post, Supervisor supervisor) {
        this.name = name;
        this.post = post;
        this.supervisor = supervisor;
        this.thread = new ThreadPoolExecutor(
                1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> new Thread(task, name));
    }

    /**
     * Does {@code work} and posts the event that it returns. A refusal that can happen is an event too; an exception is
     * a bug, and ends the program.
     */
    public void submit(Callable<E> work) {
        thread.execute(() -> {
            try {
                post.accept(work.call());
            } catch (Exception | Error e) {
                supervisor.crash("working on the " + name + " thread", e);
            }
        });
    }

    /** Does {@code work} that nothing comes of. An exception ends the program. */
    public void execute(Runnable work) {
        thread.execute(() -> {
            try {
                work.run();
            } catch (RuntimeException | Error e) {
                supervisor.crash("working on the " + name + " thread", e);
            }
        });
    }

    /**
     * Does {@code work} in its turn, for somebody who waits for what it returns or throws. What follows runs on this
     * thread, too.
     */
    public <T> CompletionStage<T> ask(Callable<T> work) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        thread.execute(() -> {
            try {
                answer.complete(work.call());
            } catch (Exception e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    /** Ends the thread once it has done all that was submitted, or a while has passed. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(10, TimeUnit.SECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
