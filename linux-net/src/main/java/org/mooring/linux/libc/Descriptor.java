package org.mooring.linux.libc;

import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntToLongFunction;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;

/**
 * An open file descriptor. Safe for use by several threads: closing waits for the calls under way, so that no call ever meets
 * somebody else's file under a number that was given out again.
 */
public final class Descriptor implements AutoCloseable {
    private static final int CLOSED = -1;

    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private int fd;

    /** Owns {@code fd}, a number that the kernel just gave us, and that nobody else closes. */
    public Descriptor(long fd) {
        this.fd = Math.toIntExact(fd);
    }

    /** Makes a system call with the descriptor's number; {@code -EBADF} when it is closed already. */
    public long use(IntToLongFunction call) {
        lock.readLock().lock();
        try {
            return fd == CLOSED ? -Errno.EBADF.number() : call.applyAsLong(fd);
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * For a thread that uses its number again and again: closing waits until that same thread lets go of it.
     *
     * @throws KernelException EBADF when it is closed already
     */
    @SuppressWarnings("LockNotBeforeTry") // unlocked when it is let go
    public int hold() throws KernelException {
        lock.readLock().lock();
        if (fd == CLOSED) {
            lock.readLock().unlock();
            throw new KernelException("use a descriptor", Errno.EBADF);
        }
        return fd;
    }

    /** The thread that holds it lets go of it. */
    public void letGo() {
        lock.readLock().unlock();
    }

    /** Closes it once the calls under way are over. Closing again does nothing. */
    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (fd != CLOSED) {
                Syscall.close(fd);
                fd = CLOSED;
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
