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
    static final int PORT = 4344;

    private final ServerSocketChannel listener;
    private final List<SocketChannel> accepted = new ArrayList<>();

    /** Listens where {@code guest} will call; other callers are turned away. */
    GuestsOwnSession(String name, Namespace namespace, String guest) {
        super(name);
        listener = namespace.call(() -> ServerSocketChannel.open().bind(new InetSocketAddress(PORT)));
        daemon(name + " (accepting)", () -> accept(guest));
    }

    private void accept(String guest) {
        try {
            while (true) {
                SocketChannel channel = listener.accept();
                var from = (InetSocketAddress) channel.getRemoteAddress();
                if (!from.getAddress().getHostAddress().equals(guest)) {
                    channel.close();
                    continue;
                }
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
