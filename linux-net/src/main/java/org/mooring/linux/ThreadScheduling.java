package org.mooring.linux;

import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.Syscall;

/** Where and when the thread that made this runs. For that thread only. */
public final class ThreadScheduling {
    private static final int ANY = -1;
    private static final int URGENT = -10;
    private static final int MASK_SIZE = 1024 / Byte.SIZE; // cpu_set_t

    private final Memory all = new Memory(MASK_SIZE);
    private int cpu = ANY;

    public ThreadScheduling() {
        Syscall.getAffinity(all);
    }

    /** Gives the thread a larger share of its CPU than others have, if it may (CAP_SYS_NICE). */
    public void hurry() {
        Syscall.setNiceness(URGENT);
    }

    /** Moves the thread to this CPU, where it then stays. Where it may not run there, it stays where it is. */
    public void pin(int wanted) {
        if (wanted != cpu && wanted >= 0 && wanted < MASK_SIZE * Byte.SIZE) {
            Memory mask = new Memory(MASK_SIZE);
            mask.bytes().put(wanted / Byte.SIZE, (byte) (1 << wanted % Byte.SIZE));
            Syscall.setAffinity(mask);
            cpu = wanted;
        }
    }

    /** Lets others run that wait for the CPU where the thread is, the kernel's own threads among them. */
    public void giveWay() {
        Syscall.schedYield();
    }

    /** Lets the thread run where it could at first. */
    public void release() {
        if (cpu != ANY) {
            Syscall.setAffinity(all);
            cpu = ANY;
        }
    }
}
