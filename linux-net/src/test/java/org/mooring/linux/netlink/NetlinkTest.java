package org.mooring.linux.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mooring.linux.Errno;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.NetworkNamespace;

/** Each kind of kernel object: made, read back by us and by iproute2, made again, removed, removed again. */
@Tag("netns")
@Timeout(60)
class NetlinkTest {
    private static final Inet4Address GUEST = Ipv4.address("10.1.0.50");
    private static final MacAddress GUEST_MAC = MacAddress.of("52:54:00:01:00:50");

    private NetworkNamespace namespace;
    private NetworkNamespace peer;
    private Netlink netlink;
    private Interface v0;

    @BeforeEach
    void open() throws Exception {
        namespace = NetworkNamespace.create();
        peer = NetworkNamespace.create();
        namespace.connect("v0", peer, "v0");
        namespace.exec("ip", "address", "add", "10.0.0.1/24", "dev", "v0");
        netlink = namespace.run(() -> Netlink.open());
        v0 = netlink.links().get("v0").device();
    }

    @AfterEach
    void close() {
        netlink.close();
        namespace.close();
        peer.close();
    }

    @Test
    void links() throws Exception {
        Links links = netlink.links();
        Link link = links.get("v0");
        assertEquals("veth", link.kind());
        assertTrue(link.up());
        assertTrue(link.running());
        assertEquals(1500, v0.mtu());
        assertTrue(ip("link show v0").contains("\"address\":\"" + v0.mac() + "\""));
        assertTrue(links.dump().contains(link));
        assertEquals(Optional.of(link), links.find("v0"));
        assertEquals(Optional.empty(), links.find("v1"));
        KernelException missing = assertThrows(KernelException.class, () -> links.get("v1"));
        assertEquals(Errno.ENODEV, missing.errno());
        assertTrue(missing.getMessage().startsWith("cannot find link v1: ENODEV"), missing.getMessage());

        links.setMtu(v0, 1400);
        links.setTxQueueLength(v0, 5000);
        links.setDown(v0);
        Link changed = links.get("v0");
        assertEquals(1400, changed.device().mtu());
        assertEquals(5000, changed.txQueueLength());
        assertFalse(changed.up());
        links.setUp(v0);
        links.setUp(v0);
        assertTrue(links.get("v0").up());
        assertTrue(ip("link show v0").contains("\"mtu\":1400"));
    }

    @Test
    void bridges() throws Exception {
        Links links = netlink.links();
        Link bridge = links.ensureBridge("br0");
        assertEquals(bridge, links.ensureBridge("br0"));
        assertEquals("bridge", bridge.kind());
        links.setMaster(v0, bridge.device());
        links.setMaster(v0, bridge.device());
        assertEquals(bridge.index(), links.get("v0").master());
        assertTrue(ip("link show v0").contains("\"master\":\"br0\""));
        links.clearMaster(v0);
        links.clearMaster(v0);
        assertEquals(0, links.get("v0").master());
        links.remove("br0");
        links.remove("br0");
        assertEquals(Optional.empty(), links.find("br0"));

        KernelException taken = assertThrows(KernelException.class, () -> links.ensureBridge("v0"));
        assertEquals(Errno.EEXIST, taken.errno());
    }

    @Test
    void forwardingDatabase() throws Exception {
        namespace.connect("v1", peer, "v1");
        Interface v1 = netlink.links().get("v1").device();
        Interface bridge = netlink.links().ensureBridge("br0").device();
        netlink.links().setMaster(v0, bridge);
        netlink.links().setMaster(v1, bridge);
        netlink.links().setUp(bridge);
        ForwardingDatabase database = netlink.forwardingDatabase();
        // As the bridge would have learnt it.
        namespace.exec("bridge", "fdb", "add", GUEST_MAC.toString(), "dev", "v1", "master", "dynamic");
        database.ensure(v0, GUEST_MAC);
        database.ensure(v0, GUEST_MAC);
        String told = namespace.exec("bridge", "fdb", "show", "brport", "v0");
        assertTrue(told.contains(GUEST_MAC + " sticky master br0 static"), told);
        assertFalse(namespace.exec("bridge", "fdb", "show", "brport", "v1").contains(GUEST_MAC.toString()));
        database.remove(v0, GUEST_MAC);
        database.remove(v0, GUEST_MAC);
        assertFalse(namespace.exec("bridge", "fdb", "show").contains(GUEST_MAC.toString()));
    }

    @Test
    void addresses() throws Exception {
        Addresses addresses = netlink.addresses();
        InterfaceAddress operators = new InterfaceAddress(v0.index(), Ipv4.address("10.0.0.1"), 24);
        InterfaceAddress ours = new InterfaceAddress(v0.index(), Ipv4.address("192.0.2.1"), 32);
        addresses.ensure(ours);
        addresses.ensure(ours);
        assertTrue(addresses.dump().containsAll(List.of(operators, ours)));
        assertTrue(ip("address show dev v0").contains("\"local\":\"192.0.2.1\",\"prefixlen\":32"));
    }

    @Test
    void routes() throws Exception {
        Routes routes = netlink.routes();
        List<Route> made = List.of(
                Route.to(GUEST).dev(v0).mtu(1480),
                Route.to(GUEST).dev(v0).metric(10).source(Ipv4.address("10.0.0.1")),
                Route.to(GUEST)
                        .via(Ipv4.address("10.9.9.9"))
                        .dev(v0)
                        .onlink(true)
                        .table(435),
                Route.to(Ipv4.address("10.2.0.0"), 16)
                        .via(Ipv4.address("10.0.0.2"))
                        .dev(v0),
                Route.byDefault().dev(v0).table(435).mtu(1400),
                Route.to(GUEST).type(Route.Type.UNREACHABLE).table(436),
                Route.to(GUEST).type(Route.Type.LOCAL).dev(v0).table(437));
        routes.ensure(made);
        routes.ensure(made);
        assertEquals(Set.copyOf(made), Set.copyOf(routes.dumpProtocol(Route.PROTOCOL)));
        assertEquals(made.size(), routes.dumpProtocol(Route.PROTOCOL).size());
        assertEquals(Set.of(made.get(2), made.get(4)), Set.copyOf(routes.dumpTable(435)));
        String shown = ip("-d route show table all proto 143");
        assertTrue(shown.contains("\"metrics\":[{\"mtu\":1480}]"), shown);
        assertTrue(shown.contains("\"flags\":[\"onlink\"]"), shown);

        Route elsewhere = made.get(0).mtu(1300);
        routes.ensure(elsewhere);
        assertTrue(routes.dumpTable(Route.MAIN_TABLE).contains(elsewhere));
        assertFalse(routes.dumpTable(Route.MAIN_TABLE).contains(made.get(0)));

        routes.remove(made);
        routes.remove(made);
        assertEquals(List.of(), routes.dumpProtocol(Route.PROTOCOL));
        assertEquals(List.of(), routes.dumpTable(4711));
    }

    @Test
    void aRouteOfAnotherProtocolIsNotRemoved() throws Exception {
        namespace.exec("ip", "route", "add", "10.1.0.50/32", "dev", "v0", "proto", "static");
        netlink.routes().remove(Route.to(GUEST));
        assertTrue(ip("route show 10.1.0.50").contains("\"protocol\":\"static\""));
    }

    @Test
    void thousandsOfRoutesInAFewCalls() throws Exception {
        List<Route> many = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            many.add(Route.to(Ipv4.address(0x0a10_0000 + i)).dev(v0).mtu(1480));
        }
        netlink.routes().ensure(many);
        assertEquals(new HashSet<>(many), new HashSet<>(netlink.routes().dumpProtocol(Route.PROTOCOL)));
        netlink.routes().remove(many);
        assertEquals(List.of(), netlink.routes().dumpProtocol(Route.PROTOCOL));
    }

    @Test
    void oneRefusalDoesNotStopTheOthers() throws Exception {
        Route good = Route.to(GUEST).dev(v0);
        Route bad = Route.to(GUEST).via(Ipv4.address("192.0.2.1")).dev(v0).table(435);
        Route alsoBad = Route.to(GUEST).via(Ipv4.address("192.0.2.2")).dev(v0).table(435);
        KernelException refusal =
                assertThrows(KernelException.class, () -> netlink.routes().ensure(List.of(bad, alsoBad, good)));
        assertEquals(
                "cannot set route 10.1.0.50/32 via 192.0.2.1 dev #" + v0.index()
                        + " table 435: ENETUNREACH: network is unreachable: Nexthop has invalid gateway",
                refusal.getMessage());
        assertEquals(1, refusal.getSuppressed().length);
        assertEquals(List.of(good), netlink.routes().dumpProtocol(Route.PROTOCOL));
    }

    @Test
    void findsTheRouteThatAPacketTakes() throws Exception {
        Route route = netlink.routes().lookup(Ipv4.address("10.0.0.7"));
        assertEquals(v0.index(), route.interfaceIndex());
        assertEquals(Ipv4.address("10.0.0.1"), route.source());
        KernelException none =
                assertThrows(KernelException.class, () -> netlink.routes().lookup(Ipv4.address("192.0.2.1")));
        assertTrue(none.getMessage().contains("ENETUNREACH"), none.getMessage());
    }

    @Test
    void neighbours() throws Exception {
        Neighbours neighbours = netlink.neighbours();
        Neighbour guest = Neighbour.permanent(v0, GUEST, GUEST_MAC);
        neighbours.ensure(guest);
        neighbours.ensure(guest);
        assertEquals(List.of(guest), ours(neighbours.dump()));
        assertTrue(ip("neigh show dev v0").contains("\"lladdr\":\"52:54:00:01:00:50\",\"state\":[\"PERMANENT\"]"));

        Neighbour moved = Neighbour.permanent(v0, GUEST, MacAddress.of("52:54:00:02:00:50"));
        neighbours.ensure(moved);
        assertEquals(List.of(moved), ours(neighbours.dump()));

        neighbours.release(moved);
        assertEquals(
                List.of(new Neighbour(v0.index(), GUEST, moved.mac(), false, Route.PROTOCOL)), ours(neighbours.dump()));

        neighbours.remove(guest);
        neighbours.remove(guest);
        assertEquals(List.of(), ours(neighbours.dump()));
    }

    @Test
    void manyNeighboursAtOnce() throws Exception {
        Set<Neighbour> many = new HashSet<>();
        for (int i = 1; i <= 200; i++) {
            many.add(Neighbour.permanent(v0, Ipv4.address(0x0a01_0100 + i), GUEST_MAC));
        }
        netlink.neighbours().ensure(many);
        assertEquals(many, new HashSet<>(ours(netlink.neighbours().dump())));
        netlink.neighbours().remove(many);
        assertEquals(List.of(), ours(netlink.neighbours().dump()));
    }

    @Test
    void takesAnEntryOverFromArp() throws Exception {
        namespace.exec("ip", "neigh", "add", "10.1.0.50", "lladdr", "52:54:00:09:09:09", "dev", "v0", "nud", "stale");
        Neighbour guest = Neighbour.permanent(v0, GUEST, GUEST_MAC);
        netlink.neighbours().ensure(guest);
        assertTrue(netlink.neighbours().dump().contains(guest));
    }

    @Test
    void proxyNeighbours() throws Exception {
        Neighbours neighbours = netlink.neighbours();
        ProxyNeighbour guest = ProxyNeighbour.on(v0, GUEST);
        neighbours.ensure(guest);
        neighbours.ensure(guest);
        assertEquals(List.of(guest), neighbours.dumpProxies());
        assertTrue(ip("neigh show proxy").contains("\"dst\":\"10.1.0.50\""));
        neighbours.remove(guest);
        neighbours.remove(guest);
        assertEquals(List.of(), neighbours.dumpProxies());
    }

    @Test
    void rules() throws Exception {
        Rules rules = netlink.rules();
        Rule rule = Rule.lookup(435).priority(435).mark(0x1b3);
        Rule other = Rule.lookup(435).priority(436).inputInterface("v0");
        Rule outgoing = Rule.lookup(435).priority(437).outputInterface("v0");
        rules.ensure(rule);
        rules.ensure(rule);
        rules.ensure(other);
        rules.ensure(outgoing);
        assertEquals(1, rules.dump().stream().filter(rule::equals).count());
        assertTrue(rules.dump().containsAll(List.of(other, outgoing)));
        assertTrue(ip("rule show").contains("\"fwmark\":\"0x1b3\""), ip("rule show"));
        rules.remove(rule);
        rules.remove(rule);
        rules.remove(other);
        rules.remove(outgoing);
        assertFalse(rules.dump().contains(rule));
        assertEquals(3, rules.dump().size(), "local, main and default are the kernel's");
    }

    @Test
    void aClosedSocketSaysSo() throws Exception {
        Netlink closed = namespace.run(() -> Netlink.open());
        closed.close();
        closed.close();
        assertEquals(
                Errno.EBADF,
                assertThrows(KernelException.class, () -> closed.links().dump()).errno());
    }

    private static List<Neighbour> ours(List<Neighbour> neighbours) {
        return neighbours.stream()
                .filter(neighbour -> neighbour.protocol() == Route.PROTOCOL)
                .toList();
    }

    private String ip(String arguments) {
        List<String> command = new ArrayList<>(List.of("ip", "-j"));
        command.addAll(List.of(arguments.split(" ")));
        return namespace.exec(command.toArray(String[]::new)).replaceAll("\\s", "");
    }
}
