package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class SimulatedMonitorTest {
    @TempDir
    Path directory;

    /** A hook that took a dead QEMU for a living one would not look for the next at this socket. */
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void whoHasNotNegotiatedYetHearsOfItsEnd() throws Exception {
        SimulatedMonitor monitor = SimulatedMonitor.listen(directory.resolve("m.hook.qmp"), "finish-migrate");
        try (SocketChannel hook = SocketChannel.open(UnixDomainSocketAddress.of(monitor.socket()))) {
            var lines = new BufferedReader(Channels.newReader(hook, StandardCharsets.UTF_8));
            assertTrue(lines.readLine().contains("QMP"));

            monitor.close();

            assertNull(lines.readLine());
        }
    }
}
