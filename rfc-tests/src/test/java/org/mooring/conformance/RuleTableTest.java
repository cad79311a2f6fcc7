package org.mooring.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.properties.HasAnnotations;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Tags;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.annotation.Testable;

@DisplayName("docs/rfc3344.md tells the truth")
class RuleTableTest {
    private static final Path ROOT = Path.of("..");
    private static final String PACKAGE = "org.mooring.";

    /** Which classes Surefire takes for tests. */
    private static final Pattern OF_TESTS = Pattern.compile("Test.*|.*Tests?|.*TestCase");

    private static final Set<String> LEFT_OUT = Set.of("stock", "soak");

    /** To read all classes takes seconds. */
    private static Set<String> tests = Set.of();

    /** The classes that run what is asked of each datapath, with this kernel. */
    private static final Pattern RUN_HERE = Pattern.compile(".*/(Ebpf|Tun)DatapathTest(\\$.*)?\\.class");

    /** What RFC 3344 and those beside it ask, as the table's introduction divides it: the numbers of each group, from one to another. */
    private static final Map<String, List<Range>> RULES = Map.of(
            "W", List.of(new Range(1, 18)),
            "C", List.of(new Range(1, 2)),
            "H", List.of(new Range(1, 37), new Range(40, 48), new Range(50, 60), new Range(70, 73)),
            "F",
                    List.of(
                            new Range(1, 5),
                            new Range(10, 17),
                            new Range(20, 21),
                            new Range(30, 36),
                            new Range(40, 46),
                            new Range(50, 58)),
            "M", List.of(new Range(1, 21)),
            "P", List.of(new Range(1, 19)),
            "I", List.of(new Range(1, 14)));

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
                            case DEVIATES ->
                                rule.tests().isEmpty() || !rule.words().contains(": ");
                            case UNTESTED, MISSING -> !rule.tests().isEmpty();
                            case WAIVED -> !rule.words().contains(": ");
                        })
                        .map(rule -> rule.id() + " is " + rule.words() + " with " + rule.tests())
                        .toList());
    }

    @Test
    @DisplayName(
            "each MUST and each case is tested, but for these MUSTs: two that E1 contradicts, and multicast, which only a multicast router has")
    void leavesOutNoMust() {
        assertEquals(
                List.of("H6o", "H35", "F17c"), must(status -> status != Status.TESTED && status != Status.DEVIATES));
    }

    @Test
    @DisplayName(
            "these are otherwise: where a configuration names a datapath that has it so, under a flood, in a handover, or for what the row says; and no others")
    void deviatesNowhereElse() {
        assertEquals(
                List.of(
                        "W16", "H8b", "H33", "F2", "F20a", "F43b", "F46", "F51", "F57a", "T44", "T59", "T66", "T72",
                        "T98", "T99"),
                must(status -> status == Status.DEVIATES));
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

    @Test
    @DisplayName("each rule has a row: of its own, or for each part of it, as in W1a and W1b; and there are no others")
    void hasEachRule() {
        var there = rules.stream()
                .filter(rule -> rule.level() != Level.CASE && rule.level() != Level.ERRATUM)
                .map(rule -> rule.id().replaceFirst("[a-z]$", ""))
                .collect(Collectors.toSet());
        var wanted = RULES.entrySet().stream()
                .flatMap(group -> group.getValue().stream()
                        .flatMapToInt(Range::numbers)
                        .mapToObj(number -> group.getKey() + number))
                .collect(Collectors.toSet());
        assertEquals(new TreeSet<>(wanted), new TreeSet<>(there));
    }

    private static List<String> must(Predicate<Status> wanted) {
        return rules.stream()
                .filter(rule -> rule.level() == Level.MUST || rule.level() == Level.CASE)
                .filter(rule -> wanted.test(rule.status()))
                .map(Rule::id)
                .toList();
    }

    private static List<String> ids(Level level) {
        return rules.stream()
                .filter(rule -> rule.level() == level)
                .map(Rule::id)
                .toList();
    }

    @Test
    @DisplayName("what all datapaths are asked doesn't run by itself, nor where another kernel is needed")
    void countsWhatRuns() throws IOException {
        var name = "datapath.ErrorsTest.tellsWhatWentWrongInTheTunnel";
        var others = new ClassFileImporter()
                .withImportOption(location -> !location.matches(RUN_HERE))
                .importPath(ROOT.resolve("datapath/target/test-classes"));

        assertTrue(others.contain("org.mooring.datapath.ErrorsTest"));
        assertTrue(others.contain("org.mooring.datapath.KernelDatapathTest"));
        assertTrue(tests(others).contains("datapath.DecapsulateTest.dropsWhatIsForNobody"));
        assertFalse(tests(others).contains(name));
        assertTrue(tests().contains(name));
    }

    /** Those of all modules that are run, as the table names them: by the class that has them, which may be one that others extend. */
    static synchronized Set<String> tests() throws IOException {
        if (tests.isEmpty()) {
            try (var modules = Files.list(ROOT)) {
                var directories = modules.map(module -> module.resolve("target/test-classes"))
                        .filter(Files::isDirectory)
                        .toList();
                tests = tests(new ClassFileImporter().importPaths(directories));
            }
        }
        return tests;
    }

    private static Set<String> tests(JavaClasses classes) {
        return classes.stream()
                .filter(RuleTableTest::runs)
                .flatMap(RuleTableTest::methods)
                .filter(method -> method.isMetaAnnotatedWith(Testable.class) && !isLeftOut(method))
                .map(RuleTableTest::name)
                .collect(Collectors.toSet());
    }

    /** Whether Surefire has JUnit run it: by its name, or as it is nested in one that is run. */
    private static boolean runs(JavaClass type) {
        if (type.getModifiers().contains(JavaModifier.ABSTRACT) || isLeftOut(type)) {
            return false;
        }
        return type.getEnclosingClass()
                .map(outer -> type.isAnnotatedWith(Nested.class)
                        && Stream.concat(Stream.of(outer), outer.getAllSubclasses().stream())
                                .anyMatch(RuleTableTest::runs))
                .orElseGet(() -> OF_TESTS.matcher(type.getSimpleName()).matches());
    }

    /** Disabled, or for another kernel alone, where a selection is run, or only for who asks for more. */
    private static boolean isLeftOut(HasAnnotations<?> tested) {
        return tested.isMetaAnnotatedWith(Disabled.class)
                || tags(tested).map(Tag::value).anyMatch(LEFT_OUT::contains);
    }

    private static Stream<Tag> tags(HasAnnotations<?> tested) {
        return Stream.concat(
                tested.tryGetAnnotationOfType(Tag.class).stream(),
                tested.tryGetAnnotationOfType(Tags.class).stream().flatMap(tags -> Stream.of(tags.value())));
    }

    /** Its own, and those inherited that it doesn't replace. */
    private static Stream<JavaMethod> methods(JavaClass type) {
        var methods = new LinkedHashMap<String, JavaMethod>();
        Stream.concat(Stream.of(type), type.getAllRawSuperclasses().stream())
                .flatMap(owner -> owner.getMethods().stream())
                .forEach(method -> methods.putIfAbsent(
                        method.getName() + HasName.Utils.namesOf(method.getRawParameterTypes()), method));
        return methods.values().stream();
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

    private record Range(int first, int last) {
        IntStream numbers() {
            return IntStream.rangeClosed(first, last);
        }
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
        DEVIATES,
        UNTESTED,
        MISSING,
        WAIVED
    }
}
