package org.mooring.hook.daemon;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Happening;
import org.mooring.runtime.control.Refusal;
import org.mooring.runtime.control.Request;
import org.mooring.runtime.control.Routes;

/** Hears of the guests from whoever uses the control socket: {@code guest-hook event}, a migrator. */
final class ControlGuestEvents implements GuestEvents {
    /** The body of {@code POST /guests/NAME/events}. */
    record PhaseEvent(
            @JsonProperty("phase") @Nullable String phase,
            @JsonProperty("tap") @Nullable String tap) {}

    private static final String GONE = "gone";

    private final Routes routes;
    private final Clock clock;
    private final Taps taps;
    private final ToldGuests told;
    private final Predicate<String> isWatched;
    private final Preparations preparations;
    private final Predicate<String> isConfigured;
    private final Listener listener;

    /** @param isWatched whether the guest's QEMU tells, too; asked on the loop */
    ControlGuestEvents(
            Routes routes,
            Clock clock,
            Taps taps,
            ToldGuests told,
            Predicate<String> isWatched,
            Preparations preparations,
            Predicate<String> isConfigured,
            Listener listener) {
        this.preparations = preparations;
        this.isConfigured = isConfigured;
        this.routes = routes;
        this.clock = clock;
        this.taps = taps;
        this.told = told;
        this.isWatched = isWatched;
        this.listener = listener;
    }

    @Override
    public void start() {
        routes.postLater("/guests/{name}/events", this::told);
    }

    /** Tells what was told before this hook was started, or before there was somebody to hear. On the loop. */
    void tellAgain() {
        Instant now = clock.instant();
        told.all().forEach((guest, last) -> {
            if (last.tap() != null) {
                taps.name(guest, last.tap());
            }
            found(String.valueOf(last.phase())).forEach(what -> listener.happened(guest, what, now));
        });
    }

    /** The control socket is closed with the hook. */
    @Override
    public void close() {}

    /** Whoever brings a guest wants to know what it will find; all else is answered at once. */
    private CompletionStage<?> told(Request request) throws Refusal {
        String guest = request.parameter("name");
        if (!isConfigured.test(guest)) {
            throw ControlRoutes.noSuchGuest(guest);
        }
        PhaseEvent event = request.body(PhaseEvent.class);
        List<Happening> meaning = meaning(event.phase());
        if (event.tap() != null) {
            taps.name(guest, event.tap());
        }
        CompletionStage<?> answer = meaning.contains(Happening.ARRIVING)
                ? preparations.await(guest)
                : CompletableFuture.completedFuture(event);
        Instant now = clock.instant();
        meaning.forEach(what -> listener.happened(guest, what, now));
        // After the guest's registration, which doesn't wait for a disk; whoever has told may.
        return keep(guest, event).thenCombine(answer, (kept, said) -> said);
    }

    /** Where QEMU tells of the guest itself, it does so after a restart, too. */
    private CompletionStage<?> keep(String guest, PhaseEvent event) {
        String phase = String.valueOf(event.phase());
        return phase.equals(GONE) || isWatched.test(guest) ? told.forget(guest) : told.keep(guest, phase, event.tap());
    }

    /** What it means that a guest was found in this phase, where nothing is known of it. */
    private static List<Happening> found(String phase) {
        return switch (phase) {
            case "leaving" -> List.of(Happening.RUNNING, Happening.MIGRATION_STARTED);
            case "failed" -> List.of(Happening.RUNNING);
            default -> {
                try {
                    yield meaning(phase);
                } catch (Refusal e) {
                    throw new AssertionError("only phases are kept: " + phase, e);
                }
            }
        };
    }

    /**
     * A phase is the end of a way: whoever tells it need not have told the steps before. That the guest has stopped comes
     * first, for it may have done so a while ago, and nothing may be sent for a guest that still ran.
     */
    private static List<Happening> meaning(@Nullable String phase) throws Refusal {
        return switch (String.valueOf(phase)) {
            case "arriving" -> List.of(Happening.ARRIVING);
            case "running" -> List.of(Happening.RUNNING);
            case "leaving" -> List.of(Happening.MIGRATION_STARTED);
            case "stopped" -> List.of(Happening.STOPPED, Happening.MIGRATION_STARTED);
            case "left" -> List.of(Happening.STOPPED, Happening.MIGRATION_STARTED, Happening.MIGRATION_COMPLETED);
            case "failed" -> List.of(Happening.MIGRATION_FAILED);
            case GONE -> List.of(Happening.ENDED);
            default ->
                throw Refusal.badRequest("phase is one of " + String.join(", ", PHASES) + ", not '" + phase + "'");
        };
    }

    static final List<String> PHASES = List.of("arriving", "running", "leaving", "stopped", "left", "failed", GONE);
}
