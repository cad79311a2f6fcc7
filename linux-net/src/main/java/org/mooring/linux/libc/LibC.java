package org.mooring.linux.libc;

/**
 * The functions that we call, with addresses as {@code long}: the quickest way through jnr-ffi, and the same on each 64-bit
 * architecture. None has a sixth argument, which jnr-ffi 2.3.0 garbles if it is an {@code int}. jnr-ffi saves errno per thread after each call. Public because the class that jnr-ffi makes lives in a class
 * loader of its own; all others call {@link Syscall}.
 */
public interface LibC {
    int socket(int domain, int type, int protocol);

    int bind(int socket, long address, int length);

    int getsockname(int socket, long address, long length);

    int getsockopt(int socket, int level, int option, long value, long length);

    int setsockopt(int socket, int level, int option, long value, int length);

    long send(int socket, long data, long length, int flags);

    long sendmsg(int socket, long message, int flags);

    long recv(int socket, long data, long length, int flags);

    int sendmmsg(int socket, long messages, int count, int flags);

    int recvmmsg(int socket, long messages, int count, int flags, long timeout);

    long writev(int fd, long vectors, int count);

    int open(String path, int flags);

    long read(int fd, long data, long length);

    long write(int fd, long data, long length);

    int ioctl(int fd, long request, long argument);

    int poll(long descriptors, long count, int timeout);

    int eventfd(int initial, int flags);

    long syscall(long number, long a, long b, long c);

    int close(int fd);
}
