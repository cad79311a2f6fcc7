package org.mooring.migrator;

/** What can happen while a host is evacuated. When it happens makes no difference. */
public sealed interface EvacuationEvent {

    /** The migration of this guest, which was begun, is over. */
    record Ended(String guest, Outcome outcome) implements EvacuationEvent {}

    /** The operator wants it ended. */
    record CancelRequested() implements EvacuationEvent {}
}
