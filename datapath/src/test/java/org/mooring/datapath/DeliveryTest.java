package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.GUEST_MAC;
import static org.mooring.datapath.Topology.HOME_AGENT;
import static org.mooring.datapath.Topology.NEIGHBOUR;

import java.net.Inet4Address;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;

/** What goes between a foreign agent and a visitor otherwise than a plain unicast packet, as real packets. */
@Tag("netns")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeliveryTest {
    /** The foreign agent's address on the link. */
    private static final Inet4Address LINK_ADDRESS = Ipv4.address("10.2.0.1");

    private static final Inet4Address EVERYBODY = Ipv4.address("255.255.255.255");
    private static final VisitorForwarding VISITOR = new VisitorForwarding(
            GUEST, Tunnel.ipip(HOME_AGENT), "lan", GUEST_MAC, true, Optional.of(LINK_ADDRESS), Optional.empty());

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

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
    }

    @Test
    @DisplayName("RFC 3344 §3.6.1.2: a nested broadcast comes to the visitor as it is, and is no broadcast on its link")
    void deliversANestedBroadcastAsItIs() throws Exception {
        foreignAgent(VISITOR);
        var lan = open(new Wire(net.near.host(), "eth0"));
        var path = open(new Wire(net.internet, "site2"));
        var nested = ipip(HOME_AGENT, GUEST, udp(NEIGHBOUR, EVERYBODY, "to all at home"));
        path.send(ipip(HOME_AGENT, net.near.careOfAddress(), nested), net.near.wan());

        var delivered = lan.await(packet ->
                packet.protocol() == Ipv4Packet.IPIP || packet.destination().equals(EVERYBODY));
        assertEquals(withTtl(63, nested), delivered);
    }

    @Test
    @DisplayName("RFC 3024 §5.2: what the visitor encapsulates to the foreign agent goes through the reverse tunnel")
    void tunnelsWhatTheVisitorEncapsulates() throws Exception {
        foreignAgent(VISITOR);
        homeAgent();
        var lan = open(new Wire(net.near.host(), "eth0"));
        var path = open(new Wire(net.internet, "site2"));
        var far = open(new Wire(net.correspondent, "eth0"));
        var sent = udp(GUEST, CORRESPONDENT, "by way of home");
        lan.send(ipip(GUEST, LINK_ADDRESS, sent), net.near.gateway());

        var tunnelled = path.await(packet -> packet.protocol() == Ipv4Packet.IPIP);
        assertEquals(net.near.careOfAddress(), tunnelled.source());
        assertEquals(HOME_AGENT, tunnelled.destination());
        assertEquals(withTtl(63, sent), Ipv4Packet.parse(tunnelled.payload()).orElseThrow());
        var arrived = far.await(packet -> packet.source().equals(GUEST));
        assertEquals(sent.payload(), arrived.payload());
    }

    @Test
    @DisplayName("RFC 3024 §5.2, §5.4: what the visitor doesn't encapsulate is routed as any other packet")
    void routesWhatTheVisitorSendsAsItIs() throws Exception {
        foreignAgent(VISITOR);
        var lan = open(new Wire(net.near.host(), "eth0"));
        var path = open(new Wire(net.internet, "site2"));
        var sent = udp(GUEST, CORRESPONDENT, "straight");
        lan.send(sent, net.near.gateway());

        var routed = path.await(packet -> packet.source().equals(GUEST) || packet.protocol() == Ipv4Packet.IPIP);
        assertEquals(withTtl(63, sent), routed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"255.255.255.255", "224.0.0.251", "239.1.2.3", "10.1.0.255"})
    @DisplayName("RFC 3024 §5.3: broadcasts and multicasts that it encapsulates go through the reverse tunnel as well")
    void tunnelsBroadcastsAndMulticasts(String group) throws Exception {
        foreignAgent(VISITOR);
        var lan = open(new Wire(net.near.host(), "eth0"));
        var path = open(new Wire(net.internet, "site2"));
        var sent = udp(GUEST, Ipv4.address(group), "to a group");
        lan.send(ipip(GUEST, LINK_ADDRESS, sent), net.near.gateway());

        var tunnelled = path.await(packet -> packet.protocol() == Ipv4Packet.IPIP);
        assertEquals(HOME_AGENT, tunnelled.destination());
        var inner = Ipv4Packet.parse(tunnelled.payload()).orElseThrow();
        assertEquals(sent, withTtl(sent.ttl(), inner));
    }

    @Test
    @DisplayName("RFC 3024 §5.2.1: nothing is taken from who isn't the visitor, nor from the visitor in another's name")
    void tunnelsForTheVisitorOnly() throws Exception {
        var datapath = foreignAgent(VISITOR);
        var lan = open(new Wire(net.near.host(), "eth0"));
        var path = open(new Wire(net.internet, "site2"));
        var forged = udp(NEIGHBOUR, CORRESPONDENT, "in another's name");
        lan.send(ipip(GUEST, LINK_ADDRESS, forged), net.near.gateway());
        lan.send(
                ipip(GUEST, LINK_ADDRESS, udp(GUEST, CORRESPONDENT, "from another's MAC address")),
                MacAddress.of("02:00:00:00:00:99"),
                net.near.gateway());
        var last = udp(GUEST, CORRESPONDENT, "the visitor's own");
        lan.send(ipip(GUEST, LINK_ADDRESS, last), net.near.gateway());

        var tunnelled = path.await(packet -> packet.protocol() == Ipv4Packet.IPIP);
        assertEquals(withTtl(63, last), Ipv4Packet.parse(tunnelled.payload()).orElseThrow());
        assertEquals(1, datapath.drops().get(Drop.UNLISTED));
    }

    private EbpfVisitorDatapath foreignAgent(VisitorForwarding visitor) throws Exception {
        var config = new VisitorDatapathConfig(
                net.near.careOfAddress(), VisitorDatapathConfig.DEVICE, List.of("lan"), List.of("wan"), MtuPolicy.ICMP);
        return open(net.near.router().run(() -> EbpfVisitorDatapath.open(config, List.of(visitor), Waiting.UNHEARD)));
    }

    private void homeAgent() throws Exception {
        var config =
                new HomeDatapathConfig(HOME_AGENT, HomeDatapathConfig.DEVICE, "lan", List.of("wan"), MtuPolicy.ICMP);
        var away = new HomeForwarding(GUEST, Tunnel.ipip(net.near.careOfAddress()));
        open(net.home.router().run(() -> EbpfHomeDatapath.open(config, List.of(away), Waiting.UNHEARD)));
    }

    private static Ipv4Packet ipip(Inet4Address source, Inet4Address destination, Ipv4Packet inner) {
        return Ipv4Packet.of(source, destination, Ipv4Packet.IPIP, 64, inner.toOctets());
    }

    private static Ipv4Packet udp(Inet4Address source, Inet4Address destination, String text) {
        return new UdpPacket(source, 1000, destination, 2000, 64, StandardCharsets.UTF_8.encode(text)).toIpv4();
    }

    private static Ipv4Packet withTtl(int ttl, Ipv4Packet packet) {
        return new Ipv4Packet(
                packet.typeOfService(),
                packet.identification(),
                packet.fragment(),
                ttl,
                packet.protocol(),
                packet.source(),
                packet.destination(),
                packet.payload());
    }

    private <T extends AutoCloseable> T open(T resource) {
        opened.push(resource);
        return resource;
    }
}
