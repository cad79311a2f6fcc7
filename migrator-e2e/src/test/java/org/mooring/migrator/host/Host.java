package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.mooring.linux.JavaCommand;
import org.mooring.linux.NetworkNamespace;
import org.mooring.migrator.KvmMigratorProgram;
import org.mooring.runtime.cli.Console;

/** A KVM host: a network namespace with a guests' directory and a configuration of its own. */
final class Host implements AutoCloseable {
    static final String BRIDGE = "br0";

    /** Generous: the machine that runs the tests is shared. */
    private static final long PATIENCE_SECONDS = 60;

    final NetworkNamespace namespace;
    final Path directory;
    final Path program;
    private final List<Process> started = new ArrayList<>();

    Host(Path directory) throws Exception {
        this.directory = directory;
        this.program = directory.resolve("kvm-migrator");
        Files.createDirectories(guests());
        Files.writeString(program, """
                #!/bin/sh
                exec '%s' "$@"
                """.formatted(
                        String.join("' '", JavaCommand.quick("kvm-migrator", KvmMigratorProgram.class.getName()))));
        program.toFile().setExecutable(true);
        this.namespace = NetworkNamespace.create();
    }

    Path guests() {
        return directory.resolve("guests");
    }

    Path config() {
        return directory.resolve("kvm-migrator.toml");
    }

    void configure(String... lines) throws IOException {
        Files.writeString(config(), """
                guests-directory = "%s"
                hook-socket = "%s/hook.sock"
                state-directory = "%s/state"
                """.formatted(guests(), directory, directory) + String.join("\n", lines) + "\n");
    }

    /** Starts the program inside, as a process of its own. */
    Run start(String verb, String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "ip", "netns", "exec", namespace.name(), program.toString(), verb, "--config", config().toString()));
        command.addAll(List.of(words));
        Path out = Files.createTempFile(directory, verb, ".out");
        Path err = Files.createTempFile(directory, verb, ".err");
        Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        started.add(process);
        return new Run(process, out, err);
    }

    /** Runs the program inside, in this JVM. */
    Done run(String verb, String... words) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(verb, "--config", config().toString()));
        arguments.addAll(List.of(words));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = new Console(
                new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8));
        // What the verb starts, threads and processes, is born into the namespace of the thread that runs it.
        int exitCode = namespace.run(() -> Verbs.program().run(console, arguments.toArray(String[]::new)));
        return new Done(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** A process inside that goes on until the end. */
    Process daemon(ProcessBuilder builder) throws IOException {
        builder.command().addAll(0, List.of("ip", "netns", "exec", namespace.name()));
        Process process = builder.start();
        started.add(process);
        return process;
    }

    /** The process that runs this verb of ours, however it was started. */
    ProcessHandle program(String verb) {
        return ProcessHandle.allProcesses()
                .filter(process -> arguments(process).containsAll(List.of(verb, config().toString()))
                        && arguments(process).contains(KvmMigratorProgram.class.getName()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("nobody runs " + verb));
    }

    /** All of them; ProcessHandle.Info knows none where there are too many. */
    private static List<String> arguments(ProcessHandle process) {
        try {
            return List.of(Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"))
                    .split("\0", -1));
        } catch (IOException gone) {
            return List.of();
        }
    }

    GuestFiles files(String guest) {
        return new GuestFiles(guests(), guest);
    }

    QemuProcess qemu(String guest) {
        return QemuProcess.find(files(guest)).orElseThrow(() -> new AssertionError("no QEMU of " + guest));
    }

    boolean hasQemu(String guest) {
        return QemuProcess.find(files(guest)).isPresent();
    }

    boolean hasDevice(String device) {
        return Stream.of(namespace.exec("ip", "-o", "link").split("\n"))
                .anyMatch(line -> line.matches("[0-9]+: " + device + "[:@].*"));
    }

    /** Nothing of the guest's, nor a bridge, is left. */
    void assertClean(String guest) throws IOException {
        assertEquals(List.of(), remainders());
        assertEquals(false, hasDevice(Guest.tapOf(guest)), "tap");
        assertEquals(false, hasDevice(BRIDGE), "bridge");
    }

    /** The names of the files that guests have here. */
    List<String> remainders() throws IOException {
        try (Stream<Path> files = Files.list(guests())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    List<String> guestsHere() throws IOException {
        return remainders().stream()
                .filter(name -> name.endsWith(".json"))
                .map(name -> name.replaceFirst("\\.json$", ""))
                .toList();
    }

    static void eventually(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                fail("never came true: " + what);
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    @Override
    public void close() throws IOException {
        for (Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().onExit().join();
        }
        try (Stream<Path> files = Files.list(guests())) {
            for (Path pid :
                    files.filter(file -> file.toString().endsWith(".pid")).toList()) {
                String guest =
                        Objects.requireNonNull(pid.getFileName()).toString().replaceFirst("\\.pid$", "");
                if (hasQemu(guest)) {
                    ProcessHandle.of(qemu(guest).pid()).ifPresent(ProcessHandle::destroyForcibly);
                }
            }
        }
        namespace.close();
    }

    /** A run of the program that is over. */
    record Done(int exitCode, String out, String err) {}

    /** A run of the program. */
    record Run(Process process, Path out, Path err) {
        Done done() throws Exception {
            if (!process.waitFor(2 * PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("still runs: " + Files.readString(out) + Files.readString(err));
            }
            return new Done(process.exitValue(), Files.readString(out), Files.readString(err));
        }

        /** As Ctrl-C would. */
        void interrupt() throws Exception {
            new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                    .start()
                    .waitFor();
        }
    }
}
