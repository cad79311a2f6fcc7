package org.mooring.foreign.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.mooring.linux.JavaCommand;
import org.mooring.linux.NetworkNamespace;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.Failure;
import org.mooring.runtime.control.ControlClient;

/** The real foreign agent as a process in a network namespace. */
final class RunningProgram implements AutoCloseable {
    /** How it ended, and what it printed. */
    record Refusal(int exitCode, List<String> lines) {}

    private static final List<String> QUICK =
            JavaCommand.quick(ForeignAgentProgram.NAME, ForeignAgentProgram.class.getName());
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private final Process process;
    private final Path log;
    private final ControlClient control;

    private RunningProgram(Process process, Path log, Path socket) {
        this.process = process;
        this.log = log;
        this.control = new ControlClient(ForeignAgentProgram.NAME, socket, Duration.ofSeconds(60));
    }

    /** Starts it and waits until it answers. Its configuration has {@code control-socket = "socket"}. */
    static RunningProgram start(NetworkNamespace namespace, Path configuration) throws Exception {
        return start(command(namespace, configuration, QUICK, "debug"), configuration);
    }

    /** The same, with the options of an installed program. */
    static RunningProgram startAsInstalled(NetworkNamespace namespace, Path configuration) throws Exception {
        return start(
                command(
                        namespace,
                        configuration,
                        JavaCommand.asInstalled(ForeignAgentProgram.NAME, ForeignAgentProgram.class.getName()),
                        "info"),
                configuration);
    }

    private static RunningProgram start(ProcessBuilder command, Path configuration) throws Exception {
        var log = configuration.resolveSibling("log");
        var process = command.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        process.getOutputStream().close();
        var program = new RunningProgram(process, log, configuration.resolveSibling("socket"));
        try {
            program.await("/status", status -> true);
            return program;
        } catch (Exception | Error e) {
            program.close();
            throw e;
        }
    }

    /** Starts it where it cannot run, and waits for its end. */
    static Refusal refusal(NetworkNamespace namespace, Path configuration) throws Exception {
        var process = command(namespace, configuration, QUICK, "debug").start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Refusal(process.waitFor(), output.lines().toList());
    }

    private static ProcessBuilder command(
            NetworkNamespace namespace, Path configuration, List<String> java, String logLevel) {
        var command = new ArrayList<>(List.of("ip", "netns", "exec", namespace.name()));
        command.addAll(java);
        command.addAll(List.of("run", "--config", configuration.toString(), "--log-level", logLevel));
        return new ProcessBuilder(command).redirectErrorStream(true);
    }

    /** Asks for {@code path} until what comes back is as {@code expected}. */
    JsonNode await(String path, Predicate<JsonNode> expected) throws Exception {
        var deadline = System.nanoTime() + DEADLINE.toNanos();
        String last = "nothing";
        while (System.nanoTime() < deadline && process.isAlive()) {
            try {
                var answer = control.get(path);
                if (expected.test(answer)) {
                    return answer;
                }
                last = answer.toString();
            } catch (Failure notYet) {
                last = String.valueOf(notYet.getMessage());
            }
            // Nothing tells when it will be so: asked again after a while.
            TimeUnit.MILLISECONDS.sleep(50);
        }
        throw new AssertionError(path + " was last " + last + "; the log:\n" + lastLog());
    }

    /** Has it end the registration of one visitor, if it is there; returns false, for there may be another one. */
    boolean revoke(Ipv4Address homeAddress) {
        try {
            control.post("/revoke/" + homeAddress, Map.of());
        } catch (Failure gone) {
            // So it shall be.
        }
        return false;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** The most that it has had. */
    long memoryKib() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }

    long pid() {
        return process.pid();
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** SIGTERM; returns the exit code. */
    int terminate() {
        process.destroy();
        return process.onExit().join().exitValue();
    }

    void forgetLog() throws IOException {
        Files.writeString(log, "");
    }

    /** What it wrote to its log since {@link #forgetLog}. */
    String lastLog() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return "no log: " + e;
        }
    }

    /** SIGHUP; returns when it has read its configuration again. */
    void reload() throws Exception {
        new ProcessBuilder("kill", "-HUP", Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        await("/status", status -> lastLog().contains("configuration re-read"));
    }

    @Override
    public void close() {
        kill();
    }
}
