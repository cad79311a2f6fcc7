package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Carried.AGENT;
import static org.mooring.datapath.Carried.CORRESPONDENT;
import static org.mooring.datapath.Carried.HOME;
import static org.mooring.datapath.Carried.OTHER_PEER;
import static org.mooring.datapath.Carried.PEER;
import static org.mooring.datapath.Carried.entry;
import static org.mooring.datapath.Carried.tunnel;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;

class DecapsulatorTest {
    private static final long SEED = 2003;

    private final ByteBuffer in = ByteBuffer.allocate(70_000);
    private final Bindings bindings = new Bindings();
    private final Drops drops = new Drops();
    private final List<Ipv4Packet> arrived = new ArrayList<>();
    private final List<Ipv4Packet> reversed = new ArrayList<>();
    private final List<Ipv4Packet> sentHome = new ArrayList<>();
    private boolean awaited;

    private final Decapsulator.Outlet outlet = new Decapsulator.Outlet() {
        @Override
        public void arrive(int at, int length, int remote) {
            assertTrue(Ip.isWhole(in, at, length));
            // Whether the header's checksum is right is the kernel's to say.
            if (Checksum.of(in.slice(at, Ip.headerLength(in, at))) == 0) {
                arrived.add(Ipv4Packet.parse(in.slice(at, length)).orElseThrow());
            }
        }

        @Override
        public boolean sentHome(int at, int length, int remote) {
            return awaited
                    && sentHome.add(Ipv4Packet.parse(in.slice(at, length)).orElseThrow());
        }

        @Override
        public void reverse(int at, int length) {
            reversed.add(Ipv4Packet.parse(in.slice(at, length)).orElseThrow());
        }
    };

    @ParameterizedTest
    @CsvSource({
        "HOME_AGENT, IPIP", "HOME_AGENT, GRE", "HOME_AGENT, MINIMAL", "HOME_AGENT, UDP",
        "FOREIGN_AGENT, IPIP", "FOREIGN_AGENT, GRE", "FOREIGN_AGENT, MINIMAL", "FOREIGN_AGENT, UDP"
    })
    void takesTheInnerPacketOut(Role role, Encapsulation encapsulation) {
        bindings.put(HOME, entry(tunnel(encapsulation, PEER)));
        var inner = inner(role);
        take(role, Encapsulated.in(encapsulation, PEER, AGENT, inner));
        assertEquals(List.of(inner), arrived);
        assertEquals(
                new Traffic(0, 0, 1, inner.toOctets().remaining()),
                bindings.traffic().get(HOME));
        take(role, Encapsulated.in(encapsulation, OTHER_PEER, AGENT, inner));
        assertEquals(1, arrived.size());
        assertDropped(Drop.FOREIGN_TUNNEL);
        assertEquals(1, bindings.drops().get(HOME).get(Drop.FOREIGN_TUNNEL));
    }

    /** RFC 3519 §4.3: the port is as much of the tunnel as the address. */
    @Test
    void looksAtThePort() {
        bindings.put(HOME, entry(Tunnel.udp(PEER, 4711)));
        var inner = inner(Role.HOME_AGENT);
        take(Role.HOME_AGENT, Encapsulated.inUdp(Encapsulation.UDP, PEER, 4712, AGENT, inner));
        assertDropped(Drop.FOREIGN_TUNNEL);
        take(Role.HOME_AGENT, Encapsulated.inUdp(Encapsulation.UDP, PEER, 4711, AGENT, inner));
        assertEquals(List.of(inner), arrived);
    }

    /** RFC 3024 §4.3.2, RFC 3344 §4.2.2: at home by the inner source, abroad by the inner destination. */
    @ParameterizedTest
    @EnumSource
    void looksAtTheInnerPacket(Role role) {
        bindings.put(HOME, entry(Tunnel.ipip(PEER)));
        var other = Ipv4Packet.of(CORRESPONDENT, OTHER_PEER, Ipv4Packet.UDP, 60, ByteBuffer.allocate(20));
        take(role, Encapsulated.in(Encapsulation.IPIP, PEER, AGENT, other));
        assertDropped(Drop.UNLISTED);
        assertEquals(Map.of(HOME, Map.of()), bindings.drops());
    }

    /** RFC 3024 §4.3.2; what a foreign agent sends home is for who has come home, or may be on the way. */
    @Test
    void takesWhatIsSentHomeForWhoIsAwaitedOnly() {
        bindings.put(HOME, entry(Tunnel.ipip(PEER)));
        var inner = inner(Role.FOREIGN_AGENT);
        var packet = Encapsulated.in(Encapsulation.IPIP, PEER, AGENT, inner);
        take(Role.HOME_AGENT, packet);
        assertDropped(Drop.UNLISTED);
        assertEquals(new Traffic(0, 0, 0, 0), bindings.traffic().get(HOME));
        awaited = true;
        take(Role.HOME_AGENT, Encapsulated.in(Encapsulation.IPIP, OTHER_PEER, AGENT, inner));
        assertEquals(List.of(), sentHome);
        take(Role.HOME_AGENT, packet);
        assertEquals(List.of(inner), sentHome);
        assertEquals(1, bindings.traffic().get(HOME).packetsDecapsulated());
        assertEquals(List.of(), arrived);

        awaited = false;
        var home = Slots.<HomeForwarding>empty().install(new HomeForwarding(HOME, Tunnel.ipip(PEER)));
        bindings.put(HOME, ForwardingEntry.atHome(home.retire(), 0));
        take(Role.HOME_AGENT, packet);
        assertEquals(List.of(inner), arrived);
    }

    /** RFC 6040 §4.2. */
    @ParameterizedTest
    @CsvSource({"0, 0, 0", "0, 2, 2", "1, 2, 1", "2, 1, 1", "3, 1, 3", "3, 2, 3", "2, 3, 3", "3, 3, 3"})
    void combinesEcn(int outside, int inside, int together) {
        bindings.put(HOME, entry(Tunnel.ipip(PEER)));
        var inner = marked(0xb8 | inside, inner(Role.HOME_AGENT));
        take(Role.HOME_AGENT, marked(outside, Encapsulated.in(Encapsulation.IPIP, PEER, AGENT, inner)));
        assertEquals(List.of(marked(0xb8 | together, inner)), arrived);
    }

    @Test
    void dropsWhatCannotBeToldOfCongestion() {
        bindings.put(HOME, entry(Tunnel.ipip(PEER)));
        take(Role.HOME_AGENT, marked(3, Encapsulated.in(Encapsulation.IPIP, PEER, AGENT, inner(Role.HOME_AGENT))));
        assertDropped(Drop.CONGESTION);
    }

    @ParameterizedTest
    @EnumSource
    void dropsWhatHasExpired(Encapsulation encapsulation) {
        bindings.put(HOME, entry(tunnel(encapsulation, PEER)));
        var expired = Ipv4Packet.of(HOME, CORRESPONDENT, Ipv4Packet.UDP, 0, ByteBuffer.allocate(20));
        take(Role.HOME_AGENT, Encapsulated.in(encapsulation, PEER, AGENT, expired));
        assertDropped(Drop.EXPIRED);
    }

    /** RFC 2784 §2.2, §2.3. */
    @ParameterizedTest
    @CsvSource({
        "0, 0x800, true",
        "0x8000, 0x800, true",
        "0x400, 0x800, true",
        "0x2000, 0x800, false",
        "0x4000, 0x800, false",
        "1, 0x800, false",
        "0, 0x86dd, false"
    })
    void readsGreHeaders(String flags, String protocol, boolean taken) {
        bindings.put(HOME, entry(tunnel(Encapsulation.GRE, PEER)));
        var inner = inner(Role.HOME_AGENT).toOctets();
        int header = Integer.decode(flags) == 0x8000 ? 8 : 4;
        var gre = ByteBuffer.allocate(header + inner.remaining())
                .putShort(Integer.decode(flags).shortValue())
                .putShort(Integer.decode(protocol).shortValue())
                .position(header)
                .put(inner)
                .flip();
        if (header == 8) {
            gre.putShort(4, (short) Checksum.of(gre));
            take(Role.HOME_AGENT, Ipv4Packet.of(PEER, AGENT, 47, 64, gre));
            gre.putShort(4, (short) (gre.getShort(4) + 1));
        }
        take(Role.HOME_AGENT, Ipv4Packet.of(PEER, AGENT, 47, 64, gre));
        assertEquals(taken ? 1 : 0, arrived.size());
        assertEquals(taken && header == 4 ? 0 : 1, drops.counts().get(Drop.MALFORMED));
    }

    /** Vectors V15 and V16, the headers as they are: with the original source, and without. */
    @ParameterizedTest
    @CsvSource({"0680b3700a010005cb007108, 6, 203.0.113.8", "1100e4f90a010005, 17, 198.51.100.2"})
    void readsMinimalForwardingHeaders(String header, int protocol, String source) {
        var home = Ipv4.address("10.1.0.5");
        bindings.put(home, entry(tunnel(Encapsulation.MINIMAL, PEER)));
        take(Role.FOREIGN_AGENT, Ipv4Packet.of(PEER, AGENT, 55, 64, behind(header, ByteBuffer.allocate(20))));
        assertEquals(
                List.of(Ipv4Packet.of(Ipv4.address(source), home, protocol, 64, ByteBuffer.allocate(20))), arrived);
    }

    /** Vector V18: plain, and with a key, which nobody has agreed on. */
    @ParameterizedTest
    @CsvSource({"00000800, 1", "20000800cafe0001, 0"})
    void readsGreHeadersAsTheyAre(String header, int taken) {
        bindings.put(HOME, entry(tunnel(Encapsulation.GRE, PEER)));
        var inner = inner(Role.HOME_AGENT);
        take(Role.HOME_AGENT, Ipv4Packet.of(PEER, AGENT, 47, 64, behind(header, inner.toOctets())));
        assertEquals(taken, arrived.size());
        assertEquals(1 - taken, drops.counts().get(Drop.MALFORMED));
    }

    private static ByteBuffer behind(String header, ByteBuffer rest) {
        var octets = HexFormat.of().parseHex(header);
        return ByteBuffer.allocate(octets.length + rest.remaining())
                .put(octets)
                .put(rest)
                .flip();
    }

    /** RFC 2004 §3.1: without the original source, that of the outer header is it. */
    @Test
    void readsMinimalHeadersWithoutASource() {
        bindings.put(PEER, entry(tunnel(Encapsulation.MINIMAL, PEER)));
        var header = ByteBuffer.allocate(8 + 20).put(0, (byte) Ipv4Packet.UDP).put(4, CORRESPONDENT.getAddress());
        header.putShort(2, (short) Checksum.of(header.slice(0, 8)));
        take(Role.HOME_AGENT, Ipv4Packet.of(PEER, AGENT, 55, 64, header));
        assertEquals(List.of(Ipv4Packet.of(PEER, CORRESPONDENT, Ipv4Packet.UDP, 64, ByteBuffer.allocate(20))), arrived);
    }

    /** RFC 3024 §5.2. */
    @Test
    void takesWhatAVisitorEncapsulates() {
        var visitor = new ForwardingEntry(
                Set.of(), Optional.of(Tunnel.ipip(PEER)), Set.of(), false, Optional.of(AGENT), 2, MacAddress.NONE, 0);
        bindings.put(HOME, visitor);
        var inner = inner(Role.HOME_AGENT);
        var octets = Encapsulated.in(Encapsulation.IPIP, HOME, AGENT, inner).toOctets();
        in.put(0, octets, 0, octets.remaining());
        decapsulator(Role.FOREIGN_AGENT).takeFromVisitor(0, octets.remaining());
        assertEquals(List.of(inner), reversed);
        var forged = Encapsulated.in(Encapsulation.IPIP, HOME, AGENT, inner(Role.FOREIGN_AGENT))
                .toOctets();
        in.put(0, forged, 0, forged.remaining());
        decapsulator(Role.FOREIGN_AGENT).takeFromVisitor(0, forged.remaining());
        assertDropped(Drop.UNLISTED);
    }

    /** Whatever comes: no exception, and what is taken is a whole packet. */
    @ParameterizedTest
    @EnumSource
    void bearsAnything(Encapsulation encapsulation) {
        bindings.put(HOME, entry(tunnel(encapsulation, PEER)));
        var random = new Random(SEED);
        var good = Encapsulated.in(encapsulation, PEER, AGENT, inner(Role.HOME_AGENT))
                .toOctets();
        for (int i = 0; i < 20_000; i++) {
            var bad = ByteBuffer.allocate(good.remaining()).put(good.duplicate());
            for (int flips = random.nextInt(4); flips >= 0; flips--) {
                bad.put(20 + random.nextInt(bad.limit() - 20), (byte) random.nextInt());
            }
            int length = 20 + random.nextInt(bad.limit() - 19);
            in.put(0, bad, 0, bad.limit());
            try {
                take(Role.HOME_AGENT, encapsulation.protocol(), length);
            } catch (RuntimeException e) {
                throw new AssertionError("mutant " + i + " of seed " + SEED, e);
            }
        }
    }

    private void take(Role role, Ipv4Packet packet) {
        var octets = packet.toOctets();
        in.put(0, octets, 0, octets.remaining());
        take(role, packet.protocol(), octets.remaining());
    }

    private void take(Role role, int protocol, int length) {
        if (protocol == Ipv4Packet.UDP) {
            int source = in.getInt(Ip.SOURCE);
            decapsulator(role).takeDatagram(28, length - 28, source, in.getShort(20) & 0xffff, in.get(1));
        } else {
            decapsulator(role).take(0, length);
        }
    }

    private Decapsulator decapsulator(Role role) {
        return new Decapsulator(bindings, Carried.agent(role, MtuPolicy.ICMP), drops, in, outlet);
    }

    private void assertDropped(Drop reason) {
        assertEquals(1, drops.counts().get(reason), drops.counts().toString());
    }

    private static Ipv4Packet inner(Role role) {
        var payload = ByteBuffer.allocate(28);
        return role == Role.HOME_AGENT
                ? Ipv4Packet.of(HOME, CORRESPONDENT, Ipv4Packet.UDP, 60, payload)
                : Ipv4Packet.of(CORRESPONDENT, HOME, Ipv4Packet.UDP, 60, payload);
    }

    private static Ipv4Packet marked(int typeOfService, Ipv4Packet packet) {
        return Packets.marked(typeOfService, packet.fragment(), packet);
    }
}
