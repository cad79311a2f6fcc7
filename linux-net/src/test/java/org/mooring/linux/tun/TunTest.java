package org.mooring.linux.tun;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;
import org.mooring.linux.NetworkNamespace;

@Tag("netns")
class TunTest {
    /** An ICMP echo request from 10.9.0.2 to 10.9.0.1. */
    private static final byte[] PING =
            HexFormat.of().parseHex("4500001c000100004001" + "66cc" + "0a0900020a090001" + "0800f7fd00010001");

    @Test
    void whatIsWrittenArrivesAndWhatLeavesIsRead() throws Exception {
        try (var namespace = NetworkNamespace.create()) {
            namespace.run(() -> {
                try (var tun = Tun.open("t0", Tun.Layer.IP)) {
                    assertFalse(tun.write(ByteBuffer.wrap(PING)), "the device is down");
                    namespaceCommand(namespace, "ip link set t0 up", "ip addr add 10.9.0.1/24 dev t0");
                    assertTrue(tun.write(ByteBuffer.wrap(PING)));
                    ByteBuffer answer;
                    do { // IPv6 may have had something to say first
                        answer = tun.read().orElseThrow();
                    } while (answer.get(0) >> 4 != 4);
                    var destination = new byte[4];
                    answer.get(16, destination);
                    assertArrayEquals(new byte[] {10, 9, 0, 2}, destination);
                    assertEquals(0, answer.get(20), "ICMP echo reply");
                }
            });
        }
    }

    @Test
    void whatLeavesWaitsToBePolled() throws Exception {
        try (var namespace = NetworkNamespace.create()) {
            namespace.run(() -> {
                try (var tun = Tun.open("t0", Tun.Layer.IP)) {
                    assertEquals(Optional.empty(), tun.poll());
                    namespaceCommand(namespace, "ip link set t0 up", "ip addr add 10.9.0.1/24 dev t0");
                    assertTrue(tun.write(ByteBuffer.wrap(PING)), "which the kernel answers before it returns");
                    var answers = 0;
                    for (var packet = tun.poll(); packet.isPresent(); packet = tun.poll()) {
                        answers += packet.get().get(0) >> 4 == 4 ? 1 : 0;
                    }
                    assertEquals(1, answers);
                }
            });
        }
    }

    @Test
    void onlyAPersistentDeviceStays() throws Exception {
        try (var namespace = NetworkNamespace.create()) {
            namespace.run(() -> {
                try (var persistent = Tun.open("t0", Tun.Layer.IP)) {
                    persistent.setPersistent(true);
                    Tun.open("t1", Tun.Layer.ETHERNET).close();
                }
            });
            String links = namespace.exec("ip", "-o", "link");
            assertTrue(links.contains("t0:"), links);
            assertFalse(links.contains("t1:"), links);
            namespace.run(() -> {
                try (var again = Tun.open("t0", Tun.Layer.IP)) {
                    again.setPersistent(false);
                }
            });
            assertFalse(namespace.exec("ip", "-o", "link").contains("t0:"));
        }
    }

    @Test
    void aDeviceHasOneHolder() throws Exception {
        try (var namespace = NetworkNamespace.create()) {
            namespace.run(() -> {
                try (var holder = Tun.open("t0", Tun.Layer.IP)) {
                    var refusal = assertThrows(KernelException.class, () -> Tun.open(holder.name(), Tun.Layer.IP));
                    assertEquals(Errno.EBUSY, refusal.errno());
                    assertTrue(String.valueOf(refusal.getMessage()).contains("TUN device t0"), refusal.getMessage());
                }
            });
        }
    }

    @Test
    void closingWakesTheReader() throws Exception {
        try (var namespace = NetworkNamespace.create()) {
            namespace.run(() -> {
                var tun = Tun.open("t0", Tun.Layer.IP);
                var outcome = new CompletableFuture<Optional<ByteBuffer>>();
                var reader = new Thread(() -> {
                    try {
                        outcome.complete(tun.read());
                    } catch (KernelException e) {
                        outcome.completeExceptionally(e);
                    }
                });
                reader.start();
                tun.close();
                assertEquals(Optional.empty(), outcome.get(30, TimeUnit.SECONDS));
                reader.join();
                assertEquals(Optional.empty(), tun.read());
            });
        }
    }

    @Test
    void aPersistentDeviceHasAnOwner() throws Exception {
        try (var namespace = NetworkNamespace.create()) {
            namespace.run(() -> {
                try (var tap = Tun.open("t0", Tun.Layer.ETHERNET)) {
                    tap.setPersistent(true);
                    tap.setOwner(4711);
                }
            });
            String shown = namespace.exec("ip", "tuntap", "show");
            assertTrue(shown.contains("t0: tap persist user 4711"), shown);
        }
    }

    private static void namespaceCommand(NetworkNamespace namespace, String... commands) {
        for (String command : commands) {
            namespace.exec(command.split(" "));
        }
    }
}
