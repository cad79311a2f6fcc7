package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may not do what the scripts do is told so in one line, before they do any of it. */
@Tag("netns")
class FrontDoorTest {
    private static final String USER = Integer.toString(SystemdUnit.USER);
    private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();

    @TempDir
    Path directory;

    /** Another user may not be able to look into the checkout. */
    @BeforeEach
    void copyTheScripts() throws Exception {
        Files.createDirectories(directory.resolve("lab"));
        for (String script : List.of("demo", "verify", "lab/front-door.sh")) {
            Files.copy(CHECKOUT.resolve(script), directory.resolve(script));
        }
        Files.copy(CHECKOUT.resolve("packaging/src/main/image/install.sh"), directory.resolve("install.sh"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo", "verify"})
    void rootWithoutACapability(String script) {
        for (String missing : List.of("net_admin", "net_raw", "sys_admin")) {
            Command refused = attempt(
                    "setpriv",
                    "--bounding-set",
                    "-" + missing,
                    directory.resolve(script).toString());

            assertOneLine(
                    refused, script + ": root lacks CAP_" + missing.toUpperCase(java.util.Locale.ROOT) + " here, ");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "demo, 'demo: network namespaces and tap devices need root: run it as root, or install sudo'",
        "install.sh, 'install.sh: this takes root: run it with sudo'"
    })
    void aUserWithoutSudo(String script, String line) {
        assertOneLine(asUser(directory.resolve(script).toString()), line);
    }

    /** What takes no root is verified, by Maven, which is played here; CI isn't content with that. */
    @Test
    void aUserWithoutSudoVerifiesWhatTakesNoRoot() throws Exception {
        String[] verify = verifyWhereMavenSays("[INFO] Tests run: 5, Failures: 0, Errors: 0, Skipped: 0");
        String line = "verify: netns and e2e skipped: network namespaces and tap devices need root"
                + " (run it as root, or install sudo)";

        Command done = asUser(verify);
        assertEquals(0, done.status(), done::toString);
        assertTrue(done.errors().lines().anyMatch(line::equals), done::toString);
        assertTrue(done.output().contains("Tests run: 5, "), done::toString);

        verify[1] = "-i";
        verify[2] = "CI=true";
        Command refused = asUser(verify);
        assertEquals(1, refused.status(), refused::toString);
        assertTrue(refused.errors().lines().anyMatch(line::equals), refused::toString);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a session broke ==> expected: <[]>",
                "waited 180 s in vain until ssh is heard again",
                "waited 180 s in vain until probes are answered after the move",
                "waited 180 s in vain until the session goes on"
            })
    void aSessionThatDiedFailsThoughTheTestPassedThen(String words) throws Exception {
        Command failed = asUser(verifyWhereMavenSays("[WARNING] Flakes:\n[ERROR]   Run 1: MovesTest.moves: " + words
                + "\n[INFO]   Run 2: PASS\n[WARNING] Tests run: 5, Failures: 0, Errors: 0, Skipped: 0, Flakes: 1"));
        assertEquals(1, failed.status(), failed::toString);
        assertTrue(failed.output().contains("Run 2: PASS"), failed::toString);
        assertTrue(failed.errors().contains("a session did not outlive a move"), failed::toString);
    }

    /** The command line, outside CI. */
    private String[] verifyWhereMavenSays(String lines) throws Exception {
        Path maven = Files.writeString(
                Files.createDirectory(directory.resolve("bin")).resolve("mvn"),
                "#!/bin/sh\ncat <<'END'\n" + lines + "\nEND\n");
        Files.setPosixFilePermissions(maven, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createFile(directory.resolve("pom.xml"));
        Files.createFile(directory.resolve("lab/pom.xml"));
        return new String[] {
            "env",
            "-u",
            "CI",
            "HOME=" + directory,
            "PATH=" + maven.getParent() + ":" + System.getenv("PATH"),
            directory.resolve("verify").toString()
        };
    }

    private static void assertOneLine(Command refused, String begin) {
        assertEquals(1, refused.status(), refused::toString);
        assertEquals(1, refused.errors().lines().count(), refused::toString);
        assertTrue(refused.errors().startsWith(begin), refused::toString);
        assertEquals("", refused.output());
    }

    private Command asUser(String... words) {
        Command.run("chown", "-R", USER + ":" + USER, directory.toString());
        var command = new ArrayList<>(List.of("setpriv", "--reuid", USER, "--regid", USER, "--clear-groups"));
        command.addAll(List.of(words));
        return attempt(command.toArray(String[]::new));
    }

    /** It should end by itself, and soon. */
    private static Command attempt(String... words) {
        var command = new ArrayList<>(List.of("timeout", "60"));
        command.addAll(List.of(words));
        return Command.attempt(command, "");
    }
}
