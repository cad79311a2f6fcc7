package org.mooring.linux;

import java.util.Map;

/**
 * An error number of Linux ({@code errno(3)}), as on x86-64, arm64 and riscv64.
 *
 * @param number positive
 */
public record Errno(int number) {
    public static final Errno EPERM = new Errno(1);
    public static final Errno ENOENT = new Errno(2);
    public static final Errno ESRCH = new Errno(3);
    public static final Errno EINTR = new Errno(4);
    public static final Errno EIO = new Errno(5);
    public static final Errno ENXIO = new Errno(6);
    public static final Errno EBADF = new Errno(9);
    public static final Errno EAGAIN = new Errno(11);
    public static final Errno EACCES = new Errno(13);
    public static final Errno EBUSY = new Errno(16);
    public static final Errno EEXIST = new Errno(17);
    public static final Errno ENODEV = new Errno(19);
    public static final Errno EINVAL = new Errno(22);
    public static final Errno ENOSPC = new Errno(28);
    public static final Errno ENOSYS = new Errno(38);
    public static final Errno EMSGSIZE = new Errno(90);
    public static final Errno EOPNOTSUPP = new Errno(95);
    public static final Errno EADDRINUSE = new Errno(98);
    public static final Errno EADDRNOTAVAIL = new Errno(99);
    public static final Errno ENETDOWN = new Errno(100);
    public static final Errno ENETUNREACH = new Errno(101);
    public static final Errno ENOBUFS = new Errno(105);
    public static final Errno EHOSTUNREACH = new Errno(113);

    /** What the kernel calls ENOTSUPP: it is in no header for programs, but bpf(2) answers it. */
    public static final Errno ENOTSUPP = new Errno(524);

    private static final Map<Integer, String> TEXT = Map.ofEntries(
            Map.entry(1, "EPERM: operation not permitted"),
            Map.entry(2, "ENOENT: no such file or entry"),
            Map.entry(3, "ESRCH: no such process or entry"),
            Map.entry(4, "EINTR: interrupted"),
            Map.entry(5, "EIO: input/output error"),
            Map.entry(6, "ENXIO: no such device or address"),
            Map.entry(7, "E2BIG: argument list too long"),
            Map.entry(9, "EBADF: already closed"),
            Map.entry(11, "EAGAIN: try again"),
            Map.entry(12, "ENOMEM: out of memory"),
            Map.entry(13, "EACCES: permission denied"),
            Map.entry(14, "EFAULT: bad address"),
            Map.entry(16, "EBUSY: busy"),
            Map.entry(17, "EEXIST: exists already"),
            Map.entry(19, "ENODEV: no such device"),
            Map.entry(20, "ENOTDIR: not a directory"),
            Map.entry(22, "EINVAL: invalid argument"),
            Map.entry(24, "EMFILE: too many open files"),
            Map.entry(28, "ENOSPC: no space left"),
            Map.entry(30, "EROFS: read-only file system"),
            Map.entry(33, "EDOM: out of domain"),
            Map.entry(34, "ERANGE: out of range"),
            Map.entry(38, "ENOSYS: the kernel lacks this system call"),
            Map.entry(77, "EBADFD: descriptor in bad state"),
            Map.entry(90, "EMSGSIZE: message too long"),
            Map.entry(92, "ENOPROTOOPT: protocol not available"),
            Map.entry(93, "EPROTONOSUPPORT: protocol not supported"),
            Map.entry(95, "EOPNOTSUPP: not supported by this kernel"),
            Map.entry(97, "EAFNOSUPPORT: address family not supported"),
            Map.entry(98, "EADDRINUSE: address in use"),
            Map.entry(99, "EADDRNOTAVAIL: address not available"),
            Map.entry(100, "ENETDOWN: network is down"),
            Map.entry(101, "ENETUNREACH: network is unreachable"),
            Map.entry(105, "ENOBUFS: no buffer space"),
            Map.entry(113, "EHOSTUNREACH: no route to host"),
            Map.entry(524, "ENOTSUPP: not supported by this kernel"));

    @Override
    public String toString() {
        return TEXT.getOrDefault(number, "errno " + number);
    }
}
