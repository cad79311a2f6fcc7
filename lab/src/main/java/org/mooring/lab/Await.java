package org.mooring.lab;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for what no event tells us. */
final class Await {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration PAUSE = Duration.ofMillis(25);

    private Await() {}

    /** Returns once the condition holds; gives up, saying for what it waited, after a time that no healthy run comes near. */
    static void until(String what, Callable<Boolean> condition) {
        until(what, PATIENCE, condition);
    }

    static void until(String what, Duration patience, Callable<Boolean> condition) {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                if (condition.call()) {
                    return;
                }
            } catch (LabException e) {
                throw e;
            } catch (Exception e) {
                throw new LabException("waiting until " + what, e);
            }
            if (System.nanoTime() - end > 0) {
                throw new LabException("waited " + patience.toSeconds() + " s in vain until " + what);
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new LabException("interrupted while waiting until " + what);
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }
}
