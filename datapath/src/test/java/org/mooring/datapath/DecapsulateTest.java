package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.bpf.BpfProgram.Run;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;

/** What the kernel answers for single frames at an uplink, without any device ({@code BPF_PROG_TEST_RUN}). */
@Tag("netns")
class DecapsulateTest {
    private static final int PASS_ON = -1; // TC_ACT_UNSPEC
    private static final int TO_THE_STACK = 0; // TC_ACT_OK
    private static final int DROPPED = 2; // TC_ACT_SHOT
    private static final int REDIRECTED = 7; // TC_ACT_REDIRECT

    private static final Inet4Address AGENT = Ipv4.address("192.0.2.2");
    private static final Inet4Address PEER = Ipv4.address("198.51.100.2");
    private static final Inet4Address OTHER_PEER = Ipv4.address("198.51.100.3");
    private static final Inet4Address HOME = Ipv4.address("10.1.0.50");
    private static final Inet4Address CORRESPONDENT = Ipv4.address("203.0.113.2");

    private static final Interface UPLINK = new Interface("wan", 2, MacAddress.of("02:00:00:00:00:02"), 1500);

    @SuppressWarnings("NullAway.Init")
    private Programs programs;

    @AfterEach
    void unload() {
        programs.close();
    }

    @ParameterizedTest
    @MethodSource("rolesAndEncapsulations")
    void takesTheInnerPacketOutUnchanged(Role role, Encapsulation encapsulation) throws Exception {
        load(role, encapsulation);
        Ipv4Packet inner = inner(role);
        Run run = run(Encapsulated.in(encapsulation, PEER, AGENT, inner));

        assertEquals(REDIRECTED, run.answer());
        assertArrayEquals(octets(inner.toOctets()), payload(run));
        assertEquals(drops(Map.of()), programs.drops());
        assertEquals(
                new Traffic(0, 0, 1, octets(inner.toOctets()).length),
                programs.traffic().get(HOME));
    }

    @ParameterizedTest
    @MethodSource("rolesAndEncapsulations")
    void dropsWhatComesFromAnotherTunnel(Role role, Encapsulation encapsulation) throws Exception {
        load(role, encapsulation);
        assertDropped(Drop.FOREIGN_TUNNEL, Encapsulated.in(encapsulation, OTHER_PEER, AGENT, inner(role)));
    }

    @ParameterizedTest
    @EnumSource
    void goesOnCountingOnAnotherWay(Role role) throws Exception {
        load(role, Tunnel.ipip(PEER));
        Ipv4Packet inner = inner(role);
        assertEquals(REDIRECTED, run(outer(PEER, inner)).answer());
        programs.put(HOME, outOf(Tunnel.ipip(OTHER_PEER)));
        assertEquals(REDIRECTED, run(outer(OTHER_PEER, inner)).answer());
        assertEquals(DROPPED, run(outer(PEER, inner)).answer());
        assertEquals(
                new Traffic(0, 0, 2, 2L * octets(inner.toOctets()).length),
                programs.traffic().get(HOME));
    }

    @Test
    void aWayStaysForTheOthersThatShareIt() throws Exception {
        load(Role.HOME_AGENT, Tunnel.ipip(PEER));
        Inet4Address neighbour = Ipv4.address("10.1.0.51");
        Ipv4Packet neighbours = outer(PEER, udp(neighbour, CORRESPONDENT, 17));
        programs.put(neighbour, outOf(Tunnel.ipip(PEER)));
        programs.remove(HOME);
        programs.remove(HOME);
        assertEquals(REDIRECTED, run(neighbours).answer());
        assertEquals(DROPPED, run(outer(PEER, inner(Role.HOME_AGENT))).answer());

        programs.put(HOME, outOf(Tunnel.ipip(PEER)));
        programs.put(neighbour, outOf(Tunnel.ipip(OTHER_PEER)));
        assertEquals(REDIRECTED, run(outer(PEER, inner(Role.HOME_AGENT))).answer());
        assertEquals(DROPPED, run(neighbours).answer());
    }

    /** RFC 3024 §4.3.2. Who encapsulates minimally has no other way for fragments than IP in IP (RFC 2004 §3). */
    @ParameterizedTest
    @MethodSource("pairsOfEncapsulations")
    void dropsWhatIsInAnotherEncapsulation(Encapsulation agreed, Encapsulation came) throws Exception {
        load(Role.HOME_AGENT, agreed);
        Ipv4Packet packet = Encapsulated.in(came, PEER, AGENT, inner(Role.HOME_AGENT));
        if (agreed == came || (agreed == Encapsulation.MINIMAL && came == Encapsulation.IPIP)) {
            assertEquals(REDIRECTED, run(packet).answer());
        } else {
            assertDropped(Drop.FOREIGN_TUNNEL, packet);
        }
    }

    static Stream<Arguments> rolesAndEncapsulations() {
        return Stream.of(Role.values())
                .flatMap(role -> Stream.of(Encapsulation.values()).map(other -> Arguments.of(role, other)));
    }

    static Stream<Arguments> pairsOfEncapsulations() {
        return Stream.of(Encapsulation.values())
                .flatMap(one -> Stream.of(Encapsulation.values()).map(other -> Arguments.of(one, other)));
    }

    /** RFC 3519 §4.3: the port is as much of the tunnel as the address. */
    @Test
    void dropsWhatComesFromAnotherPort() throws Exception {
        load(Role.HOME_AGENT, Tunnel.udp(PEER, 4711));
        Ipv4Packet inner = inner(Role.HOME_AGENT);
        assertDropped(Drop.FOREIGN_TUNNEL, Encapsulated.inUdp(Encapsulation.UDP, PEER, 4712, AGENT, inner));
        assertEquals(
                REDIRECTED,
                run(Encapsulated.inUdp(Encapsulation.UDP, PEER, 4711, AGENT, inner))
                        .answer());
    }

    /** RFC 3519 §3.3, §4.9: messages of all other kinds, and keepalives, are the agent's own, whoever sends them. */
    @Test
    void leavesWhatIsNoTunnelDataToTheAgent() throws Exception {
        load(Role.HOME_AGENT, Encapsulation.UDP);
        for (byte type = 0; type < 32; type++) {
            byte[] message = new byte[40];
            message[0] = type;
            byte[] frame = frame(datagram(OTHER_PEER, message));
            if (type != 4) {
                assertPasses(PASS_ON, frame);
            }
        }
        assertPasses(PASS_ON, frame(datagram(OTHER_PEER, new byte[0])));
        for (byte type : new byte[] {8, 0}) {
            byte[] echo = {type, 0, 0, 0, 0x12, 0x34, 0, 1};
            Ipv4Packet keepalive = Ipv4Packet.of(HOME, AGENT, Ipv4Packet.ICMP, 64, ByteBuffer.wrap(echo));
            assertPasses(PASS_ON, frame(Encapsulated.in(Encapsulation.UDP, OTHER_PEER, AGENT, keepalive)));
        }
        byte[] unreachable = {3, 1, 0, 0, 0, 0, 0, 0};
        Ipv4Packet error = Ipv4Packet.of(HOME, AGENT, Ipv4Packet.ICMP, 64, ByteBuffer.wrap(unreachable));
        assertEquals(
                REDIRECTED,
                run(Encapsulated.in(Encapsulation.UDP, PEER, AGENT, error)).answer());
    }

    /** RFC 3519 §4.9: a foreign agent sends them as its visitor's, so that is whom the answers are for. */
    @Test
    void leavesTheAnswersToItsKeepalivesToTheForeignAgent() throws Exception {
        load(Role.FOREIGN_AGENT, Encapsulation.UDP);
        byte[] answer = {0, 0, 0, 0, 0x01, (byte) 0xb2, 0, 1};
        assertPasses(PASS_ON, frame(Encapsulated.in(Encapsulation.UDP, PEER, AGENT, icmp(PEER, answer))));

        byte[] anothersIdentifier = {0, 0, 0, 0, 0x01, (byte) 0xb3, 0, 1};
        byte[] withData = {0, 0, 0, 0, 0x01, (byte) 0xb2, 0, 1, 42};
        byte[] request = {8, 0, 0, 0, 0x01, (byte) 0xb2, 0, 1};
        for (Ipv4Packet visitors : List.of(
                icmp(PEER, anothersIdentifier),
                icmp(PEER, withData),
                icmp(PEER, request),
                icmp(CORRESPONDENT, answer))) {
            Run run = run(Encapsulated.in(Encapsulation.UDP, PEER, AGENT, visitors));
            assertEquals(REDIRECTED, run.answer(), "the visitor's own");
        }
    }

    private static Ipv4Packet icmp(Inet4Address source, byte[] message) {
        return Ipv4Packet.of(source, HOME, Ipv4Packet.ICMP, 64, ByteBuffer.wrap(message));
    }

    @Test
    void leavesTunnelDataToOtherPortsToThem() throws Exception {
        load(Role.HOME_AGENT, Encapsulation.UDP);
        Ipv4Packet packet = Encapsulated.in(Encapsulation.UDP, PEER, AGENT, inner(Role.HOME_AGENT));
        byte[] frame = frame(packet);
        frame[EthernetFrame.HEADER_LENGTH + Ipv4Packet.HEADER_LENGTH + 3]++;
        assertPasses(PASS_ON, frame);
    }

    /** RFC 3519 §4.3: what is inside is what was agreed. */
    @Test
    void dropsTunnelDataWithAnotherNextHeader() throws Exception {
        load(Role.HOME_AGENT, Encapsulation.UDP);
        byte[] frame = frame(Encapsulated.in(Encapsulation.UDP, PEER, AGENT, inner(Role.HOME_AGENT)));
        frame[EthernetFrame.HEADER_LENGTH + Ipv4Packet.HEADER_LENGTH + UdpPacket.HEADER_LENGTH + 1] = 47;
        assertDropped(Drop.MALFORMED, frame);
    }

    /** RFC 2784 §2.3 and its erratum 3719: bits 1 to 4 stand for fields that aren't known here, the others are ignored; §2.4, §2.5. */
    @ParameterizedTest
    @CsvSource({
        "0x40000800, false",
        "0x20000800, false",
        "0x10000800, false",
        "0x08000800, false",
        "0x00010800, false",
        "0x000086dd, false",
        "0x04000800, true",
        "0x07f80800, true"
    })
    void readsGreHeaders(String headerText, boolean taken) throws Exception {
        load(Role.HOME_AGENT, Encapsulation.GRE);
        Ipv4Packet inner = inner(Role.HOME_AGENT);
        ByteBuffer gre = ByteBuffer.allocate(4 + inner.toOctets().remaining())
                .putInt(Integer.decode(headerText))
                .put(inner.toOctets())
                .flip();
        Ipv4Packet packet = Ipv4Packet.of(PEER, AGENT, Encapsulation.GRE.protocol(), 64, gre);
        if (taken) {
            Run run = run(packet);
            assertEquals(REDIRECTED, run.answer());
            assertArrayEquals(octets(inner.toOctets()), payload(run));
        } else {
            assertDropped(Drop.MALFORMED, packet);
        }
    }

    /** Its way is past the kernel to the agent, which verifies the checksum. */
    @Test
    void passesOnGreWithAChecksum() throws Exception {
        load(Role.HOME_AGENT, Encapsulation.GRE);
        ByteBuffer gre = ByteBuffer.allocate(100).putInt(0x8000_0800).rewind();
        assertPasses(PASS_ON, frame(Ipv4Packet.of(PEER, AGENT, Encapsulation.GRE.protocol(), 64, gre)));
    }

    /** RFC 2784 §3.1: what is for the encapsulator would come back. */
    @Test
    void dropsWhatGreWouldSendInACircle() throws Exception {
        load(Role.HOME_AGENT, Encapsulation.GRE);
        assertDropped(Drop.LOOP, Encapsulated.in(Encapsulation.GRE, PEER, AGENT, udp(HOME, PEER, 64)));
    }

    /** RFC 2004 §3.1. */
    @Test
    void dropsAMinimalForwardingHeaderWithAWrongChecksum() throws Exception {
        load(Role.HOME_AGENT, Encapsulation.MINIMAL);
        byte[] frame = frame(Encapsulated.in(Encapsulation.MINIMAL, PEER, AGENT, inner(Role.HOME_AGENT)));
        frame[EthernetFrame.HEADER_LENGTH + Ipv4Packet.HEADER_LENGTH + 7]++; // the original destination
        assertDropped(Drop.MALFORMED, frame);
    }

    /** RFC 2004 §3.1: the encapsulator may be the one who sent the packet. */
    @Test
    void takesTheSourceFromTheOuterHeaderWhereNoneFollows() throws Exception {
        load(Role.FOREIGN_AGENT, Encapsulation.MINIMAL);
        Ipv4Packet inner = udp(PEER, HOME, 17);
        ByteBuffer payload = ByteBuffer.allocate(8 + inner.payload().remaining())
                .put((byte) inner.protocol())
                .put((byte) 0)
                .putShort((short) 0)
                .put(HOME.getAddress());
        payload.putShort(2, (short) Checksum.of(payload.duplicate().flip()));
        payload.put(inner.payload());
        Run run = run(Ipv4Packet.of(PEER, AGENT, Encapsulation.MINIMAL.protocol(), 17, payload.flip()));
        assertEquals(REDIRECTED, run.answer());
        assertArrayEquals(octets(inner.toOctets()), payload(run));
    }

    /** What is shorter than its headers say. */
    @ParameterizedTest
    @EnumSource
    void dropsWhatIsCutShort(Encapsulation encapsulation) throws Exception {
        load(Role.HOME_AGENT, encapsulation);
        Ipv4Packet whole = Encapsulated.in(encapsulation, PEER, AGENT, inner(Role.HOME_AGENT));
        int headers = encapsulation == Encapsulation.MINIMAL ? 12 : encapsulation.overhead();
        for (int length = 0; length < headers; length++) {
            ByteBuffer payload = whole.payload().slice(0, length);
            Run run = run(Ipv4Packet.of(PEER, AGENT, encapsulation.protocol(), 64, payload));
            boolean isData = encapsulation != Encapsulation.UDP || length >= 12;
            assertEquals(isData ? DROPPED : PASS_ON, run.answer(), length + " octets");
        }
    }

    @ParameterizedTest
    @EnumSource
    void dropsWhatIsForNobody(Role role) throws Exception {
        load(role);
        // RFC 3024 §4.3.2: the inner source counts at home, or the destination of what comes late; RFC 3344 §4.2.2: the
        // latter abroad.
        Ipv4Packet inner = udp(role == Role.HOME_AGENT ? OTHER_PEER : HOME, CORRESPONDENT, 64);
        assertDropped(Drop.UNLISTED, outer(PEER, inner));
    }

    @Test
    void dropsWhatHasNoTimeToLive() throws Exception {
        load(Role.HOME_AGENT);
        assertDropped(Drop.EXPIRED, outer(PEER, udp(HOME, CORRESPONDENT, 0)));
    }

    @Test
    void dropsAnOuterHeaderWithAWrongChecksum() throws Exception {
        load(Role.HOME_AGENT);
        byte[] frame = frame(outer(PEER, inner(Role.HOME_AGENT)));
        frame[EthernetFrame.HEADER_LENGTH + 8]--; // time to live
        assertDropped(Drop.MALFORMED, frame);
    }

    @Test
    void dropsWhatHasNoIpv4Inside() throws Exception {
        load(Role.HOME_AGENT);
        byte[] notIpv4 = octets(inner(Role.HOME_AGENT).toOctets());
        notIpv4[0] = 0x65;
        assertDropped(Drop.MALFORMED, outer(PEER, ByteBuffer.wrap(notIpv4)));
        assertEquals(DROPPED, run(outer(PEER, ByteBuffer.wrap(notIpv4, 0, 19))).answer());
    }

    /** RFC 6040 figure 4. */
    @ParameterizedTest
    @MethodSource("congestion")
    void combinesCongestionNotification(Encapsulation encapsulation, int inside, int outside, int outgoing)
            throws Exception {
        load(Role.HOME_AGENT, encapsulation);
        int dscp = 0xb8;
        Ipv4Packet inner = inner(Role.HOME_AGENT);
        Ipv4Packet packet = Encapsulated.in(encapsulation, PEER, AGENT, withTos(dscp | inside, inner));
        Run run = run(withTos(dscp | outside, packet));

        assertEquals(REDIRECTED, run.answer());
        assertArrayEquals(octets(withTos(dscp | outgoing, inner).toOctets()), payload(run));
    }

    static Stream<Arguments> congestion() {
        int[][] figure4 = {
            {0, 0, 0}, {0, 1, 0}, {0, 2, 0}, {1, 0, 1}, {1, 1, 1}, {1, 2, 1}, {1, 3, 3}, {2, 0, 2}, {2, 1, 1},
            {2, 2, 2}, {2, 3, 3}, {3, 0, 3}, {3, 1, 3}, {3, 2, 3}, {3, 3, 3}
        };
        var twoHeaders = Stream.of(Encapsulation.IPIP, Encapsulation.GRE, Encapsulation.UDP)
                .flatMap(encapsulation ->
                        Stream.of(figure4).map(row -> Arguments.of(encapsulation, row[0], row[1], row[2])));
        // Where there is but one header, it says what it says.
        var oneHeader =
                IntStream.range(0, 4).mapToObj(field -> Arguments.of(Encapsulation.MINIMAL, field, field, field));
        return Stream.concat(twoHeaders, oneHeader);
    }

    /** RFC 6040 §4.2: a transport that doesn't know of ECN is told of congestion by a loss. */
    @Test
    void dropsWhatWasCongestedAndCannotSaySo() throws Exception {
        load(Role.HOME_AGENT);
        assertDropped(Drop.CONGESTION, withTos(3, outer(PEER, inner(Role.HOME_AGENT))));
    }

    @Test
    void passesOnWhatIsForAnotherAddress() throws Exception {
        load(Role.HOME_AGENT);
        Ipv4Packet packet = Ipv4Packet.of(
                PEER, CORRESPONDENT, Ipv4Packet.IPIP, 64, inner(Role.HOME_AGENT).toOctets());
        assertPasses(PASS_ON, frame(packet));
    }

    @Test
    void passesOnWhatIsNotTunnelled() throws Exception {
        load(Role.HOME_AGENT);
        assertPasses(PASS_ON, frame(udp(PEER, AGENT, 64)));
    }

    @Test
    void passesOnWhatIsForAnothersLinkLayerAddress() throws Exception {
        load(Role.HOME_AGENT);
        byte[] frame = frame(outer(PEER, inner(Role.HOME_AGENT)));
        frame[5] = 1;
        assertPasses(PASS_ON, frame);
    }

    /** They are put together by the kernel. */
    @Test
    void passesOnFragments() throws Exception {
        load(Role.HOME_AGENT);
        int moreFragments = 0x2000;
        Ipv4Packet whole = outer(PEER, inner(Role.HOME_AGENT));
        Ipv4Packet first = new Ipv4Packet(
                0, 4711, moreFragments, 64, whole.protocol(), whole.source(), whole.destination(), whole.payload());
        Ipv4Packet last =
                new Ipv4Packet(0, 4711, 6, 64, whole.protocol(), whole.source(), whole.destination(), whole.payload());
        assertPasses(PASS_ON, frame(first));
        assertPasses(PASS_ON, frame(last));
    }

    /** In UDP it would be a keepalive. */
    @ParameterizedTest
    @CsvSource({"HOME_AGENT, IPIP", "HOME_AGENT, GRE", "HOME_AGENT, MINIMAL", "FOREIGN_AGENT, IPIP"})
    void leavesAPingToItselfToTheKernel(Role role, Encapsulation encapsulation) throws Exception {
        load(role, encapsulation);
        byte[] echoRequest = {8, 0, 0, 0, 0x12, 0x34, 0, 1};
        Ipv4Packet ping = Ipv4Packet.of(OTHER_PEER, AGENT, Ipv4Packet.ICMP, 64, ByteBuffer.wrap(echoRequest));
        Run run = run(Encapsulated.in(encapsulation, OTHER_PEER, AGENT, ping));
        assertEquals(TO_THE_STACK, run.answer());
        assertArrayEquals(octets(ping.toOctets()), payload(run));

        byte[] echoReply = {0, 0, 0, 0, 0x12, 0x34, 0, 1};
        Ipv4Packet reply = Ipv4Packet.of(OTHER_PEER, AGENT, Ipv4Packet.ICMP, 64, ByteBuffer.wrap(echoReply));
        assertDropped(Drop.UNLISTED, Encapsulated.in(encapsulation, OTHER_PEER, AGENT, reply));
    }

    private void load(Role role) throws Exception {
        load(role, Encapsulation.IPIP);
    }

    private void load(Role role, Encapsulation encapsulation) throws Exception {
        boolean hasPort = encapsulation == Encapsulation.UDP;
        load(role, hasPort ? Tunnel.udp(PEER, 434) : Tunnel.of(PEER, encapsulation));
    }

    private void load(Role role, Tunnel tunnel) throws Exception {
        int device = 1000; // not the one where test runs take place
        programs = Programs.load(
                new AgentEntry(AGENT, device, device, device, role, MtuPolicy.ICMP, 1500, false),
                program -> program.startsWith("decapsulate"),
                Datapaths.capacity(0));
        programs.put(HOME, outOf(tunnel));
    }

    private static ForwardingEntry outOf(Tunnel tunnel) {
        return new ForwardingEntry(
                Set.of(), Optional.empty(), Set.of(tunnel), false, Optional.empty(), 0, MacAddress.NONE, 0);
    }

    private void assertDropped(Drop reason, Ipv4Packet packet) throws Exception {
        assertDropped(reason, frame(packet));
    }

    private void assertDropped(Drop reason, byte[] frame) throws Exception {
        assertEquals(DROPPED, programs.decapsulate(UPLINK).run(frame).answer());
        assertEquals(drops(Map.of(reason, 1L)), programs.drops());
        assertEquals(new Traffic(0, 0, 0, 0), programs.traffic().get(HOME));
    }

    private void assertPasses(int answer, byte[] frame) throws Exception {
        Run run = programs.decapsulate(UPLINK).run(frame);
        assertEquals(answer, run.answer());
        assertArrayEquals(frame, octets(run.frame()));
        assertEquals(drops(Map.of()), programs.drops());
    }

    private Run run(Ipv4Packet packet) throws Exception {
        return programs.decapsulate(UPLINK).run(frame(packet));
    }

    private static Map<Drop, Long> drops(Map<Drop, Long> expected) {
        Map<Drop, Long> all = new EnumMap<>(Drop.class);
        for (Drop reason : Drop.values()) {
            all.put(reason, expected.getOrDefault(reason, 0L));
        }
        return all;
    }

    private static Ipv4Packet inner(Role role) {
        return role == Role.HOME_AGENT ? udp(HOME, CORRESPONDENT, 17) : udp(CORRESPONDENT, HOME, 17);
    }

    private static Ipv4Packet udp(Inet4Address source, Inet4Address destination, int ttl) {
        ByteBuffer text = StandardCharsets.US_ASCII.encode("what the guest said");
        return new UdpPacket(source, 1000, destination, 2000, ttl, text).toIpv4();
    }

    private static Ipv4Packet datagram(Inet4Address source, byte[] message) {
        return new UdpPacket(source, 434, AGENT, 434, 64, ByteBuffer.wrap(message)).toIpv4();
    }

    private static Ipv4Packet outer(Inet4Address source, Ipv4Packet inner) {
        return outer(source, inner.toOctets());
    }

    private static Ipv4Packet outer(Inet4Address source, ByteBuffer inner) {
        return Ipv4Packet.of(source, AGENT, Ipv4Packet.IPIP, 64, inner);
    }

    private static Ipv4Packet withTos(int tos, Ipv4Packet packet) {
        return new Ipv4Packet(
                tos,
                packet.identification(),
                packet.fragment(),
                packet.ttl(),
                packet.protocol(),
                packet.source(),
                packet.destination(),
                packet.payload());
    }

    /** To the device's own address: that of the loopback device, where test runs take place, is all zeros. */
    private static byte[] frame(Ipv4Packet packet) {
        return octets(packet.toFrame(MacAddress.of("02:00:00:00:00:01"), MacAddress.NONE)
                .toOctets());
    }

    private static byte[] payload(Run run) {
        return octets(EthernetFrame.parse(run.frame()).orElseThrow().payload());
    }

    private static byte[] octets(ByteBuffer buffer) {
        byte[] octets = new byte[buffer.remaining()];
        buffer.duplicate().get(octets);
        return octets;
    }
}
