package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.datapath.Packets.ipip;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Packets.withTtl;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.GUEST_MAC;
import static org.mooring.datapath.Topology.HOME_AGENT;
import static org.mooring.datapath.Topology.NEIGHBOUR;

import java.net.Inet4Address;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.Ipv4Packet;

/** Encapsulating delivery (RFC 3024 §5.2): the visitor chooses what goes through its reverse tunnel. Not every datapath has it. */
abstract class EncapsulatingDeliveryTest extends Behaviour {
    /** The foreign agent's address on the link. */
    private static final Inet4Address LINK_ADDRESS = Ipv4.address("10.2.0.1");

    private static final VisitorForwarding ENCAPSULATING = new VisitorForwarding(
            GUEST, Tunnel.ipip(HOME_AGENT), "lan", GUEST_MAC, true, Optional.of(LINK_ADDRESS), Optional.empty());

    EncapsulatingDeliveryTest(DatapathTest test) {
        super(test);
    }

    @Test
    @DisplayName("RFC 3024 §5.2: what the visitor encapsulates to the foreign agent goes through the reverse tunnel")
    void tunnelsWhatTheVisitorEncapsulates() throws Exception {
        visitors(net.near, ENCAPSULATING);
        home(toVisitorAt(net.near));
        var lan = open(new Wire(net.near.host(), "eth0"));
        var path = open(new Wire(net.internet, "site2"));
        var far = open(new Wire(net.correspondent, "eth0"));
        var sent = udp(GUEST, CORRESPONDENT, 64, "by way of home");
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
        visitors(net.near, ENCAPSULATING);
        var lan = open(new Wire(net.near.host(), "eth0"));
        var path = open(new Wire(net.internet, "site2"));
        var sent = udp(GUEST, CORRESPONDENT, 64, "straight");
        lan.send(sent, net.near.gateway());

        var routed = path.await(packet -> packet.source().equals(GUEST) || packet.protocol() == Ipv4Packet.IPIP);
        assertEquals(withTtl(63, sent), routed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"255.255.255.255", "224.0.0.251", "239.1.2.3", "10.1.0.255"})
    @DisplayName("RFC 3024 §5.3: broadcasts and multicasts that it encapsulates go through the reverse tunnel as well")
    void tunnelsBroadcastsAndMulticasts(String group) throws Exception {
        visitors(net.near, ENCAPSULATING);
        var lan = open(new Wire(net.near.host(), "eth0"));
        var path = open(new Wire(net.internet, "site2"));
        var sent = udp(GUEST, Ipv4.address(group), 64, "to a group");
        lan.send(ipip(GUEST, LINK_ADDRESS, sent), net.near.gateway());

        var tunnelled = path.await(packet -> packet.protocol() == Ipv4Packet.IPIP);
        assertEquals(HOME_AGENT, tunnelled.destination());
        var inner = Ipv4Packet.parse(tunnelled.payload()).orElseThrow();
        assertEquals(sent, withTtl(sent.ttl(), inner));
    }

    @Test
    @DisplayName("RFC 3024 §5.2.1: nothing is taken from who isn't the visitor, nor from the visitor in another's name")
    void tunnelsForTheVisitorOnly() throws Exception {
        var datapath = visitors(net.near, ENCAPSULATING);
        var lan = open(new Wire(net.near.host(), "eth0"));
        var path = open(new Wire(net.internet, "site2"));
        var forged = udp(NEIGHBOUR, CORRESPONDENT, 64, "in another's name");
        lan.send(ipip(GUEST, LINK_ADDRESS, forged), net.near.gateway());
        lan.send(
                ipip(GUEST, LINK_ADDRESS, udp(GUEST, CORRESPONDENT, 64, "from another's MAC address")),
                MacAddress.of("02:00:00:00:00:99"),
                net.near.gateway());
        var last = udp(GUEST, CORRESPONDENT, 64, "the visitor's own");
        lan.send(ipip(GUEST, LINK_ADDRESS, last), net.near.gateway());

        var tunnelled = path.await(packet -> packet.protocol() == Ipv4Packet.IPIP);
        assertEquals(withTtl(63, last), Ipv4Packet.parse(tunnelled.payload()).orElseThrow());
        assertEquals(1, datapath.drops().get(Drop.UNLISTED));
    }
}
