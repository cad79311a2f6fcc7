package org.mooring.conformance.client;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.mooring.conformance.client.Octets.Fields;

/** packet(7): what a device receives, and sending by it. Belongs to the network namespace of the thread that opens it. */
final class RawSocket implements AutoCloseable {
    /** The C library's functions by their own names. */
    private interface C extends Library {
        C LIBRARY = Native.load("c", C.class);

        int socket(int domain, int type, int protocol) throws LastErrorException;

        int bind(int socket, byte[] address, int length) throws LastErrorException;

        int setsockopt(int socket, int level, int name, byte[] value, int length) throws LastErrorException;

        int recv(int socket, byte[] buffer, long length, int flags);

        int send(int socket, byte[] octets, long length, int flags) throws LastErrorException;

        int ioctl(int socket, long request, Pointer argument) throws LastErrorException;

        int if_nametoindex(String name) throws LastErrorException;

        int close(int socket);
    }

    private static final int AF_INET = 2;
    private static final int AF_PACKET = 17;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_RAW = 3;
    private static final int ETH_P_ALL = 3;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_RCVBUF = 8;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final long SIOCETHTOOL = 0x8946;
    private static final int ETHTOOL_STXCSUM = 0x17;
    private static final int LONGEST_FRAME = 4096;

    private final int socket;

    private RawSocket(int socket) {
        this.socket = socket;
    }

    static RawSocket open(String device) {
        // Not yet bound to a protocol: nothing is received from other devices until bind(2).
        var socket = new RawSocket(C.LIBRARY.socket(AF_PACKET, SOCK_RAW, 0));
        socket.option(SOL_PACKET, PACKET_IGNORE_OUTGOING, host(1));
        socket.option(SOL_SOCKET, SO_RCVBUF, host(1 << 22));
        // struct timeval: recv returns now and then, to see whether the socket has been closed.
        socket.option(
                SOL_SOCKET,
                SO_RCVTIMEO,
                new Fields().octets(host64(0)).octets(host64(100_000)).done());
        // struct sockaddr_ll
        var address = new Fields()
                .octets(host16(AF_PACKET))
                .u16(ETH_P_ALL)
                .octets(host(C.LIBRARY.if_nametoindex(device)))
                .octets(Octets.of(new byte[12]))
                .done();
        C.LIBRARY.bind(socket.socket, address.bytes(), address.length());
        return socket;
    }

    /** Has the kernel write UDP and TCP checksums itself, instead of leaving them to a device that is none. */
    static void writeChecksums(String device) {
        int socket = C.LIBRARY.socket(AF_INET, SOCK_DGRAM, 0);
        try (var request = new Memory(40);
                var value = new Memory(8)) {
            value.setInt(0, ETHTOOL_STXCSUM);
            value.setInt(4, 0);
            request.clear();
            request.setString(0, device, StandardCharsets.US_ASCII.name());
            request.setPointer(16, value);
            C.LIBRARY.ioctl(socket, SIOCETHTOOL, request);
        } finally {
            C.LIBRARY.close(socket);
        }
    }

    /** The next frame; empty if there was none for a while. */
    Optional<Octets> receive() {
        var buffer = new byte[LONGEST_FRAME];
        int length = C.LIBRARY.recv(socket, buffer, buffer.length, 0);
        return length < 0 ? Optional.empty() : Optional.of(Octets.of(buffer).range(0, length));
    }

    void send(Octets frame) {
        C.LIBRARY.send(socket, frame.bytes(), frame.length(), 0);
    }

    @Override
    public void close() {
        C.LIBRARY.close(socket);
    }

    private void option(int level, int name, Octets value) {
        C.LIBRARY.setsockopt(socket, level, name, value.bytes(), value.length());
    }

    /** As this machine writes integers, which is least significant octet first. */
    private static Octets host16(int value) {
        return new Fields().u8(value).u8(value >> 8).done();
    }

    private static Octets host(int value) {
        return host16(value).and(host16(value >> 16));
    }

    private static Octets host64(long value) {
        return host((int) value).and(host((int) (value >> 32)));
    }
}
