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
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * What a QEMU is to the guest-hook: a tap on the host's bridge, as kvm-migrator makes it, and a monitor socket that tells of what happens.
 * The guest in it is {@code body.c}, of which each guest has one: at its new host it goes on with all that it had.
 */
final class SimulatedQemu implements AutoCloseable {
    /** As kvm-migrator has it. */
    private static final int TAP_QUEUE = 10_000;

    private final Namespace host;
    private final Guest guest;
    private final String place;
    private final Instrument body;
    private final Path socket;
    private final ServerSocketChannel server;
    private final BlockingQueue<SocketChannel> negotiated = new LinkedBlockingQueue<>();
    private volatile String status;
    private volatile boolean heard;

    /** As query-migrate tells it. */
    private volatile String migration = "{}";

    private SimulatedQemu(Lab lab, Guest guest, String place, Instrument body, String status) {
        this.guest = guest;
        this.body = body;
        this.status = status;
        this.place = place;
        host = lab.namespace(place);
        // The tap's own address is the guest's with a high first octet, which no bridge takes as its own.
        host.ip(
                "tuntap add dev " + guest.tap() + " mode tap",
                "link set dev " + guest.tap() + " address fe" + guest.mac().substring(2) + " txqueuelen " + TAP_QUEUE,
                "link set dev " + guest.tap() + " master br0 up");
        var unused = body.order("open " + place + " /run/netns/" + host.name() + " " + guest.tap(), "opened");
        socket = lab.run().directory(place + "/guests").resolve(guest.name() + ".hook.qmp");
        try {
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            throw new LabException("cannot listen at " + socket, e);
        }
        Session.daemon("simulated QEMU at " + place, this::serve);
    }

    /** A guest that has been started here. */
    static SimulatedQemu running(Lab lab, Guest guest, Site site, Instrument body) {
        return running(lab, guest, site.host(), body);
    }

    /**
     * A guest that has been started here.
     *
     * @param host one of the KVM hosts, by the name of its namespace
     */
    static SimulatedQemu running(Lab lab, Guest guest, String host, Instrument body) {
        var qemu = new SimulatedQemu(lab, guest, host, body, "running");
        qemu.read();
        return qemu;
    }

    /** Returns when the hook has come, and asked what becomes of the guest. */
    SimulatedQemu awaitHook() {
        Await.until("a hook is at " + socket, () -> heard);
        return this;
    }

    /**
     * Returns when the guest is registered by the hook, whose filters its tap has since then: while the kernel adds the first filter to a
     * device, it drops what the device should send.
     */
    SimulatedQemu awaitRegistration(Daemon hook) {
        Await.until(
                "the guest is registered by the hook of " + place,
                () -> hook.control()
                        .get("/guests/" + guest.name())
                        .path("guest")
                        .path("registration")
                        .asText()
                        .equals("accepted"));
        return this;
    }

    /** Waits for the guest, as by {@code -incoming}. */
    static SimulatedQemu incoming(Lab lab, Guest guest, Site site, Instrument body) {
        return incoming(lab, guest, site.host(), body);
    }

    /**
     * Waits for the guest, as by {@code -incoming}.
     *
     * @param host one of the KVM hosts, by the name of its namespace
     */
    static SimulatedQemu incoming(Lab lab, Guest guest, String host, Instrument body) {
        return new SimulatedQemu(lab, guest, host, body, "inmigrate");
    }

    /** @param state of a migration, such as {@code active} */
    void migration(String state) {
        // An incoming one has no "ram" to tell of.
        migration = "{\"status\": \"%s\"%s}".formatted(state, status.equals("inmigrate") ? "" : ", \"ram\": {}");
        tell("MIGRATION", "{\"status\": \"" + state + "\"}");
    }

    /** The last of the migration's stream is to be sent. Returns when the event happened. */
    long stop() {
        var unused = body.order("stop", "stopped");
        status = "finish-migrate";
        return tell("STOP", "{}");
    }

    /** The stream is complete. Returns when the event happened; as with QEMU, the guest runs right after it. */
    long resume() {
        status = "running";
        long resumed = tell("RESUME", "{}");
        read();
        return resumed;
    }

    /** Tells that the guest is elsewhere. */
    void left() {
        status = "postmigrate";
        migration("completed");
    }

    /** When the tap was given its first probe packet; 0 if it never was. */
    long firstPacket() {
        return Long.parseLong(body.order("first " + place, "first"));
    }

    /** The machine is gone, and the guest with it. */
    void die() {
        var unused = body.order("stop", "stopped");
        quit();
    }

    /** Ends, its tap and socket with it. Returns how many probe packets lay in the tap, which nobody will read. */
    int quit() {
        try {
            Files.deleteIfExists(socket);
            server.close();
            for (SocketChannel client : negotiated) {
                client.close();
            }
        } catch (IOException e) {
            throw new LabException("closing " + socket, e);
        }
        int left = Integer.parseInt(body.order("close " + place, "closed"));
        host.ip("link del dev " + guest.tap());
        return left;
    }

    @Override
    public void close() {
        int unread = quit();
        assert unread >= 0;
    }

    private void read() {
        var unused = body.order("read " + place, "reading");
    }

    /** Tells the hook, if it is there to hear, as QEMU does; returns the event's time. */
    private long tell(String event, String data) {
        long micros = Clock.now() / 1000;
        SocketChannel client = negotiated.peek();
        try {
            if (client != null) {
                send(
                        client,
                        "{\"timestamp\": {\"seconds\": %d, \"microseconds\": %d}, \"event\": \"%s\", \"data\": %s}"
                                .formatted(micros / 1_000_000, micros % 1_000_000, event, data));
            }
        } catch (IOException e) {
            // The hook has just ended. A restarted one will ask.
        }
        return micros * 1000;
    }

    /** One client at a time, as QEMU does. */
    private void serve() {
        while (true) {
            try (SocketChannel client = server.accept()) {
                converse(client);
            } catch (IOException e) {
                if (!server.isOpen()) {
                    return;
                }
                // The client ended; a restarted hook comes again.
            }
            negotiated.clear();
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
                negotiated.add(client);
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
