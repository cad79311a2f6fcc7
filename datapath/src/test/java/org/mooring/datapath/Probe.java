package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.mooring.linux.NetworkNamespace;

/** Asks an {@link Echo}. */
final class Probe implements AutoCloseable {
    private static final int DEADLINE_MILLIS = 30_000;

    private final DatagramSocket socket;

    Probe(NetworkNamespace namespace) throws Exception {
        socket = namespace.run(() -> new DatagramSocket(new InetSocketAddress("0.0.0.0", 0)));
        socket.setSoTimeout(DEADLINE_MILLIS);
    }

    /** Sends a datagram and waits for the answer to it. */
    void exchange(Inet4Address to, String text) throws IOException {
        byte[] octets = text.getBytes(StandardCharsets.UTF_8);
        send(to, octets);
        DatagramPacket answer = new DatagramPacket(new byte[octets.length + 1], octets.length + 1);
        socket.receive(answer);
        assertArrayEquals(octets, java.util.Arrays.copyOf(answer.getData(), answer.getLength()));
    }

    void send(Inet4Address to, byte[] octets) throws IOException {
        socket.send(new DatagramPacket(octets, octets.length, new InetSocketAddress(to, Echo.PORT)));
    }

    @Override
    public void close() {
        socket.close();
    }
}
