package org.mooring.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What has left by a device. A frame leaves a TAP device when the program that holds it reads it.
 *
 * @param packets that have left
 * @param dropped that should have left, and didn't: those for whom a TAP device's queue was full
 */
public record TransmitCounters(long packets, long dropped) {
    /** Of the calling thread's network namespace. Netlink tells the same, but waits for whoever changes a device just then. */
    private static final Path DEVICES = Path.of("/proc/thread-self/net/dev");

    private static final int PACKETS = 9;
    private static final int DROPPED = 11;

    /** Those of {@code device}; empty if there is none of that name. */
    public static Optional<TransmitCounters> of(String device) throws IOException {
        return find(device, Files.readAllLines(DEVICES));
    }

    static Optional<TransmitCounters> find(String device, List<String> lines) {
        String prefix = device + ":";
        return lines.stream()
                .map(String::strip)
                .filter(line -> line.startsWith(prefix))
                .map(line -> line.substring(prefix.length()).strip().split("\\s+", -1))
                .map(columns ->
                        new TransmitCounters(Long.parseLong(columns[PACKETS]), Long.parseLong(columns[DROPPED])))
                .findFirst();
    }

    /** How many frames are no longer to leave. */
    public long done() {
        return packets + dropped;
    }
}
