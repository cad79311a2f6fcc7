package org.mooring.hook;

import java.time.Instant;
import java.util.List;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.Identification;

/** What a request is for, and the extensions that say so. */
record Errand(RequestKind kind, List<HandoverExtension> extensions) {
    static final Errand REGISTRATION = new Errand(RequestKind.REGISTRATION);
    static final Errand CONFIRM = new Errand(RequestKind.CONFIRM);
    static final Errand ARM = new Errand(RequestKind.ARM, new HandoverExtension.Arm());

    Errand {
        extensions = List.copyOf(extensions);
    }

    private Errand(RequestKind kind, HandoverExtension... extensions) {
        this(kind, List.of(extensions));
    }

    /** A dry run that asks for the home agent's time. */
    static Errand check(Instant now) {
        return new Errand(RequestKind.CHECK, new HandoverExtension.Clock(Identification.of(now)));
    }

    /** A registration that asks for it, too. */
    static Errand askingTheTime(Instant now) {
        return new Errand(RequestKind.REGISTRATION, new HandoverExtension.Clock(Identification.of(now)));
    }

    static Errand prepare(HandoverId id, int holdSeconds) {
        return new Errand(RequestKind.PREPARE, new HandoverExtension.Prepare(id, holdSeconds));
    }

    /**
     * Takes {@link #prepare} back. With its extension: whoever doesn't know of handovers must not take this for a
     * registration.
     */
    static Errand withdraw(HandoverId id, int holdSeconds) {
        return new Errand(
                RequestKind.ABORT, new HandoverExtension.Prepare(id, holdSeconds), new HandoverExtension.Abort(id));
    }

    static Errand commit(HandoverId id) {
        return new Errand(RequestKind.COMMIT, new HandoverExtension.Commit(id));
    }

    /** A registration of a guest that stays where it was. */
    static Errand abort(HandoverId id) {
        return new Errand(RequestKind.ABORT, new HandoverExtension.Abort(id));
    }
}
