package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Encapsulation.MINIMAL;
import static org.mooring.datapath.Packets.hex;
import static org.mooring.datapath.Packets.marked;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Packets.withTtl;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.HOME_AGENT;

import org.junit.jupiter.api.Test;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.pcap4j.packet.IpV4Packet;

/** The headers of packets that are minimally encapsulated (RFC 2004). */
abstract class MinimalHeadersTest extends Behaviour {
    MinimalHeadersTest(DatapathTest test) {
        super(test);
    }

    /** RFC 2004 §3.1: there is one header for both, and a forwarding header behind it. */
    @Test
    void writesMinimalForwardingHeaders() throws Exception {
        home(toVisitorAt(net.near, MINIMAL));
        visitors(net.near, visitor(MINIMAL));
        Wire sender = open(new Wire(net.correspondent, "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        Ipv4Packet sent = marked(0xba, Ipv4Packet.DONT_FRAGMENT, udp(CORRESPONDENT, GUEST, 60, "to the guest"));
        sender.send(sent, net.gateway());

        EthernetFrame frame = path.awaitFrame(Encapsulated::is);
        Ipv4Packet tunnelled = Ipv4Packet.parse(frame).orElseThrow();
        IpV4Packet.IpV4Header outer = PacketCheck.read(frame.payload()).getHeader();
        assertEquals(HOME_AGENT, outer.getSrcAddr());
        assertEquals(net.near.careOfAddress(), outer.getDstAddr());
        assertEquals((byte) 55, outer.getProtocol().value().byteValue());
        assertEquals((byte) 0xba, outer.getTos().value());
        assertTrue(outer.getDontFragmentFlag());
        assertEquals(sent.identification(), outer.getIdentificationAsInt());
        assertEquals(57, outer.getTtlAsInt(), "the time to live is that of the inner packet");
        assertEquals(sent.toOctets().remaining() + 12, outer.getTotalLengthAsInt());
        assertTrue(outer.hasValidChecksum(false));
        assertEquals("1180", hex(tunnelled.payload(), 2), "UDP, and the original source address is there");
        assertEquals("0a010032" + "cb007102", hex(tunnelled.payload().position(4), 8));
        assertEquals(withTtl(57, sent), Encapsulated.inner(tunnelled), "with a checksum that is right");
        assertEquals(withTtl(56, sent), lan.await(packet -> packet.destination().equals(GUEST)));
    }
}
