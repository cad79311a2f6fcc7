package org.mooring.hook.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A QEMU as far as its monitor goes: the test says what state it is in, and what happens. */
final class PlayedQemu implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path socket;
    private final ServerSocketChannel server;
    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final BlockingQueue<SocketChannel> connected = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> commands = new LinkedBlockingQueue<>();

    private PlayedQemu(Path socket, ServerSocketChannel server) {
        this.socket = socket;
        this.server = server;
    }

    /** Listens; {@code status} is a RunState such as {@code running}. */
    static PlayedQemu listen(Path socket, String status) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        PlayedQemu qemu = new PlayedQemu(socket, server);
        qemu.is(status);
        qemu.answers.put("query-migrate", "{}");
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread thread = new Thread(qemu::serve, "qemu");
        thread.setDaemon(true);
        thread.start();
        return qemu;
    }

    /** What {@code query-status} answers from now on. */
    void is(String status) {
        answers.put(
                "query-status", "{\"status\": \"%s\", \"running\": %s}".formatted(status, status.equals("running")));
    }

    /** Waits until that command has been answered so often. */
    void asked(String command, int times) throws InterruptedException {
        for (int left = times; left > 0; ) {
            String next = commands.poll(60, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("nobody asked " + command);
            }
            left -= next.equals(command) ? 1 : 0;
        }
    }

    /** Tells the hook of an event, once it is there to hear. */
    void tells(String event, String data) throws Exception {
        SocketChannel client = connected.poll(60, TimeUnit.SECONDS);
        if (client == null) {
            throw new AssertionError("nobody negotiated with QEMU");
        }
        connected.add(client);
        long micros = System.currentTimeMillis() * 1000;
        send(
                client,
                "{\"event\": \"%s\", \"data\": %s, \"timestamp\": {\"seconds\": %d, \"microseconds\": %d}}"
                        .formatted(event, data, micros / 1_000_000, micros % 1_000_000));
    }

    /** Ends without a word, its socket with it. */
    @Override
    public void close() throws IOException {
        Files.deleteIfExists(socket);
        server.close();
        for (SocketChannel client : connected) {
            client.close();
        }
    }

    private void serve() {
        try {
            while (true) {
                SocketChannel client = server.accept();
                connected.clear();
                Thread thread = new Thread(() -> converse(client), "qemu-monitor");
                thread.setDaemon(true);
                thread.start();
            }
        } catch (ClosedChannelException closed) {
            // The test is over.
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void converse(SocketChannel client) {
        try (client) {
            send(client, "{\"QMP\": {\"version\": {\"qemu\": {\"major\": 7, \"minor\": 2, \"micro\": 22}}}}");
            BufferedReader in = new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                JsonNode command = JSON.readTree(line);
                String name = command.path("execute").asText();
                send(
                        client,
                        "{\"return\": %s, \"id\": %s}".formatted(answers.getOrDefault(name, "{}"), command.path("id")));
                commands.add(name);
                if (name.equals("qmp_capabilities")) {
                    connected.add(client);
                }
            }
        } catch (IOException closed) {
            // One of the two ended.
        }
    }

    private static synchronized void send(SocketChannel client, String line) throws IOException {
        ByteBuffer octets = ByteBuffer.wrap((line + "\r\n").getBytes(StandardCharsets.UTF_8));
        while (octets.hasRemaining()) {
            client.write(octets);
        }
    }
}
