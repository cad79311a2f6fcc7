package org.mooring.qmp;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The other end of a monitor socket, which says what a test wants said. */
final class Peer implements AutoCloseable {
    static final String GREETING =
            "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, \"package\": \"\"}, \"capabilities\": [\"oob\"]}}";

    private final ServerSocketChannel server;

    Peer(Path socket) throws IOException {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket));
    }

    Conversation accept() throws IOException {
        return new Conversation(server.accept());
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    static final class Conversation implements AutoCloseable {
        private final SocketChannel channel;
        private final BufferedReader reader;

        Conversation(SocketChannel channel) {
            this.channel = channel;
            this.reader =
                    new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
        }

        void say(String line) throws IOException {
            ByteBuffer octets = ByteBuffer.wrap((line + "\r\n").getBytes(StandardCharsets.UTF_8));
            while (octets.hasRemaining()) {
                channel.write(octets);
            }
        }

        String hear() throws IOException {
            String line = reader.readLine();
            if (line == null) {
                throw new IOException("the client hung up");
            }
            return line;
        }

        boolean hungUp() throws IOException {
            return reader.readLine() == null;
        }

        /** Greets and acknowledges the negotiation. */
        Conversation greet() throws IOException {
            say(GREETING);
            hear();
            say("{\"return\": {}, \"id\": 1}");
            return this;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
