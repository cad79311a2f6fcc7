package org.mooring.timeline;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mooring.timeline.HandoverRecord.Step;

/**
 * One handover as all who were asked know it. Times are by the clock of the host that the guest left, or of the only host that was asked.
 *
 * @param from the host that the guest left; null where nobody of it was asked
 * @param to the host that it was to go to; likewise
 * @param via two-phase, plain or same-site; null where nobody knows
 * @param stop QEMU's STOP, and {@code resume} the RESUME that ended the pause
 * @param addedMs from RESUME until the home agent sent the guest's packets to where it runs; 0 if it did so before, as far as
 *     {@code addedGiveOrTakeMs} allows to say
 * @param clockAheadMs how far the destination's clock was ahead; null if it was never compared. {@code events} allow for it where it is certain
 * @param counts packets, by the name of what became of them; what nobody knows is absent
 * @param missing whose account is missing, and why
 * @param events from the earliest to the latest
 */
public record HandoverAccount(
        String guest,
        @Nullable String from,
        @Nullable String to,
        Instant began,
        String outcome,
        String why,
        @Nullable String via,
        @Nullable String handover,
        @Nullable Instant stop,
        @Nullable Instant resume,
        @Nullable Double pauseMs,
        @Nullable Double addedMs,
        @Nullable Double addedGiveOrTakeMs,
        @Nullable Double clockAheadMs,
        @Nullable Double clockGiveOrTakeMs,
        Map<String, Long> counts,
        List<String> missing,
        List<Event> events) {
    private static final String QEMU = "qemu";
    private static final String STOP = "stop";
    private static final String RESUME = "resume";
    private static final String HOME_AGENT = "home-agent";

    /**
     * One event.
     *
     * @param tMs from STOP; from RESUME or from the beginning where no STOP is known
     * @param place the host's name, or home-agent
     * @param giveOrTakeMs how wrong the time may be at most, the clocks' difference apart
     */
    public record Event(double tMs, Instant at, String place, String who, String what, double giveOrTakeMs) {}

    public HandoverAccount {
        counts = Collections.unmodifiableMap(new LinkedHashMap<>(counts));
        missing = List.copyOf(missing);
        events = List.copyOf(events);
    }

    /** As the hook of one host alone knows it. */
    public static HandoverAccount of(HandoverRecord record, String host) {
        Gathered gathered = new Gathered();
        gathered.add(record.steps(), host, Duration.ZERO);
        boolean arriving = record.arriving();
        return gathered.account(
                record.guest(),
                arriving ? null : host,
                arriving ? host : null,
                record.began(),
                arriving ? "arriving" : "leaving",
                "",
                null,
                record.handover(),
                arriving ? null : record.first(QEMU, STOP),
                record.first(QEMU, RESUME),
                arriving ? record.bound() : null,
                null,
                null,
                record.counts(),
                List.of());
    }

    /**
     * As the migrator and the hooks know it.
     *
     * @param source what the hook of the host knows that the guest left
     * @param destination what the hook of the other one knows, by its own clock
     * @param missing why one of them is not there
     */
    public static HandoverAccount of(
            MigrationRecord migration,
            Optional<HandoverRecord> source,
            Optional<HandoverRecord> destination,
            List<String> missing) {
        Duration ahead = ahead(migration);
        Gathered gathered = new Gathered();
        gathered.add(migration.steps(), migration.from(), Duration.ZERO);
        source.ifPresent(record -> gathered.add(record.steps(), migration.from(), Duration.ZERO));
        destination.ifPresent(record -> gathered.add(record.steps(), migration.to(), ahead));
        Instant stop = source.map(record -> record.first(QEMU, STOP)).orElse(migration.stopped());
        Instant resume = migration.moved()
                ? destination
                        .map(record -> record.first(QEMU, RESUME))
                        .map(theirs -> theirs.minus(ahead))
                        .orElse(migration.resumed())
                : source.map(record -> record.first(QEMU, RESUME)).orElse(null);
        if (stop != null && !gathered.has(QEMU, STOP)) {
            gathered.add(List.of(new Step(stop, QEMU, STOP, 0)), migration.from(), Duration.ZERO);
        }
        if (resume != null && !gathered.has(QEMU, RESUME)) {
            gathered.add(List.of(new Step(resume, QEMU, RESUME, 0)), migration.to(), Duration.ZERO);
        }
        Instant committed = source.map(HandoverRecord::bound).orElse(null);
        Instant registered = destination
                .map(HandoverRecord::bound)
                .map(theirs -> theirs.minus(ahead))
                .orElse(null);
        Map<String, Long> counts = new LinkedHashMap<>();
        Stream.concat(source.stream(), destination.stream())
                .forEach(record -> record.counts().forEach((what, count) -> counts.merge(what, count, Long::sum)));
        return gathered.account(
                migration.guest(),
                migration.from(),
                migration.to(),
                migration.began(),
                migration.outcome(),
                migration.why(),
                migration.moved() ? via(migration, committed, registered) : null,
                Stream.concat(source.stream(), destination.stream())
                        .map(HandoverRecord::handover)
                        .flatMap(Stream::ofNullable)
                        .findFirst()
                        .orElse(null),
                stop,
                resume,
                migration.moved() ? earlier(committed, registered) : null,
                migration.clockAheadMs(),
                migration.clockGiveOrTakeMs(),
                counts,
                missing);
    }

    /** As lines and drawings have it. */
    public Timeline timeline() {
        String way = from == null ? "to " + to : to == null ? "from " + from : from + " to " + to;
        List<Timeline.Moment> moments = events.stream()
                .map(event -> new Timeline.Moment(
                        event.tMs(),
                        event.place(),
                        event.who().equals(HOME_AGENT)
                                ? event.what() + " (give or take " + milliseconds(event.giveOrTakeMs()) + ")"
                                : event.who() + ": " + event.what(),
                        event.giveOrTakeMs()))
                .toList();
        return new Timeline(
                "guest " + guest + " " + way + ", " + outcome
                        + (pauseMs == null ? "" : ", paused for " + milliseconds(pauseMs))
                        + (via == null ? "" : ", " + via),
                notes(),
                stop != null ? "STOP" : resume != null ? "RESUME" : "the beginning",
                stop == null ? null : pauseMs,
                Stream.of(from, HOME_AGENT, to).flatMap(Stream::ofNullable).toList(),
                moments);
    }

    private List<String> notes() {
        List<String> notes = new ArrayList<>();
        notes.add("began " + began + (handover == null ? "" : ", handover " + handover));
        if (!why.isEmpty()) {
            notes.add(why);
        }
        if (addedMs != null) {
            notes.add("the home agent sent to the new place "
                    + (addedMs == 0 ? "before RESUME" : milliseconds(addedMs) + " after RESUME")
                    + (addedGiveOrTakeMs == null ? "" : ", give or take " + milliseconds(addedGiveOrTakeMs)));
        }
        if (!counts.isEmpty()) {
            notes.add("packets: "
                    + counts.entrySet().stream()
                            .map(count -> count.getKey() + " " + count.getValue())
                            .collect(Collectors.joining(", ")));
        }
        if (from != null && to != null) {
            notes.add(clockNote());
        }
        notes.addAll(missing);
        return notes;
    }

    private String clockNote() {
        if (clockAheadMs == null || clockGiveOrTakeMs == null) {
            return "the clock of " + to + " was never compared: its times are as it tells them";
        }
        String measured = milliseconds(Math.abs(clockAheadMs)) + (clockAheadMs < 0 ? " behind" : " ahead of")
                + " that of " + from + ", give or take " + milliseconds(clockGiveOrTakeMs);
        return "the clock of " + to + " is " + measured
                + (isCertain(clockAheadMs, clockGiveOrTakeMs) ? ", which its times allow for" : ": taken for equal");
    }

    private static String milliseconds(double value) {
        return String.format(Locale.ROOT, "%.1f ms", value);
    }

    private static @Nullable String via(
            MigrationRecord migration, @Nullable Instant committed, @Nullable Instant registered) {
        if (committed != null) {
            return "two-phase";
        }
        if ("nothing".equals(migration.prepared())) {
            return "same-site";
        }
        return registered != null || "plain".equals(migration.prepared()) ? "plain" : null;
    }

    private static Duration ahead(MigrationRecord migration) {
        Double ahead = migration.clockAheadMs();
        Double giveOrTake = migration.clockGiveOrTakeMs();
        return ahead != null && giveOrTake != null && isCertain(ahead, giveOrTake)
                ? Duration.ofNanos(Math.round(ahead * 1e6))
                : Duration.ZERO;
    }

    /** Where no difference is certain there is none: most hosts run NTP. */
    private static boolean isCertain(double ahead, double giveOrTake) {
        return Math.abs(ahead) > giveOrTake;
    }

    private static @Nullable Instant earlier(@Nullable Instant one, @Nullable Instant other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.isBefore(other) ? one : other;
    }

    /** The events of all, before it is known what they count from. */
    private static final class Gathered {
        private record Placed(Step step, String place) {}

        private final List<Placed> steps = new ArrayList<>();

        /** @param ahead of the clock by which they are told */
        void add(List<Step> told, String place, Duration ahead) {
            for (Step step : told) {
                Step ours = new Step(step.at().minus(ahead), step.who(), step.what(), step.giveOrTakeMs());
                steps.add(new Placed(ours, step.who().equals(HOME_AGENT) ? HOME_AGENT : place));
            }
            steps.sort((one, other) -> one.step().at().compareTo(other.step().at()));
        }

        boolean has(String who, String what) {
            return steps.stream()
                    .anyMatch(placed -> placed.step().who().equals(who)
                            && placed.step().what().equals(what));
        }

        HandoverAccount account(
                String guest,
                @Nullable String from,
                @Nullable String to,
                Instant began,
                String outcome,
                String why,
                @Nullable String via,
                @Nullable String handover,
                @Nullable Instant stop,
                @Nullable Instant resume,
                @Nullable Instant bound,
                @Nullable Double clockAheadMs,
                @Nullable Double clockGiveOrTakeMs,
                Map<String, Long> counts,
                List<String> missing) {
            Instant origin = stop != null ? stop : resume != null ? resume : began;
            List<Event> events = steps.stream()
                    .map(placed -> new Event(
                            milliseconds(origin, placed.step().at()),
                            placed.step().at(),
                            placed.place(),
                            placed.step().who(),
                            placed.step().what(),
                            placed.step().giveOrTakeMs()))
                    .toList();
            return new HandoverAccount(
                    guest,
                    from,
                    to,
                    began,
                    outcome,
                    why,
                    via,
                    handover,
                    stop,
                    resume,
                    stop == null || resume == null ? null : milliseconds(stop, resume),
                    bound == null || resume == null ? null : Math.max(0, milliseconds(resume, bound)),
                    bound == null || resume == null ? null : giveOrTake(bound),
                    clockAheadMs,
                    clockGiveOrTakeMs,
                    counts,
                    missing,
                    events);
        }

        /** Of the answer by which that is known. */
        private @Nullable Double giveOrTake(Instant bound) {
            return steps.stream()
                    .map(Placed::step)
                    .filter(step -> step.who().equals(HOME_AGENT) && step.at().equals(bound))
                    .map(Step::giveOrTakeMs)
                    .findFirst()
                    .orElse(null);
        }

        private static double milliseconds(Instant from, Instant to) {
            return Duration.between(from, to).toNanos() / 1e6;
        }
    }
}
