package org.mooring.linux.libc;

import java.util.function.IntToLongFunction;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;

/** A descriptor on which one thread waits for input while another may send, or close it. */
public final class InputDescriptor implements AutoCloseable {
    private static final int FOREVER = -1;

    private final Descriptor descriptor;

    /** Once written to it stays readable, so it wakes whoever waits now and whoever comes later. */
    private final Descriptor closing;

    public InputDescriptor(Descriptor descriptor) throws KernelException {
        this.descriptor = descriptor;
        closing = new Descriptor(KernelException.check(Syscall.eventfd(), () -> "create an eventfd"));
    }

    public long use(IntToLongFunction call) {
        return descriptor.use(call);
    }

    /** What is waited for. */
    public Descriptor descriptor() {
        return descriptor;
    }

    /**
     * Repeats a call that does not block, waiting for input in between, until it answers something else than EAGAIN.
     *
     * @return what the call answered, {@code -EBADF} once another thread has closed the descriptor
     */
    public long awaitInput(IntToLongFunction call) {
        while (true) {
            long result = descriptor.use(call);
            if (result != -Errno.EAGAIN.number()) {
                return result;
            }
            long ready = descriptor.use(fd -> closing.use(wake -> Syscall.pollInput(FOREVER, fd, wake)));
            if (ready < 0) {
                return ready;
            }
        }
    }

    @Override
    public void close() {
        Memory one = new Memory(Long.BYTES);
        one.bytes().putLong(1);
        closing.use(fd -> Syscall.write(fd, one));
        descriptor.close();
        closing.close();
    }
}
