package org.mooring.migrator;

import java.time.Instant;

/** What can happen at the host where a guest is to arrive, once its QEMU was started. */
public sealed interface ArrivalEvent {
    Instant at();

    /** QEMU listens for the stream. */
    record Listening(Instant at) implements ArrivalEvent {}

    /** The hook here has answered, or was given up. */
    record Prepared(Instant at, Preparation preparation) implements ArrivalEvent {}

    /** QEMU refused a command before it listened. */
    record Refused(Instant at, String reason) implements ArrivalEvent {}

    /** RESUME, at {@code resumed} by QEMU's own timestamp: the trustworthy sign that the guest runs here. */
    record Resumed(Instant at, Instant resumed) implements ArrivalEvent {}

    /** The QEMU process ended; {@code reason} is what it had to say, or empty. */
    record QemuEnded(Instant at, String reason) implements ArrivalEvent {}

    /** The source has given an order, whatever it is: it lives. */
    record SourceHeard(Instant at) implements ArrivalEvent {}

    /** The source wants no migration after all. */
    record AbortRequested(Instant at) implements ArrivalEvent {}

    /** The source's QEMU has taken the guest back. */
    record EvictRequested(Instant at) implements ArrivalEvent {}

    /** The source needs us no more: it closed the session, died, or can't be reached. */
    record SessionEnded(Instant at) implements ArrivalEvent {}
}
