package org.mooring.migrator;

import java.time.Instant;

/** What {@link Migration} wants done. */
public sealed interface MigrationAction {
    void on(Executor executor);

    /** Have the destination host start a QEMU that waits for the guest. */
    record Listen() implements MigrationAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Give the source's QEMU the capabilities and parameters of this migration. */
    record ConfigureSource() implements MigrationAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    record Migrate(String uri) implements MigrationAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    record CancelMigration() implements MigrationAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Have the destination's QEMU ended and everything of the guest's removed there, unless the guest runs there already. */
    record AbortDestination() implements MigrationAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** As {@link AbortDestination}, though the guest runs there: the source's QEMU has taken it back. */
    record EvictDestination() implements MigrationAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Let the source's guest go on. Only ever asked for when the destination is proven dead. */
    record ContinueSource() implements MigrationAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** End the source's QEMU and remove what the guest had here; the guest runs elsewhere. */
    record QuitSource() implements MigrationAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Report {@link MigrationEvent.DeadlinePassed} with this number then. Older deadlines are void. */
    record ArmDeadline(int number, Instant when) implements MigrationAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** It is over. Nothing is wanted any more. */
    record Finish(Outcome outcome) implements MigrationAction {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** One method for each action: forgetting one does not compile. */
    interface Executor {
        void execute(Listen action);

        void execute(ConfigureSource action);

        void execute(Migrate action);

        void execute(CancelMigration action);

        void execute(AbortDestination action);

        void execute(EvictDestination action);

        void execute(ContinueSource action);

        void execute(QuitSource action);

        void execute(ArmDeadline action);

        void execute(Finish action);
    }
}
