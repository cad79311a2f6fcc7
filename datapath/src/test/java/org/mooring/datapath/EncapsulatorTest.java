package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Carried.AGENT;
import static org.mooring.datapath.Carried.CORRESPONDENT;
import static org.mooring.datapath.Carried.HOME;
import static org.mooring.datapath.Carried.OTHER_PEER;
import static org.mooring.datapath.Carried.PEER;
import static org.mooring.datapath.Carried.entry;
import static org.mooring.datapath.Carried.offloaded;
import static org.mooring.datapath.Carried.tunnel;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.Offload;
import org.mooring.linux.packet.Segmentation;

class EncapsulatorTest {
    private static final int MTU = 1500;
    private static final int SEGMENT = 1000;

    private final ByteBuffer headers = ByteBuffer.allocate(Encapsulator.HEADERS_SIZE);
    private final ByteBuffer packets = ByteBuffer.allocate(70_000);
    private final Carried carried = new Carried(headers, packets);
    private final Bindings bindings = new Bindings();
    private final Drops drops = new Drops();

    @ParameterizedTest
    @EnumSource
    void putsPacketsIntoTunnels(Encapsulation encapsulation) {
        bindings.put(HOME, entry(tunnel(encapsulation, PEER)));
        var packet = udp(100);
        take(MtuPolicy.ICMP, offloaded(packet));

        var outer = only();
        assertEquals(AGENT, outer.source());
        assertEquals(PEER, outer.destination());
        assertEquals(encapsulation.protocol(), outer.protocol());
        assertEquals(packet, Encapsulated.inner(outer));
        assertEquals(new Traffic(1, 128, 0, 0), bindings.traffic().get(HOME));
    }

    /** Vectors V15, V17 and V18: what stands between the outer header, or that of UDP, and the packet. */
    @ParameterizedTest
    @CsvSource({"MINIMAL, 0, 0680b3700a010005cb007108", "GRE, 0, 00000800", "UDP, 8, 04040000"})
    void writesTheHeaderBetween(Encapsulation encapsulation, int at, String header) {
        var home = Ipv4.address("10.1.0.5");
        bindings.put(home, entry(tunnel(encapsulation, PEER)));
        var segment = Ipv4Packet.of(Ipv4.address("203.0.113.8"), home, 6, 64, ByteBuffer.allocate(20));
        take(MtuPolicy.ICMP, offloaded(segment));
        var octets = new byte[header.length() / 2];
        only().payload().get(at, octets);
        assertEquals(header, HexFormat.of().formatHex(octets));
    }

    @Test
    void putsACopyIntoEachTunnel() {
        bindings.put(HOME, entry(Tunnel.ipip(PEER), tunnel(Encapsulation.MINIMAL, OTHER_PEER)));
        var packet = udp(100);
        take(MtuPolicy.ICMP, offloaded(packet));

        assertEquals(2, carried.messages().size());
        for (var message : carried.messages()) {
            assertEquals(packet, Encapsulated.inner(Ipv4Packet.parse(message).orElseThrow()));
        }
    }

    /** Against what the same does for frames. */
    @ParameterizedTest
    @EnumSource
    void cutsWhatTravelsAsOne(Encapsulation encapsulation) {
        bindings.put(HOME, entry(tunnel(encapsulation, PEER)));
        var segment = tcp(10 * SEGMENT + 17);
        var offload = offload(1, 1, 40, SEGMENT, 20, 16);
        take(MtuPolicy.ICMP, behind(offload, segment));

        var frame = new EthernetFrame(MacAddress.NONE, MacAddress.NONE, EtherType.IPV4, segment.toOctets());
        var expected = Segmentation.ipv4Packets(frame, new Offload(offload)).stream()
                .map(octets -> Ipv4Packet.parse(octets).orElseThrow())
                .toList();
        assertEquals(11, expected.size());
        if (encapsulation == Encapsulation.UDP) {
            assertEquals(List.of("198.51.100.2:434 186 " + (4 + 40 + SEGMENT)), carried.udp());
            assertEquals(expected, tunnelData(carried.messages().get(0), 4 + 40 + SEGMENT));
        } else {
            assertEquals(
                    expected,
                    carried.messages().stream()
                            .map(message ->
                                    Encapsulated.inner(Ipv4Packet.parse(message).orElseThrow()))
                            .toList());
        }
        assertEquals(
                new Traffic(11, 11 * 40 + 10 * SEGMENT + 17, 0, 0),
                bindings.traffic().get(HOME));
    }

    @Test
    void completesChecksums() {
        bindings.put(HOME, entry(Tunnel.ipip(PEER)));
        var segment = tcp(100);
        take(MtuPolicy.ICMP, behind(offload(1, 0, 0, 0, 20, 16), segment));
        var frame = new EthernetFrame(MacAddress.NONE, MacAddress.NONE, EtherType.IPV4, segment.toOctets());
        var expected = Segmentation.ipv4Packets(frame, new Offload(offload(1, 0, 0, 0, 34, 16)));
        assertEquals(Ipv4Packet.parse(expected.get(0)).orElseThrow(), Encapsulated.inner(only()));
    }

    /** RFC 2003 §5.1: what says don't is lost, and told of by the route's MTU; unless outer packets are to be fragmented. */
    @Test
    void fragmentsOuterPacketsIfItIsTo() {
        bindings.put(HOME, entry(tunnel(Encapsulation.GRE, PEER)));
        var packet = udp(1472);
        take(MtuPolicy.ICMP, offloaded(packet));
        assertEquals(1, drops.counts().get(Drop.TOO_BIG));
        assertEquals(1, bindings.drops().get(HOME).get(Drop.TOO_BIG));
        take(MtuPolicy.FRAGMENT_OUTER, offloaded(packet));

        var together = new ByteArrayOutputStream();
        Ipv4Packet last = packet;
        for (var message : carried.messages()) {
            last = Ipv4Packet.parse(message).orElseThrow();
            assertTrue(message.remaining() <= MTU && last.isFragment());
            assertEquals(together.size() / 8, last.fragment() & 0x1fff);
            var part = new byte[last.payload().remaining()];
            last.payload().get(part);
            together.writeBytes(part);
        }
        var whole =
                Ipv4Packet.of(AGENT, PEER, Encapsulation.GRE.protocol(), 64, ByteBuffer.wrap(together.toByteArray()));
        assertEquals(packet, Encapsulated.inner(whole));
        assertEquals(2, carried.messages().size());
        assertEquals(0, last.fragment() & 0x2000, "no more follow");
    }

    @Test
    void leavesWhatBelongsToNobody() {
        take(MtuPolicy.ICMP, offloaded(udp(10)));
        assertEquals(1, drops.counts().get(Drop.UNLISTED));
        bindings.put(HOME, entry(Tunnel.ipip(CORRESPONDENT)));
        take(MtuPolicy.ICMP, offloaded(udp(10)));
        assertEquals(1, drops.counts().get(Drop.LOOP));
        bindings.put(HOME, entry(Tunnel.ipip(CORRESPONDENT), Tunnel.ipip(PEER)));
        take(MtuPolicy.ICMP, offloaded(udp(10)));
        assertEquals(2, drops.counts().get(Drop.LOOP));
        // Its counts outlive a change of the binding, and begin with it: before, it was nobody's.
        assertEquals(2, bindings.drops().get(HOME).get(Drop.LOOP));
        assertEquals(0, bindings.drops().get(HOME).get(Drop.UNLISTED));
        assertEquals(List.of(), carried.messages());
    }

    /** Nothing but a maximum segment size option is changed, whether it begins at an even octet or an odd one. */
    @Test
    void clampsSegments() {
        bindings.put(HOME, entry(Tunnel.ipip(PEER)));
        for (var options : List.of(new byte[] {2, 4, 5, (byte) 0xb4}, new byte[] {1, 2, 4, 5, (byte) 0xb4, 1, 1, 1})) {
            carried.messages().clear();
            var syn = ByteBuffer.allocate(20 + options.length)
                    .put(12, (byte) (((20 + options.length) / 4) << 4))
                    .put(13, (byte) 2)
                    .put(20, options);
            var packet = Ipv4Packet.of(CORRESPONDENT, HOME, Ipv4Packet.TCP, 60, syn);
            var octets = offloaded(packet);
            checksummed(octets);
            take(MtuPolicy.CLAMP_AT_HOME, octets);
            var clamped = Encapsulated.inner(only());
            int at = options[0] == 2 ? 22 : 23;
            assertEquals(1428, clamped.payload().getShort(at));
            assertEquals(0xffff, transportSum(clamped.toOctets()));
        }
    }

    private static void checksummed(ByteBuffer offloaded) {
        int ip = Offloaded.LENGTH;
        int sum = transportSum(offloaded.slice(ip, offloaded.remaining() - ip));
        offloaded.putShort(ip + 20 + 16, (short) ~sum);
    }

    private static int transportSum(ByteBuffer packet) {
        long pseudo = Ip.pseudoHeader(packet, 0, packet.remaining() - 20);
        return Checksum.fold(Checksum.add(packet, 20, packet.remaining() - 20, pseudo));
    }

    private void take(MtuPolicy policy, ByteBuffer octets) {
        packets.clear().put(octets.duplicate());
        new Encapsulator(bindings, Carried.agent(Role.HOME_AGENT, policy), drops, headers, carried)
                .take(packets, 0, octets.remaining());
    }

    private Ipv4Packet only() {
        assertEquals(1, carried.messages().size());
        return Ipv4Packet.parse(carried.messages().get(0)).orElseThrow();
    }

    private static List<Ipv4Packet> tunnelData(ByteBuffer message, int each) {
        List<Ipv4Packet> all = new ArrayList<>();
        for (int at = 0; at < message.limit(); at += each) {
            int length = Math.min(each, message.limit() - at);
            assertEquals(0x0404_0000, message.getInt(at));
            all.add(Ipv4Packet.parse(message.slice(at + 4, length - 4)).orElseThrow());
        }
        return all;
    }

    /** May not be fragmented. */
    private static Ipv4Packet udp(int payload) {
        return new Ipv4Packet(
                0xba,
                7,
                Ipv4Packet.DONT_FRAGMENT,
                60,
                Ipv4Packet.UDP,
                CORRESPONDENT,
                HOME,
                ByteBuffer.allocate(8 + payload));
    }

    /** With the sum of the pseudo-header for a checksum. */
    private static Ipv4Packet tcp(int payload) {
        var transport = ByteBuffer.allocate(20 + payload);
        for (int i = 20; i < transport.limit(); i++) {
            transport.put(i, (byte) (i * 31));
        }
        transport.putInt(4, 0xffff_fff0).put(12, (byte) 0x50).put(13, (byte) 0x18);
        var packet = new Ipv4Packet(
                0xba, 0xfffe, Ipv4Packet.DONT_FRAGMENT, 60, Ipv4Packet.TCP, CORRESPONDENT, HOME, transport);
        var sum = Checksum.fold(Ip.pseudoHeader(packet.toOctets(), 0, transport.limit()));
        return new Ipv4Packet(
                0xba,
                0xfffe,
                Ipv4Packet.DONT_FRAGMENT,
                60,
                Ipv4Packet.TCP,
                CORRESPONDENT,
                HOME,
                transport.putShort(16, (short) sum));
    }

    private static ByteBuffer offload(int flags, int kind, int headers, int segment, int start, int offset) {
        return ByteBuffer.allocate(Offloaded.LENGTH)
                .order(ByteOrder.nativeOrder())
                .put((byte) flags)
                .put((byte) kind)
                .putShort((short) headers)
                .putShort((short) segment)
                .putShort((short) start)
                .putShort((short) offset)
                .flip();
    }

    private static ByteBuffer behind(ByteBuffer offload, Ipv4Packet packet) {
        var octets = packet.toOctets();
        return ByteBuffer.allocate(Offloaded.LENGTH + octets.remaining())
                .put(offload.duplicate())
                .put(octets)
                .flip();
    }
}
