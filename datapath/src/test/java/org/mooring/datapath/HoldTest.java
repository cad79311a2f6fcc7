package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.GUEST_MAC;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.mooring.datapath.Topology.Site;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;

/** Packets that wait for a guest that changes sites, in the kernel, from a foreign agent's tunnels and at home. */
@Tag("netns")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HoldTest {
    private static final int AGENTS_PORT = 434;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final List<String> heard = Collections.synchronizedList(new ArrayList<>());
    private final Waiting listener = new Waiting() {
        @Override
        public void began(Inet4Address homeAddress, Path path) {
            heard.add(homeAddress.getHostAddress() + " " + path);
        }

        @Override
        public void marker(Inet4Address homeAddress, ByteBuffer payload) {
            heard.add(homeAddress.getHostAddress() + " " + StandardCharsets.US_ASCII.decode(payload));
        }
    };

    private Topology net;

    @BeforeAll
    void raise() throws Exception {
        net = new Topology();
    }

    @AfterAll
    void tearDown() {
        net.close();
    }

    @AfterEach
    void close() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
        heard.clear();
    }

    /** What comes by each path waits, is announced once, and goes on in order: delivered packets, the old path, the new one. */
    @Test
    void goesOnInOrder() throws Exception {
        EbpfVisitorDatapath near = visitors(net.near, visitor());
        Wire path = open(new Wire(net.internet, "site2"));
        Wire guest = open(new Wire(net.near.host(), "eth0"));
        near.hold(GUEST, Set.of(Path.OLD, Path.NEW));
        for (int i = 0; i < 100; i++) {
            path.send(byNew("new " + i), net.near.wan());
            path.send(byOld("old " + i), net.near.wan());
        }
        path.send(tunnelled(net.far.careOfAddress(), AGENTS_PORT, AGENTS_PORT, "marker"), net.near.wan());
        until(() -> near.held().getOrDefault(GUEST, 0L) == 200 && heard.size() == 3);
        assertEquals(Set.of("10.1.0.50 OLD", "10.1.0.50 NEW", "10.1.0.50 marker"), Set.copyOf(heard));
        assertEquals(List.of(), texts(guest.soFar()));

        near.deliver(GUEST, inner(4000, 9, "first").toOctets());
        near.deliver(GUEST, inner(4000, 9, "second").toOctets());
        near.open(GUEST, Path.OLD);
        near.open(GUEST, Path.NEW);
        assertEquals("first", text(guest.await(HoldTest::isForGuest)));
        assertEquals("second", text(guest.await(HoldTest::isForGuest)));
        for (String by : List.of("old ", "new ")) {
            for (int i = 0; i < 100; i++) {
                assertEquals(by + i, text(guest.await(HoldTest::isForGuest)));
            }
        }
        near.drops().forEach((reason, count) -> assertEquals(0, count, reason.toString()));
        assertThrows(IllegalStateException.class, () -> near.hold(CORRESPONDENT, Set.of(Path.OLD)));
    }

    private static List<String> texts(List<Ipv4Packet> packets) {
        return packets.stream().filter(HoldTest::isForGuest).map(HoldTest::text).toList();
    }

    private static boolean isForGuest(Ipv4Packet packet) {
        return packet.destination().equals(GUEST);
    }

    private static String text(Ipv4Packet packet) {
        return StandardCharsets.US_ASCII
                .decode(UdpPacket.parse(packet).orElseThrow().payload())
                .toString();
    }

    private VisitorForwarding visitor() {
        return new VisitorForwarding(
                GUEST, Tunnel.ipip(HOME_AGENT), "lan", GUEST_MAC, true, Optional.of(net.far.careOfAddress()));
    }

    private EbpfVisitorDatapath visitors(Site site, VisitorForwarding... installed) throws Exception {
        VisitorDatapathConfig config = new VisitorDatapathConfig(
                site.careOfAddress(), VisitorDatapathConfig.DEVICE, List.of("lan"), List.of("wan"), MtuPolicy.ICMP);
        return open(site.router().run(() -> EbpfVisitorDatapath.open(config, List.of(installed), listener)));
    }

    private Ipv4Packet byNew(String text) {
        return tunnelled(HOME_AGENT, 4000, 9, text);
    }

    private Ipv4Packet byOld(String text) {
        return tunnelled(net.far.careOfAddress(), 4000, 9, text);
    }

    private Ipv4Packet tunnelled(Inet4Address from, int sourcePort, int destinationPort, String text) {
        ByteBuffer octets = inner(sourcePort, destinationPort, text).toOctets();
        return Ipv4Packet.of(from, net.near.careOfAddress(), Ipv4Packet.IPIP, 64, octets);
    }

    private static Ipv4Packet inner(int sourcePort, int destinationPort, String text) {
        ByteBuffer payload = StandardCharsets.US_ASCII.encode(text);
        return new UdpPacket(CORRESPONDENT, sourcePort, GUEST, destinationPort, 60, payload).toIpv4();
    }

    private static void until(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within 30 s");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private <T extends AutoCloseable> T open(T resource) {
        opened.push(resource);
        return resource;
    }
}
