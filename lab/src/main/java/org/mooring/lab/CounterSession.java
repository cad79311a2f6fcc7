package org.mooring.lab;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;

/** A TCP session on which the guest sends a line each 10 ms. */
final class CounterSession extends Session {
    private static final int PORT = 4343;

    private final SocketChannel channel;

    CounterSession(String name, Namespace namespace, String guest) {
        super(name);
        channel = namespace.call(() -> SocketChannel.open(new InetSocketAddress(guest, PORT)));
        read(Channels.newInputStream(channel));
    }

    @Override
    void shut() throws IOException {
        channel.close();
    }
}
