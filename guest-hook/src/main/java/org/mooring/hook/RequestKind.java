package org.mooring.hook;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.mooring.protocol.handover.HandoverExtension;

/** What a request is for: a registration of RFC 3344, or one of docs/handover.md, "The requests". */
public enum RequestKind {
    REGISTRATION,
    /** Changes no binding; see {@link Event.CheckRequested}. */
    CHECK,
    /** A care-of address is prepared here for a guest that still is elsewhere. */
    PREPARE,
    /** A renewal that asks what is staged for a guest which is about to leave. */
    ARM,
    /** The guest has stopped: its packets go to what is staged. */
    COMMIT,
    /** The registration of a guest that runs here after its migration. */
    CONFIRM,
    /** What is staged for the guest is dropped. */
    ABORT;

    /** How far ahead of its clock the home agent accepts such a request, if the association's tolerance isn't less. */
    Duration mostAhead() {
        return switch (this) {
            case PREPARE, ARM -> HandoverExtension.MOST_AHEAD;
            case REGISTRATION, CHECK, COMMIT, CONFIRM, ABORT -> ChronoUnit.FOREVER.getDuration();
        };
    }

    /** As timelines have it. */
    public String word() {
        return this == REGISTRATION || this == CHECK ? "request" : name().toLowerCase(Locale.ROOT);
    }
}
