package org.mooring.linux.bpf;

import java.nio.charset.StandardCharsets;
import org.mooring.linux.libc.Memory;
import org.mooring.linux.libc.Syscall;

/** The commands of bpf(2) that we use ({@code enum bpf_cmd}). */
enum BpfCall {
    MAP_CREATE(0),
    MAP_LOOKUP_ELEM(1),
    MAP_UPDATE_ELEM(2),
    MAP_DELETE_ELEM(3),
    MAP_GET_NEXT_KEY(4),
    PROG_LOAD(5),
    PROG_TEST_RUN(10),
    MAP_UPDATE_BATCH(26);

    /** {@code BPF_OBJ_NAME_LEN}, with the zero at its end. */
    private static final int NAME_LENGTH = 16;

    private final int command;

    BpfCall(int command) {
        this.command = command;
    }

    /** The result, or {@code -errno}. */
    long on(Memory attributes) {
        return Syscall.bpf(command, attributes);
    }

    /** Puts an object's name at {@code offset}, cut to what the kernel takes. */
    static void putName(Memory attributes, int offset, String name) {
        byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
        attributes.bytes().position(offset).put(ascii, 0, Math.min(ascii.length, NAME_LENGTH - 1));
    }
}
