package org.mooring.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.StringTokenizer;

/**
 * The kernel's statistics of one network device, for who reads them often: netlink tells the same, but waits for whoever
 * changes a device just then. Safe for use by several threads.
 */
public final class DeviceStatistics implements AutoCloseable {
    private static final Path ALL_DEVICES = Path.of("/proc/thread-self/net/dev");

    private static final int LENGTH = 64 << 10;
    private static final int TRANSMITTED_PACKETS = 9;
    private static final int TRANSMIT_DROPPED = 11;

    private final String device;
    private final FileChannel file;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(LENGTH);

    private DeviceStatistics(String device, FileChannel file) {
        this.device = device;
        this.file = file;
    }

    /** Those of {@code device} in the calling thread's network namespace. */
    public static DeviceStatistics open(String device) throws IOException {
        return new DeviceStatistics(device, FileChannel.open(ALL_DEVICES, StandardOpenOption.READ));
    }

    /** What has left by the device; empty if there is none of that name, or it is behind some 500 others. */
    public synchronized Optional<TransmitCounters> transmitted() throws IOException {
        buffer.clear();
        while (buffer.hasRemaining() && file.read(buffer, buffer.position()) > 0) {
            // Each time the kernel gives no more than a page.
        }
        return find(device, StandardCharsets.ISO_8859_1.decode(buffer.flip()).toString());
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    static Optional<TransmitCounters> find(String device, String all) {
        String name = device + ":";
        int at = all.indexOf(name);
        while (at > 0 && !Character.isWhitespace(all.charAt(at - 1))) {
            at = all.indexOf(name, at + 1);
        }
        int end = all.indexOf('\n', at);
        if (at < 0 || end < 0) {
            return Optional.empty();
        }
        StringTokenizer columns = new StringTokenizer(all.substring(at + name.length(), end));
        long packets = 0;
        long dropped = 0;
        for (int i = 0; i <= TRANSMIT_DROPPED; i++) {
            long value = Long.parseLong(columns.nextToken());
            packets = i == TRANSMITTED_PACKETS ? value : packets;
            dropped = value;
        }
        return Optional.of(new TransmitCounters(packets, dropped));
    }
}
