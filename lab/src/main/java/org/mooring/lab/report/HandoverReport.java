package org.mooring.lab.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a run of {@code ./bench handover} found.
 *
 * @param environment what the figures were measured on
 * @param controls what a guest that doesn't move has of the same flow
 * @param first the first move after the daemons' start, which is not among {@code moves}
 * @param added what all {@code moves} together added to the delays of the packets that they affected
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record HandoverReport(
        Map<String, String> environment, List<Control> controls, Handover first, List<Handover> moves, Delays added) {
    private static final String COLUMNS =
            "%6s  %-6s %-9s %8s %7s %5s %5s %5s %6s %7s %6s %6s %-17s %7s %7s %7s %9s %7s %8s%n";

    public HandoverReport {
        environment = new LinkedHashMap<>(environment);
        controls = List.copyOf(controls);
        moves = List.copyOf(moves);
    }

    /** A flow to a guest that stays where it is; {@code delay} is what a packet takes beyond the internet's own time. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Control(
            String at, int sent, int lost, int lostOnTheLine, int duplicated, int reordered, Delays delay) {
        public boolean isClean() {
            return lost == 0 && duplicated == 0 && reordered == 0;
        }
    }

    /** All of {@code moves} together: counts are sums, times are medians, {@code worst} is the greatest of them. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Summary(
            int moves,
            int twoPhase,
            int sent,
            int lost,
            int lostOnTheLine,
            int duplicated,
            int reordered,
            int unread,
            int rescued,
            int held,
            int echoesLost,
            @Nullable Double addedP50Ms,
            @Nullable Double addedP99Ms,
            @Nullable Double worstAddedP99Ms,
            @Nullable Double worstAddedMs,
            @Nullable Double stopToCommitMs,
            @Nullable Double stopToFlipMs,
            @Nullable Double stopToFirstPacketMs) {}

    public Summary getSummary() {
        return summary(moves);
    }

    /** These moves together. */
    public static Summary summary(List<Handover> moves) {
        return new Summary(
                moves.size(),
                (int) moves.stream().filter(Handover::isTwoPhase).count(),
                sum(moves, Handover::sent),
                sum(moves, Handover::lost),
                sum(moves, Handover::lostOnTheLine),
                sum(moves, Handover::duplicated),
                sum(moves, Handover::reordered),
                sum(moves, Handover::unread),
                sum(moves, Handover::rescued),
                sum(moves, Handover::held),
                sum(moves, Handover::echoesLost),
                quantile(moves, move -> move.added().p50Ms(), 0.5),
                quantile(moves, move -> move.added().p99Ms(), 0.5),
                quantile(moves, move -> move.added().p99Ms(), 1),
                quantile(moves, move -> move.added().maxMs(), 1),
                quantile(moves, Handover::stopToCommitMs, 0.5),
                quantile(moves, Handover::stopToFlipMs, 0.5),
                quantile(moves, Handover::stopToFirstPacketMs, 0.5));
    }

    private static int sum(List<Handover> moves, ToIntFunction<Handover> count) {
        return moves.stream().mapToInt(count).sum();
    }

    private static @Nullable Double quantile(
            List<Handover> moves, Function<Handover, @Nullable Double> value, double part) {
        List<Double> sorted =
                moves.stream().map(value).filter(Objects::nonNull).sorted().toList();
        return sorted.isEmpty() ? null : sorted.get(Math.max(0, (int) Math.ceil(sorted.size() * part) - 1));
    }

    /** What stands above {@link #row}. */
    public static String heading() {
        return String.format(
                Locale.ROOT,
                COLUMNS,
                "move",
                "way",
                "via",
                "pause",
                "sent",
                "lost",
                "line",
                "dup",
                "reord",
                "unread",
                "resc",
                "held",
                "until",
                "p50",
                "p99",
                "max",
                "commit",
                "flip",
                "first");
    }

    /** A move in one line. */
    public static String row(Handover move) {
        return String.format(
                Locale.ROOT,
                COLUMNS,
                move.number() == 0 ? "first" : Integer.toString(move.number()),
                move.from() + " > " + move.to(),
                move.registeredVia(),
                number(move.pauseMs()),
                move.sent(),
                move.lost(),
                move.lostOnTheLine(),
                move.duplicated(),
                move.reordered(),
                move.unread(),
                move.rescued(),
                move.held(),
                move.oldPath() + ", " + move.newPath(),
                number(move.added().p50Ms()),
                number(move.added().p99Ms()),
                number(move.added().maxMs()),
                number(move.stopToCommitMs()),
                number(move.stopToFlipMs()),
                number(move.stopToFirstPacketMs()));
    }

    /** The last line of the table. */
    public static String total(Summary all) {
        return String.format(
                Locale.ROOT,
                COLUMNS,
                all.moves(),
                "all",
                all.twoPhase() + " of " + all.moves(),
                "",
                all.sent(),
                all.lost(),
                all.lostOnTheLine(),
                all.duplicated(),
                all.reordered(),
                all.unread(),
                all.rescued(),
                all.held(),
                "",
                number(all.addedP50Ms()),
                number(all.addedP99Ms()),
                number(all.worstAddedMs()),
                number(all.stopToCommitMs()),
                number(all.stopToFlipMs()),
                number(all.stopToFirstPacketMs()));
    }

    private static String number(@Nullable Double milliseconds) {
        return milliseconds == null ? "-" : String.format(Locale.ROOT, "%.2f", milliseconds);
    }
}
