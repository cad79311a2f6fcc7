package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Encapsulation.MINIMAL;
import static org.mooring.datapath.Packets.inTwo;
import static org.mooring.datapath.Packets.text;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.net.Inet4Address;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.linux.packet.Ipv4Packet;

/** Packets that are fragmented before they enter a tunnel, or inside it. */
abstract class FragmentsTest extends Behaviour {
    FragmentsTest(DatapathTest test) {
        super(test);
    }

    /** RFC 2003 §5.1 prefers to fragment before encapsulating, and RFC 3519 §4.8 has foreign agents and mobile nodes do so; what is a fragment can't be encapsulated minimally (RFC 2004 §3). */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void fragmentsWhatMayBeFragmentedBeforeItEncapsulates(Encapsulation encapsulation) throws Exception {
        home(toVisitorAt(net.near, encapsulation));
        visitors(net.near, visitor(encapsulation));
        open(new Echo(net.near.host()));
        Wire path = open(new Wire(net.internet, "site2"));
        open(new Probe(net.correspondent)).exchange(GUEST, text(4000));

        int protocol = encapsulation == MINIMAL ? Ipv4Packet.IPIP : encapsulation.protocol();
        for (Inet4Address encapsulator : List.of(HOME_AGENT, net.near.careOfAddress())) {
            Ipv4Packet outer = path.await(
                    packet -> Encapsulated.is(packet) && packet.source().equals(encapsulator));
            assertFalse(outer.isFragment());
            assertTrue(Encapsulated.inner(outer).isFragment());
            assertEquals(protocol, outer.protocol());
        }
    }

    /** Another's encapsulator, or a narrow link on the way, may fragment whatever our policy is; what is forged stays forged. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void takesFragmentedPacketsOutOfItsTunnels(Encapsulation encapsulation) throws Exception {
        VisitorDatapath near = visitors(net.near, visitor(encapsulation));
        Wire path = open(new Wire(net.internet, "site2"));
        Wire guest = open(new Wire(net.near.host(), "eth0"));
        Ipv4Packet inner = udp(CORRESPONDENT, GUEST, 64, text(1200));

        for (Ipv4Packet part : inTwo(Encapsulated.in(encapsulation, CORRESPONDENT, net.near.careOfAddress(), inner))) {
            path.send(part, net.near.wan());
        }
        until(() -> dropped(near, Drop.FOREIGN_TUNNEL) == 1);
        for (Ipv4Packet part : inTwo(Encapsulated.in(encapsulation, HOME_AGENT, net.near.careOfAddress(), inner))) {
            path.send(part, net.near.wan());
        }
        Ipv4Packet delivered = guest.await(packet -> packet.destination().equals(GUEST));
        assertEquals(inner.payload(), delivered.payload());
        assertEquals(CORRESPONDENT, delivered.source());
        assertEquals(1, traffic(near).packetsDecapsulated());
        assertEquals(1200, traffic(near).octetsDecapsulated());
    }

    /** The same at the other end. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void takesFragmentedPacketsOutOfReverseTunnels(Encapsulation encapsulation) throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        Wire path = open(new Wire(net.internet, "site1"));
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        Ipv4Packet inner = udp(GUEST, CORRESPONDENT, 64, text(1200));

        for (Ipv4Packet part : inTwo(Encapsulated.in(encapsulation, CORRESPONDENT, HOME_AGENT, inner))) {
            path.send(part, net.home.wan());
        }
        until(() -> dropped(home, Drop.FOREIGN_TUNNEL) == 1);
        for (Ipv4Packet part : inTwo(Encapsulated.in(encapsulation, net.near.careOfAddress(), HOME_AGENT, inner))) {
            path.send(part, net.home.wan());
        }
        // Without an agent nobody has UDP port 434, and who forged something is told.
        Ipv4Packet delivered = correspondent.await(
                packet -> packet.destination().equals(CORRESPONDENT) && packet.protocol() == Ipv4Packet.UDP);
        assertEquals(inner.payload(), delivered.payload());
        assertEquals(GUEST, delivered.source());
        assertEquals(1, traffic(home).packetsDecapsulated());
        assertEquals(1200, traffic(home).octetsDecapsulated());
    }
}
