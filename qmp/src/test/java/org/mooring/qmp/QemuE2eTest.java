package org.mooring.qmp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real QEMU, without a guest but its boot firmware. */
@Tag("e2e")
@Timeout(120)
class QemuE2eTest {
    @TempDir
    Path directory;

    private final EventLoopGroup epoll = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final RecordingListener listener = new RecordingListener();
    private Path socket;
    private ProcessHandle qemu;

    @BeforeEach
    void startQemu() throws Exception {
        socket = directory.resolve("g.qmp");
        Path pid = directory.resolve("g.pid");
        Process parent = new ProcessBuilder(
                        "qemu-system-x86_64",
                        "-nodefaults",
                        "-no-user-config",
                        "-display",
                        "none",
                        "-accel",
                        "tcg",
                        "-m",
                        "16",
                        "-daemonize",
                        "-pidfile",
                        pid.toString(),
                        "-qmp",
                        "unix:" + socket + ",server=on,wait=off")
                .inheritIO()
                .start();
        assertEquals(0, parent.waitFor());
        qemu = ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
    }

    @AfterEach
    void endQemu() {
        qemu.destroyForcibly();
        epoll.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void givesCommandsAndHearsEvents() throws Exception {
        Instant before = Instant.now();
        QmpClient client = get(connect(Duration.ofSeconds(10)));
        assertTrue(client.qemuVersion().matches("[0-9]+\\.[0-9]+\\.[0-9]+"), client::qemuVersion);
        assertEquals(
                "running", get(client.execute("query-status")).path("status").textValue());
        get(client.execute("stop"));
        QmpEvent stop = listener.await("STOP");
        assertFalse(stop.at().isBefore(before), stop::toString);
        assertFalse(stop.received().isBefore(stop.at()), stop::toString);
        get(client.execute("cont"));
        listener.await("RESUME");
    }

    @Test
    void takesTheLongestAnswerThatQemuHas() throws Exception {
        QmpClient client = get(connect(Duration.ofSeconds(10)));
        assertTrue(get(client.execute("query-qmp-schema")).size() > 500);
    }

    @Test
    void passesOnARefusal() throws Exception {
        QmpClient client = get(connect(Duration.ofSeconds(10)));
        QmpException refused = assertInstanceOf(QmpException.class, failure(client.execute("make-coffee")));
        assertEquals("CommandNotFound", refused.errorClass());
    }

    @Test
    void findsTheSocketHeldByAnotherClient() throws Exception {
        QmpClient first = get(connect(Duration.ofSeconds(10)));
        Throwable refused = failure(connect(Duration.ofMillis(200)));
        assertTrue(refused.toString().contains("another client may hold this socket"), refused::toString);
        first.close();
        get(listener.disconnected);
    }

    @Test
    void hearsThatQemuEnded() throws Exception {
        QmpClient client = get(connect(Duration.ofSeconds(10)));
        get(client.execute("quit"));
        listener.await("SHUTDOWN");
        get(listener.disconnected);
        assertInstanceOf(QmpConnectionException.class, failure(client.execute("query-status")));
    }

    private CompletionStage<QmpClient> connect(Duration patience) {
        return QmpClient.connect(epoll, socket, listener, Clock.systemUTC(), patience);
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private static Throwable failure(CompletionStage<?> stage) {
        return Objects.requireNonNull(
                assertThrows(ExecutionException.class, () -> get(stage)).getCause());
    }
}
