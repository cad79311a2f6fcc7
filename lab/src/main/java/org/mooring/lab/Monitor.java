package org.mooring.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A guest's QEMU, as the testbed sees it: over a monitor of its own (a TCP port on the loopback of the host's namespace), so
 * that what is measured doesn't come from the programs under test.
 */
final class Monitor implements AutoCloseable {
    private static final int FIRST_PORT = 4400;

    private final SocketChannel channel;
    private final Consumer<QemuEvent> listener;
    private final List<QemuEvent> events = new ArrayList<>();
    private final BlockingQueue<JsonNode> answers = new LinkedBlockingQueue<>();

    /** Something that QEMU says happened, at this time by QEMU. */
    record QemuEvent(long time, String name, String status) {
        @Override
        public String toString() {
            return status.isEmpty() ? name : name + " " + status;
        }
    }

    /** @throws LabException if that guest's QEMU doesn't run there, or not yet */
    Monitor(Namespace host, Guest guest) {
        this(host, guest, event -> {});
    }

    /** As above, and has events told at once, on the monitor's thread. */
    Monitor(Namespace host, Guest guest, Consumer<QemuEvent> listener) {
        this.listener = listener;
        channel = host.call(
                () -> SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port(guest))));
        Session.daemon("monitor of " + guest.name() + " in " + host.name(), this::read);
        var unused = execute("qmp_capabilities");
    }

    private static int port(Guest guest) {
        return FIRST_PORT + Guest.ALL.indexOf(guest);
    }

    /** What QEMU has to be told for it. */
    static List<String> arguments(Guest guest) {
        return List.of("-qmp", "tcp:127.0.0.1:" + port(guest) + ",server=on,wait=off");
    }

    private void read() {
        try (var lines =
                new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                JsonNode message = Json.parse(line);
                if (message.has("event")) {
                    happened(message);
                } else if (!message.has("QMP")) {
                    answers.add(message);
                }
            }
        } catch (IOException e) {
            // QEMU has ended, or we have: whoever waits for something of it times out.
        }
    }

    private void happened(JsonNode event) {
        JsonNode at = event.path("timestamp");
        long time = at.path("seconds").asLong() * 1_000_000_000L
                + at.path("microseconds").asLong() * 1000;
        String status = event.path("data").path("status").asText();
        var happened = new QemuEvent(time, event.path("event").asText(), status);
        synchronized (events) {
            events.add(happened);
        }
        listener.accept(happened);
    }

    List<QemuEvent> events() {
        synchronized (events) {
            return List.copyOf(events);
        }
    }

    /** When this happened last. */
    Optional<Long> last(String event) {
        return events().stream()
                .filter(e -> e.name().equals(event))
                .map(QemuEvent::time)
                .reduce((a, b) -> b);
    }

    JsonNode execute(String command) {
        try {
            channel.write(ByteBuffer.wrap(("{\"execute\":\"" + command + "\"}\n").getBytes(StandardCharsets.UTF_8)));
            JsonNode answer = answers.poll(20, TimeUnit.SECONDS);
            if (answer == null || !answer.has("return")) {
                throw new LabException("QEMU answers " + command + " with " + answer);
            }
            return answer.path("return");
        } catch (IOException e) {
            throw new LabException("QEMU's monitor is gone: " + command, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted: " + command, e);
        }
    }

    /** Executes a command, and returns when QEMU says that its effect happened. */
    long execute(String command, String effect) {
        int before = events().size();
        var unused = execute(command);
        Await.until("QEMU says " + effect, () -> named(effect, before).isPresent());
        return named(effect, before).orElseThrow();
    }

    private Optional<Long> named(String event, int from) {
        return events().stream()
                .skip(from)
                .filter(e -> e.name().equals(event))
                .map(QemuEvent::time)
                .findFirst();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new LabException("closing a monitor", e);
        }
    }
}
