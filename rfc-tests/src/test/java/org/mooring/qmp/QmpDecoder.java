package org.mooring.qmp;

import java.time.Instant;

/** What becomes of a line from QEMU, for tests that have no QEMU. */
public final class QmpDecoder {
    private QmpDecoder() {}

    /** Whether {@code line} is anything that QEMU may say. */
    public static boolean accepts(String line) {
        return !(QmpMessage.parse(line, Instant.EPOCH) instanceof QmpMessage.Malformed);
    }
}
