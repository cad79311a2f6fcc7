package org.mooring.home;

import java.util.Optional;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.ReplyCode;

/**
 * A change of one mobile node's binding that is under way: first the kernel, then the store, then the reply. What fails is undone, and then
 * denied. Confined to the agent loop.
 */
final class Change {
    /** Whose answer is awaited. */
    enum Step {
        FORWARDING,
        PERSISTING,
        RESTORING
    }

    /** The request that asked for the change. */
    record Acceptance(ReceivedRequest received, SecurityAssociation association, ReplyCode code) {}

    private final Optional<Acceptance> acceptance;
    private final Optional<MobilityBinding> before;
    private final Optional<MobilityBinding> after;
    private Step step;

    /**
     * @param acceptance none if nobody asked: a lifetime ended
     * @param after none if there is to be no binding
     */
    Change(Optional<Acceptance> acceptance, Optional<MobilityBinding> before, Optional<MobilityBinding> after) {
        this.acceptance = acceptance;
        this.before = before;
        this.after = after;
        this.step = Step.FORWARDING;
    }

    Optional<Acceptance> acceptance() {
        return acceptance;
    }

    Optional<MobilityBinding> before() {
        return before;
    }

    Optional<MobilityBinding> after() {
        return after;
    }

    /** A renewal does as well: it mends what someone else may have changed in the kernel. */
    boolean touchesForwarding() {
        return !before.equals(after);
    }

    Step step() {
        return step;
    }

    void enter(Step next) {
        step = next;
    }
}
