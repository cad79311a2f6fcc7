package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.mooring.datapath.Encapsulation.GRE;
import static org.mooring.datapath.Encapsulation.IPIP;
import static org.mooring.datapath.Encapsulation.MINIMAL;
import static org.mooring.datapath.Encapsulation.UDP;
import static org.mooring.datapath.Packets.ipip;
import static org.mooring.datapath.Packets.marked;
import static org.mooring.datapath.Packets.text;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.datapath.Topology.Site;
import org.mooring.linux.Ipv4;
import org.mooring.linux.packet.Ipv4Packet;

/** Packets that don't fit into the tunnel (RFC 2003 §5.1). */
abstract class MtuTest extends Behaviour {
    MtuTest(DatapathTest test) {
        super(test);
    }

    /** RFC 2003 §5.1: a packet that may not be fragmented and doesn't fit is answered, in both directions. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void tellsTheTunnelMtu(Encapsulation encapsulation) throws Exception {
        int fits = 1500 - encapsulation.greatestOverhead();
        home(toVisitorAt(net.near, encapsulation));
        visitors(net.near, visitor(encapsulation));
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        Wire guest = open(new Wire(net.near.host(), "eth0"));

        correspondent.send(
                marked(0, Ipv4Packet.DONT_FRAGMENT, udp(CORRESPONDENT, GUEST, 64, text(fits + 1))), net.gateway());
        assertFragmentationNeeded(fits, net.home.careOfAddress(), correspondent.await(Packets::isIcmp));

        guest.send(
                marked(0, Ipv4Packet.DONT_FRAGMENT, udp(GUEST, CORRESPONDENT, 64, text(fits + 1))), net.near.gateway());
        assertFragmentationNeeded(fits, Ipv4.address("10.2.0.1"), guest.await(Packets::isIcmp));

        correspondent.send(
                marked(0, Ipv4Packet.DONT_FRAGMENT, udp(CORRESPONDENT, GUEST, 64, text(fits))), net.gateway());
        assertEquals(
                fits,
                guest.await(packet -> packet.destination().equals(GUEST))
                        .toOctets()
                        .remaining());
    }

    /** RFC 2003 §5.1: a router in the tunnel tells the encapsulator, and that the sender. The link to one of the sites is narrow. */
    @ParameterizedTest
    @MethodSource("narrowLinks")
    void learnsThePathMtu(Encapsulation encapsulation, int narrow) throws Exception {
        int fits = 1400 - encapsulation.greatestOverhead();
        Site site = narrow == 1 ? net.home : net.near;
        setMtu(site, 1400);
        forgetPathMtus();
        try {
            home(toVisitorAt(net.near, encapsulation));
            visitors(net.near, visitor(encapsulation));
            long length = 1_000_000;
            try (TcpStream stream = new TcpStream(net.correspondent, net.near.host(), GUEST)) {
                assertEquals(stream.checksum(length), stream.fromClient(length));
                assertEquals(stream.checksum(length), stream.fromServer(length));
            }
            assertTrue(ip(net.home, "route")
                    .lines()
                    .anyMatch(route -> route.startsWith("10.1.0.50 ") && route.contains("mtu " + fits)));
            assertTrue(ip(net.near, "route show table all")
                    .lines()
                    .anyMatch(route -> route.startsWith("default ") && route.contains("mtu " + fits)));
        } finally {
            setMtu(site, 1500);
            forgetPathMtus();
        }
    }

    Stream<Arguments> narrowLinks() {
        return carried(
                arguments(IPIP, 1),
                arguments(IPIP, 2),
                arguments(GRE, 1),
                arguments(GRE, 2),
                arguments(MINIMAL, 1),
                arguments(MINIMAL, 2),
                arguments(UDP, 1),
                arguments(UDP, 2));
    }

    /** Whoever isn't at the other end of a tunnel has nothing to say about it. */
    @Test
    void learnsNoPathMtuOfOthers() throws Exception {
        home(toVisitorAt(net.near));
        Wire path = open(new Wire(net.internet, "site1"));
        Inet4Address router = Ipv4.address("198.51.101.1");
        for (Inet4Address tunnelExit : List.of(net.far.careOfAddress(), net.near.careOfAddress())) {
            ByteBuffer outer = ipip(HOME_AGENT, tunnelExit, udp(CORRESPONDENT, GUEST, 64, "?"))
                    .toOctets();
            ByteBuffer icmp = ByteBuffer.allocate(36)
                    .put((byte) 3)
                    .put((byte) 4)
                    .putInt(0)
                    .putShort((short) (tunnelExit.equals(net.far.careOfAddress()) ? 1000 : 1100))
                    .put(outer.limit(28));
            path.send(Ipv4Packet.of(router, HOME_AGENT, Ipv4Packet.ICMP, 64, icmp.flip()), net.home.wan());
        }
        until(() -> ip(net.home, "route").contains("mtu 1080"));
        assertFalse(ip(net.home, "route").contains("mtu 980"));
    }

    /** RFC 1191 §4. */
    private static void assertFragmentationNeeded(int mtu, Inet4Address from, Ipv4Packet icmp) {
        assertEquals(from, icmp.source());
        assertEquals(3 << 8 | 4, icmp.payload().getShort(0));
        assertEquals(mtu, icmp.payload().getShort(6));
    }
}
