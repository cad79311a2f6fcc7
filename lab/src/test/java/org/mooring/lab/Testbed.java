package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.mooring.lab.report.Handover;

/** The testbed for tests: the programs are those that the build has just made, and a run's logs and captures are kept. */
final class Testbed {
    static final Path IMAGE_SCRIPT = Path.of("src/main/guest/image.sh").toAbsolutePath();

    private static final Path PROGRAMS = Path.of(System.getProperty("mooring.programs", "../packaging/target/mooring"))
            .toAbsolutePath();

    private Testbed() {}

    static Lab raise() {
        return keep(Lab.raise(prepared(), IMAGE_SCRIPT));
    }

    /** As above, with these sites, and without what QEMU needs. */
    static Lab raiseWithoutGuests(List<Site> sites) {
        return keep(Lab.raiseWithoutGuests(prepared(), sites));
    }

    /** As above; at some of the sites the KVM host is the end of its visitors' tunnels. */
    static Lab raiseWithoutGuests(List<Site> sites, Set<Site> coLocated) {
        return keep(Lab.raiseWithoutGuests(prepared(), sites, coLocated));
    }

    /** As above; home agents grant this lifetime, in seconds. */
    static Lab raiseWithoutGuests(List<Site> sites, Set<Site> coLocated, int maxLifetime) {
        return keep(Lab.raiseWithoutGuests(prepared(), sites, coLocated, maxLifetime));
    }

    /** A move in two phases, after which each packet has come once, in order, and none had waited for as long as it may. */
    static void assertNothingLost(Handover move) {
        assertTrue(move.isTwoPhase(), move::toString);
        assertEquals(0, move.lost(), move::toString);
        assertEquals(0, move.duplicated(), move::toString);
        assertEquals(0, move.reordered(), move::toString);
        assertFalse(move.isOutOfTime(), move::toString);
    }

    private static RunDirectory prepared() {
        RunDirectory.sweep();
        RunDirectory run = RunDirectory.create();
        if (!PROGRAMS.resolve("bin").toFile().isDirectory()) {
            run.remove();
            throw new LabException("no " + PROGRAMS + ": these tests need the package phase, as in mvn verify");
        }
        // Where they are they start sooner: the archives of their classes are held to that place.
        if (isReadByEverybody()) {
            Command.run("ln", "-s", PROGRAMS.toString(), run.resolve("mooring").toString());
        } else {
            Command.run("cp", "-r", PROGRAMS.toString(), run.resolve("mooring").toString());
            Command.run("chmod", "-R", "a+rX", run.resolve("mooring").toString());
        }
        return run;
    }

    private static boolean isReadByEverybody() {
        var user = Integer.toString(SystemdUnit.USER);
        var finding = List.of(
                "setpriv",
                "--reuid",
                user,
                "--regid",
                user,
                "--clear-groups",
                "find",
                PROGRAMS + "/",
                "!",
                "-readable");
        var found = Command.attempt(finding, "");
        return found.status() == 0 && found.output().isEmpty();
    }

    private static Lab keep(Lab lab) {
        // Also if the test's JVM is told to end.
        Runtime.getRuntime().addShutdownHook(new Thread(lab::close));
        return lab;
    }

    /** Closes the testbed; what it logged and captured is in {@code target/e2e/NAME} afterwards. */
    static void close(Lab lab, String name) {
        Path kept = Path.of("target/e2e", name).toAbsolutePath();
        Command.run("rm", "-rf", kept.toString());
        Command.run("mkdir", "-p", kept.toString());
        Command.run(
                List.of(
                        "sh",
                        "-c",
                        "cd \"$0\" && find . '(' -name '*.log' -o -name '*.pcap' -o -name '*.toml' ')' -print0"
                                + " | cpio -0 -pdm --quiet \"$1\"",
                        lab.run().path().toString(),
                        kept.toString()),
                "");
        lab.close();
    }
}
