package org.mooring.runtime.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.Failure;
import org.mooring.runtime.metrics.Metrics;

@Timeout(120)
@DisplayName("The control socket")
class ControlServerTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private record Binding(Ipv4Address homeAddress, Optional<String> name, Duration lifetime) {}

    private record Bindings(List<Binding> bindings) {}

    private record Phase(String phase) {}

    private final ExecutorService agent = Executors.newSingleThreadExecutor(task -> new Thread(task, "agent"));
    private final CompletableFuture<Object> later = new CompletableFuture<>();
    private final Metrics metrics = new Metrics("home-agent");

    @TempDir
    Path directory;

    private Path socket = Path.of("");
    private Optional<ControlServer> server = Optional.empty();

    @BeforeEach
    void open() throws Failure {
        socket = directory.resolve("agent.sock");
        server = Optional.of(open(agent, TIMEOUT));
    }

    @AfterEach
    void close() {
        server.ifPresent(ControlServer::close);
        agent.shutdown();
    }

    private ControlServer open(Executor executor, Duration longestAnswer) throws Failure {
        return ControlServer.open(
                socket,
                executor,
                new Routes()
                        .get(
                                "/thread",
                                request ->
                                        Map.of("thread", Thread.currentThread().getName()))
                        .get("/query", Request::query)
                        .get(
                                "/bindings",
                                request -> new Bindings(List.of(new Binding(
                                        Ipv4Address.of("10.1.0.50"), Optional.empty(), Duration.ofMinutes(5)))))
                        .get("/guests/{name}", request -> {
                            throw Refusal.notFound("no guest " + request.parameter("name"));
                        })
                        .post(
                                "/guests/{name}/events",
                                request -> Map.of(
                                        request.parameter("name"),
                                        request.body(Phase.class).phase()))
                        .postLater("/later", request -> later),
                metrics,
                longestAnswer);
    }

    private ControlClient client() {
        return new ControlClient("home-agent", socket, TIMEOUT);
    }

    @Test
    void answersOnTheAgentsThread() throws Failure {
        assertEquals("agent", client().get("/thread").path("thread").asText());
    }

    @Test
    void writesRecordsAsJson() throws Failure {
        assertEquals(
                "{\"bindings\":[{\"home-address\":\"10.1.0.50\",\"name\":null,\"lifetime\":\"PT5M\"}]}",
                client().get("/bindings").toString());
    }

    @Test
    void readsPathQueryAndBody() throws Failure {
        assertEquals("{\"a b\":\"1&2\"}", client().get("/query?a%20b=1%262").toString());
        assertEquals(
                "{\"web-1\":\"running\"}",
                client().post("/guests/web-1/events", new Phase("running")).toString());
    }

    @Test
    void answersLaterWhenThatIsWhenItKnows() throws Exception {
        CompletableFuture<JsonNode> answer = CompletableFuture.supplyAsync(() -> {
            try {
                return client().post("/later", Map.of());
            } catch (Failure e) {
                throw new AssertionError(e);
            }
        });
        assertFalse(answer.isDone());
        later.complete(Map.of("code", 0));
        assertEquals("{\"code\":0}", answer.get().toString());
    }

    @Test
    void passesOnARefusalThatComesLater() {
        later.completeExceptionally(Refusal.conflict("the guest is moving"));
        var refused = assertThrows(ControlClient.RefusedException.class, () -> client().post("/later", Map.of()));
        assertEquals(409, refused.status());
        assertEquals(List.of("the guest is moving"), refused.lines());
    }

    @Test
    void saysWhatItRefuses() {
        var refused = assertThrows(ControlClient.RefusedException.class, () -> client().get("/guests/web-1"));
        assertEquals(404, refused.status());
        assertEquals(List.of("no guest web-1"), refused.lines());
    }

    @Test
    void showsMetricsAndHealth() throws Exception {
        metrics.counter("registrations", "Registrations", "code")
                .labelValues("0")
                .inc();
        metrics.gauge(
                "bindings", "Bindings", () -> Thread.currentThread().getName().equals("agent") ? 7 : -1);
        String answer = raw("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        assertTrue(answer.contains("content-type: text/plain"), answer);
        assertTrue(answer.contains("\nmooring_home_agent_registrations_total{code=\"0\"} 1.0\n"), answer);
        assertTrue(answer.contains("\nmooring_home_agent_bindings 7.0\n"), answer);
        assertEquals("{\"status\":\"ok\"}", client().get("/health").toString());
    }

    @Test
    void isUnhealthyWhenTheAgentsThreadDoesNotTurn() throws Exception {
        close();
        server = Optional.of(open(task -> {}, Duration.ofMillis(100)));
        var refused = assertThrows(ControlClient.RefusedException.class, () -> client().get("/health"));
        assertEquals(503, refused.status());
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', textBlock = """
            GET /nothing HTTP/1.1\\r\\n\\r\\n                                          | 404 | there is nothing at /nothing
            POST /bindings HTTP/1.1\\r\\n\\r\\n                                        | 405 | POST is not for /bindings
            GET /guests/a/events HTTP/1.1\\r\\n\\r\\n                                  | 405 | GET is not for /guests/a/events
            GET /guests//b/events HTTP/1.1\\r\\n\\r\\n                                 | 404 | there is nothing at /guests//b/events
            GET /%zz HTTP/1.1\\r\\n\\r\\n                                              | 400 | the path is not well-formed
            nonsense\\r\\n\\r\\n                                                       | 400 | this is not an HTTP request
            POST /guests/a/events HTTP/1.1\\r\\nContent-Length: 1\\r\\n\\r\\n{         | 400 | the body is not what is expected here: Unexpected end-of-input
            POST /guests/a/events HTTP/1.1\\r\\nContent-Length: 4\\r\\n\\r\\nnull      | 400 | the body is null
            POST /guests/a/events HTTP/1.1\\r\\nContent-Length: 2\\r\\n\\r\\n[]        | 400 | the body is not what is expected here
            """)
    void answersABadRequestWithAStatusAndAReason(String request, int status, String reason) throws Exception {
        String answer = raw(request.replace("\\r", "\r").replace("\\n", "\n"));
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
        assertTrue(answer.contains("{\"error\":\"" + reason), answer);
    }

    @Test
    void takesNoBodyBeyondItsBound() throws Exception {
        String answer = raw("POST /guests/a/events HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
        assertTrue(answer.contains("{\"error\":\"the body is longer than 65536 octets\"}"), answer);
    }

    @Test
    void servesOneRequestAConnection() throws Exception {
        String answer = raw("GET /health HTTP/1.1\r\n\r\n".repeat(5));
        assertEquals(1, answer.split("HTTP/1.1 200", -1).length - 1, answer);
    }

    @Test
    void survivesHostileInput() throws Exception {
        byte[] good = "POST /guests/a/events HTTP/1.1\r\nContent-Length: 19\r\n\r\n{\"phase\":\"running\"}"
                .getBytes(StandardCharsets.US_ASCII);
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            byte[] bad = good.clone();
            for (int i = 0; i <= random.nextInt(8); i++) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
            }
            try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                channel.write(ByteBuffer.wrap(bad, 0, 1 + random.nextInt(bad.length)));
            }
        }
        assertEquals("{\"status\":\"ok\"}", client().get("/health").toString());
    }

    @Test
    void survivesMoreConnectionsThanItTakes() throws Exception {
        List<SocketChannel> idle = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                idle.add(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
            }
        } finally {
            for (SocketChannel channel : idle) {
                channel.close();
            }
        }
        // The places come free as the server reads that the clients are gone.
        boolean answered = false;
        for (long end = System.nanoTime() + TIMEOUT.toNanos(); !answered && System.nanoTime() < end; ) {
            try {
                answered = client().get("/health").path("status").asText().equals("ok");
            } catch (Failure stillFull) {
                Thread.onSpinWait();
            }
        }
        assertTrue(answered);
    }

    @Test
    void isForItsOwnerAndGroupOnly() throws IOException {
        assertEquals("rw-rw----", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
        try (var files = Files.list(directory)) {
            assertEquals(List.of(socket), files.toList());
        }
    }

    @Test
    void isNotTakenFromARunningProgram() throws Failure {
        Failure refused = assertThrows(Failure.class, () -> open(agent, TIMEOUT));
        assertEquals(
                List.of("control-socket " + socket
                        + " is in use by a running program: stop it, or give this one a control-socket of its own"),
                refused.lines());
        assertEquals("{\"status\":\"ok\"}", client().get("/health").toString());
    }

    @Test
    void replacesWhatAKilledProgramLeftBehind() throws Exception {
        close();
        assertFalse(Files.exists(socket));
        try (ServerSocketChannel killed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            killed.bind(UnixDomainSocketAddress.of(socket));
        }
        assertTrue(Files.exists(socket));
        ExecutorService restarted = Executors.newSingleThreadExecutor();
        server = Optional.of(open(restarted, TIMEOUT));
        assertEquals("{\"status\":\"ok\"}", client().get("/health").toString());
        restarted.shutdown();
    }

    @Test
    void replacesNoFileThatIsNoSocket() throws Exception {
        close();
        Files.writeString(socket, "precious");
        Failure refused = assertThrows(Failure.class, () -> open(agent, TIMEOUT));
        assertEquals(
                List.of("control-socket " + socket + " is a file that is no socket: name another path"),
                refused.lines());
        assertEquals("precious", Files.readString(socket));
        server = Optional.empty();
    }

    @Test
    void needsADirectory() {
        socket = directory.resolve("none").resolve("agent.sock");
        Failure refused = assertThrows(Failure.class, () -> open(agent, TIMEOUT));
        assertTrue(
                refused.lines().get(0).startsWith("control-socket " + socket + " cannot be made: "),
                refused.lines().get(0));
    }

    @Test
    void hasAClientThatSaysWhenNobodyIsThere() throws Exception {
        close();
        Failure refused = assertThrows(Failure.class, () -> client().get("/health"));
        assertEquals(
                List.of("is home-agent running? There is no socket at " + socket + ": start it, or name its socket"),
                refused.lines());
        try (ServerSocketChannel killed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            killed.bind(UnixDomainSocketAddress.of(socket));
        }
        refused = assertThrows(Failure.class, () -> client().get("/health"));
        assertEquals(
                List.of("is home-agent running? Nobody answers at " + socket + " (Connection refused): start it"),
                refused.lines());
    }

    @Test
    void hasAClientThatDoesNotWaitForEver() throws Exception {
        close();
        try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            silent.bind(UnixDomainSocketAddress.of(socket));
            ControlClient hasty = new ControlClient("home-agent", socket, Duration.ofMillis(50));
            Failure refused = assertThrows(Failure.class, () -> hasty.get("/health"));
            assertEquals(
                    List.of("home-agent does not answer within 50 ms at " + socket + ": its log may say why"),
                    refused.lines());
        }
    }

    @Test
    void hasAClientThatKnowsWhomItTalksTo() throws Exception {
        close();
        try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.bind(UnixDomainSocketAddress.of(socket));
            Thread speaks = new Thread(() -> {
                try (SocketChannel connection = other.accept()) {
                    connection.read(ByteBuffer.allocate(1000));
                    connection.write(ByteBuffer.wrap("220 mail\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            speaks.start();
            Failure refused = assertThrows(Failure.class, () -> client().get("/health"));
            assertEquals(List.of("what listens at " + socket + " is not home-agent: name its socket"), refused.lines());
            speaks.join();
        }
    }

    private String raw(String request) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            Channels.newInputStream(channel).transferTo(answer);
            return answer.toString(StandardCharsets.UTF_8);
        }
    }
}
