package org.mooring.migrator;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What {@link Evacuation} wants done. */
public sealed interface EvacuationAction {
    void on(Executor executor);

    /** Begin this guest's migration. */
    record Begin(String guest) implements EvacuationAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Cancel this guest's migration, unless the guest is stopped already. */
    record Cancel(String guest) implements EvacuationAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * It is over.
     *
     * @param outcomes of all guests, in the order in which they were to move
     */
    record Finish(Map<String, Outcome> outcomes) implements EvacuationAction {
        public Finish {
            outcomes = Collections.unmodifiableMap(new LinkedHashMap<>(outcomes));
        }

        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** One method for each action: forgetting one does not compile. */
    interface Executor {
        void execute(Begin action);

        void execute(Cancel action);

        void execute(Finish action);
    }
}
