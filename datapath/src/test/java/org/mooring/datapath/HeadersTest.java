package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.mooring.datapath.Encapsulation.GRE;
import static org.mooring.datapath.Encapsulation.IPIP;
import static org.mooring.datapath.Encapsulation.MINIMAL;
import static org.mooring.datapath.Encapsulation.UDP;
import static org.mooring.datapath.Packets.hex;
import static org.mooring.datapath.Packets.ipip;
import static org.mooring.datapath.Packets.marked;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Packets.withNoOperation;
import static org.mooring.datapath.Packets.withTtl;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.net.Inet4Address;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;
import org.pcap4j.packet.IpV4Packet;

/** The headers of tunnelled packets, and what becomes of the inner ones: addresses, time to live, type of service, "don't fragment". */
abstract class HeadersTest extends Behaviour {
    private static final int TIME_EXCEEDED = 11;

    HeadersTest(DatapathTest test) {
        super(test);
    }

    @ParameterizedTest
    @MethodSource("encapsulations")
    void carriesPacketsBothWays(Encapsulation encapsulation) throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        VisitorDatapath near = visitors(net.near, visitor(encapsulation));
        open(new Echo(net.near.host()));
        Probe probe = open(new Probe(net.correspondent));
        for (int i = 0; i < 100; i++) {
            probe.exchange(GUEST, "datagram " + i);
        }

        long octets = 100L * (28 + "datagram 10".length()) - 10; // ten of them have one digit
        Traffic expected = new Traffic(100, octets, 100, octets);
        assertEquals(expected, traffic(home));
        assertEquals(expected, traffic(near));
        assertNothingDropped(home);
        assertNothingDropped(near);
    }

    /** RFC 2003 §3.1, RFC 6040 §4.1: what an outer header says, and what becomes of the inner one. */
    @ParameterizedTest
    @MethodSource("outerHeaders")
    void writesOuterHeaders(Encapsulation encapsulation, String tosText, String fragmentText) throws Exception {
        home(toVisitorAt(net.near, encapsulation));
        visitors(net.near, visitor(encapsulation));
        Wire sender = open(new Wire(net.correspondent, "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        int tos = Integer.decode(tosText);
        int fragment = Integer.decode(fragmentText);
        Ipv4Packet sent = marked(tos, fragment, udp(CORRESPONDENT, GUEST, 60, "to the guest"));
        sender.send(sent, net.gateway());

        EthernetFrame frame = path.awaitFrame(Encapsulated::is);
        Ipv4Packet tunnelled = Ipv4Packet.parse(frame).orElseThrow();
        IpV4Packet outer = PacketCheck.read(frame.payload());
        assertEquals(HOME_AGENT, outer.getHeader().getSrcAddr());
        assertEquals(net.near.careOfAddress(), outer.getHeader().getDstAddr());
        assertEquals(
                (byte) encapsulation.protocol(),
                outer.getHeader().getProtocol().value().byteValue());
        assertEquals((byte) test.outerTos(tos), outer.getHeader().getTos().value());
        assertEquals(
                fragment == Ipv4Packet.DONT_FRAGMENT || test.addsDontFragment(encapsulation),
                outer.getHeader().getDontFragmentFlag());
        assertEquals(63, outer.getHeader().getTtlAsInt(), "64, and one router on the way");
        assertEquals(5, outer.getHeader().getIhlAsInt());
        assertEquals(
                sent.toOctets().remaining() + encapsulation.overhead(),
                outer.getHeader().getTotalLengthAsInt());
        assertTrue(outer.getHeader().hasValidChecksum(false));
        String behind = switch (encapsulation) {
            case IPIP, MINIMAL -> "";
            case GRE -> "00000800";
            // Ports, length, no checksum; type of message and next header.
            case UDP -> "01b201b2" + "0034" + "0000" + "04040000";
        };
        assertEquals(behind, hex(tunnelled.payload(), behind.length() / 2));

        assertEquals(
                withTtl(58, sent), Encapsulated.inner(tunnelled), "two routers, of which the second one encapsulates");
        Ipv4Packet delivered = lan.await(packet -> packet.destination().equals(GUEST));
        assertEquals(withTtl(57, sent), delivered);
        assertTrue(UdpPacket.parse(delivered).isPresent(), "with a UDP checksum that is right");
    }

    /** RFC 6040 §4.2: congestion in the tunnel is told to the inner transport, or by a loss to one that can't be told. */
    @Test
    void combinesEcn() throws Exception {
        visitors(net.near, VISITOR);
        Wire path = open(new Wire(net.internet, "site2"));
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        for (String codepoints : List.of(
                "0 0 > 0", "1 0 > 0", "2 0 > 0", "0 2 > 2", "1 2 > 1", "2 1 > 1", "3 1 > 3", "3 2 > 3", "0 3 > 3",
                "2 3 > 3")) {
            int outside = Character.digit(codepoints.charAt(0), 4);
            int inside = Character.digit(codepoints.charAt(2), 4);
            int together = Character.digit(codepoints.charAt(6), 4);
            Ipv4Packet sent = marked(0xb8 | inside, 0, udp(CORRESPONDENT, GUEST, 60, codepoints));
            Ipv4Packet tunnelled = ipip(HOME_AGENT, net.near.careOfAddress(), sent);
            path.send(marked(0xb8 | outside, 0, tunnelled), net.near.wan());
            assertEquals(
                    marked(0xb8 | together, 0, withTtl(59, sent)),
                    lan.await(packet -> packet.destination().equals(GUEST)),
                    codepoints);
        }
    }

    @Test
    void dropsWhatCannotBeToldOfCongestion() throws Exception {
        VisitorDatapath near = visitors(net.near, VISITOR);
        Wire path = open(new Wire(net.internet, "site2"));
        Ipv4Packet tunnelled = ipip(HOME_AGENT, net.near.careOfAddress(), udp(CORRESPONDENT, GUEST, 60, "congested"));
        path.send(marked(3, 0, tunnelled), net.near.wan());
        until(() -> dropped(near, Drop.CONGESTION) == 1);
    }

    /** A time to live that runs out at the tunnel's entrance, or at its exit. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void tellsSendersOfExpiredPackets(Encapsulation encapsulation) throws Exception {
        home(toVisitorAt(net.near, encapsulation));
        visitors(net.near, visitor(encapsulation));
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        int atExit = encapsulation == MINIMAL ? 4 : 3; // one header, and a router on the way
        for (int ttl : new int[] {2, atExit}) {
            Ipv4Packet sent = marked(0, Ipv4Packet.DONT_FRAGMENT, udp(CORRESPONDENT, GUEST, ttl, "too far"));
            correspondent.send(sent, net.gateway());
            Ipv4Packet message = correspondent.await(Packets::isIcmp);
            assertEquals(TIME_EXCEEDED << 8, message.payload().getShort());
            assertEquals(
                    withTtl(1, sent),
                    Ipv4Packet.parse(message.payload().position(8).slice()).orElseThrow());
            Inet4Address router = ttl == 2 ? net.home.careOfAddress() : net.near.careOfAddress();
            assertEquals(router, message.source());
        }
    }

    /** Of the inner packet: they stay what they are. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void carriesOptions(Encapsulation encapsulation) throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        visitors(net.near, visitor(encapsulation));
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        sendToHomeRouter(withNoOperation(udp(CORRESPONDENT, GUEST, 60, "with options")));
        EthernetFrame delivered = lan.awaitFrame(packet -> packet.destination().equals(GUEST));
        IpV4Packet read = PacketCheck.read(delivered.payload());
        assertEquals(6, read.getHeader().getIhlAsInt());
        assertEquals(58, read.getHeader().getTtlAsInt());
        assertTrue(Ipv4Packet.parse(delivered).flatMap(UdpPacket::parse).isPresent());
        assertEquals(1, traffic(home).packetsEncapsulated());
    }

    Stream<Arguments> outerHeaders() {
        return carried(
                arguments(IPIP, "0x00", "0x4000"),
                arguments(IPIP, "0xb9", "0x4000"),
                arguments(IPIP, "0xba", "0"),
                arguments(IPIP, "0xbb", "0"),
                arguments(GRE, "0xba", "0x4000"),
                arguments(GRE, "0", "0"),
                arguments(UDP, "0xba", "0x4000"),
                arguments(UDP, "0", "0"));
    }
}
