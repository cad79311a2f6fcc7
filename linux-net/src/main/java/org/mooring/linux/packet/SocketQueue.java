package org.mooring.linux.packet;

import org.mooring.linux.libc.InputDescriptor;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.Syscall;

/** What waits at a socket. */
final class SocketQueue {
    private static final int DEEP = 8 << 20;

    /** {@code SK_MEMINFO_DROPS}, the last of so many words. */
    private static final int WORDS = 9;

    private SocketQueue() {}

    /** As far as the kernel lets us. */
    static void deepen(InputDescriptor socket) {
        socket.use(fd -> Syscall.setsockopt(fd, Syscall.SOL_SOCKET, Syscall.SO_RCVBUFFORCE, DEEP));
        socket.use(fd -> Syscall.setsockopt(fd, Syscall.SOL_SOCKET, Syscall.SO_SNDBUFFORCE, DEEP));
    }

    /** Zero if the kernel doesn't say. */
    static long dropped(InputDescriptor socket) {
        Memory words = new Memory(WORDS * Integer.BYTES);
        socket.use(fd -> Syscall.getsockopt(fd, Syscall.SOL_SOCKET, Syscall.SO_MEMINFO, words));
        return words.bytes().getInt((WORDS - 1) * Integer.BYTES) & 0xffff_ffffL;
    }
}
