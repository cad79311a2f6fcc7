package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.runtime.cli.Console;

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
                [network]
                bridge = "br0"
                [[guest]]
                name = "g1"
                memory = 64
                mac = "52:54:00:ab:cd:ef"
                accel = "tcg"
                """.formatted(directory.resolve("guests")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"startup", "migrate", "check", "listen", "inspect", "teardown", "resume"})
    void explainsItself(String verb) {
        assertEquals(0, run(verb, "--help"));
        assertTrue(out().contains("Usage: kvm-migrator " + verb + " GUEST"), this::out);
    }

    @Test
    void doesNotKnowTheGuest() {
        assertEquals(2, with("startup", "g2"));
        assertError("guest g2 is unknown: it has no [[guest]] in " + directory.resolve("kvm-migrator.toml"));
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
        assertEquals(2, with("migrate", "g1"));
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
        String first = err.toString(StandardCharsets.UTF_8).lines().findFirst().orElse("");
        assertTrue(first.startsWith("kvm-migrator: ") && first.contains(text), () -> text + " in " + first);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }
}
