package org.mooring.qmp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class QmpClientTest {
    private static final EventLoopGroup EPOLL = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

    @TempDir
    Path directory;

    private final RecordingListener listener = new RecordingListener();
    private Path socket;

    @BeforeEach
    void chooseSocket() {
        socket = directory.resolve("g.qmp");
    }

    @AfterAll
    static void stop() {
        EPOLL.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void negotiatesAndReportsTheVersion() throws Exception {
        try (Peer peer = new Peer(socket)) {
            CompletionStage<QmpClient> connecting = connect();
            try (Peer.Conversation qemu = peer.accept()) {
                qemu.say(Peer.GREETING);
                assertEquals("{\"execute\":\"qmp_capabilities\",\"id\":1}", qemu.hear());
                qemu.say("{\"return\": {}, \"id\": 1}");
                assertEquals("7.2.22", get(connecting).qemuVersion());
            }
        }
    }

    @Test
    void matchesAnswersByTheirIdWhateverTheirOrder() throws Exception {
        try (Peer peer = new Peer(socket)) {
            CompletionStage<QmpClient> connecting = connect();
            try (Peer.Conversation qemu = peer.accept().greet()) {
                QmpClient client = get(connecting);
                CompletionStage<JsonNode> status = client.execute("query-status");
                CompletionStage<JsonNode> migrate = client.execute(
                        "migrate", new ObjectMapper().createObjectNode().put("uri", "tcp:192.0.2.1:49152"));
                assertEquals("{\"execute\":\"query-status\",\"id\":2}", qemu.hear());
                assertEquals(
                        "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"tcp:192.0.2.1:49152\"},\"id\":3}",
                        qemu.hear());
                qemu.say("{\"id\": 3, \"error\": {\"class\": \"GenericError\", \"desc\": \"no such route\"}}");
                qemu.say("{\"return\": {\"status\": \"running\"}, \"id\": 2}");
                QmpException refused = assertInstanceOf(QmpException.class, failure(migrate));
                assertEquals("migrate", refused.command());
                assertEquals("GenericError", refused.errorClass());
                assertEquals("no such route", refused.description());
                assertEquals("running", get(status).path("status").textValue());
            }
        }
    }

    @Test
    void stampsEventsWithQemusTimeAndOurs() throws Exception {
        try (Peer peer = new Peer(socket)) {
            CompletionStage<QmpClient> connecting = connect();
            try (Peer.Conversation qemu = peer.accept().greet()) {
                get(connecting);
                qemu.say("{\"timestamp\": {\"seconds\": 1767323044, \"microseconds\": 999001}, \"event\": \"STOP\"}");
                qemu.say("{\"timestamp\": {\"seconds\": -1, \"microseconds\": -1}, \"event\": \"MIGRATION\","
                        + " \"data\": {\"status\": \"active\"}}");
                QmpEvent stop = listener.await("STOP");
                assertEquals(Instant.parse("2026-01-02T03:04:04.999001Z"), stop.at());
                assertEquals(NOW, stop.received());
                QmpEvent migration = listener.await("MIGRATION");
                assertEquals("active", migration.status());
                assertEquals(NOW, migration.at());
            }
        }
    }

    @Test
    void failsWhatWasAskedWhenQemuGoesAway() throws Exception {
        try (Peer peer = new Peer(socket)) {
            CompletionStage<QmpClient> connecting = connect();
            Peer.Conversation qemu = peer.accept().greet();
            QmpClient client = get(connecting);
            CompletionStage<JsonNode> status = client.execute("query-status");
            qemu.hear();
            qemu.close();
            assertInstanceOf(QmpConnectionException.class, failure(status));
            assertTrue(get(listener.disconnected).toString().contains(socket.toString()));
            assertInstanceOf(QmpConnectionException.class, failure(client.execute("query-status")));
        }
    }

    @Test
    void tellsTheListenerOfItsOwnHangingUp() throws Exception {
        try (Peer peer = new Peer(socket)) {
            CompletionStage<QmpClient> connecting = connect();
            try (Peer.Conversation qemu = peer.accept().greet()) {
                get(connecting).close();
                assertTrue(qemu.hungUp());
                get(listener.disconnected);
            }
        }
    }

    @Test
    void saysThatNobodyListens() {
        Throwable absent = failure(connect());
        assertInstanceOf(QmpConnectionException.class, absent);
        assertEquals("QMP socket " + socket + ": it is not there", absent.getMessage());
    }

    @Test
    void givesUpOnASocketThatAnotherClientHolds() throws Exception {
        try (Peer peer = new Peer(socket)) {
            CompletionStage<QmpClient> connecting =
                    QmpClient.connect(EPOLL, socket, listener, clock(), Duration.ofMillis(50));
            try (Peer.Conversation silent = peer.accept()) {
                assertEquals(
                        "QMP socket " + socket + ": no greeting; another client may hold this socket",
                        failure(connecting).getMessage());
                assertTrue(silent.hungUp());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "hello",
                "[]",
                "7",
                "null",
                "{\"QMP\": 1}",
                "{\"event\": 3}",
                "{\"return\": {}}",
                "{\"return\": {}, \"id\": \"1\"}",
                "{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error\"}}",
                "{\"QMP\": {}} {\"QMP\": {}}"
            })
    void hangsUpOnWhoeverDoesNotSpeakQmp(String line) throws Exception {
        try (Peer peer = new Peer(socket)) {
            CompletionStage<QmpClient> connecting = connect();
            try (Peer.Conversation stranger = peer.accept()) {
                stranger.say(line);
                Throwable refused = failure(connecting);
                assertInstanceOf(QmpConnectionException.class, refused);
                assertTrue(refused.toString().contains("not QMP"), refused.toString());
                assertTrue(stranger.hungUp());
            }
        }
    }

    @Test
    void hangsUpOnALineWithoutEnd() throws Exception {
        try (Peer peer = new Peer(socket)) {
            CompletionStage<QmpClient> connecting = connect();
            try (Peer.Conversation stranger = peer.accept()) {
                // The client may hang up while the rest of the line is still being written.
                assertThrows(IOException.class, () -> {
                    while (true) {
                        stranger.say("x".repeat(QmpClient.MAX_LINE + 1));
                    }
                });
                assertInstanceOf(QmpConnectionException.class, failure(connecting));
            }
        }
    }

    @Test
    void ignoresAnswersThatNobodyAskedFor() throws Exception {
        try (Peer peer = new Peer(socket)) {
            CompletionStage<QmpClient> connecting = connect();
            try (Peer.Conversation qemu = peer.accept().greet()) {
                QmpClient client = get(connecting);
                CompletionStage<JsonNode> status = client.execute("query-status");
                qemu.hear();
                qemu.say("{\"return\": {\"status\": \"paused\"}, \"id\": 99}");
                qemu.say("{\"return\": {\"status\": \"running\"}, \"id\": 2}");
                assertEquals("running", get(status).path("status").textValue());
            }
        }
    }

    private CompletionStage<QmpClient> connect() {
        return QmpClient.connect(EPOLL, socket, listener, clock());
    }

    private static Clock clock() {
        return Clock.fixed(NOW, ZoneOffset.UTC);
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private static Throwable failure(CompletionStage<?> stage) {
        return Objects.requireNonNull(
                assertThrows(ExecutionException.class, () -> get(stage)).getCause());
    }
}
