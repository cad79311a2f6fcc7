package org.mooring.runtime.preflight;

/** No room on a disk, which the operating system says and Java passes on as text alone. */
public final class DiskFull {
    public static final String ADVICE = "make room on its disk";

    private DiskFull() {}

    /** Whether {@code reason}, an exception's message, is that of ENOSPC or EDQUOT. */
    public static boolean is(String reason) {
        return reason.contains("No space left on device") || reason.contains("Disk quota exceeded");
    }
}
