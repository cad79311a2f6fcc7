package org.mooring.migrator;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The arrival of one guest: events in, actions out. Confined to one thread.
 *
 * <p>Until RESUME the guest belongs to the source: whatever goes wrong, and also a lost session, ends QEMU here, which the source's QEMU
 * notices on the return path and goes on. After RESUME the guest belongs here, and only the source's word that it took it back ends it.
 */
public final class Arrival {
    /** The source asks for the time every few seconds; a network that is cut tells nobody. */
    static final Duration LONGEST_SILENCE = Duration.ofSeconds(30);

    private enum Phase {
        PREPARING,
        WAITING,
        RUNNING,
        ENDING,
        OVER
    }

    private final boolean asked;
    private Phase phase = Phase.PREPARING;
    private boolean listening;
    private @Nullable Preparation preparation;
    private @Nullable String failure;

    /** @param asked by the source's migrator, which is heard from the time on when it knows that we are ready */
    public Arrival(boolean asked) {
        this.asked = asked;
    }

    public List<ArrivalAction> handle(ArrivalEvent event) {
        if (phase == Phase.OVER) {
            return List.of();
        } else if (event instanceof ArrivalEvent.QemuEnded ended) {
            return ended(ended);
        } else if (event instanceof ArrivalEvent.Listening) {
            listening = true;
            return ready(event.at());
        } else if (event instanceof ArrivalEvent.Prepared prepared) {
            preparation = prepared.preparation();
            return ready(event.at());
        } else if (event instanceof ArrivalEvent.SourceHeard) {
            return List.of(awaitSource(event.at()));
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
    private List<ArrivalAction> ready(Instant now) {
        if (phase != Phase.PREPARING || !listening || preparation == null) {
            return List.of();
        }
        phase = Phase.WAITING;
        var announced = new ArrivalAction.AnnounceReady(preparation);
        return asked ? List.of(announced, awaitSource(now)) : List.of(announced);
    }

    private static ArrivalAction awaitSource(Instant now) {
        return new ArrivalAction.AwaitSource(now.plus(LONGEST_SILENCE));
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
