package org.mooring.datapath;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import org.mooring.linux.NetworkNamespace;

/** Has a device fill in no checksums for as long as this is open, so that the kernel does, and cuts what travels as one before (ethtool(8)'s {@code tx off}). */
final class Checksums implements AutoCloseable {
    private static final LibC LIBC = Native.load("c", LibC.class);
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM = 2;
    private static final long SIOCETHTOOL = 0x8946;
    private static final int ETHTOOL_GTXCSUM = 0x16;
    private static final int ETHTOOL_STXCSUM = 0x17;
    private static final int IFREQ_SIZE = 40;
    private static final int IFNAMSIZ = 16;

    private final int socket;
    private final String device;

    Checksums(NetworkNamespace namespace, String device) throws Exception {
        this.device = device;
        socket = namespace.run(() -> LIBC.socket(AF_INET, SOCK_DGRAM, 0));
        ask(ETHTOOL_STXCSUM, 0);
    }

    boolean isOff() {
        return ask(ETHTOOL_GTXCSUM, 0) == 0;
    }

    @Override
    public void close() {
        ask(ETHTOOL_STXCSUM, 1);
        LIBC.close(socket);
    }

    private int ask(int command, int data) {
        try (Memory value = new Memory(2 * Integer.BYTES);
                Memory request = new Memory(IFREQ_SIZE)) {
            value.setInt(0, command);
            value.setInt(Integer.BYTES, data);
            request.clear();
            byte[] name = device.getBytes(StandardCharsets.US_ASCII);
            request.write(0, name, 0, name.length);
            request.setPointer(IFNAMSIZ, value);
            LIBC.ioctl(socket, SIOCETHTOOL, request);
            return value.getInt(Integer.BYTES);
        }
    }

    private interface LibC extends Library {
        int socket(int domain, int type, int protocol) throws LastErrorException;

        int ioctl(int descriptor, long request, Pointer argument) throws LastErrorException;

        int close(int descriptor) throws LastErrorException;
    }
}
