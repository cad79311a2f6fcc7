package org.mooring.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class NetworkNamespaceTest {
    private static final Path CURRENT = Path.of("/proc/thread-self/ns/net");

    @Test
    void runsItsBodyInsideAndLeavesTheCallerOutside() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create()) {
            Path outside = Files.readSymbolicLink(CURRENT);
            Path inside = namespace.run(() -> Files.readSymbolicLink(CURRENT));
            assertNotEquals(outside, inside);
            assertEquals(inside, namespace.run(() -> Files.readSymbolicLink(CURRENT)));
            assertEquals(outside, Files.readSymbolicLink(CURRENT));
        }
    }

    @Test
    void threadsThatTheBodyStartsAreInside() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create()) {
            namespace.run(() -> {
                Path inside = Files.readSymbolicLink(CURRENT);
                Path[] seen = new Path[1];
                Thread child = new Thread(() -> seen[0] = readLink());
                child.start();
                child.join();
                assertEquals(inside, seen[0]);
            });
        }
    }

    @Test
    void socketsMadeInsideReachAPeerOverAVethPair() throws Exception {
        try (NetworkNamespace left = NetworkNamespace.create();
                NetworkNamespace right = NetworkNamespace.create()) {
            left.connect("v0", right, "v0");
            left.exec("ip", "address", "add", "10.0.0.1/24", "dev", "v0");
            right.exec("ip", "address", "add", "10.0.0.2/24", "dev", "v0");
            try (ServerSocket server = right.run(() -> new ServerSocket(0));
                    Socket client =
                            left.run(() -> new Socket(InetAddress.getByName("10.0.0.2"), server.getLocalPort()))) {
                assertTrue(client.isConnected());
            }
        }
    }

    @Test
    void givesTheBodysOwnExceptionToTheCaller() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create()) {
            KernelException refusal = new KernelException("do it", Errno.EPERM);
            assertEquals(
                    refusal,
                    assertThrows(
                            KernelException.class,
                            () -> namespace.run((NetworkNamespace.Body) () -> {
                                throw refusal;
                            })));
        }
    }

    @Test
    void closingRemovesIt() throws Exception {
        NetworkNamespace namespace = NetworkNamespace.create();
        Path file = Path.of("/run/netns", namespace.name());
        assertTrue(Files.exists(file));
        namespace.close();
        assertFalse(Files.exists(file));
    }

    @Test
    void sysctlsAreThoseOfTheNamespace() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create()) {
            Sysctl forward = Sysctl.ipv4("ip_forward");
            namespace.run(() -> {
                forward.ensure("1");
                forward.ensure("1");
                assertEquals("1", forward.read());
                Sysctl.ipv4Device("lo", "rp_filter").ensure("2");
            });
            assertEquals(
                    "1", namespace.exec("cat", "/proc/sys/net/ipv4/ip_forward").strip());
            assertEquals(
                    "2",
                    namespace
                            .exec("cat", "/proc/sys/net/ipv4/conf/lo/rp_filter")
                            .strip());
            namespace.run(() -> forward.ensure("0"));
            assertEquals(
                    "0", namespace.exec("cat", "/proc/sys/net/ipv4/ip_forward").strip());
        }
    }

    private static Path readLink() {
        try {
            return Files.readSymbolicLink(CURRENT);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
