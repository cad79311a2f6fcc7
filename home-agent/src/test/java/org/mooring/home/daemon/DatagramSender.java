package org.mooring.home.daemon;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.mooring.linux.NetworkNamespace;
import org.mooring.protocol.wire.Ipv4Address;

/** Sends datagrams to an address, ten a second, until it is closed. */
final class DatagramSender implements AutoCloseable {
    /** Where to: discard (RFC 863). */
    static final int PORT = 9;

    private static final Duration INTERVAL = Duration.ofMillis(100);

    private final DatagramSocket socket;
    private final Ipv4Address destination;

    DatagramSender(NetworkNamespace namespace, Ipv4Address source, Ipv4Address destination) throws Exception {
        // Without an address of its own, the socket would need a route to 255.255.255.255.
        this.socket = namespace.run(() -> new DatagramSocket(0, source.toInet()));
        this.destination = destination;
    }

    void start() {
        new Thread(this::run, "sender").start();
    }

    private void run() {
        var datagram = new DatagramPacket(new byte[1], 1, destination.toInet(), PORT);
        while (!socket.isClosed()) {
            try {
                socket.send(datagram);
            } catch (IOException notResolvedYet) {
                // Until the home agent answers ARP, the kernel may say that there is no such host.
            }
            datagram.getData()[0]++;
            LockSupport.parkNanos(INTERVAL.toNanos());
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
