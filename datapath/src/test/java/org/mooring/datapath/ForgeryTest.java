package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Encapsulation.MINIMAL;
import static org.mooring.datapath.Packets.echoRequest;
import static org.mooring.datapath.Packets.ipip;
import static org.mooring.datapath.Packets.isIcmp;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Packets.withTtl;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.net.Inet4Address;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.linux.Ipv4;
import org.mooring.linux.packet.Ipv4Packet;

/** Who is believed: outer and inner sources, and what is nobody's (RFC 3024 §4.3.2, RFC 3344 §4.2.2). */
abstract class ForgeryTest extends Behaviour {
    ForgeryTest(DatapathTest test) {
        super(test);
    }

    /** RFC 3344 §4.2.2 and RFC 3024 §4.3.2: what is nobody's is lost without a word, at either end. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void isSilentAboutWhatItDrops(Encapsulation encapsulation) throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        VisitorDatapath near = visitors(net.near, visitor(encapsulation));
        Wire toHome = open(new Wire(net.internet, "site1"));
        Wire toNear = open(new Wire(net.internet, "site2"));
        Ipv4Packet fromGuest = udp(GUEST, CORRESPONDENT, 64, "in the guest's name");
        Ipv4Packet fromNeighbour = udp(Topology.NEIGHBOUR, CORRESPONDENT, 64, "from one who is at home");
        Ipv4Packet toGuest = udp(CORRESPONDENT, GUEST, 64, "past the home agent");
        Ipv4Packet toOther = udp(CORRESPONDENT, Ipv4.address("10.1.0.51"), 64, "to one who doesn't visit");

        toHome.send(Encapsulated.in(encapsulation, net.far.careOfAddress(), HOME_AGENT, fromGuest), net.home.wan());
        toHome.send(
                Encapsulated.in(encapsulation, net.near.careOfAddress(), HOME_AGENT, fromNeighbour), net.home.wan());
        toNear.send(Encapsulated.in(encapsulation, CORRESPONDENT, net.near.careOfAddress(), toGuest), net.near.wan());
        toNear.send(Encapsulated.in(encapsulation, HOME_AGENT, net.near.careOfAddress(), toOther), net.near.wan());

        until(() -> dropped(home, Drop.FOREIGN_TUNNEL) == 1);
        until(() -> dropped(home, Drop.UNLISTED) == 1);
        until(() -> dropped(near, Drop.FOREIGN_TUNNEL) == 1);
        until(() -> dropped(near, Drop.UNLISTED) == 1);
        // The routers still answer pings, and had answered before if they had meant to.
        for (Wire wire : List.of(toHome, toNear)) {
            Inet4Address router = wire == toHome ? net.home.careOfAddress() : net.near.careOfAddress();
            Inet4Address self = wire == toHome ? Ipv4.address("198.51.101.1") : Ipv4.address("198.51.102.1");
            wire.send(echoRequest(self, router), wire == toHome ? net.home.wan() : net.near.wan());
            assertEquals(
                    ECHO_REPLY,
                    wire.await(packet -> isIcmp(packet) && packet.source().equals(router))
                            .payload()
                            .get(0));
        }
    }

    @Test
    void leavesProtocol4ToOthersOfTheRoutersAddressesToThem() throws Exception {
        home(toVisitorAt(net.near));
        Wire path = open(new Wire(net.internet, "site1"));
        Inet4Address self = Ipv4.address("198.51.101.1");
        Inet4Address noAgents = Ipv4.address("198.51.101.3");
        net.home.router().exec("ip", "address", "replace", noAgents.getHostAddress() + "/24", "dev", "wan");
        path.send(ipip(self, noAgents, udp(GUEST, CORRESPONDENT, 64, "?")), net.home.wan());
        Ipv4Packet answer =
                path.await(packet -> isIcmp(packet) && packet.destination().equals(self));
        int unreachable = answer.payload().getShort();
        assertTrue(
                unreachable == (3 << 8 | 2) || unreachable == (3 << 8 | 3),
                "the kernel knows no such protocol there, or no such tunnel");
    }

    /** What a check of the way does: a ping in a tunnel, to the agent itself. */
    @Test
    void answersATunnelledPingToItself() throws Exception {
        home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        for (Inet4Address agent : List.of(HOME_AGENT, net.near.careOfAddress())) {
            correspondent.send(ipip(CORRESPONDENT, agent, echoRequest(CORRESPONDENT, agent)), net.gateway());
            Ipv4Packet answer = correspondent.await(
                    packet -> isIcmp(packet) && packet.source().equals(agent));
            assertEquals(ECHO_REPLY, answer.payload().get(0));
        }
    }

    /** The answer would go to somebody who hasn't asked. */
    @Test
    void answersNoTunnelledPingInAnothersName() throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near));
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        for (Inet4Address source : List.of(net.far.careOfAddress(), CORRESPONDENT)) {
            correspondent.send(ipip(CORRESPONDENT, HOME_AGENT, echoRequest(source, HOME_AGENT)), net.gateway());
        }
        correspondent.await(packet -> isIcmp(packet) && packet.source().equals(HOME_AGENT));
        long drops = home.drops().values().stream().mapToLong(Long::longValue).sum();
        assertEquals(test.comparesSources() ? 1 : 0, drops);
    }

    /** RFC 3024 §5.1: all of a visitor's packets, but nobody else's. */
    @Test
    void tunnelsOnlyWhatTheVisitorItselfSends() throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));

        lan.send(udp(GUEST, CORRESPONDENT, 64, "forged"), STRANGER, net.near.gateway());
        assertEquals(Ipv4Packet.UDP, path.await(Packets::isFromGuest).protocol());
        lan.send(udp(GUEST, CORRESPONDENT, 64, "genuine"), net.near.gateway());
        Ipv4Packet outer = path.await(packet -> packet.protocol() == Ipv4Packet.IPIP);
        assertEquals(net.near.careOfAddress(), outer.source());
        assertEquals(HOME_AGENT, outer.destination());
        until(() -> traffic(home).packetsDecapsulated() == 1);
    }

    /** RFC 2003 §3.2: what the agent itself has sent through a tunnel, and what comes back to it, isn't sent through one again. */
    @Test
    void dropsItsOwnPacketsThatComeBack() throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near));
        Wire toHome = open(new Wire(net.internet, "site1"));
        Ipv4Packet own = udp(HOME_AGENT, GUEST, 64, "from the home agent");
        toHome.send(ipip(net.near.careOfAddress(), HOME_AGENT, own), net.home.wan());
        until(() -> dropped(home, Drop.LOOP) == 1);
        assertEquals(0, traffic(home).packetsEncapsulated());
    }

    /** RFC 3344 §4.2.3: what the care-of address has tunnelled to the home address would go around in a circle; from others it is forwarded. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void dropsWhatComesFromTheTunnelsOtherEnd(Encapsulation encapsulation) throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        Wire toHome = open(new Wire(net.internet, "site1"));
        Wire path = open(new Wire(net.internet, "site2"));
        Ipv4Packet inner = udp(CORRESPONDENT, GUEST, 64, "twice");
        Ipv4Packet tunnelled = new Ipv4Packet(0, 4711, 0, 64, Ipv4Packet.IPIP, CORRESPONDENT, GUEST, inner.toOctets());

        toHome.send(ipip(net.near.careOfAddress(), GUEST, inner), net.home.wan());
        until(() -> dropped(home, Drop.LOOP) == 1);
        correspondent.send(tunnelled, net.gateway());
        int ttl =
                encapsulation == MINIMAL ? 61 : 62; // on the internet, whose router decrements that of the outer header
        assertEquals(withTtl(ttl, tunnelled), Encapsulated.inner(path.await(Encapsulated::is)));
    }
}
