package org.mooring.migrator;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Where a migration left the guest. */
public sealed interface Outcome {
    /** The guest runs at the destination. {@code downtime} is from the source's STOP to the destination's RESUME; null if STOP was missed. */
    record Moved(Duration total, @Nullable Duration downtime) implements Outcome {}

    /** The guest is where we say, for this reason. */
    record NotMoved(Whereabouts guest, String reason) implements Outcome {}

    enum Whereabouts {
        /** Runs at the source, as before. */
        STAYED,
        /** The source's QEMU lives, but its monitor doesn't answer. */
        STAYED_UNSEEN,
        /** Paused at the source; whether it runs at the destination nobody knows. */
        UNDECIDED,
        /** Runs at both hosts. */
        TWICE,
        /** Both QEMUs are dead. */
        LOST
    }
}
