package org.mooring.stock;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;

/**
 * A QEMU guest that runs Debian's stock kernel, and has this machine's file system as its own: the Java, the tools and the classes of a
 * test are the same as here, and what it writes is gone with it, but for a folder that is shared.
 */
final class StockKernel {
    private static final Path BOOT = Path.of("src/test/guest/boot.sh").toAbsolutePath();
    private static final String SHARED = "/run/shared/";

    /** Where the lab's tests find what they run. */
    private static final Path LAB = Path.of("../lab").toAbsolutePath().normalize();

    private static final int PATIENCE_MINUTES = 60;

    /** What a JVM takes options from. */
    private static final String JVM_OPTIONS = "JAVA_TOOL_OPTIONS";

    private static final String JVM = " -XX:+UseSerialGC -XX:TieredStopAtLevel=1";

    /**
     * For the agents as programs, which load as little as they can before they are ready. An emulated processor has to translate the compiler and
     * all that it writes: without one they start in half the time.
     */
    private static final String PROGRAMS =
            "-XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote -Xint -Dmooring.warm-up-rounds=1";

    private final Path shared;

    /** @param shared what the guest reports goes there, and all that it says on its console */
    StockKernel(Path shared) {
        this.shared = shared;
    }

    /**
     * Runs tests that are tagged {@code netns}, and those for which it takes such a kernel, tagged {@code stock}.
     *
     * @param selectors as the console launcher of JUnit has them
     * @param rehearsed the same, of tests that take the same classes, or most of them
     */
    List<Result> test(List<String> selectors, List<String> rehearsed) throws Exception {
        Files.createDirectories(shared.resolve("reports"));
        Path report = shared.resolve("reports/TEST-junit-jupiter.xml");
        Path status = shared.resolve("status");
        Files.deleteIfExists(report);
        archivePrograms();
        Path archive = archiveClasses(rehearsed);
        Files.writeString(shared.resolve("run"), run(archive, launcher(Path.of(SHARED, "reports"), selectors)));
        boot();
        // 1: some tests failed, and the report says which.
        if (!Files.exists(status)
                || !List.of("0", "1").contains(Files.readString(status).strip())) {
            throw new AssertionError("the guest did not run the tests to their end: see " + console());
        }
        Document document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(report.toFile());
        return Result.of(document);
    }

    private Path console() {
        return shared.resolve("console.log");
    }

    private void boot() throws IOException, InterruptedException {
        Process guest = new ProcessBuilder(BOOT.toString(), shared.toString())
                .redirectErrorStream(true)
                .redirectOutput(console().toFile())
                .start();
        Thread ending = new Thread(guest::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(ending);
        try {
            guest.getOutputStream().close();
            if (!guest.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
                throw new AssertionError(
                        "the guest still runs after " + PATIENCE_MINUTES + " minutes: see " + console());
            }
        } finally {
            guest.destroyForcibly();
            Runtime.getRuntime().removeShutdownHook(ending);
        }
    }

    /**
     * Archives the classes that these tests take, which a JVM then has at once: what takes an emulated processor longest is to load classes.
     * What becomes of the tests on this machine's kernel doesn't matter.
     */
    private Path archiveClasses(List<String> rehearsed) throws IOException, InterruptedException {
        Path archive = shared.resolve("classes.jsa");
        Files.deleteIfExists(archive);
        ProcessBuilder builder = new ProcessBuilder(launcher(shared.resolve("rehearsal"), rehearsed))
                .redirectErrorStream(true)
                .redirectOutput(shared.resolve("rehearsal.log").toFile());
        builder.environment().put(JVM_OPTIONS, "-XX:ArchiveClassesAtExit=" + archive + JVM);
        Process rehearsal = builder.start();
        rehearsal.getOutputStream().close();
        rehearsal.waitFor();
        if (!Files.exists(archive)) {
            throw new AssertionError("no classes were archived: see " + shared.resolve("rehearsal.log"));
        }
        return archive;
    }

    /** As above, of the agents. An archive is held to its place, and where the programs were built other tests may make their own just now. */
    private void archivePrograms() throws IOException, InterruptedException {
        Process archiving = new ProcessBuilder(
                        "sh",
                        "-ec",
                        "rm -rf \"$1\"; mkdir -p \"$1/lib\"; cp -a \"$0/bin\" \"$0/libexec\" \"$0/systemd\" \"$0/examples\" \"$1\";"
                                + " cp -a \"$0\"/lib/*.jar \"$1/lib\"; \"$1/libexec/archive-classes\" home-agent foreign-agent",
                        LAB.resolve("../packaging/target/mooring").normalize().toString(),
                        programs().toString())
                .inheritIO()
                .start();
        if (archiving.waitFor() != 0) {
            throw new AssertionError("the programs have to be built first, by mvn package");
        }
    }

    private Path programs() {
        return shared.resolveSibling("mooring");
    }

    private List<String> launcher(Path reports, List<String> selectors) {
        var launcher = new ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java",
                "-Dmooring.programs=" + programs(),
                "-Dsoak=" + Boolean.getBoolean("soak"),
                "-cp",
                classPath(),
                "org.junit.platform.console.ConsoleLauncher",
                "execute",
                "--disable-banner",
                "--disable-ansi-colors",
                "--details=testfeed",
                "--include-tag=netns",
                "--include-tag=stock",
                // An emulated processor of a busy machine has no use for them: this whole run has a time limit.
                "--config=junit.jupiter.execution.timeout.mode=disabled",
                "--reports-dir=" + reports));
        launcher.addAll(selectors);
        return launcher;
    }

    /** Without this module's own classes: only jars can be archived from. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                        .split(File.pathSeparator, -1))
                .filter(entry -> !Path.of(entry).startsWith(Path.of("target").toAbsolutePath()))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** What the guest runs. */
    private static String run(Path archive, List<String> launcher) {
        return String.join(
                "\n",
                // Also for the processes that tests start.
                "export " + JVM_OPTIONS + "='-XX:SharedArchiveFile=" + archive + JVM + "'",
                "export MOORING_JAVA_OPTS='" + PROGRAMS + "'",
                "cd '" + LAB + "'",
                "'" + String.join("' '", launcher) + "'",
                "");
    }
}
