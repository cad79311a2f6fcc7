package org.mooring.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.packaging.Image.Outcome;

@Tag("image")
@Timeout(300)
@DisplayName("An installed program")
class ProgramsTest {
    private final Image image = Image.built();

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"home-agent", "foreign-agent", "guest-hook", "kvm-migrator"})
    void saysWhatItCanDo(String program) throws Exception {
        Outcome help = image.run(program, "--help");
        assertEquals(0, help.exitCode());
        assertTrue(help.out().startsWith(program + " - "), help.out());
        assertEquals("", help.err());
        assertTrue(image.run(program, "--version").out().matches(program + " [0-9]+\\.[0-9]+.*\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"home-agent", "foreign-agent", "guest-hook"})
    void refusesAConfigurationThatIsNotThere(String program) throws Exception {
        assertEquals(
                new Outcome(
                        2,
                        "",
                        program
                                + ": /nowhere.toml: no such file: name another by --config, or make it from the commented"
                                + " example that is installed with the program\n"),
                image.run(program, "run", "--config", "/nowhere.toml"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"home-agent", "foreign-agent", "guest-hook"})
    void saysWhenItsDaemonIsNotRunning(String program) throws Exception {
        Path socket = directory.resolve("agent.sock");
        assertEquals(
                new Outcome(
                        1,
                        "",
                        program + ": is " + program + " running? There is no socket at " + socket
                                + ": start it, or name its socket\n"),
                image.run(program, "show", "status", "--socket", socket.toString()));
    }

    @Test
    void canBeCalledThroughALink() throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("home-agent"), image.program("home-agent"));
        assertEquals(0, Image.run(Map.of(), link, "--version").exitCode());
    }

    @Test
    void takesTheOperatorsOptionsForTheJvm() throws Exception {
        Outcome outcome = Image.run(
                Map.of("MOORING_JAVA_OPTS", "-Xmx77m -XX:+PrintCommandLineFlags"),
                image.program("home-agent"),
                "--version");
        assertTrue(outcome.out().contains("-XX:MaxHeapSize=" + 77 * 1024 * 1024), outcome.out());
    }

    @Test
    void saysWhatToDoWithoutJava() throws Exception {
        Outcome outcome = Image.run(Map.of("JAVA_HOME", "/nowhere"), image.program("home-agent"), "--version");
        assertEquals(1, outcome.exitCode());
        assertTrue(
                outcome.err().startsWith("home-agent: no Java at '/nowhere/bin/java': install Java 17"), outcome.err());
    }

    @Test
    @Tag("netns")
    void startsFromAnArchiveOfItsClassesWhileThatFits() throws Exception {
        Path copy = directory.resolve("mooring");
        Image.run(Map.of(), Path.of("/bin/cp"), "-R", image.root().toString(), copy.toString());
        assertEquals(
                new Outcome(0, "", ""), Image.run(Map.of(), copy.resolve("libexec/archive-classes"), "home-agent"));
        Path program = copy.resolve("bin/home-agent");
        String archived = "source: shared objects file (top)";
        Map<String, String> logged = Map.of("MOORING_JAVA_OPTS", "-Xlog:class+load");
        assertTrue(Image.run(logged, program, "--version").out().contains(archived));
        Files.writeString(copy.resolve("lib/a.jar"), "");
        assertFalse(Image.run(logged, program, "--version").out().contains(archived));
        assertEquals(image.run("home-agent", "--version"), Image.run(Map.of(), program, "--version"));
    }

    @Test
    void isPutInItsPlacesByTheInstaller() throws Exception {
        Path installer = image.root().resolve("install.sh");
        Map<String, String> destination = Map.of("DESTDIR", directory.toString());
        Files.createDirectories(directory.resolve("opt/mooring/lib"));
        Path oldLibrary = Files.writeString(directory.resolve("opt/mooring/lib/old.jar"), "");
        for (int time = 0; time < 2; time++) {
            Outcome outcome = Image.run(destination, installer);
            assertEquals(0, outcome.exitCode(), outcome.err());
        }
        assertFalse(Files.exists(oldLibrary));
        for (String program : List.of("home-agent", "foreign-agent", "guest-hook", "kvm-migrator")) {
            assertEquals(
                    Path.of("/opt/mooring/bin", program),
                    Files.readSymbolicLink(directory.resolve("usr/local/bin").resolve(program)));
        }
        assertEquals(
                0,
                Image.run(Map.of(), directory.resolve("opt/mooring/bin/home-agent"), "--version")
                        .exitCode());
    }

    @ParameterizedTest
    @ValueSource(strings = {"home-agent", "foreign-agent", "guest-hook"})
    void isStartedByItsUnitFromWhereverItIsInstalled(String program) throws Exception {
        Path installer = image.root().resolve("install.sh");
        Image.run(Map.of("DESTDIR", directory.toString()), installer, "--prefix", "/srv/mooring");
        String unit = Files.readString(directory.resolve("etc/systemd/system/mooring-" + program + ".service"));
        assertTrue(
                unit.contains("\nExecStart=/srv/mooring/bin/" + program + " run --config /etc/mooring/" + program
                        + ".toml\n"),
                unit);
        assertTrue(Files.isExecutable(directory.resolve("srv/mooring/bin").resolve(program)));
        // systemd gives a RuntimeDirectory= to the unit's user, with the other programs' sockets.
        assertTrue(unit.contains("\nReadWritePaths=/run/mooring\n") && !unit.contains("\nRuntimeDirectory="), unit);
        String made = Files.readString(directory.resolve("etc/tmpfiles.d/mooring.conf"));
        assertTrue(
                made.contains("\nd /run/mooring 1775 root mooring -\nd /run/mooring/guests 0700 root root -\n"), made);
    }

    @Test
    void isNotInstalledByAMistypedCommand() throws Exception {
        Outcome outcome =
                Image.run(Map.of("DESTDIR", directory.toString()), image.root().resolve("install.sh"), "--prefix");
        assertEquals(2, outcome.exitCode());
        assertFalse(Files.exists(directory.resolve("opt")));
    }
}
