package org.mooring.linux.bpf;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.IntToLongFunction;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;
import org.mooring.linux.libc.Descriptor;
import org.mooring.linux.libc.Memory;

/** A tc program in the kernel. A filter keeps it alive after {@link #close}. Safe for use by several threads. */
public final class BpfProgram implements AutoCloseable {
    /** {@code BPF_PROG_TYPE_SCHED_CLS}. */
    private static final int CLASSIFIER = 3;

    private static final int INSTRUCTION_SIZE = 8;
    private static final int LOAD_ATTRIBUTES_SIZE = 72;
    private static final int RUN_ATTRIBUTES_SIZE = 64;

    private static final int LOAD_ATTEMPTS = 5;

    /** What the verifier of a refused program says fits in here, or the call fails with ENOSPC and its last words are lost. */
    private static final int LOG_SIZE = 1 << 22;

    /** The last lines of the log say what was wrong. */
    private static final int LOG_TAIL = 1500;

    private final String name;
    private final Descriptor descriptor;

    private BpfProgram(String name, Descriptor descriptor) {
        this.name = name;
        this.descriptor = descriptor;
    }

    static BpfProgram load(String name, byte[] instructions, String license) throws KernelException {
        var attributes = new Memory(LOAD_ATTRIBUTES_SIZE);
        attributes.bytes().putInt(0, CLASSIFIER).putInt(4, instructions.length / INSTRUCTION_SIZE);
        attributes.point(8, Memory.copyOf(ByteBuffer.wrap(instructions))).point(16, Memory.ofString(license));
        BpfCall.putName(attributes, 48, name);
        long result = load(attributes);
        if (result < 0) {
            throw new KernelException("load BPF program " + name, new Errno((int) -result), whyNot(attributes));
        }
        return new BpfProgram(name, new Descriptor(result));
    }

    /** The function's name in the source. */
    public String name() {
        return name;
    }

    /** Calls with the number under which a filter is given the program. */
    public long use(IntToLongFunction call) {
        return descriptor.use(call);
    }

    /** What a program answered, and what it made of the frame. */
    public record Run(int answer, ByteBuffer frame) {}

    /** Runs the program once on {@code frame}, without a device ({@code BPF_PROG_TEST_RUN}). */
    public Run run(byte[] frame) throws KernelException {
        var in = Memory.copyOf(ByteBuffer.wrap(frame));
        var out = new Memory(1 << 16);
        var attributes = new Memory(RUN_ATTRIBUTES_SIZE);
        attributes.bytes().putInt(8, in.size()).putInt(12, out.size());
        attributes.point(16, in).point(24, out);
        long result = descriptor.use(fd -> {
            attributes.bytes().putInt(0, fd);
            return BpfCall.PROG_TEST_RUN.on(attributes);
        });
        KernelException.check(result, () -> "run BPF program " + name);
        return new Run(
                attributes.bytes().getInt(4),
                out.bytes().limit(attributes.bytes().getInt(12)).slice());
    }

    /** For frames of {@code length} octets, of which only the program's answer is of interest. */
    public Question question(int length) {
        return new Question(length);
    }

    /** Runs the program again and again. Safe for use by several threads, which take turns. */
    public final class Question {
        private final Memory frame;
        private final Memory attributes = new Memory(RUN_ATTRIBUTES_SIZE);

        private Question(int length) {
            frame = new Memory(length);
            attributes.bytes().putInt(8, length);
            attributes.point(16, frame);
        }

        /** What the program answers when it is run on the frame that {@code octets} has left to read. */
        public synchronized int ask(ByteBuffer octets) throws KernelException {
            if (octets.remaining() != frame.size()) {
                throw new IllegalArgumentException(octets.remaining() + " octets where " + frame.size() + " are due");
            }
            frame.bytes().put(octets.duplicate());
            long result = descriptor.use(fd -> {
                attributes.bytes().putInt(0, fd);
                return BpfCall.PROG_TEST_RUN.on(attributes);
            });
            KernelException.check(result, () -> "run BPF program " + name);
            return attributes.bytes().getInt(4);
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }

    /** The verifier gives up with EAGAIN when a signal waits, whatever the signal is. */
    private static long load(Memory attributes) {
        long result = -Errno.EAGAIN.number();
        for (int attempt = 0; attempt < LOAD_ATTEMPTS && result == -Errno.EAGAIN.number(); attempt++) {
            result = BpfCall.PROG_LOAD.on(attributes);
        }
        return result;
    }

    /** Loads again, asking for the verifier's log: making it costs time that a program that loads doesn't need. */
    private static String whyNot(Memory attributes) {
        var log = new Memory(LOG_SIZE);
        attributes.bytes().putInt(24, 1).putInt(28, log.size());
        attributes.point(32, log);
        long result = load(attributes);
        if (result >= 0) {
            new Descriptor(result).close();
            return "";
        }
        var octets = new byte[LOG_SIZE];
        log.bytes().get(octets);
        var text = new String(octets, StandardCharsets.US_ASCII);
        text = text.substring(0, Math.max(text.indexOf('\0'), 0)).strip();
        return text.substring(Math.max(0, text.length() - LOG_TAIL));
    }
}
