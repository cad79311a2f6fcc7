package org.mooring.linux.batch;

import org.mooring.linux.KernelException;
import org.mooring.linux.libc.Descriptor;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.Syscall;

/** Something that threads can wait for beside a device's or a socket's input: an eventfd(2). */
public final class Wakeup implements AutoCloseable {
    private final Descriptor descriptor;
    private final Memory one = new Memory(Long.BYTES);

    private Wakeup(Descriptor descriptor) {
        this.descriptor = descriptor;
        one.bytes().putLong(1);
    }

    public static Wakeup open() throws KernelException {
        return new Wakeup(new Descriptor(KernelException.check(Syscall.eventfd(), () -> "create an eventfd")));
    }

    /** Wakes who waits, or will wait next. */
    public void wake() {
        descriptor.use(fd -> Syscall.write(fd, one));
    }

    /** For the thread that waits; reading eight octets makes it wait again. */
    public HeldDescriptor hold() throws KernelException {
        return new HeldDescriptor(descriptor);
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
