package org.mooring.datapath;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.mooring.linux.Ipv4;
import org.mooring.linux.NetworkNamespace;

/** Answers each UDP datagram to port 7 with its own contents (RFC 862). */
final class Echo implements AutoCloseable {
    static final int PORT = 7;
    private static final int MAX_DATAGRAM = 0xffff;

    private final DatagramSocket socket;
    private final AtomicInteger received = new AtomicInteger();
    private final Set<Integer> numbers = ConcurrentHashMap.newKeySet();

    Echo(NetworkNamespace namespace) throws Exception {
        this(namespace, Ipv4.address("0.0.0.0"));
    }

    /** @param address what it answers from, too */
    Echo(NetworkNamespace namespace, Inet4Address address) throws Exception {
        socket = namespace.run(() -> new DatagramSocket(new InetSocketAddress(address, PORT)));
        new Thread(this::serve, "echo-" + namespace.name()).start();
    }

    int received() {
        return received.get();
    }

    /** What those of a {@link Flow} say. */
    Set<Integer> numbers() {
        return numbers;
    }

    private void serve() {
        DatagramPacket datagram = new DatagramPacket(new byte[MAX_DATAGRAM], MAX_DATAGRAM);
        try {
            while (true) {
                datagram.setLength(MAX_DATAGRAM);
                socket.receive(datagram);
                if (datagram.getLength() == Integer.BYTES) {
                    numbers.add(ByteBuffer.wrap(datagram.getData()).getInt());
                }
                received.incrementAndGet();
                socket.send(datagram);
            }
        } catch (SocketException closed) {
            if (!socket.isClosed()) {
                throw new UncheckedIOException(closed);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
