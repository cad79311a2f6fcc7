package org.mooring.datapath;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.zip.CRC32;
import org.mooring.linux.NetworkNamespace;

/** A TCP session between two namespaces, through which each side can send many octets. */
final class TcpStream implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 60_000;
    private static final int CHUNK = 1 << 16;

    private final Socket client;
    private final Socket server;

    TcpStream(NetworkNamespace from, NetworkNamespace to, Inet4Address address) throws Exception {
        try (ServerSocket listener = to.run(() -> new ServerSocket(0, 1, address))) {
            listener.setSoTimeout(TIMEOUT_MILLIS);
            client = from.run(() -> {
                Socket socket = new Socket();
                socket.connect(new InetSocketAddress(address, listener.getLocalPort()), TIMEOUT_MILLIS);
                return socket;
            });
            server = listener.accept();
        }
        client.setSoTimeout(TIMEOUT_MILLIS);
        server.setSoTimeout(TIMEOUT_MILLIS);
        // What they would still say to each other when they are closed, the next test would hear.
        client.setSoLinger(true, 0);
        server.setSoLinger(true, 0);
    }

    /** The CRC-32 of what is sent. */
    long checksum(long length) {
        CRC32 checksum = new CRC32();
        for (long at = 0; at < length; at += CHUNK) {
            checksum.update(chunk(at), 0, (int) Math.min(CHUNK, length - at));
        }
        return checksum.getValue();
    }

    /** Sends this many octets. Returns the CRC-32 of what arrived. */
    long fromClient(long length) throws IOException {
        return transfer(client, server, length);
    }

    long fromServer(long length) throws IOException {
        return transfer(server, client, length);
    }

    private static long transfer(Socket from, Socket to, long length) throws IOException {
        CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> {
            try {
                OutputStream out = from.getOutputStream();
                for (long at = 0; at < length; at += CHUNK) {
                    out.write(chunk(at), 0, (int) Math.min(CHUNK, length - at));
                }
            } catch (IOException e) {
                throw new CompletionException(e);
            }
        });
        CRC32 checksum = new CRC32();
        InputStream in = to.getInputStream();
        byte[] buffer = new byte[CHUNK];
        for (long left = length; left > 0; ) {
            int count = in.read(buffer, 0, (int) Math.min(CHUNK, left));
            if (count < 0) {
                throw new EOFException(left + " octets are missing");
            }
            checksum.update(buffer, 0, count);
            left -= count;
        }
        sent.join();
        return checksum.getValue();
    }

    /** Octets that differ from place to place. */
    private static byte[] chunk(long at) {
        byte[] chunk = new byte[CHUNK];
        for (int i = 0; i < CHUNK; i++) {
            long place = at + i;
            chunk[i] = (byte) (place * 31 + (place >>> 8) * 17 + (place >>> 16));
        }
        return chunk;
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.close();
    }
}
