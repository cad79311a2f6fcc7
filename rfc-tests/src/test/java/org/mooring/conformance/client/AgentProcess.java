package org.mooring.conformance.client;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.mooring.linux.NetworkNamespace;

/** One of the programs, started as on a router, with a directory of its own for its configuration, store, socket and log. */
final class AgentProcess implements AutoCloseable {
    private static final long DEADLINE = TimeUnit.SECONDS.toNanos(60);

    private final String mainClass;
    private final Path directory;
    private final Process process;

    private AgentProcess(String mainClass, Path directory, Process process) {
        this.mainClass = mainClass;
        this.directory = directory;
        this.process = process;
    }

    /** Starts it, and doesn't wait. */
    static AgentProcess start(NetworkNamespace router, String mainClass, Path directory, String configuration)
            throws IOException {
        var file = directory.resolve("agent.toml");
        // It holds keys, and the program minds who may read them.
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, "control-socket = \"socket\"\n" + configuration);
        return new AgentProcess(mainClass, directory, launch(router, mainClass, directory));
    }

    private static Process launch(NetworkNamespace router, String mainClass, Path directory) throws IOException {
        var command = new ArrayList<>(List.of("ip", "netns", "exec", router.name()));
        command.addAll(java(mainClass));
        command.addAll(
                List.of("run", "--config", directory.resolve("agent.toml").toString(), "--log-level", "debug"));
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("log").toFile()))
                .start();
        process.getOutputStream().close();
        return process;
    }

    private static List<String> java(String mainClass) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:-BytecodeVerificationRemote",
                "-XX:+UseSerialGC",
                "-Dmooring.warm-up-rounds=1",
                "-cp",
                System.getProperty("java.class.path"),
                mainClass);
    }

    /** Has its command line end the registration of {@code homeAddress}; returns what that prints. */
    String revoke(Address homeAddress) throws Exception {
        var command = new ArrayList<>(java(mainClass));
        command.addAll(List.of(
                "revoke",
                homeAddress.toString(),
                "--socket",
                directory.resolve("socket").toString()));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionError(said);
        }
        return said;
    }

    /** Waits until it says that it is well. */
    void awaitHealth() throws Exception {
        long deadline = System.nanoTime() + DEADLINE;
        while (!health().startsWith("HTTP/1.1 200")) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new AssertionError("does not run: " + log());
            }
            // Nothing tells when it will.
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    private String health() {
        try {
            return control("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
        } catch (IOException notYet) {
            return "";
        }
    }

    /** What a guest hook says of {@code guest}, in JSON. */
    String show(String guest) throws IOException {
        return control("GET /guests/%s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(guest));
    }

    /** Tells a guest hook what became of {@code guest}, whose port is {@code tap}. */
    void tell(String guest, String phase, String tap) throws IOException {
        var event = "{\"phase\": \"%s\", \"tap\": \"%s\"}".formatted(phase, tap);
        var answer = control("POST /guests/%s/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(guest, event.length(), event));
        if (!answer.startsWith("HTTP/1.1 200")) {
            throw new AssertionError(answer);
        }
    }

    /** Sends {@code request} to the control socket, and returns as much of the answer as comes at once. */
    private String control(String request) throws IOException {
        try (var socket = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.connect(UnixDomainSocketAddress.of(directory.resolve("socket")));
            socket.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
            var answer = ByteBuffer.allocate(4096);
            socket.read(answer);
            return new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII);
        }
    }

    String log() throws IOException {
        return Files.readString(directory.resolve("log"));
    }

    /** SIGKILL. */
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
