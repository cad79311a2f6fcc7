package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Packets.echoRequest;
import static org.mooring.datapath.Packets.ipip;
import static org.mooring.datapath.Packets.isIcmp;
import static org.mooring.datapath.Packets.isIpip;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Packets.withTtl;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.GUEST_MAC;
import static org.mooring.datapath.Topology.HOME_AGENT;
import static org.mooring.datapath.Topology.NEIGHBOUR;

import java.net.Inet4Address;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.linux.Ipv4;
import org.mooring.linux.packet.Ipv4Packet;

/** What goes between a foreign agent and a visitor directly, be it tunnelled behind it or not. */
abstract class DeliveryTest extends Behaviour {
    /** The foreign agent's address on the link. */
    private static final Inet4Address LINK_ADDRESS = Ipv4.address("10.2.0.1");

    private static final Inet4Address EVERYBODY = Ipv4.address("255.255.255.255");

    DeliveryTest(DatapathTest test) {
        super(test);
    }

    @Test
    @DisplayName("RFC 3344 §3.6.1.2: a nested broadcast comes to the visitor as it is, and is no broadcast on its link")
    void deliversANestedBroadcastAsItIs() throws Exception {
        visitors(net.near, VISITOR);
        var lan = open(new Wire(net.near.host(), "eth0"));
        var path = open(new Wire(net.internet, "site2"));
        var nested = ipip(HOME_AGENT, GUEST, udp(NEIGHBOUR, EVERYBODY, 64, "to all at home"));
        path.send(ipip(HOME_AGENT, net.near.careOfAddress(), nested), net.near.wan());

        var delivered = lan.await(packet ->
                packet.protocol() == Ipv4Packet.IPIP || packet.destination().equals(EVERYBODY));
        assertEquals(withTtl(63, nested), delivered);
    }

    /** RFC 3344 §4.2.2: as the router that it is, with a wrong checksum nowhere. */
    @Test
    void leavesAVisitorWithoutReverseTunnelToPlainRouting() throws Exception {
        visitors(net.near, new VisitorForwarding(GUEST, Tunnel.ipip(HOME_AGENT), "lan", GUEST_MAC, false));
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));
        Wire all = open(new Wire(net.internet, "site2"));
        lan.sendMarred(udp(GUEST, CORRESPONDENT, 64, "marred"), net.near.gateway());
        Ipv4Packet sent = udp(GUEST, CORRESPONDENT, 64, "plain");
        lan.send(sent, net.near.gateway());
        Ipv4Packet routed = path.await(packet -> packet.source().equals(GUEST) || isIpip(packet));
        assertEquals(withTtl(63, sent), routed);
        assertTrue(all.captured().stream()
                .allMatch(frame -> frame.ethernet().flatMap(Ipv4Packet::parse).isPresent()));
    }

    /** What a visitor sends to the router itself, as its Registration Requests, stays there. */
    @Test
    void leavesWhatIsForTheRouterToTheRouter() throws Exception {
        home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        lan.send(echoRequest(GUEST, LINK_ADDRESS), net.near.gateway());
        Ipv4Packet answer =
                lan.await(packet -> isIcmp(packet) && packet.source().equals(LINK_ADDRESS));
        assertEquals(ECHO_REPLY, answer.payload().get(0));
    }

    /** The answer to a visitor's packet to a host of the visited site is routed to the visitor's link, but the packet came by the uplink. */
    @Test
    void reachesHostsOfTheVisitedSite() throws Exception {
        home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        Inet4Address local = Ipv4.address("10.2.0.77");
        net.near.router().exec("ip", "neigh", "replace", "10.2.0.77", "lladdr", STRANGER.toString(), "dev", "lan");
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        lan.send(udp(GUEST, local, 64, "around by way of home"), net.near.gateway());
        Ipv4Packet delivered = lan.await(packet -> packet.destination().equals(local) && packet.ttl() < 64);
        assertEquals(64 - 4, delivered.ttl(), "foreign agent, home agent, internet, site's router");
    }
}
