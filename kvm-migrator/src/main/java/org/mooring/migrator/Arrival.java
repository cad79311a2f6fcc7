package org.mooring.migrator;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The arrival of one guest: events in, actions out. Confined to one thread.
 *
 * <p>Until RESUME the guest belongs to the source: whatever goes wrong, and also a lost session, ends QEMU here, which the source's QEMU
 * notices on the return path and goes on. After RESUME the guest belongs here, and only the source's word that it took it back ends it.
 */
public final class Arrival {
    private enum Phase {
        PREPARING,
        WAITING,
        RUNNING,
        ENDING,
        OVER
    }

    private Phase phase = Phase.PREPARING;
    private boolean listening;
    private @Nullable Preparation preparation;
    private @Nullable String failure;

    public List<ArrivalAction> handle(ArrivalEvent event) {
        if (phase == Phase.OVER) {
            return List.of();
        } else if (event instanceof ArrivalEvent.QemuEnded ended) {
            return ended(ended);
        } else if (event instanceof ArrivalEvent.Listening) {
            listening = true;
            return ready();
        } else if (event instanceof ArrivalEvent.Prepared prepared) {
            preparation = prepared.preparation();
            return ready();
        } else if (event instanceof ArrivalEvent.Resumed resumed) {
            return resumed(resumed);
        } else if (event instanceof ArrivalEvent.Refused refused) {
            return end(refused.reason());
        } else if (event instanceof ArrivalEvent.AbortRequested) {
            return phase == Phase.RUNNING ? List.of() : end("ended on the source's request");
        } else if (event instanceof ArrivalEvent.EvictRequested) {
            return end("ended because the source has taken the guest back");
        } else if (event instanceof ArrivalEvent.SessionEnded) {
            return sessionEnded();
        }
        throw new AssertionError(event);
    }

    /** Once QEMU listens and the agents are prepared, or won't be: a stream that came earlier could bring the guest too early. */
    private List<ArrivalAction> ready() {
        if (phase != Phase.PREPARING || !listening || preparation == null) {
            return List.of();
        }
        phase = Phase.WAITING;
        return List.of(new ArrivalAction.AnnounceReady(preparation));
    }

    private List<ArrivalAction> resumed(ArrivalEvent.Resumed resumed) {
        if (phase != Phase.WAITING) {
            return List.of();
        }
        phase = Phase.RUNNING;
        return List.of(new ArrivalAction.AnnounceRunning(resumed.resumed()));
    }

    private List<ArrivalAction> sessionEnded() {
        if (phase != Phase.RUNNING) {
            return end("the session with the source was lost before the guest ran");
        }
        phase = Phase.OVER;
        return List.of(new ArrivalAction.Finish(true));
    }

    private List<ArrivalAction> end(String reason) {
        if (phase == Phase.ENDING) {
            return List.of();
        }
        phase = Phase.ENDING;
        failure = reason;
        return List.of(new ArrivalAction.QuitQemu());
    }

    private List<ArrivalAction> ended(ArrivalEvent.QemuEnded ended) {
        phase = Phase.OVER;
        String reason = failure == null ? ended.reason() : failure;
        if (failure != null && !ended.reason().isEmpty()) {
            reason = failure + ": " + ended.reason();
        }
        return List.of(new ArrivalAction.ClearAndAnnounceGone(reason), new ArrivalAction.Finish(false));
    }
}
