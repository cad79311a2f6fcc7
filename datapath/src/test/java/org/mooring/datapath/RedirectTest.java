package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Packets.ipip;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.GUEST_MAC;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;

/** What comes late for a visitor that has left. */
abstract class RedirectTest extends Behaviour {
    RedirectTest(DatapathTest test) {
        super(test);
    }

    /** A visitor has left; what still comes for it follows it, from the tunnel and from the site. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void redirectsWhatComesLate(Encapsulation encapsulation) throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        home.stage(toVisitorAt(net.far, encapsulation)); // where the answers come from
        VisitorDatapath near = visitors(net.near, visitor(encapsulation));
        visitors(
                net.far,
                new VisitorForwarding(
                        GUEST,
                        tunnel(HOME_AGENT, encapsulation),
                        "lan",
                        GUEST_MAC,
                        true,
                        Optional.empty(),
                        Optional.of(net.near.careOfAddress())));
        Echo old = open(new Echo(net.near.host()));
        Echo now = open(new Echo(net.far.host()));
        Wire path = open(new Wire(net.internet, "site2"));
        try (Flow flow = new Flow(net.correspondent, GUEST)) {
            until(flow.moreAnswers(50));
            near.redirect(GUEST, Tunnel.ipip(net.far.careOfAddress()));
            until(() -> now.received() >= 50);
            near.install(visitor(encapsulation));
            int before = old.received();
            until(() -> old.received() >= before + 50);
            flow.stop();
            until(() -> flow.answered() == flow.sent());
            assertEquals(flow.sent(), old.received() + now.received());
        }
        Set<Inet4Address> followed = path.soFar().stream()
                .filter(Encapsulated::is)
                .filter(outer -> outer.source().equals(net.near.careOfAddress()))
                .filter(outer -> Encapsulated.inner(outer).destination().equals(GUEST))
                .map(Ipv4Packet::destination)
                .collect(Collectors.toSet());
        assertEquals(Set.of(net.far.careOfAddress()), followed, "nothing loops to the home agent (RFC 2003 §3.2)");
        near.redirect(GUEST, Tunnel.ipip(net.far.careOfAddress()));
        String fromSite = ip(net.near, "route get 10.1.0.50 from 10.2.0.77 iif lan");
        assertTrue(fromSite.contains("dev mip-fa"), fromSite);
        long length = 10_000_000;
        try (TcpStream stream = new TcpStream(net.correspondent, net.far.host(), GUEST)) {
            assertEquals(stream.checksum(length), stream.fromClient(length));
        }
        assertNothingDropped(near);
    }

    /** What a visitor had not read when it left is sent back to the router by its host: it follows, whoever sent it. */
    @Test
    void redirectsWhatComesBackFromTheSite() throws Exception {
        VisitorDatapath near = visitors(net.near, VISITOR);
        near.redirect(GUEST, Tunnel.ipip(net.far.careOfAddress()));
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));
        for (Inet4Address sender : List.of(CORRESPONDENT, Topology.NEIGHBOUR)) {
            lan.send(udp(sender, GUEST, 60, "not read"), STRANGER, net.near.gateway());
            Ipv4Packet outer = path.await(Packets::isIpip);
            assertEquals(net.far.careOfAddress(), outer.destination());
            assertEquals(net.near.careOfAddress(), outer.source());
            Ipv4Packet inner = Ipv4Packet.parse(outer.payload()).orElseThrow();
            assertEquals(sender, inner.source());
            assertEquals(59, inner.ttl());
        }
        assertTrue(lan.soFar().stream().noneMatch(Packets::isIcmp));
        assertNothingDropped(near);
    }

    /** RFC 3024 §4.3.2, RFC 2003 §3.2: as far as the home agent knows, the visitor has not gone home, nor is about to. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    @Timeout(30)
    void nothingGoesBackIntoTheTunnelThatItCameFrom(Encapsulation encapsulation) throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        Wire path = open(new Wire(net.internet, "site1"));
        long sent = 0;
        ByteBuffer nothing = ByteBuffer.allocate(0);
        for (Ipv4Packet late : List.of(
                udp(CORRESPONDENT, GUEST, 64, "late"),
                udp(Topology.NEIGHBOUR, GUEST, 64, "late, too"),
                new UdpPacket(HOME_AGENT, 434, GUEST, 434, 64, nothing).toIpv4())) {
            path.send(Encapsulated.in(encapsulation, net.near.careOfAddress(), HOME_AGENT, late), net.home.wan());
            long all = ++sent;
            until(() -> allDropped(home) == all);
        }
        Ipv4Packet plain = udp(CORRESPONDENT, GUEST, 64, "in no tunnel");
        path.send(plain, net.home.wan());
        Ipv4Packet tunnelled = path.await(packet -> Encapsulated.is(packet)
                && packet.source().equals(HOME_AGENT)
                && packet.destination().equals(net.near.careOfAddress()));
        assertEquals(plain.payload(), Encapsulated.inner(tunnelled).payload(), "the first");
        assertEquals(0, traffic(home).packetsDecapsulated());
    }

    /** RFC 3024 §4.3.2: no more than one who is about to leave. */
    @Test
    @Timeout(30)
    void nothingComesHomeOutOfATunnelThatIsOnlyStaged() throws Exception {
        HomeDatapath home = home();
        home.stage(toVisitorAt(net.near));
        Wire path = open(new Wire(net.internet, "site1"));
        Ipv4Packet late = udp(CORRESPONDENT, GUEST, 64, "not from a visitor");
        path.send(ipip(net.near.careOfAddress(), HOME_AGENT, late), net.home.wan());
        until(() -> dropped(home, Drop.UNLISTED) == 1);
        home.flip(GUEST);
        home.retire(GUEST);
        path.send(ipip(net.near.careOfAddress(), HOME_AGENT, late), net.home.wan());
        until(() -> traffic(home).packetsDecapsulated() == 1);
    }

    private static long allDropped(Datapath<?> datapath) throws DatapathException {
        return datapath.drops().values().stream().mapToLong(Long::longValue).sum();
    }

    /** A visitor went home; what still comes out of its tunnel, and from the site, goes back through it to its home network. */
    @Test
    @Timeout(30)
    void sendsHomeWhatComesLate() throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near));
        VisitorDatapath near = visitors(net.near, VISITOR);
        open(new Echo(net.near.host()));
        Probe probe = open(new Probe(net.correspondent));
        probe.exchange(GUEST, "away");

        near.sendHome(GUEST);
        home.retire(GUEST);
        Wire lan = open(new Wire(net.home.host(), "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));
        String mac = lan.mac().toString();
        net.home.router().exec("ip", "neigh", "replace", "10.1.0.50", "lladdr", mac, "dev", "lan");
        path.send(ipip(HOME_AGENT, net.near.careOfAddress(), udp(CORRESPONDENT, GUEST, 64, "late")), net.near.wan());
        lan.await(packet -> packet.destination().equals(GUEST));
        String fromSite = "route get 10.1.0.50 from 10.2.0.77 iif lan";
        assertTrue(ip(net.near, fromSite).contains("dev " + VisitorDatapathConfig.DEVICE), ip(net.near, fromSite));
        assertNothingDropped(near);
        assertNothingDropped(home);

        home.unstage(GUEST);
        path.send(ipip(HOME_AGENT, net.near.careOfAddress(), udp(CORRESPONDENT, GUEST, 64, "later")), net.near.wan());
        while (home.drops().getOrDefault(Drop.UNLISTED, 0L) == 0) {
            Thread.onSpinWait();
        }
        net.home.router().exec("ip", "neigh", "del", "10.1.0.50", "dev", "lan");

        home.install(toVisitorAt(net.near));
        near.recall(GUEST);
        probe.exchange(GUEST, "back");
    }
}
