package org.mooring.migrator.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Netlink;
import org.mooring.migrator.host.Guest.Accelerator;
import org.mooring.runtime.Failure;

@Tag("netns")
class HostNetworkTest {
    @TempDir
    Path directory;

    private NetworkNamespace host;
    private HostNetwork network;

    @BeforeEach
    void makeHost() throws Exception {
        host = NetworkNamespace.create();
        host.exec("ip", "link", "add", "up0", "type", "veth", "peer", "name", "cable");
        network = new HostNetwork(new MigratorConfig.Network("br0", Optional.of("up0"), 10_000), directory);
    }

    @AfterEach
    void removeHost() {
        host.close();
    }

    @Test
    void makesABridgeOfTheUplinkAndRemovesItWithTheLastGuest() throws Exception {
        host.run(() -> network.connect(guest("g1")));
        host.run(() -> network.connect(guest("g2")));
        Link bridge = link("br0").orElseThrow();
        Link uplink = link("up0").orElseThrow();
        assertTrue(bridge.up());
        assertTrue(uplink.up());
        assertEquals(bridge.index(), uplink.master());
        assertEquals(uplink.device().mac(), bridge.device().mac());

        leave("g1");
        assertTrue(link("br0").isPresent());
        leave("g2");
        leave("g2");
        assertFalse(link("br0").isPresent());
        assertEquals(0, link("up0").orElseThrow().master());
        assertFalse(Files.exists(directory.resolve("br0.bridge")));
    }

    @Test
    void givesATapALongQueueAndAnAddressThatNoBridgeTakes() throws Exception {
        host.run(() -> network.connect(guest("g1")));
        Link tap = link("mt-g1").orElseThrow();
        assertTrue(tap.up());
        assertEquals(10_000, tap.txQueueLength());
        assertEquals("fe:54:00:ab:cd:ef", tap.device().mac().toString());
        assertEquals(link("br0").orElseThrow().index(), tap.master());
    }

    @ParameterizedTest(name = "with room for {0} files")
    @ValueSource(ints = {0, 1})
    void saysThatTheDiskIsFullAndMakesNoBridge(int files) throws Exception {
        // The root of the file system is one, too.
        exec("mount", "-t", "tmpfs", "-o", "nr_inodes=" + (1 + files), "mooring-test", directory.toString());
        try {
            Failure refused = assertThrows(Failure.class, () -> host.run(() -> network.connect(guest("g1"))));
            assertEquals(
                    List.of("network of this host: in " + directory + ": no space left: make room on its disk"),
                    refused.lines());
            assertFalse(link("br0").isPresent());
        } finally {
            exec("umount", directory.toString());
        }
    }

    private static void exec(String... words) throws Exception {
        assertEquals(0, new ProcessBuilder(words).inheritIO().start().waitFor());
    }

    @Test
    void leavesABridgeOfTheOperatorsAlone() throws Exception {
        host.exec("ip", "link", "add", "br0", "type", "bridge");
        host.run(() -> network.connect(guest("g1")));
        assertEquals(0, link("up0").orElseThrow().master());
        leave("g1");
        assertTrue(link("br0").isPresent());
        assertFalse(link("mt-g1").isPresent());
    }

    @Test
    void leavesABridgeThatWasGivenAnAddress() throws Exception {
        host.run(() -> network.connect(guest("g1")));
        host.exec("ip", "address", "add", "198.51.100.1/24", "dev", "br0");
        leave("g1");
        assertTrue(link("br0").isPresent());
    }

    @Test
    void doesNotCutTheHostOff() throws Exception {
        host.exec("ip", "address", "add", "198.51.100.1/24", "dev", "up0");
        Failure refused = assertThrows(Failure.class, () -> host.run(() -> network.connect(guest("g1"))));
        assertTrue(refused.lines()
                .get(0)
                .contains("would cut this host off, because up0 carries its address 198.51.100.1"));
        assertFalse(link("br0").isPresent());
        assertFalse(link("mt-g1").isPresent());
    }

    @Test
    void doesNotCutTheHostOffByIpv6Either() throws Exception {
        host.exec("ip", "address", "add", "2001:db8::1/64", "dev", "up0");
        Failure refused = assertThrows(Failure.class, () -> host.run(() -> network.connect(guest("g1"))));
        assertTrue(refused.lines().get(0).contains("would cut this host off"), refused::toString);
    }

    @Test
    void missesTheUplink() throws Exception {
        host.exec("ip", "link", "delete", "up0");
        Failure refused = assertThrows(Failure.class, () -> host.run(() -> network.connect(guest("g1"))));
        assertTrue(refused.lines().get(0).contains("no uplink up0"), refused::toString);
    }

    @Test
    void refusesATapThatIsThere() throws Exception {
        host.exec("ip", "tuntap", "add", "mt-g1", "mode", "tap");
        Failure refused = assertThrows(Failure.class, () -> host.run(() -> network.refuseIfTaken("mt-g1")));
        assertTrue(refused.lines().get(0).startsWith("device mt-g1 exists already"), refused::toString);
    }

    private void leave(String guest) throws Exception {
        host.run(() -> {
            network.disconnect(Guest.tapOf(guest));
            network.removeUnusedBridge();
        });
    }

    private Optional<Link> link(String name) throws Exception {
        return host.run(() -> {
            try (Netlink netlink = Netlink.open()) {
                return netlink.links().find(name);
            }
        });
    }

    private static Guest guest(String name) {
        return new Guest(
                name,
                64,
                1,
                "52:54:00:ab:cd:ef",
                Accelerator.TCG,
                "pc",
                null,
                null,
                null,
                null,
                List.of(),
                List.of(),
                Guest.tapOf(name));
    }
}
