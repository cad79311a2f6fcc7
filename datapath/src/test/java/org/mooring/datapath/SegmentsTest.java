package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.ReceivedFrame;
import org.pcap4j.packet.TcpPacket;

/** TCP segments that travelled as one, as they are on the wire once they are cut: lengths, and checksums that no device is left to fill in. */
abstract class SegmentsTest extends Behaviour {
    private static final int LENGTH = 1_000_000;
    private static final int LONGEST_FRAME = 1514;

    SegmentsTest(DatapathTest test) {
        super(test);
    }

    /** Where they leave in their tunnel. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void areRightInTheTunnel(Encapsulation encapsulation) throws Exception {
        home(toVisitorAt(net.near, encapsulation));
        visitors(net.near, visitor(encapsulation));
        Wire whole = open(new Wire(net.correspondent, "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));
        fillInNoChecksums(net.home.router(), "wan");
        fillInNoChecksums(net.near.router(), "wan");
        try (TcpStream stream = new TcpStream(net.correspondent, net.near.host(), GUEST)) {
            assertEquals(stream.checksum(LENGTH), stream.fromClient(LENGTH));
            assertEquals(stream.checksum(LENGTH), stream.fromServer(LENGTH));
        }
        until(() -> whole.captured().stream().anyMatch(frame -> frame.octets().remaining() > LONGEST_FRAME));
        List<ReceivedFrame> tunnelled = new ArrayList<>();
        until(() -> {
            path.captured().stream()
                    .filter(frame -> Encapsulated.is(packet(frame)))
                    .forEach(tunnelled::add);
            return octets(tunnelled, CORRESPONDENT) == LENGTH && octets(tunnelled, GUEST) == LENGTH;
        });
    }

    /** Where they leave once they are out of it. Each counts, with its own headers, though they went through both ends of the tunnel as one. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void areRightBehindTheTunnel(Encapsulation encapsulation) throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        VisitorDatapath near = visitors(net.near, visitor(encapsulation));
        Wire guest = open(new Wire(net.near.host(), "eth0"));
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        fillInNoChecksums(net.near.router(), "lan");
        fillInNoChecksums(net.internet, "cn");
        try (TcpStream stream = new TcpStream(net.correspondent, net.near.host(), GUEST)) {
            assertEquals(stream.checksum(LENGTH), stream.fromClient(LENGTH));
            assertEquals(stream.checksum(LENGTH), stream.fromServer(LENGTH));
        }
        List<ReceivedFrame> toGuest = new ArrayList<>();
        List<ReceivedFrame> fromGuest = new ArrayList<>();
        until(() -> {
            receive(guest, CORRESPONDENT, toGuest);
            receive(correspondent, GUEST, fromGuest);
            return octets(toGuest, CORRESPONDENT) == LENGTH && octets(fromGuest, GUEST) == LENGTH;
        });
        if (test.countsSegments()) {
            until(() -> {
                receive(guest, CORRESPONDENT, toGuest);
                receive(correspondent, GUEST, fromGuest);
                Traffic expected = new Traffic(toGuest.size(), lengths(toGuest), fromGuest.size(), lengths(fromGuest));
                return traffic(home).equals(expected)
                        && traffic(near)
                                .equals(new Traffic(
                                        expected.packetsDecapsulated(),
                                        expected.octetsDecapsulated(),
                                        expected.packetsEncapsulated(),
                                        expected.octetsEncapsulated()));
            });
        }
    }

    /** Until the test is over, and so the last segment has passed. */
    private void fillInNoChecksums(NetworkNamespace namespace, String device) throws Exception {
        assertTrue(open(new Checksums(namespace, device)).isOff());
    }

    private static void receive(Wire wire, Inet4Address source, List<ReceivedFrame> frames) {
        wire.captured().stream()
                .filter(frame -> packet(frame).source().equals(source))
                .forEach(frames::add);
    }

    private static long lengths(List<ReceivedFrame> frames) {
        return frames.stream().mapToLong(frame -> payload(frame).remaining()).sum();
    }

    /** How many octets of the stream from there, from its first one on, are in these frames, all of which are right. */
    private static long octets(List<ReceivedFrame> frames, Inet4Address source) {
        TreeMap<Integer, Integer> lengths = new TreeMap<>();
        int first = 0;
        for (ReceivedFrame frame : frames) {
            Ipv4Packet inner = Encapsulated.is(packet(frame)) ? Encapsulated.inner(packet(frame)) : packet(frame);
            if (inner.protocol() != Ipv4Packet.TCP || !inner.source().equals(source)) {
                continue;
            }
            assertTrue(frame.checksummed(), "left to the device");
            assertTrue(frame.octets().remaining() <= LONGEST_FRAME);
            PacketCheck.check(payload(frame), true);
            ByteBuffer octets = inner.payload();
            TcpPacket tcp = PacketCheck.tcp(octets);
            if (tcp.getHeader().getSyn()) {
                first = tcp.getHeader().getSequenceNumber() + 1;
            }
            lengths.merge(
                    tcp.getHeader().getSequenceNumber() - first,
                    octets.remaining() - tcp.getHeader().length(),
                    Math::max);
        }
        long end = 0;
        for (var segment : lengths.entrySet()) {
            if (segment.getKey() <= end) {
                end = Math.max(end, segment.getKey() + segment.getValue());
            }
        }
        return end;
    }

    private static Ipv4Packet packet(ReceivedFrame frame) {
        return frame.ethernet().flatMap(Ipv4Packet::parse).orElseThrow();
    }

    private static ByteBuffer payload(ReceivedFrame frame) {
        return frame.ethernet().map(EthernetFrame::payload).orElseThrow().slice();
    }
}
