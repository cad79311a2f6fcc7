package org.mooring.datapath;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.datapath.Packets.inTwo;
import static org.mooring.datapath.Packets.ipip;
import static org.mooring.datapath.Packets.text;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Packets.withNoOperation;
import static org.mooring.datapath.Packets.withTtl;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.GUEST_MAC;
import static org.mooring.datapath.Topology.HOME_AGENT;
import static org.mooring.datapath.Topology.NEIGHBOUR;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;

/** Encapsulating delivery (RFC 3024 §5.2): the visitor chooses what goes through its reverse tunnel. Not every datapath has it. */
abstract class EncapsulatingDeliveryTest extends Behaviour {
    /** The foreign agent's address on the link. */
    private static final Inet4Address LINK_ADDRESS = Ipv4.address("10.2.0.1");

    private static final VisitorForwarding ENCAPSULATING = encapsulatingTo(LINK_ADDRESS);

    EncapsulatingDeliveryTest(DatapathTest test) {
        super(test);
    }

    private static VisitorForwarding encapsulatingTo(Inet4Address address) {
        return new VisitorForwarding(
                GUEST, Tunnel.ipip(HOME_AGENT), "lan", GUEST_MAC, true, Optional.of(address), Optional.empty());
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

    /** That it goes through the reverse tunnel. */
    private void assertTunnelled(Wire path, Ipv4Packet sent) throws Exception {
        var tunnelled = path.await(this::isFromHere);
        assertEquals(HOME_AGENT, tunnelled.destination());
        assertEquals(withTtl(63, sent), Ipv4Packet.parse(tunnelled.payload()).orElseThrow());
    }

    private boolean isFromHere(Ipv4Packet packet) {
        return Packets.isIpip(packet) && packet.source().equals(net.near.careOfAddress());
    }

    @ParameterizedTest
    @EnumSource(names = {"IPIP", "GRE", "MINIMAL"})
    @DisplayName("RFC 3024 §5.2, RFC 2003 §5: also if it comes in fragments, in whichever order")
    void putsFragmentsTogether(Encapsulation encapsulation) throws Exception {
        var datapath = visitors(net.near, ENCAPSULATING);
        var lan = open(new Wire(net.near.host(), "eth0"));
        var path = open(new Wire(net.internet, "site2"));
        for (boolean inOrder : new boolean[] {true, false}) {
            var sent = udp(GUEST, CORRESPONDENT, 64, text(inOrder ? 1200 : 1201));
            var parts = new ArrayList<>(inTwo(Encapsulated.in(encapsulation, GUEST, LINK_ADDRESS, sent)));
            if (!inOrder) {
                Collections.reverse(parts);
            }
            for (Ipv4Packet part : parts) {
                lan.send(part, net.near.gateway());
            }
            var tunnelled = path.await(this::isFromHere);
            var inner = Ipv4Packet.parse(tunnelled.payload()).orElseThrow();
            assertEquals(sent.payload(), inner.payload());
            assertEquals(GUEST, inner.source());
        }
        assertNothingDropped(datapath);
    }

    @Test
    @DisplayName("RFC 3024 §5.2: a packet as long as the link allows, which no longer fits into one that is around it")
    void tunnelsFullSizePackets() throws Exception {
        visitors(net.near, ENCAPSULATING);
        home(toVisitorAt(net.near));
        var lan = open(new Wire(net.near.host(), "eth0"));
        try (var socket = net.correspondent.run(() -> new DatagramSocket(9))) {
            socket.setSoTimeout(30_000);
            for (Ipv4Packet part : inTwo(ipip(GUEST, LINK_ADDRESS, udp(GUEST, CORRESPONDENT, 64, text(1500))))) {
                lan.send(part, net.near.gateway());
            }
            var received = new DatagramPacket(new byte[2000], 2000);
            socket.receive(received);
            assertEquals(GUEST, received.getAddress());
            assertEquals(text(1500), new String(received.getData(), 0, received.getLength(), US_ASCII));
        }
    }

    @Test
    @DisplayName("RFC 3024 §5.2: also if its header has options")
    void takesPacketsWithOptions() throws Exception {
        var datapath = visitors(net.near, ENCAPSULATING);
        var lan = open(new Wire(net.near.host(), "eth0"));
        var path = open(new Wire(net.internet, "site2"));
        var sent = udp(GUEST, CORRESPONDENT, 64, "behind options");
        lan.send(withNoOperation(ipip(GUEST, LINK_ADDRESS, sent)), net.near.gateway());
        assertTunnelled(path, sent);
        assertNothingDropped(datapath);
    }

    @Test
    @DisplayName("RFC 3024 §5.2, RFC 2784 §2.2: also in GRE with a checksum, if it is right")
    void verifiesChecksums() throws Exception {
        visitors(net.near, ENCAPSULATING);
        var lan = open(new Wire(net.near.host(), "eth0"));
        var path = open(new Wire(net.internet, "site2"));
        var right = udp(GUEST, CORRESPONDENT, 64, "right");
        lan.send(withChecksum(1, udp(GUEST, CORRESPONDENT, 64, "wrong")), net.near.gateway());
        lan.send(withChecksum(0, right), net.near.gateway());
        assertTunnelled(path, right);
    }

    private static Ipv4Packet withChecksum(int wrongBy, Ipv4Packet inner) {
        var gre = ByteBuffer.allocate(8 + inner.toOctets().remaining())
                .putInt(0x8000_0800)
                .putInt(0)
                .put(inner.toOctets())
                .flip();
        gre.putShort(4, (short) (Checksum.of(gre) + wrongBy));
        return Ipv4Packet.of(GUEST, LINK_ADDRESS, Encapsulation.GRE.protocol(), 64, gre);
    }

    @Test
    @DisplayName("RFC 3024 §5.2: so it is if the address that it encapsulates to is the care-of address itself")
    void putsTogetherWhatIsForTheCareOfAddress() throws Exception {
        visitors(net.near, encapsulatingTo(net.near.careOfAddress()));
        var lan = open(new Wire(net.near.host(), "eth0"));
        var path = open(new Wire(net.internet, "site2"));
        var sent = udp(GUEST, CORRESPONDENT, 64, text(1200));
        for (Ipv4Packet part : inTwo(ipip(GUEST, net.near.careOfAddress(), sent))) {
            lan.send(part, net.near.gateway());
        }
        assertTunnelled(path, sent);
        var last = udp(GUEST, CORRESPONDENT, 64, "behind options");
        lan.send(withNoOperation(ipip(GUEST, net.near.careOfAddress(), last)), net.near.gateway());
        assertTunnelled(path, last);
    }

    @Test
    @DisplayName(
            "RFC 3024 §5.2.1: so it is with what comes in fragments: none of another's is put to the visitor's own")
    void putsTogetherTheVisitorsOwnOnly() throws Exception {
        visitors(net.near, ENCAPSULATING);
        var lan = open(new Wire(net.near.host(), "eth0"));
        var path = open(new Wire(net.internet, "site2"));
        var own = udp(GUEST, CORRESPONDENT, 64, text(1200));
        var forged = udp(GUEST, CORRESPONDENT, 64, text(1200).replace('x', 'y'));
        var ownParts = inTwo(ipip(GUEST, LINK_ADDRESS, own));
        var forgedParts = inTwo(ipip(GUEST, LINK_ADDRESS, forged));

        for (Ipv4Packet part : forgedParts) {
            lan.send(part, STRANGER, net.near.gateway());
        }
        lan.send(ownParts.get(0), net.near.gateway());
        lan.send(forgedParts.get(1), STRANGER, net.near.gateway());
        path.send(forgedParts.get(1), net.near.wan());
        lan.send(ownParts.get(1), net.near.gateway());
        assertTunnelled(path, own);

        for (Ipv4Packet part : inTwo(ipip(GUEST, LINK_ADDRESS, udp(NEIGHBOUR, CORRESPONDENT, 64, text(1200))))) {
            lan.send(part, net.near.gateway());
        }
        var last = udp(GUEST, CORRESPONDENT, 64, "the visitor's own");
        lan.send(withNoOperation(ipip(GUEST, LINK_ADDRESS, last)), net.near.gateway());
        assertTunnelled(path, last);
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
