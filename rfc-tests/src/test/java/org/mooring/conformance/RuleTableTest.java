package org.mooring.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.annotation.Testable;

@DisplayName("docs/rfc3344.md tells the truth")
class RuleTableTest {
    private static final Path ROOT = Path.of("..");
    private static final String PACKAGE = "org.mooring.";
    private static final int CASES = 102;

    /** Errata and contradictions, then what peers do. */
    private static final int LAST_OF_TEXTS = 30;

    private static final int FIRST_OF_PEERS = 40;
    private static final int LAST_OF_PEERS = 50;

    private static List<String> lines = List.of();
    private static List<Rule> rules = List.of();

    @BeforeAll
    static void read() throws IOException {
        lines = Files.readAllLines(ROOT.resolve("docs/rfc3344.md"));
        rules = lines.stream()
                .map(RuleTableTest::cells)
                .filter(cells -> cells.size() == 6 && Level.of(cells.get(1)).isPresent())
                .map(Rule::of)
                .toList();
    }

    @Test
    @DisplayName("each test that it names is there and runs")
    void namesTestsThatRun() throws IOException {
        var tests = tests();

        assertEquals(
                List.of(),
                rules.stream()
                        .flatMap(rule -> rule.tests().stream()
                                .filter(test -> !tests.contains(test))
                                .map(test -> rule.id() + " names " + test))
                        .toList());
    }

    @Test
    @DisplayName("what it calls tested names a test, what is missing names none")
    void statusesAreRight() {
        assertEquals(
                List.of(),
                rules.stream()
                        .filter(rule -> switch (rule.status()) {
                            case TESTED -> rule.tests().isEmpty();
                            case UNTESTED, MISSING -> !rule.tests().isEmpty();
                            case WAIVED -> !rule.words().contains(": ");
                        })
                        .map(rule -> rule.id() + " is " + rule.words() + " with " + rule.tests())
                        .toList());
    }

    @Test
    @DisplayName("each MUST and each case is tested, but for these MUSTs, which E1 contradicts")
    void leavesOutNoMust() {
        assertEquals(
                List.of("H6o", "F17c"),
                rules.stream()
                        .filter(rule -> rule.level() == Level.MUST || rule.level() == Level.CASE)
                        .filter(rule -> rule.status() != Status.TESTED)
                        .map(Rule::id)
                        .toList());
    }

    @Test
    @DisplayName("its counts are those of its rows")
    void countsAreRight() {
        for (var level : Level.values()) {
            var counts = Arrays.stream(Status.values())
                    .map(status -> Long.toString(rules.stream()
                            .filter(rule -> rule.level() == level && rule.status() == status)
                            .count()))
                    .collect(Collectors.joining(" | ", "| " + level.word + " | ", " |"));
            assertEquals(1, lines.stream().filter(counts::equals).count(), counts);
        }
    }

    @Test
    @DisplayName("each case and each erratum has a row, and no rule has two")
    void isWhole() {
        assertEquals(
                IntStream.rangeClosed(1, CASES).mapToObj(number -> "T" + number).toList(), ids(Level.CASE));
        assertEquals(
                IntStream.concat(
                                IntStream.rangeClosed(1, LAST_OF_TEXTS),
                                IntStream.rangeClosed(FIRST_OF_PEERS, LAST_OF_PEERS))
                        .mapToObj(number -> "E" + number)
                        .toList(),
                ids(Level.ERRATUM));
        assertEquals(rules.size(), rules.stream().map(Rule::id).distinct().count());
    }

    private static List<String> ids(Level level) {
        return rules.stream()
                .filter(rule -> rule.level() == level)
                .map(Rule::id)
                .toList();
    }

    /** Those of all modules, as the table names them. */
    static Set<String> tests() throws IOException {
        try (var modules = Files.list(ROOT)) {
            var directories = modules.map(module -> module.resolve("target/test-classes"))
                    .filter(Files::isDirectory)
                    .toList();
            return new ClassFileImporter()
                    .importPaths(directories).stream()
                            .flatMap(type -> type.getMethods().stream())
                            .filter(method -> method.isMetaAnnotatedWith(Testable.class)
                                    && !method.isAnnotatedWith(Disabled.class)
                                    && !method.getOwner().isAnnotatedWith(Disabled.class))
                            .map(RuleTableTest::name)
                            .collect(Collectors.toSet());
        }
    }

    private static String name(JavaMethod method) {
        var outermost = method.getOwner().getName().replaceFirst("\\$.*", "");
        return outermost.replace(PACKAGE, "") + "." + method.getName();
    }

    private static List<String> cells(String line) {
        return line.startsWith("| ") && line.endsWith(" |")
                ? List.of(line.substring(2, line.length() - 2).split(" \\| ", -1))
                : List.of();
    }

    /** One row. */
    private record Rule(String id, Level level, String words, List<String> tests) {
        static Rule of(List<String> cells) {
            var named = cells.get(5).isBlank()
                    ? List.<String>of()
                    : List.of(cells.get(5).split(", "));
            return new Rule(
                    cells.get(0),
                    Level.of(cells.get(1)).orElseThrow(),
                    cells.get(4),
                    named.stream().map(test -> test.replace("`", "").strip()).toList());
        }

        Status status() {
            return Status.valueOf(words.replaceFirst(":.*", "").toUpperCase(Locale.ROOT));
        }
    }

    private enum Level {
        MUST("MUST"),
        SHOULD("SHOULD"),
        MAY("MAY"),
        ADVICE("advice"),
        CASE("case"),
        ERRATUM("erratum");

        private final String word;

        Level(String word) {
            this.word = word;
        }

        static Optional<Level> of(String word) {
            return Arrays.stream(values())
                    .filter(level -> level.word.equals(word))
                    .findFirst();
        }
    }

    private enum Status {
        TESTED,
        UNTESTED,
        MISSING,
        WAIVED
    }
}
