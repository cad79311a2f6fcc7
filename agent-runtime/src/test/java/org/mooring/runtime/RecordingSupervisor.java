package org.mooring.runtime;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** A supervisor that ends nothing, and tells a test what it was told. */
public final class RecordingSupervisor implements Supervisor {
    /** What was being done, and what went wrong. */
    public record Crash(String doing, Throwable cause) {}

    private final CompletableFuture<Crash> crash = new CompletableFuture<>();

    @Override
    public void crash(String doing, Throwable cause) {
        crash.complete(new Crash(doing, cause));
    }

    @Override
    public void watch(Executor thread) {}

    /** The first crash, once there is one. */
    public CompletableFuture<Crash> firstCrash() {
        return crash;
    }
}
