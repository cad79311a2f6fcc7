package org.mooring.migrator;

import java.time.Instant;

/** What {@link Arrival} wants done. */
public sealed interface ArrivalAction {
    void on(Executor executor);

    /** Tell the source that QEMU awaits the stream, and what the hook has prepared. */
    record AnnounceReady(Preparation preparation) implements ArrivalAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Unless this is asked for again before, {@link ArrivalEvent.SessionEnded} follows at {@code silentUntil}. */
    record AwaitSource(Instant silentUntil) implements ArrivalAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Tell the source, and the guest's record for the hook, that the guest runs here. */
    record AnnounceRunning(Instant resumed) implements ArrivalAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** End QEMU; {@link ArrivalEvent.QemuEnded} follows. */
    record QuitQemu() implements ArrivalAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Remove tap, sockets and files; then tell the source that nothing of the guest's is left here. */
    record ClearAndAnnounceGone(String reason) implements ArrivalAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** It is over. */
    record Finish(boolean running) implements ArrivalAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** One method for each action: forgetting one does not compile. */
    interface Executor {
        void execute(AnnounceReady action);

        void execute(AwaitSource action);

        void execute(AnnounceRunning action);

        void execute(QuitQemu action);

        void execute(ClearAndAnnounceGone action);

        void execute(Finish action);
    }
}
