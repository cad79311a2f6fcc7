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

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;

/** What else may become of packets that don't fit into the tunnel, than that their senders are told. */
abstract class MtuPoliciesTest extends Behaviour {
    MtuPoliciesTest(DatapathTest test) {
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

    /** Sessions between the correspondent and a host at home agree on what will fit into the tunnel. */
    @Test
    void clampsSegmentsAtHome() throws Exception {
        home(MtuPolicy.CLAMP_AT_HOME);
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        Wire neighbour = open(new Wire(net.home.host(), "eth0"));
        try (TcpStream stream = new TcpStream(net.correspondent, net.home.host(), Topology.NEIGHBOUR)) {
            assertEquals(stream.checksum(1000), stream.fromClient(1000));
        }
        assertEquals(1428, announcedSegment(neighbour, CORRESPONDENT));
        assertEquals(1428, announcedSegment(correspondent, Topology.NEIGHBOUR));
    }

    /** And so do sessions of a guest away, whichever side opens them. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void clampsSegmentsInTheTunnel(Encapsulation encapsulation) throws Exception {
        home(MtuPolicy.CLAMP_AT_HOME, toVisitorAt(net.near, encapsulation));
        visitors(net.near, visitor(encapsulation));
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        Wire guest = open(new Wire(net.near.host(), "eth0"));
        try (TcpStream stream = new TcpStream(net.correspondent, net.near.host(), GUEST)) {
            assertEquals(stream.checksum(1000), stream.fromClient(1000));
        }
        assertEquals(1428, announcedSegment(guest, CORRESPONDENT));
        assertEquals(1428, announcedSegment(correspondent, GUEST));
    }

    /** Nothing but a maximum segment size is changed, and the checksum with it, whether it is at an even octet or an odd one. */
    @Test
    void keepsChecksumsRight() throws Exception {
        home(MtuPolicy.CLAMP_AT_HOME, toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        Wire sender = open(new Wire(net.correspondent, "eth0"));
        Wire guest = open(new Wire(net.near.host(), "eth0"));
        for (String options : List.of("020405b4", "01020405b4010101", "0101020405b40101", "030307020405b401")) {
            Ipv4Packet sent = syn(options);
            sender.send(sent, net.gateway());
            Ipv4Packet delivered = guest.await(packet -> packet.source().equals(CORRESPONDENT));
            String clamped = options.replace("020405b4", "02040594");
            byte[] octets = HexFormat.of().parseHex(clamped);
            assertEquals(
                    ByteBuffer.wrap(octets), delivered.payload().position(20).slice());
        }
    }

    /** Checked by who reads it. */
    private static Ipv4Packet syn(String options) {
        byte[] octets = HexFormat.of().parseHex(options);
        ByteBuffer tcp = ByteBuffer.allocate(20 + octets.length)
                .putShort((short) 4000)
                .putShort((short) 9)
                .put(12, (byte) (((20 + octets.length) / 4) << 4))
                .put(13, (byte) 2)
                .put(20, octets)
                .rewind();
        Ipv4Packet packet = Ipv4Packet.of(CORRESPONDENT, GUEST, Ipv4Packet.TCP, 64, tcp);
        int sum = Checksum.fold(
                Checksum.add(tcp, 0, tcp.remaining(), Ip.pseudoHeader(packet.toOctets(), 0, tcp.remaining())));
        return Ipv4Packet.of(CORRESPONDENT, GUEST, Ipv4Packet.TCP, 64, tcp.putShort(16, (short) ~sum));
    }

    /** Of the next SYN from {@code source}. */
    private static int announcedSegment(Wire wire, Inet4Address source) throws InterruptedException {
        int syn = 2;
        int tcp = 6;
        ByteBuffer segment = wire.await(packet -> packet.source().equals(source)
                        && packet.protocol() == tcp
                        && (packet.payload().get(13) & syn) != 0)
                .payload();
        assertEquals(2, segment.get(20), "Linux sends the maximum segment size as the first option");
        return segment.getShort(22);
    }
}
