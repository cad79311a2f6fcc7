package org.mooring.lab;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Numbered UDP packets, with the time when each was sent, to the guest at a steady rate. The guest counts them and sends each one back; the echoes are
 * arrivals here.
 */
final class UdpFlow implements AutoCloseable {
    static final int PORT = 4340;
    static final int PER_SECOND = 1000;

    private static final int MAGIC = 0x4d4f4f52;
    private static final int OCTETS = 64;
    private static final int SENT = 12;

    private final int number;
    private final long period;
    private final InetSocketAddress guest;
    private final DatagramChannel channel;
    private final Arrivals echoes = new Arrivals();

    /** When what was sent at a time came back. */
    private final NavigableMap<Long, Long> answered = new ConcurrentSkipListMap<>();

    private final Thread sender;
    private volatile boolean ending;
    private volatile int sent;

    /** Starts to send {@link #PER_SECOND}. A flow's number is new to the guest, which counts each flow by itself. */
    UdpFlow(Namespace namespace, String guest, int number) {
        this(namespace, guest, number, PER_SECOND);
    }

    UdpFlow(Namespace namespace, String guest, int number, int perSecond) {
        this.number = number;
        period = 1_000_000_000L / perSecond;
        this.guest = new InetSocketAddress(guest, PORT);
        // Not connected: an ICMP error about one packet must not keep the next one from being sent.
        channel = namespace.call(() -> DatagramChannel.open(StandardProtocolFamily.INET));
        sender = new Thread(this::send, "udp " + number);
        sender.setDaemon(true);
        sender.start();
        Session.daemon("udp echoes " + number, this::receive);
    }

    private void send() {
        var packet = ByteBuffer.allocateDirect(OCTETS);
        long next = System.nanoTime();
        try {
            for (int sequence = 0; !ending; sequence++) {
                packet.clear()
                        .putInt(MAGIC)
                        .putInt(number)
                        .putInt(sequence)
                        .putLong(Clock.now())
                        .position(0);
                channel.send(packet, guest);
                sent = sequence + 1;
                next += period;
                // After a delay of our own, those that are late leave at once: the rate holds.
                for (long wait = next - System.nanoTime(); wait > 0; wait = next - System.nanoTime()) {
                    LockSupport.parkNanos(wait);
                }
            }
        } catch (IOException e) {
            throw new LabException("UDP flow " + number + " to " + guest, e);
        }
    }

    private void receive() {
        var packet = ByteBuffer.allocateDirect(2048);
        try {
            while (true) {
                packet.clear();
                channel.receive(packet);
                long now = Clock.now();
                echoes.add(now);
                if (packet.position() >= SENT + Long.BYTES) {
                    answered.put(packet.getLong(SENT), now);
                }
            }
        } catch (IOException e) {
            // Closed: the flow has ended.
        }
    }

    int number() {
        return number;
    }

    int sent() {
        return sent;
    }

    Arrivals echoes() {
        return echoes;
    }

    /** When the first packet came back that was sent at {@code from} or later; empty if none has yet. What was sent before is forgotten. */
    OptionalLong firstAnswered(long from) {
        answered.headMap(from).clear();
        // The answer to an earlier one may have come just now.
        return answered.tailMap(from).values().stream()
                .mapToLong(Long::longValue)
                .min();
    }

    /** Sends no more; echoes still arrive. */
    void stopSending() {
        ending = true;
        try {
            sender.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stopSending();
        try {
            channel.close();
        } catch (IOException e) {
            throw new LabException("closing UDP flow " + number, e);
        }
    }
}
