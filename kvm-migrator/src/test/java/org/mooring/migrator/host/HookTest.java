package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.migrator.Preparation;
import org.mooring.runtime.control.ControlServer;
import org.mooring.runtime.control.Refusal;
import org.mooring.runtime.control.Routes;
import org.mooring.runtime.metrics.Metrics;

/** What the hook is told of a guest that arrives, over a control socket as the hook has one. */
class HookTest {
    @TempDir
    Path directory;

    private final List<String> told = new ArrayList<>();

    @Test
    void tellsOfTheGuestAndItsTap() throws Exception {
        Preparation preparation = arriving(request -> CompletableFuture.completedFuture(
                Map.of("phase", "arriving", "prepared", "staged", "why", "all wait")));
        assertEquals(new Preparation("staged", "all wait"), preparation);
        assertFalse(preparation.isPlain());
        assertEquals(List.of("g1 arriving mt-g1"), told);
    }

    @Test
    void takesWhatTheHookSaysForPlain() throws Exception {
        assertEquals(
                Preparation.plain("no answer"),
                arriving(
                        request -> CompletableFuture.completedFuture(Map.of("prepared", "plain", "why", "no answer"))));
    }

    @Test
    void takesWhatTheHookSaysForDenied() throws Exception {
        Preparation preparation = arriving(
                request -> CompletableFuture.completedFuture(Map.of("prepared", "denied", "why", "the keys differ")));
        assertTrue(preparation.isDenied());
        assertEquals("the keys differ", preparation.why());
    }

    @Test
    void anOlderHookPreparesNothing() throws Exception {
        assertTrue(arriving(request -> CompletableFuture.completedFuture(Map.of("phase", "arriving")))
                .isPlain());
    }

    @Test
    void aHookThatDoesNotKnowTheGuestWillNotRegisterIt() throws Exception {
        assertEquals(Preparation.denied("hook: there is no guest g1"), arriving(request -> {
            throw Refusal.notFound("there is no guest g1");
        }));
    }

    @Test
    void withoutAHookNobodyWillRegisterIt() {
        Path none = directory.resolve("none.sock");
        Hook hook = new Hook(none);
        assertEquals(
                Preparation.denied("hook: is guest-hook running? There is no socket at " + none
                        + ": start it, or name its socket"),
                hook.arriving("g1", "mt-g1"));
        hook.gone("g1");
        assertEquals(Optional.empty(), hook.time("g1"));
        hook.follow("g1", Instant.EPOCH);
    }

    @Test
    void asksAndTellsHowRequestsAreDated() throws Exception {
        String time = "2026-01-31T09:30:00.250Z";
        Routes routes = new Routes()
                .get("/guests/{name}/time", request -> Map.of("time", time))
                .post("/guests/{name}/time", request -> {
                    told.add(request.parameter("name") + " "
                            + request.body(JsonNode.class).path("time").asText());
                    return Map.of();
                });
        Path socket = directory.resolve("hook.sock");
        try (ControlServer server = ControlServer.open(socket, Runnable::run, routes, new Metrics("guest-hook"))) {
            assertTrue(Files.exists(socket), server::toString);
            Hook hook = new Hook(socket);
            assertEquals(Optional.of(Instant.parse(time)), hook.time("g1"));
            hook.follow("g1", Instant.parse("2026-01-31T09:30:03Z"));
        }
        assertEquals(List.of("g1 2026-01-31T09:30:03Z"), told);
    }

    @Test
    void aHookThatDatesNothingIsNotFollowed() throws Exception {
        Routes routes = new Routes().get("/guests/{name}/time", request -> Map.of("time", "soon"));
        Path socket = directory.resolve("hook.sock");
        try (ControlServer server = ControlServer.open(socket, Runnable::run, routes, new Metrics("guest-hook"))) {
            assertTrue(Files.exists(socket), server::toString);
            assertEquals(Optional.empty(), new Hook(socket).time("g1"));
        }
    }

    @Test
    void norWillOneThatEndsWhileItIsAsked() throws Exception {
        Path socket = directory.resolve("hook.sock");
        try (ServerSocketChannel listening =
                ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket))) {
            CompletableFuture<Void> asked = CompletableFuture.runAsync(() -> {
                try (SocketChannel client = listening.accept()) {
                    client.read(ByteBuffer.allocate(8192));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertEquals(
                    Preparation.denied("hook: is guest-hook running? It ended before it answered at " + socket
                            + ": its log may say why"),
                    new Hook(socket).arriving("g1", "mt-g1"));
            asked.join();
        }
    }

    @Test
    void aHookThatIsStuckIsNotWaitedForForEver() throws Exception {
        assertTrue(arriving(request -> new CompletableFuture<>()).isPlain());
    }

    private Preparation arriving(Routes.PatientHandler hook) throws Exception {
        Routes routes = new Routes().postLater("/guests/{name}/events", request -> {
            JsonNode event = request.body(JsonNode.class);
            told.add(String.join(
                    " ",
                    request.parameter("name"),
                    event.path("phase").asText(),
                    event.path("tap").asText()));
            return hook.answer(request);
        });
        Path socket = directory.resolve("hook.sock");
        try (ControlServer server = ControlServer.open(socket, Runnable::run, routes, new Metrics("guest-hook"))) {
            assertTrue(Files.exists(socket), server::toString);
            return new Hook(socket).arriving("g1", "mt-g1");
        }
    }
}
