package org.mooring.hook.daemon;

import java.util.Optional;
import org.mooring.hook.Happening;

/** What the events of one QEMU mean for its guest, whoever hears them. */
final class QemuEvents {
    /** What this QEMU says of a migration is of the one that the guest came by. */
    private boolean incoming;

    private boolean resumed;
    private boolean leaving;

    /** This QEMU waits for its guest. */
    void awaitGuest() {
        incoming = true;
    }

    /** The guest ran here before anything was heard. */
    void hasRun() {
        resumed = true;
    }

    /** Whether what is heard of a migration can only be of one by which the guest comes, and nobody has said so yet. */
    boolean mustBeArriving() {
        return !resumed && !incoming;
    }

    /** Whether a migration is under way by which the guest goes: it may stop for that any time. */
    boolean isLeaving() {
        return leaving;
    }

    /**
     * The meaning of the next event; empty if there is none.
     *
     * @param status of a {@code MIGRATION}, else empty
     */
    Optional<Happening> meaning(String event, String status) {
        return switch (event) {
            case "RESUME" -> {
                resumed = true;
                // A migration may go on. Should it stop the guest after all, that has to be asked for.
                leaving = false;
                yield Optional.of(Happening.RUNNING);
            }
            case "STOP" -> Optional.of(Happening.STOPPED);
            case "SHUTDOWN" -> Optional.of(Happening.ENDED);
            case "MIGRATION" -> migration(status);
            default -> Optional.empty();
        };
    }

    private Optional<Happening> migration(String status) {
        if (incoming) {
            // A second "setup" is the beginning of the guest's way out, should nobody have heard "completed".
            incoming = !status.equals("completed") && !(resumed && status.equals("setup"));
            if (incoming || status.equals("completed")) {
                return Optional.empty();
            }
        }
        Optional<Happening> meaning = switch (status) {
            case "completed" -> Optional.of(Happening.MIGRATION_COMPLETED);
            case "failed", "cancelled" -> Optional.of(Happening.MIGRATION_FAILED);
            case "cancelling", "none" -> Optional.empty();
            default -> Optional.of(Happening.MIGRATION_STARTED);
        };
        leaving = meaning.map(Happening.MIGRATION_STARTED::equals).orElse(leaving);
        return meaning;
    }
}
