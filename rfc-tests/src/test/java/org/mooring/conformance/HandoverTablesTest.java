package org.mooring.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("docs/handover.md tells the truth")
class HandoverTablesTest {
    private static final Path PAGE = Path.of("../docs/handover.md");

    /** As in {@code `hook.CommitmentTest.itIsRepeatedTwice`}. */
    private static final Pattern NAMED = Pattern.compile("`([a-z.]+\\.[A-Z]\\w*Test\\.\\w+)`");

    @Test
    @DisplayName("each test that it names is there and runs")
    void namesTestsThatRun() throws IOException {
        var tests = RuleTableTest.tests();

        assertEquals(
                List.of(),
                named(Files.readString(PAGE)).stream()
                        .filter(test -> !tests.contains(test))
                        .toList());
    }

    @Test
    @DisplayName("each failure has a test for each time when it may come")
    void eachFailureIsTested() throws IOException {
        var rows = rows("## Failures");
        assertTrue(rows.size() >= 15, rows::toString);
        for (var row : rows) {
            var times = row.subList(1, row.size());
            assertEquals(3, times.size(), row::toString);
            assertTrue(times.stream().anyMatch(what -> !what.isBlank()), row::toString);
            assertEquals(
                    List.of(),
                    times.stream()
                            .filter(what -> !what.isBlank() && named(what).isEmpty())
                            .toList());
        }
    }

    @Test
    @DisplayName("each point of others' bugs has a test")
    void eachPointIsTested() throws IOException {
        var rows = rows("## Others' bugs");
        assertEquals(12, rows.size());
        assertEquals(
                List.of(),
                rows.stream().filter(row -> named(row.get(1)).isEmpty()).toList());
    }

    /** Of the table under a heading, their cells. */
    private static List<List<String>> rows(String heading) throws IOException {
        return Files.readAllLines(PAGE).stream()
                .dropWhile(line -> !line.equals(heading))
                .skip(1)
                .takeWhile(line -> !line.startsWith("## "))
                .filter(line -> line.startsWith("| "))
                .skip(2)
                .map(line -> List.of(line.replaceFirst("^\\|", "").split("\\|", -1)))
                .map(cells -> cells.subList(0, cells.size() - 1))
                .toList();
    }

    private static List<String> named(String text) {
        return NAMED.matcher(text)
                .results()
                .map(MatchResult::group)
                .map(name -> name.replace("`", ""))
                .toList();
    }
}
