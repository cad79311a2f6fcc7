package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Packets.echoRequest;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Packets.withNoOperation;
import static org.mooring.datapath.Packets.withTtl;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.datapath.Topology.Site;
import org.mooring.linux.Ipv4;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;

/** Which packets go past the stack, and which don't. Else all is as without a fast path. */
abstract class FastPathTest extends Behaviour {
    private static final int SHORTEST_FRAME = 60;

    FastPathTest(DatapathTest test) {
        super(test);
    }

    /** Minimally encapsulated packets may have to be cut first: out of their tunnel they go the fast way, into it not. */
    @ParameterizedTest
    @EnumSource
    void passesTheStackBy(Encapsulation encapsulation) throws Exception {
        Datapath<?> home = home(toVisitorAt(net.near, encapsulation));
        Datapath<?> near = visitors(net.near, visitor(encapsulation));
        open(new Echo(net.near.host()));
        Probe probe = open(new Probe(net.correspondent));
        long byHome = forwardedByStack(net.home);
        long byNear = forwardedByStack(net.near);
        for (int i = 0; i < 100; i++) {
            probe.exchange(GUEST, "datagram no " + i % 10);
        }
        int slow = encapsulation == Encapsulation.MINIMAL ? 100 : 0;
        assertEquals(byHome + slow, forwardedByStack(net.home));
        assertEquals(byNear + slow, forwardedByStack(net.near));
        long octets = 100L * (28 + "datagram no 0".length());
        Traffic expected = new Traffic(100, octets, 100, octets);
        assertEquals(expected, traffic(home));
        assertEquals(expected, traffic(near));
    }

    /** What a neighbour of the guest's at home sends to it, too. */
    @Test
    void passesTheStackByFromTheHomeLink() throws Exception {
        home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        Wire neighbour = open(new Wire(net.home.host(), "eth0"));
        long byHome = forwardedByStack(net.home);
        Ipv4Packet sent = udp(Topology.NEIGHBOUR, GUEST, 64, "from home");
        neighbour.send(sent, net.home.gateway());
        Ipv4Packet delivered = lan.await(packet -> packet.destination().equals(GUEST));
        assertEquals(withTtl(62, sent), delivered);
        assertEquals(byHome, forwardedByStack(net.home));
    }

    /** RFC 3024 §5.1: also those for mobile nodes whose home agent is on the same router. */
    @Test
    void sendsAVisitorsPacketsThroughItsReverseTunnelFirst() throws Exception {
        Inet4Address away = Ipv4.address("10.2.0.60");
        HomeForwarding elsewhere = new HomeForwarding(away, Tunnel.ipip(net.far.careOfAddress()));
        home(net.near, Ipv4.address("10.2.0.1"), MtuPolicy.ICMP, Waiting.UNHEARD, elsewhere);
        visitors(net.near, VISITOR);
        Wire guest = open(new Wire(net.near.host(), "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));
        guest.send(udp(GUEST, away, 64, "by way of home"), net.near.gateway());
        assertEquals(HOME_AGENT, path.await(Encapsulated::is).destination());
    }

    /** The answers are its own, too. */
    @Test
    void leavesTheGuestsPacketsToTheRouterToIt() throws Exception {
        visitors(net.near, VISITOR);
        Wire guest = open(new Wire(net.near.host(), "eth0"));
        for (Inet4Address own : List.of(net.near.careOfAddress(), Ipv4.address("10.2.0.1"))) {
            guest.send(echoRequest(GUEST, own), net.near.gateway());
            Ipv4Packet answer = guest.await(packet -> packet.source().equals(own));
            assertEquals(0, answer.payload().get(0));
        }
    }

    /** A packet with options is forwarded all the same, options and all. */
    @Test
    void leavesOptionsToTheStack() throws Exception {
        Datapath<?> home = home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        long byHome = forwardedByStack(net.home);
        long byNear = forwardedByStack(net.near);
        sendToHomeRouter(withNoOperation(udp(CORRESPONDENT, GUEST, 60, "with options")));
        Ipv4Packet delivered = lan.await(packet -> packet.destination().equals(GUEST));
        assertTrue(UdpPacket.parse(delivered).isPresent());
        assertEquals(58, delivered.ttl());
        assertEquals(byHome + 1, forwardedByStack(net.home));
        assertEquals(byNear + 1, forwardedByStack(net.near));
        assertEquals(1, traffic(home).packetsEncapsulated());
    }

    /** A header that is damaged ends at the first router. */
    @Test
    void leavesDamagedHeadersToTheStack() throws Exception {
        Datapath<?> home = home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        ByteBuffer damaged = copy(udp(CORRESPONDENT, GUEST, 60, "damaged").toOctets());
        damaged.put(1, (byte) 4);
        sendToHomeRouter(damaged);
        sendToHomeRouter(udp(CORRESPONDENT, GUEST, 60, "sound").toOctets());
        Ipv4Packet delivered = lan.await(packet -> packet.destination().equals(GUEST));
        assertEquals(withTtl(58, udp(CORRESPONDENT, GUEST, 60, "sound")), delivered);
        assertEquals(1, traffic(home).packetsEncapsulated());
    }

    /** What a link has put behind a short packet stays there. */
    @ParameterizedTest
    @EnumSource(names = {"IPIP", "UDP"})
    void tunnelsNoPadding(Encapsulation encapsulation) throws Exception {
        Datapath<?> home = home(toVisitorAt(net.near, encapsulation));
        visitors(net.near, visitor(encapsulation));
        Wire path = open(new Wire(net.internet, "site2"));
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        Ipv4Packet sent = udp(CORRESPONDENT, GUEST, 60, "short");
        sendToHomeRouter(ByteBuffer.wrap(Arrays.copyOf(octets(sent.toOctets()), SHORTEST_FRAME)));
        Ipv4Packet outer = path.await(Encapsulated::is);
        assertEquals(
                sent.toOctets().remaining() + encapsulation.overhead(),
                outer.toOctets().remaining());
        assertEquals(withTtl(58, sent), lan.await(packet -> packet.destination().equals(GUEST)));
        assertEquals(sent.toOctets().remaining(), traffic(home).octetsEncapsulated());
    }

    /** The packet that has the kernel ask for a next hop isn't lost: at the tunnel's entrance, or at its exit. */
    @Test
    void waitsForTheNextHop() throws Exception {
        Datapath<?> home = home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        open(new Echo(net.near.host()));
        Probe probe = open(new Probe(net.correspondent));
        for (int i = 0; i < 5; i++) {
            net.home.router().exec("ip", "neigh", "flush", "dev", "wan");
            net.near.router().exec("ip", "neigh", "flush", "dev", "wan");
            probe.exchange(GUEST, "at once " + i);
        }
        assertNothingDropped(home);
    }

    /** Packets that the router's IP stack has forwarded (RFC 4293's ipForwDatagrams). */
    private static long forwardedByStack(Site site) {
        List<String[]> lines = site.router()
                .exec("cat", "/proc/net/snmp")
                .lines()
                .filter(line -> line.startsWith("Ip:"))
                .map(line -> line.split(" ", -1))
                .toList();
        return Long.parseLong(lines.get(1)[Arrays.asList(lines.get(0)).indexOf("ForwDatagrams")]);
    }

    private static ByteBuffer copy(ByteBuffer octets) {
        return ByteBuffer.wrap(octets(octets));
    }

    private static byte[] octets(ByteBuffer buffer) {
        byte[] octets = new byte[buffer.remaining()];
        buffer.get(octets);
        return octets;
    }
}
