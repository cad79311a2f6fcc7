package org.mooring.linux;

import java.io.IOException;
import java.util.Objects;
import java.util.function.Supplier;

/** The kernel refused something. The message says what we were doing, the kernel's reason, and for EPERM what helps. */
public final class KernelException extends IOException {
    private final String operation;
    private final Errno errno;

    /**
     * For a refusal without a reason of its own.
     *
     * @param operation what we were doing, as an infinitive: {@code "add route 10.1.0.50/32 dev mip-ha"}
     */
    public KernelException(String operation, Errno errno) {
        this(operation, errno, "");
    }

    /**
     * For a refusal that the kernel explains.
     *
     * @param detail the kernel's own words (netlink's extended acknowledgement, the BPF verifier's log), or empty
     */
    public KernelException(String operation, Errno errno, String detail) {
        super("cannot " + operation + ": " + errno + (detail.isEmpty() ? "" : ": " + detail) + advice(errno));
        this.operation = operation;
        this.errno = errno;
    }

    /**
     * Turns the result of a system call into itself, or into this exception if it is negative.
     *
     * @param result as the kernel gives it: {@code -errno} for a refusal
     */
    public static long check(long result, Supplier<String> operation) throws KernelException {
        if (result < 0) {
            throw new KernelException(operation.get(), new Errno((int) -result));
        }
        return result;
    }

    public String operation() {
        return operation;
    }

    public Errno errno() {
        return errno;
    }

    /** Never null. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    private static String advice(Errno errno) {
        return errno.equals(Errno.EPERM)
                ? "; run as root, or with the capabilities CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF"
                : "";
    }
}
