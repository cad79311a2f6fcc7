package org.mooring.hook.daemon;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.mooring.linux.JavaCommand;
import org.mooring.linux.NetworkNamespace;

/** The program as it is run, in a namespace, with what it says on standard error. */
final class HookProcess implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final List<String> lines = new ArrayList<>();
    private final Thread reader;

    private HookProcess(Process process) {
        this.process = process;
        this.reader = new Thread(this::read, "hook-output");
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts {@code guest-hook} with these arguments. */
    static HookProcess start(NetworkNamespace namespace, String... arguments) throws IOException {
        return start(namespace, List.of(), arguments);
    }

    /** Starts it by another command, such as one that takes capabilities away. */
    static HookProcess start(NetworkNamespace namespace, List<String> by, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", namespace.name()));
        command.addAll(by);
        command.addAll(JavaCommand.quick("guest-hook", GuestHookProgram.class.getName()));
        command.addAll(List.of(arguments));
        return new HookProcess(
                new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /** Waits for a line that contains {@code text}, and returns it. */
    String awaitLine(String text) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        synchronized (lines) {
            while (true) {
                for (String line : lines) {
                    if (line.contains(text)) {
                        return line;
                    }
                }
                long millis = (deadline - System.nanoTime()) / 1_000_000;
                if (millis <= 0 || (!process.isAlive() && !reader.isAlive())) {
                    throw new AssertionError("never said '" + text + "' but:\n" + String.join("\n", lines));
                }
                lines.wait(Math.min(millis, 1000));
            }
        }
    }

    /** It has said nothing yet. */
    void forget() {
        synchronized (lines) {
            lines.clear();
        }
    }

    /** What it has said so far. */
    List<String> lines() {
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }

    /** The most memory that it has had. */
    long memoryKib() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }

    /** Waits for its end. */
    int exitCode() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("runs on after:\n" + String.join("\n", lines()));
        }
        reader.join();
        return process.exitValue();
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** Another signal, such as {@code HUP}. */
    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private void read() {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                synchronized (lines) {
                    lines.add(line);
                    lines.notifyAll();
                }
            }
        } catch (IOException ended) {
            // So has the process.
        }
    }
}
