package org.mooring.linux.tun;

import static org.mooring.linux.KernelException.check;

import java.util.List;
import org.mooring.linux.KernelException;
import org.mooring.linux.libc.Descriptor;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.Syscall;

/** One thread waits with it for a packet on either of two devices; others may wake it. */
public final class TunSelector implements AutoCloseable {
    public static final int FOREVER = -1;

    private final Tun one;
    private final Tun other;
    private final Descriptor woken;
    private final Memory count = new Memory(Long.BYTES);

    private TunSelector(Tun one, Tun other, Descriptor woken) {
        this.one = one;
        this.other = other;
        this.woken = woken;
    }

    public static TunSelector open(Tun one, Tun other) throws KernelException {
        return new TunSelector(one, other, new Descriptor(check(Syscall.eventfd(), () -> "create an eventfd")));
    }

    /**
     * Returns when a device has a packet, after {@link #wake}, or when the time is over.
     *
     * @param timeout in milliseconds, or {@link #FOREVER}
     * @throws KernelException EBADF if a device or this is closed
     */
    public void await(int timeout) throws KernelException {
        check(
                one.use(first ->
                        other.use(second -> woken.use(third -> Syscall.pollInput(timeout, first, second, third)))),
                () -> "wait for packets on " + List.of(one.name(), other.name()));
        woken.use(fd -> Syscall.read(fd, count));
    }

    /** Lets {@link #await} return, be it under way or the next one. */
    public void wake() {
        Memory once = new Memory(Long.BYTES);
        once.bytes().putLong(1);
        woken.use(fd -> Syscall.write(fd, once));
    }

    /** Whoever waits has to be woken first. */
    @Override
    public void close() {
        woken.close();
    }
}
