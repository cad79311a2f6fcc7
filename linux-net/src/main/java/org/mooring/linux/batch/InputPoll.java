package org.mooring.linux.batch;

import java.nio.ByteBuffer;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.Syscall;

/** Waits for input on any of some descriptors. Makes no garbage once it is there. */
public final class InputPoll {
    private static final int SIZE = 8; // struct pollfd
    private static final short POLLIN = 1;
    private static final int RETURNED = 6;

    private final Memory memory;
    private final ByteBuffer bytes;
    private final int count;

    public InputPoll(HeldDescriptor... descriptors) {
        count = descriptors.length;
        memory = new Memory(count * SIZE);
        bytes = memory.bytes();
        for (int i = 0; i < count; i++) {
            bytes.putInt(i * SIZE, descriptors[i].number()).putShort(i * SIZE + 4, POLLIN);
        }
    }

    /**
     * Returns when there is some, or when the time is over.
     *
     * @param timeout in milliseconds; negative to wait for as long as it takes
     */
    public void await(int timeout) {
        Syscall.poll(memory.address(), count, timeout);
    }

    /** Whether {@link #await} has found something to read, or an error, at the descriptor with this number. */
    public boolean isReady(int index) {
        return bytes.getShort(index * SIZE + RETURNED) != 0;
    }
}
