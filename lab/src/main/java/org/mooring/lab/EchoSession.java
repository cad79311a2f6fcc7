package org.mooring.lab;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;

/** A TCP session on which we say a number and wait for the guest to say it again; each echo is an arrival. */
final class EchoSession extends Session {
    private static final int PORT = 4342;
    private static final long PAUSE_NANOSECONDS = 10_000_000;

    private final SocketChannel channel;

    EchoSession(String name, Namespace namespace, String guest) {
        super(name);
        channel = namespace.call(() -> {
            var opened = SocketChannel.open(new InetSocketAddress(guest, PORT));
            opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
            return opened;
        });
        daemon(name, this::talk);
    }

    private void talk() {
        try {
            var out = new DataOutputStream(Channels.newOutputStream(channel));
            var in = new DataInputStream(Channels.newInputStream(channel));
            for (long n = 0; !isClosing(); n++) {
                out.writeLong(n);
                long echo = in.readLong();
                if (echo != n) {
                    ended("said " + n + ", heard " + echo);
                    return;
                }
                arrived();
                java.util.concurrent.locks.LockSupport.parkNanos(PAUSE_NANOSECONDS);
            }
        } catch (IOException e) {
            ended(e.toString());
        }
    }

    @Override
    void shut() throws IOException {
        channel.close();
    }
}
