package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.mooring.datapath.Encapsulation.GRE;
import static org.mooring.datapath.Encapsulation.IPIP;
import static org.mooring.datapath.Encapsulation.MINIMAL;
import static org.mooring.datapath.Encapsulation.UDP;
import static org.mooring.datapath.Packets.error;
import static org.mooring.datapath.Packets.ipip;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.linux.Ipv4;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;

/** ICMP errors from inside the tunnel (RFC 2003 §4). */
abstract class ErrorsTest extends Behaviour {
    ErrorsTest(DatapathTest test) {
        super(test);
    }

    @AfterEach
    void forget() {
        forgetPathMtus();
    }

    /** RFC 2003 §4: the home agent tells who sent the inner packet of what went wrong inside the tunnel. */
    @ParameterizedTest
    @MethodSource("wrongs")
    void tellsWhatWentWrongInTheTunnel(Encapsulation encapsulation, int type, int code, int told) throws Exception {
        home(toVisitorAt(net.near, encapsulation));
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        Wire toHome = open(new Wire(net.internet, "site1"));
        Ipv4Packet inner = udp(CORRESPONDENT, GUEST, 17, "that went wrong");
        Ipv4Packet outer = Encapsulated.in(encapsulation, HOME_AGENT, net.near.careOfAddress(), inner);
        Inet4Address router = Ipv4.address("198.51.101.1");

        for (int silent : new int[] {3 << 8 | 3, 3 << 8 | 5, 4 << 8, 5 << 8 | 1, 12 << 8}) {
            toHome.send(error(router, silent >> 8, silent & 0xff, 1000, outer), net.home.wan());
        }
        toHome.send(error(router, type, code, 1000, outer), net.home.wan());

        Ipv4Packet message = correspondent.await(Packets::isIcmp);
        assertEquals(HOME_AGENT, message.source());
        ByteBuffer icmp = message.payload();
        assertEquals(3 << 8 | told, icmp.getShort(0));
        assertEquals(0, Checksum.of(icmp));
        assertEquals(told == 4 ? 1000 - encapsulation.overhead() : 0, icmp.getShort(6));
        assertEquals(
                inner, Ipv4Packet.parse(icmp.slice(8, icmp.remaining() - 8)).orElseThrow());
    }

    Stream<Arguments> wrongs() {
        return carried(
                arguments(IPIP, 11, 0, 1),
                arguments(GRE, 11, 0, 1),
                arguments(MINIMAL, 11, 0, 1),
                arguments(UDP, 11, 0, 1),
                arguments(IPIP, 3, 0, 1),
                arguments(IPIP, 3, 1, 1),
                arguments(GRE, 3, 2, 1),
                arguments(IPIP, 3, 4, 4),
                arguments(UDP, 3, 4, 4));
    }

    /** RFC 2003 §4.1: from abroad, where it is the network of the destination that is far. */
    @Test
    void tellsAVisitorWhatWentWrongInTheTunnel() throws Exception {
        visitors(net.near, VISITOR);
        Wire guest = open(new Wire(net.near.host(), "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));
        Ipv4Packet outer = ipip(net.near.careOfAddress(), HOME_AGENT, udp(GUEST, CORRESPONDENT, 17, "went wrong"));
        path.send(error(Ipv4.address("198.51.102.1"), 3, 0, 0, outer), net.near.wan());
        Ipv4Packet message = guest.await(Packets::isIcmp);
        assertEquals(GUEST, message.destination());
        assertEquals(3 << 8, message.payload().getShort(0));
    }
}
