package org.mooring.linux.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mooring.linux.Errno;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.bpf.BpfObject;
import org.mooring.linux.bpf.Clang;
import org.mooring.linux.netlink.Filter.Direction;

@Tag("netns")
@Timeout(60)
class FiltersTest {
    @TempDir
    Path folder;

    private NetworkNamespace namespace;
    private NetworkNamespace peer;
    private Netlink netlink;
    private Interface v0;
    private BpfObject programs;

    @BeforeEach
    void open() throws Exception {
        programs = BpfObject.load(Clang.compile(folder, """
                SEC("tc") int pass(struct __sk_buff *skb) { return TC_ACT_OK; }
                SEC("tc") int drop_long(struct __sk_buff *skb) { return skb->len > 200 ? TC_ACT_SHOT : TC_ACT_OK; }
                """));
        namespace = NetworkNamespace.create();
        peer = NetworkNamespace.create();
        namespace.connect("v0", peer, "v0");
        namespace.exec("ip", "address", "add", "10.0.0.1/24", "dev", "v0");
        peer.exec("ip", "address", "add", "10.0.0.2/24", "dev", "v0");
        netlink = namespace.run(() -> Netlink.open());
        v0 = netlink.links().get("v0").device();
    }

    @AfterEach
    void close() {
        netlink.close();
        namespace.close();
        peer.close();
        programs.close();
    }

    @Test
    void areMadeReplacedAndRemoved() throws Exception {
        Filters filters = netlink.filters();
        filters.ensure(v0, Direction.EGRESS, 434, 1, programs.program("pass"));
        filters.ensure(v0, Direction.INGRESS, 434, 1, programs.program("pass"));
        Filter first = only(filters.dump(v0, Direction.EGRESS));
        assertEquals(new Filter(Direction.EGRESS, 434, 1, "pass", first.programId()), first);
        String shown = namespace.exec("tc", "filter", "show", "dev", "v0", "egress");
        assertTrue(shown.contains("pref 434 bpf chain 0 handle 0x1 pass direct-action"), shown);
        assertTrue(shown.contains("id " + first.programId()), shown);

        filters.ensure(v0, Direction.EGRESS, 434, 1, programs.program("drop_long"));
        Filter second = only(filters.dump(v0, Direction.EGRESS));
        assertEquals("drop_long", second.program());
        assertNotEquals(first.programId(), second.programId());
        assertEquals("pass", only(filters.dump(v0, Direction.INGRESS)).program());

        filters.remove(v0, Direction.EGRESS, 434, 1);
        filters.remove(v0, Direction.EGRESS, 434, 1);
        assertEquals(List.of(), filters.dump(v0, Direction.EGRESS));
    }

    @Test
    void severalOwnersLiveSideBySide() throws Exception {
        Filters filters = netlink.filters();
        filters.ensure(v0, Direction.INGRESS, 435, 1, programs.program("pass"));
        filters.ensure(v0, Direction.INGRESS, 434, 1, programs.program("drop_long"));
        filters.ensure(v0, Direction.INGRESS, 434, 2, programs.program("pass"));
        assertEquals(
                List.of("434/1 drop_long", "434/2 pass", "435/1 pass"),
                filters.dump(v0, Direction.INGRESS).stream()
                        .map(filter -> filter.preference() + "/" + filter.handle() + " " + filter.program())
                        .sorted()
                        .toList());
        filters.remove(v0, Direction.INGRESS, 434, 1);
        assertEquals(2, filters.dump(v0, Direction.INGRESS).size());
    }

    @Test
    void theProgramDecidesAlsoWhenItWasClosed() throws Exception {
        try (DatagramSocket receiver = namespace.run(() -> new DatagramSocket(0, Ipv4.address("10.0.0.1")));
                DatagramSocket sender = peer.run(() -> new DatagramSocket())) {
            sender.connect(receiver.getLocalSocketAddress());
            netlink.filters().ensure(v0, Direction.INGRESS, 434, 1, programs.program("drop_long"));
            programs.close();
            sender.send(new DatagramPacket(new byte[500], 500));
            sender.send(new DatagramPacket(new byte[5], 5));
            assertEquals(5, receivedBy(receiver));

            netlink.filters().remove(v0, Direction.INGRESS, 434, 1);
            sender.send(new DatagramPacket(new byte[500], 500));
            assertEquals(500, receivedBy(receiver));
        }
    }

    @Test
    void whereThereIsNoHookThereIsNoFilter() throws Exception {
        assertEquals(List.of(), netlink.filters().dump(v0, Direction.INGRESS));
        netlink.filters().remove(v0, Direction.INGRESS, 434, 1);
        Interface gone = new Interface("gone", 4711, v0.mac(), 1500);
        netlink.filters().remove(gone, Direction.INGRESS, 434, 1);
        assertEquals(
                Errno.ENODEV,
                assertThrows(
                                KernelException.class,
                                () -> netlink.filters()
                                        .ensure(gone, Direction.INGRESS, 434, 1, programs.program("pass")))
                        .errno());
    }

    @Test
    void anIngressQdiscInThePlaceOfClsactIsNamed() throws Exception {
        namespace.exec("tc", "qdisc", "add", "dev", "v0", "ingress");
        KernelException refusal = assertThrows(
                KernelException.class,
                () -> netlink.filters().ensure(v0, Direction.EGRESS, 434, 1, programs.program("pass")));
        assertTrue(refusal.getMessage().endsWith("tc qdisc del dev v0 ingress"), refusal.getMessage());
    }

    private static int receivedBy(DatagramSocket socket) throws Exception {
        DatagramPacket packet = new DatagramPacket(new byte[1000], 1000);
        socket.receive(packet);
        return packet.getLength();
    }

    private static Filter only(List<Filter> filters) {
        assertEquals(1, filters.size(), filters.toString());
        return filters.get(0);
    }
}
