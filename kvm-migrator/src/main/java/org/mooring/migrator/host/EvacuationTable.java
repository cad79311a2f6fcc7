package org.mooring.migrator.host;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.mooring.migrator.Outcome;

/** What came of each guest of an evacuation, as aligned text. */
final class EvacuationTable {
    private static final List<String> HEADING = List.of("GUEST", "OUTCOME", "PAUSE MS", "VIA", "WHY");

    private EvacuationTable() {}

    static List<String> lines(List<MigrationResult> results) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADING);
        results.forEach(result -> rows.add(row(result)));
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

    private static List<String> row(MigrationResult result) {
        return List.of(
                result.guest(),
                result.verdict(),
                result.downtime().map(pause -> Long.toString(pause.toMillis())).orElse("-"),
                result.via(),
                result.outcome() instanceof Outcome.NotMoved left ? left.reason() : "");
    }
}
