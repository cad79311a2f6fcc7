package org.mooring.datapath;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.mooring.linux.NetworkNamespace;

/** Some thousand datagrams a second, numbered from zero on, to an {@link Echo}, until it is stopped; answers are counted. */
final class Flow implements AutoCloseable {
    /** Less than a socket's buffer holds, for when the machine has other work to do than to read it. */
    private static final int UNDER_WAY = 100;

    private final DatagramSocket socket;
    private final Inet4Address to;
    private final Thread sender = new Thread(this::send, "flow-sender");
    private final Thread receiver = new Thread(this::receive, "flow-receiver");
    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger answered = new AtomicInteger();

    Flow(NetworkNamespace from, Inet4Address to) throws Exception {
        this.to = to;
        socket = from.run(() -> new DatagramSocket(new InetSocketAddress("0.0.0.0", 0)));
        receiver.start();
        sender.start();
    }

    int sent() {
        return sent.get();
    }

    int answered() {
        return answered.get();
    }

    /** Whether so many more than now have come. */
    Callable<Boolean> moreAnswers(int count) {
        int enough = answered.get() + count;
        return () -> answered.get() >= enough;
    }

    /** Sends no more. */
    void stop() throws InterruptedException {
        sender.interrupt();
        sender.join();
    }

    private void send() {
        ByteBuffer number = ByteBuffer.allocate(Integer.BYTES);
        DatagramPacket datagram =
                new DatagramPacket(number.array(), Integer.BYTES, new InetSocketAddress(to, Echo.PORT));
        try {
            while (!Thread.interrupted()) {
                if (sent.get() - answered.get() < UNDER_WAY) {
                    number.putInt(0, sent.get());
                    socket.send(datagram);
                    sent.incrementAndGet();
                }
                LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(500));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void receive() {
        DatagramPacket datagram = new DatagramPacket(new byte[10], 10);
        try {
            while (true) {
                socket.receive(datagram);
                answered.incrementAndGet();
            }
        } catch (IOException e) {
            if (!socket.isClosed()) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void close() {
        sender.interrupt();
        socket.close();
    }
}
