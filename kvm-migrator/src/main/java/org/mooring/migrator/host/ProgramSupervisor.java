package org.mooring.migrator.host;

import java.util.concurrent.Executor;
import org.mooring.runtime.Supervisor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends a verb that hit a bug. No watchdog feeds on verbs. */
final class ProgramSupervisor implements Supervisor {
    private static final Logger log = LoggerFactory.getLogger(ProgramSupervisor.class);

    @Override
    public void crash(String doing, Throwable cause) {
        log.error("ended by a bug while {}", doing, cause);
        // Without shutdown hooks, which could wait for a thread that is stuck.
        Runtime.getRuntime().halt(1);
    }

    @Override
    public void watch(Executor thread) {}
}
