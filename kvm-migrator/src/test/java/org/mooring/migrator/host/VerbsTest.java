package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.json.Json;
import org.mooring.timeline.MigrationRecord;

/** Whatever can't be done is said in one line, with the right exit code. */
class VerbsTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void configure() throws Exception {
        Files.writeString(directory.resolve("kvm-migrator.toml"), """
                guests-directory = "%s"
                hook-socket = "%s"
                state-directory = "%s"
                [network]
                bridge = "br0"
                [[guest]]
                name = "g1"
                memory = 64
                mac = "52:54:00:ab:cd:ef"
                accel = "tcg"
                """.formatted(
                        directory.resolve("guests"), directory.resolve("hook.sock"), directory.resolve("state")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"startup", "listen", "inspect", "teardown", "resume"})
    void explainsItself(String verb) {
        assertEquals(0, run(verb, "--help"));
        assertTrue(out().contains("Usage: kvm-migrator " + verb + " GUEST"), this::out);
    }

    @Test
    void explainsMigrationAndEvacuation() {
        assertEquals(0, run("migrate", "--help"));
        assertTrue(out().startsWith("Usage: kvm-migrator migrate [GUEST] --to HOST [--all]"), this::out);
        assertTrue(out().contains("--parallel N"), this::out);
    }

    @Test
    void explainsBothChecks() {
        assertEquals(0, run("check", "--help"));
        assertTrue(out().startsWith("Usage: kvm-migrator check [GUEST] [--to HOST]"), this::out);
    }

    @Test
    void checksTheConfiguration() throws Exception {
        Path file = directory.resolve("kvm-migrator.toml");
        assertEquals(0, with("check"));
        assertEquals(file + ": no problems\n", out());
        Files.writeString(file, "qemus = \"qemu\"\n");
        assertEquals(2, with("check"));
        assertEquals(
                List.of(
                        "kvm-migrator: " + file
                                + ":1: network: missing: expected a table with the bridge that guests are connected to",
                        "kvm-migrator: " + file + ":1: qemus: unknown key: did you mean qemu?"),
                err.toString(StandardCharsets.UTF_8).lines().toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            check g1                              | check of a guest needs --to
            check --to kb                         | --to goes with a guest
            check --tls                           | --tls goes with a guest and --to
            migrate --to kb                       | migrate takes a guest, or --all
            migrate g1 g2 --to kb                 | migrate takes [GUEST], found 'g1 g2'
            migrate g1 --all --to kb              | migrate takes a guest or --all, found both: leave out 'g1' or --all
            migrate g1 --parallel 2 --to kb       | --parallel goes with --all
            migrate g1 --fail-fast --to kb        | --fail-fast goes with --all
            migrate --all --parallel 0 --to kb    | --parallel takes a whole number from 1 to 64
            migrate --all --parallel two --to kb  | --parallel takes a whole number from 1 to 64
            migrate --all --tls --to kb           | --tls needs certificates: set 'tls' under [migration] to their directory
            """)
    void refusesWhatItCannotMean(String words, String line) {
        assertEquals(2, with(words.split(" ")));
        assertError(line);
    }

    @Test
    void evacuatesAHostWithoutGuests() {
        assumeTrue(isRoot());
        assertEquals(0, with("migrate", "--all", "--to", "kb"));
        assertEquals("no guest is on this host\n", out());
    }

    @Test
    void movesNoneWhenNoneCanMove() throws Exception {
        assumeTrue(isRoot());
        Path guests = Files.createDirectory(directory.resolve("guests"));
        GuestRecord bound = record("bound", new Disk("/d", "raw", false, false));
        Files.writeString(guests.resolve("bound.json"), bound.toJson());
        Files.writeString(guests.resolve("dead.json"), record("dead").arrived().toJson());
        Files.writeString(guests.resolve("late.json"), record("late").toJson());
        Files.writeString(guests.resolve("torn.json"), "{");
        Files.writeString(guests.resolve("..json"), "no guest's");
        assertEquals(1, with("migrate", "--all", "--to", "kb"));
        List<String> told = err.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(4, told.size(), told::toString);
        assertTrue(told.get(0).contains("bound can't move") && told.get(0).contains("--shared-disks"), told::toString);
        assertTrue(told.get(1).contains("dead can't move") && told.get(1).contains("dead.qmp"), told::toString);
        assertTrue(
                told.get(2).contains("guest late is on its way here and has yet to arrive: try again when it has"),
                told::toString);
        assertTrue(told.get(3).contains("torn.json"), told::toString);
        List<String> table = out().lines().toList();
        assertEquals(5, table.size(), this::out);
        assertTrue(table.get(2).matches("dead +stays here +- +- +.*dead.qmp.*"), this::out);
    }

    private static GuestRecord record(String name, Disk... disks) {
        return GuestRecord.of(guest(name, List.of(disks), List.of()), "br0", disks.length == 0);
    }

    static Guest guest(String name, List<Disk> disks, List<String> extraArguments) {
        return new Guest(
                name,
                64,
                1,
                "52:54:00:ab:cd:ef",
                Guest.Accelerator.TCG,
                "pc",
                null,
                null,
                null,
                null,
                disks,
                extraArguments,
                Guest.tapOf(name));
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    @Test
    void reportsWhatTheMigratorRecordedThoughNoHookRuns() throws Exception {
        keep("g1", Instant.parse("2026-03-01T12:00:00Z"));
        keep("g2", Instant.parse("2026-03-01T13:00:00Z"));
        assertEquals(0, with("report", "g1", "--ssh-option", "Port=1"));
        assertTrue(out().startsWith("guest g1 ka to nobody@127.0.0.1, moved, paused for 40.0 ms\n"), this::out);
        assertTrue(out().contains(": is guest-hook running?"), this::out);
        assertTrue(out().contains("  ssh to nobody@127.0.0.1 failed"), this::out);
        assertTrue(out().contains("| +40.0  nobody@127.0.0.1  qemu: resume"), this::out);
        out.reset();
        assertEquals(0, with("report", "--last", "2", "--format", "json", "--ssh-option", "Port=1"));
        JsonNode json = Json.MAPPER.readTree(out());
        assertEquals(List.of("g1", "g2"), json.findValuesAsText("guest"));
        assertEquals(40.0, json.get(0).path("pause-ms").asDouble());
        assertTrue(json.get(0).path("added-ms").isNull(), this::out);
        assertTrue(json.get(0).path("counts").isEmpty(), this::out);
        Path page = directory.resolve("report.html");
        assertEquals(0, with("report", "--format", "html", "--output", page.toString(), "--ssh-option", "Port=1"));
        assertTrue(Files.readString(page).contains("<h2>guest g2 ka to"), () -> "no timeline in " + page);
    }

    @Test
    void hasNothingToReport() {
        assertEquals(1, with("report"));
        assertError("no handover is known here: neither " + directory.resolve("state") + " nor the hook has one");
        assertEquals(2, with("report", "--format", "pdf"));
        assertEquals(2, with("report", "--last", "0"));
        assertEquals(1, with("handovers"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("is guest-hook running?"), err::toString);
    }

    private void keep(String guest, Instant stop) {
        new MigrationRecords(directory.resolve("state"))
                .keep(new MigrationRecord(
                        guest,
                        "ka",
                        "nobody@127.0.0.1",
                        stop.minusSeconds(1),
                        stop.plusSeconds(1),
                        MigrationRecord.MOVED,
                        "",
                        "staged",
                        0.5,
                        1.0,
                        stop,
                        stop.plusMillis(40),
                        List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"startup g2", "check g2 --to kb"})
    void doesNotKnowTheGuest(String words) {
        assumeTrue(words.startsWith("startup") || isRoot());
        assertEquals(2, with(words.split(" ")));
        assertEquals(
                "kvm-migrator: guest g2 is unknown: add a [[guest]] with its name to "
                        + directory.resolve("kvm-migrator.toml") + "\n",
                err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void refusesANameThatIsNone() {
        assertEquals(2, with("teardown", "../g1"));
        assertError("'../g1' can't be a guest's name");
    }

    @Test
    void refusesAnotherAccelerator() {
        assertEquals(2, with("startup", "g1", "--accel", "xen"));
        assertError("--accel takes kvm or tcg");
    }

    @Test
    void refusesALimitThatIsNoNumber() {
        assertEquals(2, with("migrate", "g1", "--to", "kb", "--bandwidth", "fast"));
        assertError("--bandwidth takes a whole number from 1 to 1048576");
    }

    @Test
    void refusesToEncryptWithoutCertificates() {
        assertEquals(2, with("migrate", "g1", "--to", "kb", "--tls"));
        assertError("--tls needs certificates: set 'tls' under [migration] to their directory");
    }

    @Test
    void missesTheDestination() {
        assertEquals(2, with("migrate", "--all"));
        assertError("migrate needs --to");
    }

    @Test
    void missesItsConfiguration() {
        assertEquals(
                2,
                run("startup", "g1", "--config", directory.resolve("none.toml").toString()));
        assertError("none.toml: no such file");
    }

    private int with(String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--config", directory.resolve("kvm-migrator.toml").toString()));
        return run(all.toArray(String[]::new));
    }

    private int run(String... words) {
        return Verbs.program()
                .run(
                        new Console(
                                new PrintStream(out, true, StandardCharsets.UTF_8),
                                new PrintStream(err, true, StandardCharsets.UTF_8)),
                        words);
    }

    private void assertError(String text) {
        List<String> lines = err.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.equals("Try 'kvm-migrator --help'."))
                .toList();
        assertEquals(1, lines.size(), lines::toString);
        String only = lines.get(0);
        assertTrue(only.startsWith("kvm-migrator: ") && only.contains(text), () -> text + " in " + only);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }
}
