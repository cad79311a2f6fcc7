package org.mooring.lab;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;

/** Sends each datagram back to where it came from, as a guest does, and counts them. */
final class UdpEcho implements AutoCloseable {
    private final DatagramChannel channel;
    private volatile int received;

    UdpEcho(Namespace namespace, int port) {
        channel = namespace.call(() -> DatagramChannel.open().bind(new InetSocketAddress("0.0.0.0", port)));
        Session.daemon("udp echo", this::run);
    }

    private void run() {
        var packet = ByteBuffer.allocateDirect(2048);
        int count = 0;
        try {
            while (true) {
                SocketAddress from = channel.receive(packet.clear());
                received = ++count;
                channel.send(packet.flip(), from);
            }
        } catch (IOException e) {
            // Closed: nobody is here any more.
        }
    }

    int received() {
        return received;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new LabException("closing a UDP echo", e);
        }
    }
}
