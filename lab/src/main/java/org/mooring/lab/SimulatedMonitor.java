package org.mooring.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
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
import org.jspecify.annotations.Nullable;

/** The monitor socket of a QEMU: answers what a guest-hook asks, and tells it of what happens. One client at a time, as QEMU does. */
final class SimulatedMonitor implements AutoCloseable {
    private final Path socket;
    private final ServerSocketChannel server;
    private volatile String status;
    private volatile boolean heard;

    /** As query-migrate tells it. */
    private volatile String migration = "{}";

    private volatile @Nullable SocketChannel client;

    /** The client, once it has negotiated and may be told. */
    private volatile @Nullable SocketChannel negotiated;

    private SimulatedMonitor(Path socket, ServerSocketChannel server, String status) {
        this.socket = socket;
        this.server = server;
        this.status = status;
    }

    /** @param status a RunState such as {@code running} */
    static SimulatedMonitor listen(Path socket, String status) {
        try {
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket));
            var monitor = new SimulatedMonitor(socket, server, status);
            Session.daemon("monitor " + socket, monitor::serve);
            return monitor;
        } catch (IOException e) {
            throw new LabException("cannot listen at " + socket, e);
        }
    }

    Path socket() {
        return socket;
    }

    /** What query-status answers from now on. */
    void is(String status) {
        this.status = status;
    }

    /** Whether somebody has asked for the status. */
    boolean isHeard() {
        return heard;
    }

    /** @param state of a migration, such as {@code active} */
    void migration(String state) {
        // An incoming one has no "ram" to tell of.
        migration = "{\"status\": \"%s\"%s}".formatted(state, status.equals("inmigrate") ? "" : ", \"ram\": {}");
        tell("MIGRATION", "{\"status\": \"" + state + "\"}");
    }

    /** Tells the hook, if it is there to hear, as QEMU does; returns the event's time. */
    long tell(String event, String data) {
        long micros = Clock.now() / 1000;
        SocketChannel listener = negotiated;
        try {
            if (listener != null) {
                send(
                        listener,
                        "{\"timestamp\": {\"seconds\": %d, \"microseconds\": %d}, \"event\": \"%s\", \"data\": %s}"
                                .formatted(micros / 1_000_000, micros % 1_000_000, event, data));
            }
        } catch (IOException e) {
            // The hook has just ended. A restarted one will ask.
        }
        return micros * 1000;
    }

    /** As when QEMU's process ends: whoever is connected hears of it, however far the conversation was. */
    @Override
    public void close() {
        try {
            Files.deleteIfExists(socket);
            server.close();
            SocketChannel last = client;
            if (last != null) {
                last.close();
            }
        } catch (IOException e) {
            throw new LabException("closing " + socket, e);
        }
    }

    private void serve() {
        while (server.isOpen()) {
            try (SocketChannel accepted = server.accept()) {
                client = accepted;
                // Else whoever closes it may not have seen this client.
                if (server.isOpen()) {
                    converse(accepted);
                }
            } catch (IOException e) {
                // One of the two has ended; a restarted hook comes again.
            }
            negotiated = null;
        }
    }

    private void converse(SocketChannel client) throws IOException {
        send(client, "{\"QMP\": {\"version\": {\"qemu\": {\"major\": 7, \"minor\": 2, \"micro\": 22}}}}");
        var lines = new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode command = Json.parse(line);
            String name = command.path("execute").asText();
            String answer = switch (name) {
                case "query-status" ->
                    "{\"status\": \"%s\", \"running\": %s}".formatted(status, status.equals("running"));
                case "query-migrate" -> migration;
                default -> "{}";
            };
            send(client, "{\"return\": %s, \"id\": %s}".formatted(answer, command.path("id")));
            if (name.equals("qmp_capabilities")) {
                negotiated = client;
            } else if (name.equals("query-status")) {
                heard = true;
            }
        }
    }

    private synchronized void send(SocketChannel client, String line) throws IOException {
        ByteBuffer octets = ByteBuffer.wrap((line + "\r\n").getBytes(StandardCharsets.UTF_8));
        while (octets.hasRemaining()) {
            client.write(octets);
        }
    }
}
