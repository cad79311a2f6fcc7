package org.mooring.linux.batch;

import org.mooring.linux.KernelException;
import org.mooring.linux.libc.Descriptor;
import org.mooring.linux.libc.Syscall;

/** A descriptor that one thread uses for each packet. Its calls answer what the kernel answered, and make no garbage. */
public final class HeldDescriptor implements AutoCloseable {
    private final int fd;
    private final Descriptor descriptor;

    /**
     * Holds a descriptor: closing it waits until the same thread lets go.
     *
     * @throws KernelException EBADF when it is closed already
     */
    public HeldDescriptor(Descriptor descriptor) throws KernelException {
        this.descriptor = descriptor;
        fd = descriptor.hold();
    }

    int number() {
        return fd;
    }

    /** Reads at most {@code length} octets to {@code offset} of {@code data}. */
    public long read(OffHeap data, int offset, int length) {
        return Syscall.read(fd, data.address(offset, length), length);
    }

    /** Writes all of {@code pieces} as one packet. */
    public long write(Pieces pieces) {
        return Syscall.writev(fd, pieces.address(), pieces.count());
    }

    /** Receives what is there, without waiting for it; how much that is {@code messages} tells. */
    public long receive(IncomingMessages messages) {
        return messages.receive(fd);
    }

    /**
     * Sends messages, beginning with the one that has this index.
     *
     * @return how many were sent; refused was then the one behind them, or, if the answer is negative, the first
     */
    public long send(OutgoingMessages messages, int first) {
        return Syscall.sendmmsg(fd, messages.address(first), messages.count() - first);
    }

    /** Lets go of it. */
    @Override
    public void close() {
        descriptor.letGo();
    }
}
