package org.mooring.lab;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * A TCP session that a guest opens by itself and keeps for as long as it runs. The guest opens another one if it breaks, so
 * a second connection means that the first one broke, whatever we saw of it here.
 */
final class GuestsOwnSession extends Session {
    private static final int FIRST_PORT = 4344;

    private final ServerSocketChannel listener;
    private final List<SocketChannel> accepted = new ArrayList<>();

    /** Listens where a guest will call. */
    GuestsOwnSession(String name, Namespace namespace, int port) {
        super(name);
        listener = namespace.call(() -> ServerSocketChannel.open().bind(new InetSocketAddress(port)));
        daemon(name + " (accepting)", this::accept);
    }

    /** Where a guest calls: each one its own port. */
    static int port(Guest guest) {
        return FIRST_PORT + Guest.ALL.indexOf(guest);
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel channel = listener.accept();
                synchronized (accepted) {
                    accepted.add(channel);
                    if (accepted.size() > 1) {
                        ended("the guest opened it again");
                    }
                }
                read(Channels.newInputStream(channel));
            }
        } catch (IOException e) {
            ended(e.toString());
        }
    }

    boolean isOpen() {
        synchronized (accepted) {
            return !accepted.isEmpty();
        }
    }

    @Override
    void shut() throws IOException {
        listener.close();
        synchronized (accepted) {
            for (SocketChannel channel : accepted) {
                channel.close();
            }
        }
    }
}
