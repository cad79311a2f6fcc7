package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;

/** TCP sessions agree on segments that fit into the tunnel. */
abstract class ClampedSegmentsTest extends Behaviour {
    ClampedSegmentsTest(DatapathTest test) {
        super(test);
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
            boolean isEven = options.indexOf("020405b4") % 4 == 0;
            String clamped = isEven || test.clampsAtOddOctets() ? options.replace("020405b4", "02040594") : options;
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
