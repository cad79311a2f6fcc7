package org.mooring.conformance.client;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.mooring.linux.NetworkNamespace;

/** A link where this client stands in for stations: it sends frames, answers ARP for them, and remembers all that comes. */
final class Wire implements AutoCloseable {
    private static final long DEADLINE = TimeUnit.SECONDS.toNanos(20);

    private final String name;
    private final RawSocket socket;
    private final List<Frame> frames = new ArrayList<>();
    private final Map<Address, Mac> stations = new HashMap<>();
    private volatile boolean closed;

    Wire(NetworkNamespace namespace, String device) throws Exception {
        this.name = device;
        this.socket = namespace.run(() -> RawSocket.open(device));
        var reader = new Thread(this::read, "frames of " + device);
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        while (!closed) {
            socket.receive().map(Frame::of).ifPresent(this::came);
        }
        socket.close();
    }

    private void came(Frame frame) {
        synchronized (frames) {
            frames.add(frame);
            frames.notifyAll();
        }
        frame.arp().filter(arp -> arp.operation() == Arp.REQUEST).ifPresent(this::answer);
    }

    private void answer(Arp request) {
        Optional<Mac> mac;
        synchronized (stations) {
            mac = Optional.ofNullable(stations.get(request.target()));
        }
        mac.ifPresent(own -> send(new Frame(request.senderMac(), own, request.answer(own))));
    }

    /** From now on a station with {@code mac} answers ARP requests for {@code address}. */
    void join(Address address, Mac mac) {
        synchronized (stations) {
            stations.put(address, mac);
        }
    }

    void leave(Address address) {
        synchronized (stations) {
            stations.remove(address);
        }
    }

    void send(Frame frame) {
        socket.send(frame.octets());
    }

    /** How many frames have come. */
    int mark() {
        synchronized (frames) {
            return frames.size();
        }
    }

    /** The first frame since {@code mark} in which {@code part} is found, waited for if need be. */
    <T> T await(int mark, Function<Frame, Optional<T>> part) throws InterruptedException {
        return await(mark, DEADLINE, part)
                .orElseThrow(() -> new AssertionError("did not come by " + name + "; what came: " + since(mark)));
    }

    /** The same, waited for so many nanoseconds at most. */
    <T> Optional<T> await(int mark, long patience, Function<Frame, Optional<T>> part) throws InterruptedException {
        long deadline = System.nanoTime() + patience;
        synchronized (frames) {
            for (int next = mark; ; next++) {
                while (next == frames.size()) {
                    long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                    if (left <= 0) {
                        return Optional.empty();
                    }
                    frames.wait(left);
                }
                var found = part.apply(frames.get(next));
                if (found.isPresent()) {
                    return found;
                }
            }
        }
    }

    /** In all frames that have come since {@code mark}: what {@code part} finds. */
    <T> List<T> since(int mark, Function<Frame, Optional<T>> part) {
        return since(mark).stream().flatMap(frame -> part.apply(frame).stream()).toList();
    }

    List<Frame> since(int mark) {
        synchronized (frames) {
            return List.copyOf(frames.subList(mark, frames.size()));
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
