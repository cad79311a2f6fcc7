package org.mooring.migrator.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.mooring.migrator.Outcome;
import org.mooring.timeline.HandoverAccount;

/** What came of each guest of an evacuation, as aligned text. */
final class EvacuationTable {
    private static final List<String> HEADING = List.of("GUEST", "OUTCOME", "PAUSE MS", "ADDED MS", "VIA", "WHY");

    private EvacuationTable() {}

    /** @param accounts of those that were begun, by guest */
    static List<String> lines(List<MigrationResult> results, Map<String, HandoverAccount> accounts) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADING);
        results.forEach(result -> rows.add(row(result, Optional.ofNullable(accounts.get(result.guest())))));
        int[] widths = IntStream.range(0, HEADING.size())
                .map(column -> rows.stream()
                        .mapToInt(row -> row.get(column).length())
                        .max()
                        .orElse(0))
                .toArray();
        return rows.stream()
                .map(row -> {
                    StringBuilder line = new StringBuilder();
                    for (int column = 0; column < row.size(); column++) {
                        line.append(row.get(column))
                                .append(" "
                                        .repeat(2
                                                + widths[column]
                                                - row.get(column).length()));
                    }
                    return line.toString().stripTrailing();
                })
                .toList();
    }

    private static List<String> row(MigrationResult result, Optional<HandoverAccount> account) {
        return List.of(
                result.guest(),
                result.verdict(),
                result.downtime().map(pause -> Long.toString(pause.toMillis())).orElse("-"),
                account.map(EvacuationTable::added).orElse("-"),
                account.map(HandoverAccount::via).orElse(result.via()),
                result.outcome() instanceof Outcome.NotMoved left ? left.reason() : "");
    }

    /** With how wrong it may be at most. */
    private static String added(HandoverAccount account) {
        Double added = account.addedMs();
        Double giveOrTake = account.addedGiveOrTakeMs();
        if (added == null) {
            return "-";
        }
        return String.format(Locale.ROOT, "%.1f", added)
                + (giveOrTake == null ? "" : String.format(Locale.ROOT, "±%.1f", giveOrTake));
    }
}
