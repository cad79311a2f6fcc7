package org.mooring.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
@DisplayName("The verb run")
class RunVerbTest {
    @TempDir
    Path directory;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void end() {
        started.forEach(Process::destroyForcibly);
    }

    private Path config(String name, String behaviour) throws IOException {
        return Files.writeString(
                directory.resolve("counter.toml"), "name = \"" + name + "\"\nbehaviour = \"" + behaviour + "\"\n");
    }

    private Process start(Path config, String... environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(CountingDaemon.command(config));
        for (int i = 0; i < environment.length; i += 2) {
            builder.environment().put(environment[i], environment[i + 1]);
        }
        Process process =
                builder.redirectError(directory.resolve("log").toFile()).start();
        started.add(process);
        return process;
    }

    private String log() throws IOException {
        return Files.readString(directory.resolve("log"));
    }

    private static void signal(Process process, String signal) throws Exception {
        assertEquals(
                0,
                new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                        .start()
                        .waitFor());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void endsInGoodOrderWhenAsked(String signal) throws Exception {
        Process process = start(config("one", "good"));
        try (BufferedReader out = process.inputReader()) {
            assertEquals("did good one", out.readLine());
            signal(process, signal);
            assertEquals("did close", out.readLine());
        }
        assertEquals(0, process.waitFor(), log());
        assertTrue(log().contains("ready config=" + directory.resolve("counter.toml")), log());
        assertTrue(log().contains("stopping"), log());
    }

    @Test
    void readsItsConfigurationAgainAndKeepsTheOldOneIfTheNewOneIsRefused() throws Exception {
        Path config = config("one", "good");
        Process process = start(config);
        try (BufferedReader out = process.inputReader()) {
            assertEquals("did good one", out.readLine());
            config("two", "good");
            signal(process, "HUP");
            assertEquals("did reload two", out.readLine());
            Files.writeString(config, "nam = 3\n");
            signal(process, "HUP");
            awaitLog("configuration not re-read, the old one stays: " + config + ":1: nam: unknown key");
            config("three", "fails");
            signal(process, "HUP");
            awaitLog("configuration not re-read, the old one stays: behaviour: restart to change it");
            config("four", "good");
            signal(process, "HUP");
            assertEquals("did reload four", out.readLine());
            signal(process, "TERM");
        }
        assertEquals(0, process.waitFor(), log());
    }

    private void awaitLog(String text) throws Exception {
        while (!log().contains(text)) { // @Timeout ends it
            Thread.onSpinWait();
        }
    }

    @Test
    void endsAtABugWithTheEventInTheLog() throws Exception {
        Process process = start(config("one", "crashes"));
        assertEquals(1, process.waitFor(), log());
        assertTrue(log().contains("ended by a bug while handling crashes one"), log());
        assertTrue(log().contains("IllegalStateException: a bug"), log());
    }

    @Test
    void endsAtABugInAnyThread() throws Exception {
        Process process = start(config("one", "throws"));
        assertEquals(1, process.waitFor(), log());
        assertTrue(log().contains("IllegalStateException: in another thread"), log());
    }

    @Test
    void saysInOneLineWhyItCannotStart() throws Exception {
        Process process = start(config("one", "fails"));
        assertEquals(1, process.waitFor());
        assertEquals("counter: the port is taken: name another\n", log());
        process = start(Files.writeString(directory.resolve("counter.toml"), "name = 1\n"));
        assertEquals(2, process.waitFor());
        assertEquals(
                "counter: " + directory.resolve("counter.toml")
                        + ":1: name: expected a string in quotes, not empty, found 1\n",
                log());
    }

    @Test
    void tellsTheServiceManagerHowItIs() throws Exception {
        try (NotifySocket notify = new NotifySocket(directory.resolve("notify"))) {
            Process process = start(config("one", "good"), "NOTIFY_SOCKET", notify.path(), "WATCHDOG_USEC", "60000");
            assertEquals("READY=1", notify.next());
            assertEquals("WATCHDOG=1", notify.next());
            signal(process, "HUP");
            String reloading = notify.nextBut("WATCHDOG=1");
            assertTrue(reloading.matches("RELOADING=1\nMONOTONIC_USEC=[0-9]+"), reloading);
            assertEquals("READY=1", notify.nextBut("WATCHDOG=1"));
            signal(process, "TERM");
            assertEquals("STOPPING=1", notify.nextBut("WATCHDOG=1"));
            assertEquals(0, process.waitFor(), log());
        }
    }

    @Test
    void feedsNoWatchdogWhenItsThreadDoesNotTurn() throws Exception {
        try (NotifySocket notify = new NotifySocket(directory.resolve("notify"))) {
            Process process = start(config("one", "hangs"), "NOTIFY_SOCKET", notify.path(), "WATCHDOG_USEC", "30000");
            assertEquals("READY=1", notify.next());
            // After each reload the main thread looks again whether the others are well.
            for (int i = 0; i < 3; i++) {
                signal(process, "HUP");
                assertTrue(notify.next().startsWith("RELOADING=1"));
                assertEquals("READY=1", notify.next());
            }
        }
    }

    @Test
    void isNotSilentAboutAnUnknownLevel() throws Exception {
        List<String> words = new ArrayList<>(CountingDaemon.command(config("one", "good")));
        words.addAll(List.of("--log-level", "loud"));
        Process process = new ProcessBuilder(words)
                .redirectError(directory.resolve("log").toFile())
                .start();
        assertEquals(2, process.waitFor());
        assertEquals("""
                counter: --log-level takes error, warn, info (the default), debug or trace, found 'loud'
                Try 'counter --help'.
                """, log());
        assertFalse(log().contains("ready"));
    }

    /** What the service manager listens at. */
    private static final class NotifySocket implements AutoCloseable {
        private final Path path;
        private final Socket socket;

        NotifySocket(Path path) throws IOException {
            Epoll.ensureAvailability();
            this.path = path;
            this.socket = Socket.newSocketDomainDgram();
            socket.bind(new DomainSocketAddress(path.toString()));
        }

        String path() {
            return path.toString();
        }

        String next() throws IOException {
            ByteBuffer buffer = ByteBuffer.allocateDirect(1000);
            while (!Thread.currentThread().isInterrupted()) { // as @Timeout does
                var from = socket.recvFromDomainSocket(buffer, 0, buffer.capacity());
                if (from != null) {
                    byte[] text = new byte[from.receivedAmount()];
                    buffer.get(0, text);
                    return new String(text, StandardCharsets.US_ASCII);
                }
                Thread.onSpinWait();
            }
            throw new InterruptedIOException();
        }

        String nextBut(String other) throws IOException {
            String text = next();
            return text.equals(other) ? nextBut(other) : text;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
