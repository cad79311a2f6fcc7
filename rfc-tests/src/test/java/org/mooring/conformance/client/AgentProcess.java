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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.mooring.linux.JavaCommand;
import org.mooring.linux.NetworkNamespace;

/** One of the programs, started as on a router, with a directory of its own for its configuration, store, socket and log. */
final class AgentProcess implements AutoCloseable {
    private static final long DEADLINE = TimeUnit.SECONDS.toNanos(60);

    /** One of the programs, by what it is called and where it begins. */
    enum Program {
        HOME_AGENT("home-agent", "org.mooring.home.daemon.HomeAgentProgram"),
        FOREIGN_AGENT("foreign-agent", "org.mooring.foreign.daemon.ForeignAgentProgram"),
        GUEST_HOOK("guest-hook", "org.mooring.hook.daemon.GuestHookProgram");

        private final String name;
        private final String mainClass;

        Program(String name, String mainClass) {
            this.name = name;
            this.mainClass = mainClass;
        }

        private List<String> java() {
            return JavaCommand.quick(name, mainClass);
        }
    }

    private final Program program;
    private final Path directory;
    private final Process process;

    private AgentProcess(Program program, Path directory, Process process) {
        this.program = program;
        this.directory = directory;
        this.process = process;
    }

    /** Starts it, and doesn't wait. */
    static AgentProcess start(NetworkNamespace router, Program program, Path directory, String configuration)
            throws IOException {
        var file = directory.resolve("agent.toml");
        // It holds keys, and the program minds who may read them.
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, "control-socket = \"socket\"\n" + configuration);
        return new AgentProcess(program, directory, launch(router, program, directory));
    }

    private static Process launch(NetworkNamespace router, Program program, Path directory) throws IOException {
        var command = new ArrayList<>(List.of("ip", "netns", "exec", router.name()));
        command.addAll(program.java());
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

    /** Has its command line end the registration of {@code homeAddress}; returns what that prints. */
    String revoke(Address homeAddress) throws Exception {
        var command = new ArrayList<>(program.java());
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
        post("/guests/" + guest + "/events", "{\"phase\": \"%s\", \"tap\": \"%s\"}".formatted(phase, tap));
    }

    /** Tells a guest hook how the host from which {@code guest} comes dates its requests. */
    void tellTime(String guest, Instant time) throws IOException {
        post("/guests/" + guest + "/time", "{\"time\": \"%s\"}".formatted(time));
    }

    private void post(String path, String body) throws IOException {
        var answer = control("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(path, body.length(), body));
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
