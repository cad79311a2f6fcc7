package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.bpf.BpfProgram.Run;
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
    @EnumSource
    void takesTheInnerPacketOutUnchanged(Role role) throws Exception {
        load(role);
        Ipv4Packet inner = inner(role);
        Run run = run(outer(PEER, inner));

        assertEquals(REDIRECTED, run.answer());
        assertArrayEquals(octets(inner.toOctets()), payload(run));
        assertEquals(drops(Map.of()), programs.drops());
        assertEquals(
                new Traffic(0, 0, 1, octets(inner.toOctets()).length),
                programs.traffic().get(HOME));
    }

    @ParameterizedTest
    @EnumSource
    void dropsWhatComesFromAnotherTunnel(Role role) throws Exception {
        load(role);
        assertDropped(Drop.FOREIGN_TUNNEL, outer(OTHER_PEER, inner(role)));
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
    @CsvSource({
        "0,0,0", "0,1,0", "0,2,0", "1,0,1", "1,1,1", "1,2,1", "1,3,3", "2,0,2", "2,1,1", "2,2,2", "2,3,3", "3,0,3",
        "3,1,3", "3,2,3", "3,3,3"
    })
    void combinesCongestionNotification(int inside, int outside, int outgoing) throws Exception {
        load(Role.HOME_AGENT);
        int dscp = 0xb8;
        Ipv4Packet inner = inner(Role.HOME_AGENT);
        Run run = run(withTos(
                dscp | outside, outer(PEER, withTos(dscp | inside, inner).toOctets())));

        assertEquals(REDIRECTED, run.answer());
        assertArrayEquals(octets(withTos(dscp | outgoing, inner).toOctets()), payload(run));
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

    @ParameterizedTest
    @EnumSource
    void leavesAPingToItselfToTheKernel(Role role) throws Exception {
        load(role);
        byte[] echoRequest = {8, 0, 0, 0, 0x12, 0x34, 0, 1};
        Ipv4Packet ping = Ipv4Packet.of(OTHER_PEER, AGENT, Ipv4Packet.ICMP, 64, ByteBuffer.wrap(echoRequest));
        Run run = run(outer(OTHER_PEER, ping));
        assertEquals(TO_THE_STACK, run.answer());
        assertArrayEquals(octets(ping.toOctets()), payload(run));

        byte[] echoReply = {0, 0, 0, 0, 0x12, 0x34, 0, 1};
        Ipv4Packet reply = Ipv4Packet.of(OTHER_PEER, AGENT, Ipv4Packet.ICMP, 64, ByteBuffer.wrap(echoReply));
        assertDropped(Drop.UNLISTED, outer(OTHER_PEER, reply));
    }

    private void load(Role role) throws Exception {
        int loopback = 1;
        programs = Programs.load(new AgentEntry(AGENT, loopback, loopback, loopback, role, MtuPolicy.ICMP, 1500));
        programs.put(
                HOME, new ForwardingEntry(Set.of(), Optional.empty(), Set.of(Tunnel.ipip(PEER)), 0, MacAddress.NONE));
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
