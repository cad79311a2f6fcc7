package org.mooring.linux.libc;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;
import org.mooring.linux.KernelException;

/** setns(2), which only the tests' fixture needs. It moves the calling thread for good, and the threads that it starts. */
public final class SetNs {
    private static final int CLONE_NEWNET = 0x4000_0000;

    private static final Native C = LibraryLoader.create(Native.class).load("c");

    private SetNs() {}

    /** Moves the calling thread to the network namespace that the file {@code path} stands for. */
    public static void enterNetworkNamespace(String path) throws KernelException {
        try (Descriptor namespace =
                new Descriptor(KernelException.check(Syscall.open(path, 0), () -> "open namespace " + path))) {
            long result = namespace.use(fd -> C.setns(fd, CLONE_NEWNET) == 0 ? 0 : -lastError());
            KernelException.check(result, () -> "enter namespace " + path);
        }
    }

    private static int lastError() {
        return Runtime.getRuntime(C).getLastError();
    }

    /** What {@link LibC} is to the production code. */
    public interface Native {
        int setns(int fd, int type);
    }
}
