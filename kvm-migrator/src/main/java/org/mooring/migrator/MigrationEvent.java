package org.mooring.migrator;

import java.time.Instant;

/** What can happen while a guest is migrated, as seen from the host it leaves. Time enters only through {@link #at()}. */
public sealed interface MigrationEvent {
    Instant at();

    /** The destination's QEMU waits for the guest at {@code uri}. */
    record DestinationReady(Instant at, String uri) implements MigrationEvent {}

    /** The guest runs at the destination: its QEMU said RESUME, at {@code resumed} by our clock. */
    record DestinationRunning(Instant at, Instant resumed) implements MigrationEvent {}

    /** The destination's listener saw its QEMU dead, or never started one: the guest surely doesn't run there. */
    record DestinationGone(Instant at, String reason) implements MigrationEvent {}

    /** The ssh session ended without a word: nobody knows how things are there. */
    record SessionLost(Instant at, String reason) implements MigrationEvent {}

    /** The source's QEMU has taken capabilities and parameters. */
    record SourceConfigured(Instant at) implements MigrationEvent {}

    /** The source's QEMU refused a command. */
    record SourceRefused(Instant at, String reason) implements MigrationEvent {}

    /** STOP at the source, at {@code stopped} by QEMU's own timestamp. */
    record SourceStopped(Instant at, Instant stopped) implements MigrationEvent {}

    /** RESUME at the source: QEMU takes the guest back, or an operator paused it and lets it go on. */
    record SourceResumed(Instant at) implements MigrationEvent {}

    /**
     * The source's QEMU says how the stream ended. With the return path on, COMPLETED means that the destination reported to have started the
     * guest; after FAILED and CANCELLED the source resumes the guest by itself.
     */
    record StreamEnded(Instant at, Verdict verdict, String reason) implements MigrationEvent {}

    /** The source's monitor went away. Where {@code dead}, so did its QEMU. */
    record SourceLost(Instant at, boolean dead, String reason) implements MigrationEvent {}

    /** What {@link MigrationAction.QuitSource} asked for is done. */
    record SourceCleared(Instant at) implements MigrationEvent {}

    /**
     * The operator wants it ended.
     *
     * @param afterStop also where the guest is stopped already: then the destination is asked whether it runs there
     */
    record CancelRequested(Instant at, boolean afterStop) implements MigrationEvent {}

    /** The deadline that was armed last under this number has passed. */
    record DeadlinePassed(Instant at, int number) implements MigrationEvent {}

    enum Verdict {
        COMPLETED,
        FAILED,
        CANCELLED
    }
}
