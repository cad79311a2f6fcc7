package org.mooring.datapath;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.ThreadScheduling;
import org.mooring.linux.packet.Ipv4Packet;

/**
 * Datagrams that say where they are in their row, 12,000 a second by the new path, and as many by the old one while there are any to send.
 * All leave from one CPU: the kernel keeps no order between two.
 */
final class NumberedFlow implements AutoCloseable {
    private static final int PER_MILLISECOND = 12;
    private static final int AT_ONCE = 100;
    private static final int UNDER_WAY = 9_000;
    private static final int CPU = 0;

    private final Wire wire;
    private final MacAddress router;
    private final Function<ByteBuffer, Ipv4Packet> byOld;
    private final Function<ByteBuffer, Ipv4Packet> byNew;
    private final AtomicInteger oldSent = new AtomicInteger();
    private final AtomicInteger newSent = new AtomicInteger();
    private final AtomicInteger oldTotal = new AtomicInteger();
    private Thread sender = new Thread(() -> {});

    NumberedFlow(
            Wire wire,
            MacAddress router,
            Function<ByteBuffer, Ipv4Packet> byOld,
            Function<ByteBuffer, Ipv4Packet> byNew) {
        this.wire = wire;
        this.router = router;
        this.byOld = byOld;
        this.byNew = byNew;
    }

    /** @param arrived how many of them have; where the machine is too busy to forward them in time, the flow waits */
    void start(IntSupplier arrived) {
        sender = new Thread(() -> send(arrived), "numbered-flow");
        sender.start();
    }

    /** So many more by the old path. */
    void sendByOld(int count) {
        oldTotal.addAndGet(count);
    }

    boolean hasSentAllByOld() {
        return oldSent.get() == oldTotal.get();
    }

    int sent() {
        return oldSent.get() + newSent.get();
    }

    int sentByNew() {
        return newSent.get();
    }

    /** Sends no more. */
    void stop() throws InterruptedException {
        sender.interrupt();
        sender.join();
    }

    private void send(IntSupplier arrived) {
        new ThreadScheduling().pin(CPU);
        long begin = System.nanoTime();
        try {
            while (!Thread.interrupted()) {
                long due = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - begin) * PER_MILLISECOND / 1000;
                for (int i = 0; i < AT_ONCE && newSent.get() < due && sent() - arrived.getAsInt() < UNDER_WAY; i++) {
                    if (!hasSentAllByOld()) {
                        wire.send(byOld.apply(Numbered.encode(Path.OLD, oldSent.get())), router);
                        oldSent.incrementAndGet();
                    }
                    wire.send(byNew.apply(Numbered.encode(Path.NEW, newSent.get())), router);
                    newSent.incrementAndGet();
                }
                LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(50));
            }
        } catch (KernelException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        sender.interrupt();
    }

    /** What a datagram says. */
    record Numbered(Path path, int number) {
        static ByteBuffer encode(Path path, int number) {
            return ByteBuffer.allocate(Integer.BYTES)
                    .putInt(path == Path.OLD ? ~number : number)
                    .flip();
        }

        static Numbered decode(ByteBuffer payload) {
            int number = payload.getInt();
            return number < 0 ? new Numbered(Path.OLD, ~number) : new Numbered(Path.NEW, number);
        }
    }
}
