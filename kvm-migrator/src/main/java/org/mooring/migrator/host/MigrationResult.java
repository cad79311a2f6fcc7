package org.mooring.migrator.host;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.mooring.migrator.Outcome;
import org.mooring.migrator.Preparation;

/**
 * What came of a guest's migration, as an operator is told.
 *
 * @param host the destination
 * @param clock what is known of its clock
 * @param progress the last there was
 * @param preparation what the hook there had prepared; absent where it was never heard of
 */
record MigrationResult(
        String guest,
        String host,
        Outcome outcome,
        Optional<RemoteClock.Offset> clock,
        Optional<Progress> progress,
        Optional<Preparation> preparation) {
    /** With a worse idea of the other host's clock, the downtime would be a guess. */
    private static final Duration TRUSTED_CLOCK = Duration.ofMillis(50);

    /** Of a migration that was not begun, or got no further than our own monitor. */
    static MigrationResult of(String guest, String host, Outcome outcome) {
        return new MigrationResult(guest, host, outcome, Optional.empty(), Optional.empty(), Optional.empty());
    }

    boolean moved() {
        return outcome instanceof Outcome.Moved;
    }

    /** All of it in one line; where the guest has not moved, with what to do. */
    String sentence() {
        if (outcome instanceof Outcome.Moved moved) {
            return "guest " + guest + " runs at " + host + ": " + seconds(moved.total()) + " in all, paused for "
                    + downtime()
                            .map(pause ->
                                    pause.toMillis() + " ms (STOP to RESUME, give or take " + uncertainty() + " ms)")
                            .orElse("n/a (the two clocks can't be compared)")
                    + progress.map(end -> ", " + Progress.mebibytes(end.transferred()) + " MiB in " + end.pass()
                                    + (end.pass() == 1 ? " pass" : " passes"))
                            .orElse("");
        } else if (outcome instanceof Outcome.NotMoved left) {
            return explain(left);
        }
        throw new AssertionError(outcome);
    }

    /** In a word or two. */
    String verdict() {
        if (outcome instanceof Outcome.NotMoved left) {
            return switch (left.guest()) {
                case STAYED -> "stays here";
                case STAYED_UNSEEN -> "stays here, unseen";
                case UNDECIDED -> "paused here";
                case TWICE -> "runs twice";
                case LOST -> "lost";
            };
        }
        return "moved";
    }

    /** How the guest's address has followed it. */
    String via() {
        return preparation
                .filter(known -> moved())
                .map(known -> switch (known.prepared()) {
                    case "staged" -> "two-phase";
                    case "nothing" -> "same-site";
                    default -> "plain";
                })
                .orElse("-");
    }

    /** From STOP to RESUME, where both clocks are known well enough. */
    Optional<Duration> downtime() {
        boolean trusted = clock.isPresent() && clock.get().uncertainty().compareTo(TRUSTED_CLOCK) <= 0;
        return trusted && outcome instanceof Outcome.Moved moved
                ? Optional.ofNullable(moved.downtime())
                : Optional.empty();
    }

    /** Rounded up: it is never known to be exact. */
    private long uncertainty() {
        return clock.map(offset -> offset.uncertainty().plusNanos(999_999).toMillis())
                .orElseThrow();
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }

    private String explain(Outcome.NotMoved left) {
        return switch (left.guest()) {
            case STAYED -> "guest " + guest + " stays here and goes on: " + left.reason();
            case STAYED_UNSEEN -> "guest " + guest + " stays here, but its QEMU doesn't answer: " + left.reason();
            case UNDECIDED ->
                "guest " + guest + " is paused here, and nobody knows whether it runs at " + host + ": "
                        + left.reason() + ". If it runs there, 'kvm-migrator teardown " + guest
                        + "' here; only if it surely doesn't, 'kvm-migrator resume " + guest + "' here";
            case TWICE ->
                "guest " + guest + " runs here and at " + host + ": " + left.reason()
                        + ". At once, 'kvm-migrator teardown " + guest + "' at " + host;
            case LOST ->
                "guest " + guest + " is lost, its QEMU ended here and it did not arrive at " + host + ": "
                        + left.reason() + ". 'kvm-migrator teardown " + guest + "' here, then 'startup' boots it anew";
        };
    }
}
