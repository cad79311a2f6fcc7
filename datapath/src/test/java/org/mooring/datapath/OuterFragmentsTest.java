package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Packets.isUdp;
import static org.mooring.datapath.Packets.marked;
import static org.mooring.datapath.Packets.text;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Packets.withTtl;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.HOME_AGENT;

import org.junit.jupiter.api.Test;
import org.mooring.linux.packet.Ipv4Packet;

/** Packets that don't fit into the tunnel are carried all the same. */
abstract class OuterFragmentsTest extends Behaviour {
    OuterFragmentsTest(DatapathTest test) {
        super(test);
    }

    /** Full-sized segments, and packets that say don't, pass a tunnel of the same MTU. */
    @Test
    void fragmentsOuterPackets() throws Exception {
        HomeDatapath home = home(MtuPolicy.FRAGMENT_OUTER, toVisitorAt(net.near));
        VisitorDatapath near = visitors(MtuPolicy.FRAGMENT_OUTER, Waiting.UNHEARD, net.near, VISITOR);
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));
        Wire guest = open(new Wire(net.near.host(), "eth0"));

        Ipv4Packet toGuest = marked(0, Ipv4Packet.DONT_FRAGMENT, udp(CORRESPONDENT, GUEST, 64, text(1500)));
        correspondent.send(toGuest, net.gateway());
        Ipv4Packet first = path.await(Packets::isIpip);
        assertTrue(first.isFragment());
        assertEquals(HOME_AGENT, first.source());
        assertEquals(
                withTtl(61, toGuest), guest.await(packet -> packet.destination().equals(GUEST)));
        Ipv4Packet fromGuest = marked(0, Ipv4Packet.DONT_FRAGMENT, udp(GUEST, CORRESPONDENT, 64, text(1500)));
        guest.send(fromGuest, net.near.gateway());
        assertEquals(
                withTtl(61, fromGuest),
                correspondent.await(packet -> isUdp(packet) && packet.source().equals(GUEST)));

        long length = 3_000_000;
        try (TcpStream stream = new TcpStream(net.correspondent, net.near.host(), GUEST)) {
            assertEquals(stream.checksum(length), stream.fromClient(length));
            assertEquals(stream.checksum(length), stream.fromServer(length));
        }
        assertNothingDropped(home);
        assertNothingDropped(near);
    }
}
