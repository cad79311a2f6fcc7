package org.mooring.linux.libc;

import java.lang.ref.Reference;
import java.util.Set;
import java.util.function.LongSupplier;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;
import org.mooring.linux.Errno;

/**
 * System calls. Each is repeated while a signal interrupts it, and answers what the kernel answered: a result that is not
 * negative, or {@code -errno}. All are safe for use by several threads.
 */
public final class Syscall {
    public static final int AF_INET = 2;
    public static final int AF_BRIDGE = 7;
    public static final int AF_NETLINK = 16;
    public static final int AF_PACKET = 17;

    public static final int SOCK_DGRAM = 2;
    public static final int SOCK_RAW = 3;
    public static final int SOCK_CLOEXEC = 0x80000;

    public static final int SOL_IP = 0;
    public static final int IP_TOS = 1;
    public static final int IP_TTL = 2;
    public static final int IP_MTU_DISCOVER = 10;
    public static final int IP_RECVTOS = 13;

    public static final int SOL_SOCKET = 1;
    public static final int SO_REUSEADDR = 2;
    public static final int SO_RCVBUF = 8;
    public static final int SO_ATTACH_FILTER = 26;
    public static final int SO_RCVBUFFORCE = 33;
    public static final int SO_TIMESTAMPNS = 35;
    public static final int SO_REUSEPORT = 15;
    public static final int SO_SNDBUFFORCE = 32;
    public static final int SO_ATTACH_REUSEPORT_CBPF = 51;
    public static final int SO_MEMINFO = 55;

    public static final int SOL_UDP = 17;
    public static final int UDP_SEGMENT = 103;
    public static final int UDP_GRO = 104;

    public static final int MSG_DONTWAIT = 0x40;

    public static final int O_RDWR = 2;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_CLOEXEC = 0x80000;

    private static final int EFD_CLOEXEC = 0x80000;
    private static final int EFD_NONBLOCK = 0x800;
    private static final int POLLIN = 1;
    private static final int POLLFD_SIZE = 8;

    private static final LibC C = LibraryLoader.create(LibC.class).load("c");
    private static final Runtime RUNTIME = Runtime.getRuntime(C);
    private static final boolean X86 = Set.of("amd64", "x86_64").contains(System.getProperty("os.arch"));
    private static final boolean GENERIC =
            Set.of("aarch64", "riscv64", "loongarch64").contains(System.getProperty("os.arch"));
    private static final int BPF = number(321, 280);
    private static final int SET_AFFINITY = number(203, 122);
    private static final int GET_AFFINITY = number(204, 123);

    private static final int SET_PRIORITY = number(141, 140);
    private static final int SCHED_YIELD = number(24, 124);

    private Syscall() {}

    public static long socket(int domain, int type, int protocol) {
        return answer(() -> C.socket(domain, type | SOCK_CLOEXEC, protocol));
    }

    public static long bind(int socket, Memory address) {
        return answer(() -> C.bind(socket, address.address(), address.size()), address);
    }

    public static long getsockname(int socket, Memory address) {
        Memory length = new Memory(Integer.BYTES);
        length.bytes().putInt(address.size());
        return answer(() -> C.getsockname(socket, address.address(), length.address()), address, length);
    }

    public static long setsockopt(int socket, int level, int option, Memory value) {
        return answer(() -> C.setsockopt(socket, level, option, value.address(), value.size()), value);
    }

    public static long setsockopt(int socket, int level, int option, int value) {
        Memory memory = new Memory(Integer.BYTES);
        memory.bytes().putInt(value);
        return setsockopt(socket, level, option, memory);
    }

    /** Sends the first {@code length} octets of {@code data}. */
    public static long send(int socket, Memory data, int length) {
        return answer(() -> C.send(socket, data.address(), bounded(data, length), 0), data);
    }

    public static long sendmsg(int socket, MessageHeader message) {
        return answer(() -> C.sendmsg(socket, message.memory().address(), 0), message.memory());
    }

    public static long recv(int socket, Memory data, int flags) {
        return answer(() -> C.recv(socket, data.address(), data.size(), flags), data);
    }

    public static long open(String path, int flags) {
        return answer(() -> C.open(path, flags | O_CLOEXEC));
    }

    public static long read(int fd, Memory data) {
        return answer(() -> C.read(fd, data.address(), data.size()), data);
    }

    public static long write(int fd, Memory data) {
        return answer(() -> C.write(fd, data.address(), data.size()), data);
    }

    /** Writes the first {@code length} octets of {@code data}. */
    public static long write(int fd, Memory data, int length) {
        return answer(() -> C.write(fd, data.address(), bounded(data, length)), data);
    }

    public static long ioctl(int fd, long request, Memory argument) {
        return answer(() -> C.ioctl(fd, request, argument.address()), argument);
    }

    public static long ioctl(int fd, long request, long argument) {
        return answer(() -> C.ioctl(fd, request, argument));
    }

    public static long bpf(int command, Memory attributes) {
        return answer(() -> C.syscall(BPF, command, attributes.address(), attributes.size()), attributes);
    }

    public static long getsockopt(int socket, int level, int option, Memory value) {
        Memory length = new Memory(Integer.BYTES);
        length.bytes().putInt(value.size());
        return answer(() -> C.getsockopt(socket, level, option, value.address(), length.address()), value, length);
    }

    // Those that follow are for each packet: they make no garbage, and leave it to the caller to keep the memory
    // reachable.

    public static long read(int fd, long data, int length) {
        long result;
        do {
            result = C.read(fd, data, length);
        } while (result < 0 && interrupted());
        return result < 0 ? -RUNTIME.getLastError() : result;
    }

    public static long writev(int fd, long vectors, int count) {
        long result;
        do {
            result = C.writev(fd, vectors, count);
        } while (result < 0 && interrupted());
        return result < 0 ? -RUNTIME.getLastError() : result;
    }

    public static long sendmmsg(int socket, long messages, int count) {
        long result;
        do {
            result = C.sendmmsg(socket, messages, count, 0);
        } while (result < 0 && interrupted());
        return result < 0 ? -RUNTIME.getLastError() : result;
    }

    public static long recvmmsg(int socket, long messages, int count) {
        long result;
        do {
            result = C.recvmmsg(socket, messages, count, MSG_DONTWAIT, 0);
        } while (result < 0 && interrupted());
        return result < 0 ? -RUNTIME.getLastError() : result;
    }

    public static long poll(long descriptors, int count, int timeout) {
        long result;
        do {
            result = C.poll(descriptors, count, timeout);
        } while (result < 0 && interrupted());
        return result < 0 ? -RUNTIME.getLastError() : result;
    }

    private static boolean interrupted() {
        return RUNTIME.getLastError() == Errno.EINTR.number();
    }

    /**
     * Waits until one of the descriptors has something to read.
     *
     * @param timeout in milliseconds; negative to wait for as long as it takes
     * @return how many of them have; zero when the time is over
     */
    public static long pollInput(int timeout, int... fds) {
        Memory descriptors = new Memory(fds.length * POLLFD_SIZE);
        var out = descriptors.bytes();
        for (int fd : fds) {
            out.putInt(fd).putShort((short) POLLIN).putShort((short) 0);
        }
        return answer(() -> C.poll(descriptors.address(), fds.length, timeout), descriptors);
    }

    /** The CPUs on which the calling thread may run, as a bit mask. */
    public static long getAffinity(Memory mask) {
        return answer(() -> C.syscall(GET_AFFINITY, 0, mask.size(), mask.address()), mask);
    }

    /** Lets the calling thread run on these CPUs only; it does when this returns. */
    public static long setAffinity(Memory mask) {
        return answer(() -> C.syscall(SET_AFFINITY, 0, mask.size(), mask.address()), mask);
    }

    /** From -20, which gives the calling thread the largest share of its CPU, to 19. */
    public static long setNiceness(int niceness) {
        return answer(() -> C.syscall(SET_PRIORITY, 0, 0, niceness));
    }

    /** Lets threads run that wait for the calling one's CPU. */
    public static void schedYield() {
        C.syscall(SCHED_YIELD, 0, 0, 0);
    }

    public static long eventfd() {
        return answer(() -> C.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    }

    /** Never repeated: Linux has given the number back even when it says EINTR. */
    static void close(int fd) {
        C.close(fd);
    }

    private static long answer(LongSupplier call, Memory... inUse) {
        try {
            while (true) {
                long result = call.getAsLong();
                if (result >= 0) {
                    return result;
                }
                int errno = RUNTIME.getLastError();
                if (errno != Errno.EINTR.number()) {
                    return -errno;
                }
            }
        } finally {
            Reference.reachabilityFence(inUse);
        }
    }

    private static int bounded(Memory memory, int length) {
        if (length > memory.size()) {
            throw new IndexOutOfBoundsException(length + " octets of " + memory.size());
        }
        return length;
    }

    /** Of a call that the C library has no function for that we could use; one that no kernel has where we don't know it. */
    private static int number(int x86, int generic) {
        if (X86) {
            return x86;
        }
        return GENERIC ? generic : -1;
    }
}
