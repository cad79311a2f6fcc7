package org.mooring.runtime;

import java.util.concurrent.Executor;

/** Who started the daemon, and ends it when it can't go on. May be called on any thread. */
public interface Supervisor {
    /**
     * Ends the program with exit code 1: a bug, or ground lost under the feet. State that may be wrong is never worked
     * on; whoever runs the program starts it again, and it finds its state in its store.
     *
     * @param doing what was being done, such as the event that was handled
     */
    void crash(String doing, Throwable cause);

    /** The service manager's watchdog is fed for as long as {@code thread} still runs what it is given. */
    void watch(Executor thread);

    /** This one for threads that end before the daemon does. */
    default Supervisor unwatched() {
        var crashed = this;
        return new Supervisor() {
            @Override
            public void crash(String doing, Throwable cause) {
                crashed.crash(doing, cause);
            }

            @Override
            public void watch(Executor thread) {}
        };
    }
}
