package org.mooring.linux.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mooring.linux.Errno;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.netlink.NftTable.Chain;
import org.mooring.linux.netlink.NftTable.Counter;
import org.mooring.linux.netlink.NftTable.Element;
import org.mooring.linux.netlink.NftTable.Hook;
import org.mooring.linux.netlink.NftTable.Rule;

/** A table that counts what is sent from a known source to a known destination, and drops what isn't known. */
@Tag("netns")
class NftablesTest {
    private static final String TABLE = "test";
    private static final NftTable.Set PAIRS = new NftTable.Set("pairs", 2, true);
    private static final int UDP = 17;
    private static final int UDP_HEADERS = 28;
    private static final Chain OUTPUT = new Chain(
            "output",
            Hook.OUTPUT,
            0,
            List.of(
                    new Rule(
                            "not UDP",
                            List.of(
                                    NftExpression.networkHeader(9, 1, 0),
                                    NftExpression.equal(0, 1),
                                    NftExpression.accept())),
                    new Rule(
                            "known",
                            List.of(
                                    NftExpression.networkHeader(9, 1, 0),
                                    NftExpression.equal(0, UDP),
                                    NftExpression.networkHeader(12, 4, 0),
                                    NftExpression.networkHeader(16, 4, 1),
                                    NftExpression.lookup("pairs", 0),
                                    NftExpression.accept())),
                    new Rule("unknown", List.of(NftExpression.counter(), NftExpression.drop()))));

    private NetworkNamespace namespace;
    private Nftables nftables;

    @BeforeEach
    void open() throws Exception {
        namespace = NetworkNamespace.create();
        nftables = namespace.run(Nftables::open);
    }

    @AfterEach
    void close() {
        nftables.close();
        namespace.close();
    }

    @Test
    void countsByElementAndDropsTheRest() throws Exception {
        nftables.replace(new NftTable(TABLE, List.of(PAIRS), List.of(OUTPUT)), List.of(to("127.0.0.2")));
        for (int i = 0; i < 3; i++) {
            send("127.0.0.2");
        }
        assertThrows(java.io.IOException.class, () -> send("127.0.0.3"));

        assertEquals(Map.of(to("127.0.0.2"), new Counter(3, 3 * (UDP_HEADERS + 1))), nftables.counters(TABLE, PAIRS));
        assertEquals(Map.of("unknown", new Counter(1, UDP_HEADERS + 1)), nftables.counters(TABLE, OUTPUT));

        nftables.change(TABLE, List.of(to("127.0.0.3")), List.of(to("127.0.0.2")));
        send("127.0.0.3");
        assertThrows(java.io.IOException.class, () -> send("127.0.0.2"));
        assertEquals(Map.of(to("127.0.0.3"), new Counter(1, UDP_HEADERS + 1)), nftables.counters(TABLE, PAIRS));
        assertEquals(Optional.of(new Counter(1, UDP_HEADERS + 1)), nftables.counter(TABLE, to("127.0.0.3")));
        assertEquals(Optional.empty(), nftables.counter(TABLE, to("127.0.0.2")));
    }

    /** Packets add elements of their own, in a chain that only sees what is sent there, and ends there. */
    @Test
    void countsWhatAddsItself() throws Exception {
        var seen = new NftTable.Set("seen", 2, true, 0, true);
        var aside = new Chain(
                "aside",
                List.of(
                        new Rule(
                                "seen",
                                List.of(
                                        NftExpression.networkHeader(16, 4, 1),
                                        NftExpression.address(loopback("0.0.0.7"), 2),
                                        NftExpression.add("seen", 1))),
                        new Rule("dropped", List.of(NftExpression.drop()))));
        var output = new Chain(
                "output",
                Hook.OUTPUT,
                0,
                List.of(
                        new Rule(
                                "aside",
                                List.of(
                                        NftExpression.networkHeader(16, 4, 0),
                                        NftExpression.equal(0, loopback("127.0.0.2")),
                                        NftExpression.goTo("aside"))),
                        new Rule(
                                "counted",
                                List.of(
                                        NftExpression.networkHeader(9, 1, 0),
                                        NftExpression.equal(0, UDP),
                                        NftExpression.counter()))));
        nftables.replace(new NftTable(TABLE, List.of(seen), List.of(aside, output)), List.of());
        assertEquals(Map.of(), nftables.counters(TABLE, seen));
        for (int i = 0; i < 2; i++) {
            assertThrows(java.io.IOException.class, () -> send("127.0.0.2"));
        }
        send("127.0.0.3");
        var added = new Element("seen", loopback("127.0.0.2"), loopback("0.0.0.7"));
        assertEquals(Map.of(added, new Counter(2, 2 * (UDP_HEADERS + 1))), nftables.counters(TABLE, seen));
        assertEquals(Map.of("counted", new Counter(1, UDP_HEADERS + 1)), nftables.counters(TABLE, output));
        assertEquals(Optional.of(new Counter(2, 2 * (UDP_HEADERS + 1))), nftables.counter(TABLE, added));
        nftables.change(TABLE, List.of(), List.of(added));
        assertEquals(Map.of(), nftables.counters(TABLE, seen));
    }

    @Test
    void replacesAndRemovesTables() throws Exception {
        var table = new NftTable(TABLE, List.of(PAIRS), List.of(OUTPUT));
        nftables.replace(table, List.of(to("127.0.0.2")));
        nftables.replace(table, List.of(to("127.0.0.3")));
        assertEquals(
                List.of(to("127.0.0.3")),
                List.copyOf(nftables.counters(TABLE, PAIRS).keySet()));
        nftables.remove(TABLE);
        nftables.remove(TABLE);
        send("127.0.0.4");
    }

    /** More than one message holds, and one datagram does by default. */
    @Test
    void holdsManyElements() throws Exception {
        List<Element> many = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            many.add(new Element("pairs", List.of(Ipv4.address(0x0a000000 + i), Ipv4.address(i))));
        }
        nftables.replace(new NftTable(TABLE, List.of(PAIRS), List.of(OUTPUT)), many);
        // A listing misses some while the kernel moves them to a larger hash table, which it does in its own time.
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        assertTrue(nftables.counter(TABLE, many.get(many.size() - 1)).isPresent());
        while (nftables.counters(TABLE, PAIRS).size() < many.size() && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertEquals(many.size(), nftables.counters(TABLE, PAIRS).size());
    }

    /** A copy goes where an address is by a device, whatever its own address is. Both have been changed on the way. */
    @Test
    void copiesAndChangesHeaders() throws Exception {
        var copies = new NftTable.Set("copies", 2, false, 2);
        var counter = new NftTable.Set("come", 1, true);
        Chain leaving = new Chain(
                "leaving",
                Hook.POSTROUTING,
                0,
                List.of(
                        new Rule(
                                "say something reserved",
                                List.of(
                                        NftExpression.networkHeader(6, 2, 0),
                                        NftExpression.turnFirst(0, 0x3f, 0x80),
                                        NftExpression.setNetworkHeader(6, 0))),
                        new Rule(
                                "copy",
                                List.of(
                                        NftExpression.networkHeader(16, 4, 0),
                                        NftExpression.nextHop(1),
                                        NftExpression.lookup("copies", 0, 4),
                                        NftExpression.duplicate(4, 5)))));
        Chain arriving = new Chain(
                "arriving",
                Hook.INPUT,
                0,
                List.of(new Rule(
                        "come",
                        List.of(
                                NftExpression.networkHeader(6, 1, 0),
                                NftExpression.equal(0, 0x80),
                                NftExpression.networkHeader(16, 4, 0),
                                NftExpression.lookup("come", 0)))));
        var element = new Element(
                "copies",
                List.of(loopback("127.0.0.2"), loopback("127.0.0.2")),
                List.of(
                        ByteBuffer.wrap(loopback("127.0.0.3").getAddress())
                                .order(ByteOrder.nativeOrder())
                                .getInt(),
                        1));
        var come = new Element("come", loopback("127.0.0.2"));
        nftables.replace(
                new NftTable(TABLE, List.of(copies, counter), List.of(leaving, arriving)), List.of(element, come));
        send("127.0.0.2");
        assertEquals(Map.of(come, new Counter(2, 2 * (UDP_HEADERS + 1))), nftables.counters(TABLE, counter));
        nftables.change(TABLE, List.of(), List.of(element));
        send("127.0.0.2");
        assertEquals(Map.of(come, new Counter(3, 3 * (UDP_HEADERS + 1))), nftables.counters(TABLE, counter));
    }

    /** All or nothing: an element that isn't there can't be removed, so none is added. */
    @Test
    void refusesAsAWhole() throws Exception {
        nftables.replace(new NftTable(TABLE, List.of(PAIRS), List.of(OUTPUT)), List.of());
        KernelException refusal = assertThrows(
                KernelException.class,
                () -> nftables.change(TABLE, List.of(to("127.0.0.2")), List.of(to("127.0.0.3"))));
        assertEquals(Errno.ENOENT, refusal.errno());
        assertEquals(Map.of(), nftables.counters(TABLE, PAIRS));
        nftables.change(TABLE, List.of(to("127.0.0.2")), List.of());
        assertEquals(1, nftables.counters(TABLE, PAIRS).size());
    }

    private static Element to(String destination) {
        return new Element("pairs", List.of(loopback("127.0.0.1"), loopback(destination)));
    }

    private static Inet4Address loopback(String address) {
        return Ipv4.address(address);
    }

    private void send(String destination) throws Exception {
        namespace.run(() -> {
            try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(loopback("127.0.0.1"), 0))) {
                socket.send(new DatagramPacket(new byte[] {1}, 1, new InetSocketAddress(loopback(destination), 9)));
            }
        });
    }
}
