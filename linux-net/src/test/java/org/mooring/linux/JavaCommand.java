package org.mooring.linux;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The words that run a program in a JVM of its own. Signals that are ignored here, as by {@code nohup}, end it or have it read its
 * configuration again all the same.
 */
public final class JavaCommand {
    /** Where the installed programs are, if they have been built. */
    private static final String PROGRAMS = "mooring.programs";

    /** For a start that costs little. */
    private static final List<String> QUICK = List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UnlockDiagnosticVMOptions",
            "-XX:-BytecodeVerificationRemote",
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-Dio.netty.jfr.enabled=false",
            "-Dmooring.warm-up-rounds=1");

    private static final List<String> INSTALLED = List.of(
            "-Xms32m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-Dio.netty.jfr.enabled=false");

    private JavaCommand() {}

    /** With the classes of these tests. */
    public static List<String> quick(String main) {
        return command(QUICK, ownClassPath(), main);
    }

    /** One of the installed programs, with the archive of its classes, where they have been built; or else as above. */
    public static List<String> quick(String program, String main) {
        return installed(QUICK, program, main);
    }

    /** As above, with the options of an installed program. */
    public static List<String> asInstalled(String program, String main) {
        return installed(INSTALLED, program, main);
    }

    private static List<String> installed(List<String> options, String program, String main) {
        String image = System.getProperty(PROGRAMS);
        if (image == null) {
            return command(options, ownClassPath(), main);
        }
        var libraries = Path.of(image, "lib").toAbsolutePath().normalize();
        var archive = libraries.resolve(program + ".jsa");
        var all = new ArrayList<>(options);
        if (Files.exists(archive)) {
            all.add("-XX:SharedArchiveFile=" + archive);
        }
        return command(all, jars(libraries), main);
    }

    private static List<String> command(List<String> options, String classPath, String main) {
        var command = new ArrayList<>(List.of(
                "env",
                "--default-signal=HUP,INT",
                Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, main));
        return command;
    }

    private static String ownClassPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** In the order of the launcher, which is the archive's. */
    private static String jars(Path libraries) {
        String[] names = libraries.toFile().list((directory, name) -> name.endsWith(".jar"));
        return Arrays.stream(names == null ? new String[0] : names)
                .sorted()
                .map(name -> libraries.resolve(name).toString())
                .collect(Collectors.joining(File.pathSeparator));
    }
}
