package org.mooring.runtime.cli;

import org.mooring.runtime.Failure;
import org.mooring.runtime.Supervisor;

/**
 * What {@code run} runs.
 *
 * @param <C> its configuration
 */
public interface Daemon<C> extends AutoCloseable {
    /**
     * Goes on with a configuration that was read again, without dropping a binding.
     *
     * @throws Failure if something in it takes a restart; then all goes on as it was
     */
    void reload(C config) throws Failure;

    /** Stops in good order. What was promised to a peer stays promised. */
    @Override
    void close();

    /** Starts a daemon. */
    interface Starter<C> {
        /**
         * Returns once the daemon is ready.
         *
         * @throws Failure if it can't start; then nothing of it is left
         */
        Daemon<C> start(C config, Supervisor supervisor) throws Failure;
    }
}
