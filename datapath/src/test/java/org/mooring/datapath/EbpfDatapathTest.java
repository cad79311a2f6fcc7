package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Encapsulation.GRE;
import static org.mooring.datapath.Encapsulation.IPIP;
import static org.mooring.datapath.Encapsulation.MINIMAL;
import static org.mooring.datapath.Encapsulation.UDP;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.GUEST_MAC;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.datapath.Topology.Site;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;
import org.pcap4j.packet.IpV4Packet;

/** Real packets from a correspondent to a guest that visits, by real routers in namespaces, and back. */
@Tag("netns")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EbpfDatapathTest {
    private static final VisitorForwarding VISITOR =
            new VisitorForwarding(GUEST, Tunnel.ipip(HOME_AGENT), "lan", GUEST_MAC, true);
    private static final byte ECHO_REPLY = 0;
    private static final MacAddress STRANGER = MacAddress.of("02:00:00:00:00:99");

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    private Topology net;

    @BeforeAll
    void raise() throws Exception {
        net = new Topology();
    }

    @AfterAll
    void tearDown() {
        net.close();
    }

    @AfterEach
    void close() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void carriesPacketsBothWays(Encapsulation encapsulation) throws Exception {
        EbpfHomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        EbpfVisitorDatapath near = visitors(net.near, visitor(encapsulation));
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
    @CsvSource({
        "IPIP, 0x00, 0x4000", "IPIP, 0xb9, 0x4000", "IPIP, 0xba, 0", "IPIP, 0xbb, 0",
        "GRE, 0xba, 0x4000", "GRE, 0, 0", "UDP, 0xba, 0x4000", "UDP, 0, 0"
    })
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

        Ipv4Packet tunnelled = path.await(Encapsulated::is);
        IpV4Packet outer = readByOthers(tunnelled);
        assertEquals(HOME_AGENT, outer.getHeader().getSrcAddr());
        assertEquals(net.near.careOfAddress(), outer.getHeader().getDstAddr());
        assertEquals(
                (byte) encapsulation.protocol(),
                outer.getHeader().getProtocol().value().byteValue());
        assertEquals((byte) tos, outer.getHeader().getTos().value());
        assertEquals(fragment == Ipv4Packet.DONT_FRAGMENT, outer.getHeader().getDontFragmentFlag());
        assertEquals(63, outer.getHeader().getTtlAsInt(), "64, and one router on the way");
        assertEquals(20, outer.getHeader().length());
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

        Ipv4Packet tunnelled = path.await(Encapsulated::is);
        IpV4Packet.IpV4Header outer = readByOthers(tunnelled).getHeader();
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

    /** Segments travel as one through both ends of the tunnel, or are cut there: each octet must arrive all the same. */
    @ParameterizedTest
    @CsvSource({
        "IPIP, false",
        "IPIP, true",
        "GRE, false",
        "GRE, true",
        "MINIMAL, false",
        "MINIMAL, true",
        "UDP, false",
        "UDP, true"
    })
    void carriesTcpStreams(Encapsulation encapsulation, boolean cutByRouters) throws Exception {
        EbpfHomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        EbpfVisitorDatapath near = visitors(net.near, visitor(encapsulation));
        cutByRouters(cutByRouters);
        long length = 40_000_000;
        try (TcpStream stream = new TcpStream(net.correspondent, net.near.host(), GUEST)) {
            assertEquals(stream.checksum(length), stream.fromClient(length));
            assertEquals(stream.checksum(length), stream.fromServer(length));
        } finally {
            cutByRouters(false);
        }
        assertNothingDropped(home);
        assertNothingDropped(near);
        Traffic traffic = traffic(home);
        assertTrue(traffic.octetsEncapsulated() > length, traffic.toString());
        assertTrue(traffic.packetsEncapsulated() > length / 1500, traffic.toString());
        assertTrue(traffic.octetsDecapsulated() > length, traffic.toString());
        assertTrue(traffic.packetsDecapsulated() > length / 1500, traffic.toString());
    }

    /** RFC 2003 §5.1: a packet that may not be fragmented and doesn't fit is answered, in both directions. */
    @ParameterizedTest
    @EnumSource
    void tellsTheTunnelMtu(Encapsulation encapsulation) throws Exception {
        int fits = 1500 - encapsulation.overhead();
        home(toVisitorAt(net.near, encapsulation));
        visitors(net.near, visitor(encapsulation));
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        Wire guest = open(new Wire(net.near.host(), "eth0"));

        correspondent.send(
                marked(0, Ipv4Packet.DONT_FRAGMENT, udp(CORRESPONDENT, GUEST, 64, text(fits + 1))), net.gateway());
        assertFragmentationNeeded(fits, net.home.careOfAddress(), correspondent.await(EbpfDatapathTest::isIcmp));

        guest.send(
                marked(0, Ipv4Packet.DONT_FRAGMENT, udp(GUEST, CORRESPONDENT, 64, text(fits + 1))), net.near.gateway());
        assertFragmentationNeeded(fits, Ipv4.address("10.2.0.1"), guest.await(EbpfDatapathTest::isIcmp));

        correspondent.send(
                marked(0, Ipv4Packet.DONT_FRAGMENT, udp(CORRESPONDENT, GUEST, 64, text(fits))), net.gateway());
        assertEquals(
                fits,
                guest.await(packet -> packet.destination().equals(GUEST))
                        .toOctets()
                        .remaining());
    }

    /** RFC 2003 §5.1: a router in the tunnel tells the encapsulator, and that the sender. The link to one of the sites is narrow. */
    @ParameterizedTest
    @CsvSource({"IPIP, 1", "IPIP, 2", "GRE, 1", "GRE, 2", "MINIMAL, 1", "MINIMAL, 2", "UDP, 1", "UDP, 2"})
    void learnsThePathMtu(Encapsulation encapsulation, int narrow) throws Exception {
        int fits = 1400 - encapsulation.overhead();
        Site site = narrow == 1 ? net.home : net.near;
        setMtu(site, 1400);
        for (NetworkNamespace host : List.of(net.correspondent, net.near.host())) {
            host.exec("ip", "route", "flush", "cache"); // what it was told before
        }
        try {
            home(toVisitorAt(net.near, encapsulation));
            visitors(net.near, visitor(encapsulation));
            long length = 1_000_000;
            try (TcpStream stream = new TcpStream(net.correspondent, net.near.host(), GUEST)) {
                assertEquals(stream.checksum(length), stream.fromClient(length));
                assertEquals(stream.checksum(length), stream.fromServer(length));
            }
            assertTrue(ip(net.home, "route").contains("10.1.0.50 dev mip-ha proto 143 scope link mtu " + fits));
            assertTrue(ip(net.near, "route show table 435").contains("mtu " + fits));
        } finally {
            setMtu(site, 1500);
        }
    }

    /** Whoever isn't at the other end of a tunnel has nothing to say about it. */
    @Test
    void learnsNoPathMtuOfOthers() throws Exception {
        home(toVisitorAt(net.near));
        Wire path = open(new Wire(net.internet, "site1"));
        Inet4Address router = Ipv4.address("198.51.101.1");
        for (Inet4Address tunnelExit : List.of(net.far.careOfAddress(), net.near.careOfAddress())) {
            ByteBuffer outer = ipip(HOME_AGENT, tunnelExit, udp(CORRESPONDENT, GUEST, 64, "?"))
                    .toOctets();
            ByteBuffer icmp = ByteBuffer.allocate(36)
                    .put((byte) 3)
                    .put((byte) 4)
                    .putInt(0)
                    .putShort((short) (tunnelExit.equals(net.far.careOfAddress()) ? 1000 : 1100))
                    .put(outer.limit(28));
            path.send(Ipv4Packet.of(router, HOME_AGENT, Ipv4Packet.ICMP, 64, icmp.flip()), net.home.wan());
        }
        until(() -> ip(net.home, "route").contains("mtu 1080"));
        assertFalse(ip(net.home, "route").contains("mtu 980"));
    }

    /** RFC 2003 §5.1 prefers to fragment before encapsulating; what is a fragment can't be encapsulated minimally (RFC 2004 §3). */
    @ParameterizedTest
    @EnumSource
    void fragmentsWhatMayBeFragmentedBeforeItEncapsulates(Encapsulation encapsulation) throws Exception {
        home(toVisitorAt(net.near, encapsulation));
        visitors(net.near, visitor(encapsulation));
        open(new Echo(net.near.host()));
        Wire path = open(new Wire(net.internet, "site2"));
        open(new Probe(net.correspondent)).exchange(GUEST, text(4000));

        Ipv4Packet outer = path.await(Encapsulated::is);
        assertFalse(outer.isFragment());
        assertTrue(Encapsulated.inner(outer).isFragment());
        int protocol = encapsulation == MINIMAL ? Ipv4Packet.IPIP : encapsulation.protocol();
        assertEquals(protocol, outer.protocol());
    }

    /** RFC 3344 §4.2.2 and RFC 3024 §4.3.2: what is nobody's is lost without a word, at either end. */
    @Test
    void isSilentAboutWhatItDrops() throws Exception {
        EbpfHomeDatapath home = home(toVisitorAt(net.near));
        EbpfVisitorDatapath near = visitors(net.near, VISITOR);
        Wire toHome = open(new Wire(net.internet, "site1"));
        Wire toNear = open(new Wire(net.internet, "site2"));
        Ipv4Packet fromGuest = udp(GUEST, CORRESPONDENT, 64, "in the guest's name");
        Ipv4Packet fromNeighbour = udp(Topology.NEIGHBOUR, CORRESPONDENT, 64, "from one who is at home");
        Ipv4Packet toGuest = udp(CORRESPONDENT, GUEST, 64, "past the home agent");
        Ipv4Packet toOther = udp(CORRESPONDENT, Ipv4.address("10.1.0.51"), 64, "to one who doesn't visit");

        toHome.send(ipip(net.far.careOfAddress(), HOME_AGENT, fromGuest), net.home.wan());
        toHome.send(ipip(net.near.careOfAddress(), HOME_AGENT, fromNeighbour), net.home.wan());
        toNear.send(ipip(CORRESPONDENT, net.near.careOfAddress(), toGuest), net.near.wan());
        toNear.send(ipip(HOME_AGENT, net.near.careOfAddress(), toOther), net.near.wan());

        until(() -> dropped(home, Drop.FOREIGN_TUNNEL) == 1);
        until(() -> dropped(home, Drop.UNLISTED) == 1);
        until(() -> dropped(near, Drop.FOREIGN_TUNNEL) == 1);
        until(() -> dropped(near, Drop.UNLISTED) == 1);
        // The routers still answer pings, and had answered before if they had meant to.
        for (Wire wire : List.of(toHome, toNear)) {
            Inet4Address router = wire == toHome ? net.home.careOfAddress() : net.near.careOfAddress();
            Inet4Address self = wire == toHome ? Ipv4.address("198.51.101.1") : Ipv4.address("198.51.102.1");
            wire.send(echoRequest(self, router), wire == toHome ? net.home.wan() : net.near.wan());
            assertEquals(
                    ECHO_REPLY,
                    wire.await(packet -> isIcmp(packet) && packet.source().equals(router))
                            .payload()
                            .get(0));
        }
    }

    @Test
    void leavesProtocol4ToOthersOfTheRoutersAddressesToThem() throws Exception {
        home(toVisitorAt(net.near));
        Wire path = open(new Wire(net.internet, "site1"));
        Inet4Address self = Ipv4.address("198.51.101.1");
        path.send(ipip(self, net.home.careOfAddress(), udp(GUEST, CORRESPONDENT, 64, "?")), net.home.wan());
        Ipv4Packet answer =
                path.await(packet -> isIcmp(packet) && packet.destination().equals(self));
        assertEquals(3 << 8 | 2, answer.payload().getShort(), "the kernel knows no such protocol there");
    }

    /** What a check of the way does: a ping in a tunnel, to the agent itself. */
    @Test
    void answersATunnelledPingToItself() throws Exception {
        home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        for (Inet4Address agent : List.of(HOME_AGENT, net.near.careOfAddress())) {
            correspondent.send(ipip(CORRESPONDENT, agent, echoRequest(CORRESPONDENT, agent)), net.gateway());
            Ipv4Packet answer = correspondent.await(
                    packet -> isIcmp(packet) && packet.source().equals(agent));
            assertEquals(ECHO_REPLY, answer.payload().get(0));
        }
    }

    /** One router is home agent for its own guests and foreign agent for others'. */
    @Test
    void bothAgentsShareARouter() throws Exception {
        Inet4Address otherGuest = Ipv4.address("10.2.0.60");
        Inet4Address otherHomeAgent = Ipv4.address("10.2.0.1");
        MacAddress neighboursMac = Wire.device(net.home.host(), "eth0").mac();
        net.home.host().exec("ip", "address", "add", otherGuest.getHostAddress() + "/32", "dev", "eth0");
        home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        // The host of the home site is a guest from site 2, whose router is its home agent.
        visitors(net.home, new VisitorForwarding(otherGuest, Tunnel.ipip(otherHomeAgent), "lan", neighboursMac, true));
        HomeDatapathConfig config = new HomeDatapathConfig(
                otherHomeAgent, HomeDatapathConfig.DEVICE, "lan", List.of("wan"), MtuPolicy.ICMP);
        open(net.near
                .router()
                .run(() -> EbpfHomeDatapath.open(
                        config,
                        List.of(new HomeForwarding(otherGuest, Tunnel.ipip(net.home.careOfAddress()))),
                        Waiting.UNHEARD)));

        open(new Echo(net.near.host()));
        open(new Echo(net.home.host()));
        Probe probe = open(new Probe(net.correspondent));
        probe.exchange(GUEST, "to one guest");
        probe.exchange(otherGuest, "to the other, the other way");
        net.home.host().exec("ip", "address", "del", otherGuest.getHostAddress() + "/32", "dev", "eth0");
    }

    @Test
    void restartsUnderTrafficWithoutALoss() throws Exception {
        home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        Echo echo = open(new Echo(net.near.host()));
        try (Flow flow = new Flow(net.correspondent, GUEST)) {
            for (int restart = 0; restart < 5; restart++) {
                until(flow.moreAnswers(50));
                close(EbpfHomeDatapath.class);
                home(toVisitorAt(net.near));
                until(flow.moreAnswers(50));
                close(EbpfVisitorDatapath.class);
                visitors(net.near, VISITOR);
            }
            flow.stop();
            until(() -> flow.answered() == flow.sent());
            assertEquals(flow.sent(), echo.received());
        }
    }

    /** As after {@code kill -9}: descriptors gone, nothing else said. */
    @Test
    void goesOnWithoutItsProcess() throws Exception {
        home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        close(EbpfHomeDatapath.class);
        close(EbpfVisitorDatapath.class);
        open(new Echo(net.near.host()));
        open(new Probe(net.correspondent)).exchange(GUEST, "nobody is there");
    }

    @Test
    void sweepsWhatItsStoreDoesNotKnow() throws Exception {
        home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        String route = "10.1.0.50 ";
        assertTrue(net.home.router().exec("ip", "route").contains(route));
        assertTrue(net.near.router().exec("ip", "route").contains(route));

        close(EbpfHomeDatapath.class);
        close(EbpfVisitorDatapath.class);
        home();
        visitors(net.near);
        assertFalse(net.home.router().exec("ip", "route").contains(route));
        assertFalse(net.near.router().exec("ip", "route").contains(route));
        assertFalse(
                net.near.router().exec("ip", "route", "show", "table", "436").contains(route));
        assertFalse(net.near.router().exec("ip", "neigh").contains(route));
    }

    @Test
    void aRemovedHomeAddressIsAtHomeAgain() throws Exception {
        EbpfHomeDatapath home = home(toVisitorAt(net.near));
        EbpfVisitorDatapath near = visitors(net.near, VISITOR);
        open(new Echo(net.near.host()));
        Probe probe = open(new Probe(net.correspondent));
        probe.exchange(GUEST, "away");

        home.remove(GUEST);
        home.remove(GUEST);
        Wire lan = open(new Wire(net.home.host(), "eth0"));
        net.home
                .router()
                .exec("ip", "neigh", "replace", "10.1.0.50", "lladdr", lan.mac().toString(), "dev", "lan");
        probe.send(GUEST, "home".getBytes(StandardCharsets.UTF_8));
        lan.await(packet -> packet.destination().equals(GUEST));
        net.home.router().exec("ip", "neigh", "del", "10.1.0.50", "dev", "lan");
        assertTrue(home.traffic().isEmpty());

        // A late packet of the old tunnel is nobody's.
        near.remove(GUEST);
        Wire path = open(new Wire(net.internet, "site2"));
        path.send(ipip(HOME_AGENT, net.near.careOfAddress(), udp(CORRESPONDENT, GUEST, 64, "late")), net.near.wan());
        until(() -> dropped(near, Drop.UNLISTED) == 1);
        assertFalse(net.near.router().exec("ip", "route").contains("10.1.0.50"));
        assertFalse(net.near.router().exec("ip", "neigh").contains("10.1.0.50"));
    }

    /** Every packet arrives at one site or the other, and every answer comes back, also those under way in the old tunnel. */
    @Test
    void flipsUnderTrafficWithoutALoss() throws Exception {
        EbpfHomeDatapath home = home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        visitors(net.far, VISITOR);
        Echo near = open(new Echo(net.near.host()));
        Echo far = open(new Echo(net.far.host()));
        try (Flow flow = new Flow(net.correspondent, GUEST)) {
            until(flow.moreAnswers(50));
            assertEquals(0, far.received());
            home.stage(toVisitorAt(net.far));
            for (int flip = 0; flip < 10; flip++) {
                until(flow.moreAnswers(20));
                home.flip(GUEST);
            }
            until(flow.moreAnswers(20));
            flow.stop();
            until(() -> flow.answered() == flow.sent());
            assertEquals(flow.sent(), near.received() + far.received());
            assertTrue(near.received() >= 100 && far.received() >= 100, near.received() + " and " + far.received());
        }
        home.unstage(GUEST);
        assertThrows(IllegalStateException.class, () -> home.flip(GUEST));
        assertNothingDropped(home);
    }

    /** From home, too: until the flip packets go to the home link, but what the guest already sends by its tunnel is taken. */
    @Test
    void flipsFromHome() throws Exception {
        EbpfHomeDatapath home = home();
        visitors(net.near, VISITOR);
        home.stage(toVisitorAt(net.near));
        Echo echo = open(new Echo(net.near.host()));
        Echo correspondent = open(new Echo(net.correspondent));
        open(new Probe(net.near.host())).send(CORRESPONDENT, new byte[] {1});
        until(() -> correspondent.received() == 1);
        assertFalse(net.home.router().exec("ip", "route").contains("10.1.0.50"));

        home.flip(GUEST);
        open(new Probe(net.correspondent)).exchange(GUEST, "now away");
        assertEquals(1, echo.received());
    }

    /** A staged visitor may still be at home: the visited site's own packets go there. */
    @Test
    void aStagedVisitorGetsOnlyWhatComesByItsTunnel() throws Exception {
        home(toVisitorAt(net.near));
        EbpfVisitorDatapath near = visitors(net.near);
        near.stage(VISITOR);
        open(new Echo(net.near.host()));
        open(new Probe(net.correspondent)).exchange(GUEST, "by the tunnel");

        String way = "route get 10.1.0.50 from 10.2.0.77 iif lan";
        assertTrue(ip(net.near, way).contains("via 198.51.102.1 dev wan"), ip(net.near, way));
        near.flip(GUEST);
        assertTrue(ip(net.near, way).contains("dev lan"), ip(net.near, way));
        near.remove(GUEST);
        assertTrue(ip(net.near, way).contains("via 198.51.102.1 dev wan"), ip(net.near, way));
    }

    /** A visitor has left; what still comes for it follows it, from the tunnel and from the site. */
    @Test
    void redirectsWhatComesLate() throws Exception {
        EbpfHomeDatapath home = home(toVisitorAt(net.near));
        home.stage(toVisitorAt(net.far)); // where the answers come from
        EbpfVisitorDatapath near = visitors(net.near, VISITOR);
        visitors(
                net.far,
                new VisitorForwarding(
                        GUEST,
                        Tunnel.ipip(HOME_AGENT),
                        "lan",
                        GUEST_MAC,
                        true,
                        Optional.empty(),
                        Optional.of(net.near.careOfAddress())));
        Echo old = open(new Echo(net.near.host()));
        Echo now = open(new Echo(net.far.host()));
        try (Flow flow = new Flow(net.correspondent, GUEST)) {
            until(flow.moreAnswers(50));
            near.redirect(GUEST, Tunnel.ipip(net.far.careOfAddress()));
            until(() -> now.received() >= 50);
            near.install(VISITOR);
            int before = old.received();
            until(() -> old.received() >= before + 50);
            flow.stop();
            until(() -> flow.answered() == flow.sent());
            assertEquals(flow.sent(), old.received() + now.received());
        }
        near.redirect(GUEST, Tunnel.ipip(net.far.careOfAddress()));
        String fromSite = ip(net.near, "route get 10.1.0.50 from 10.2.0.77 iif lan");
        assertTrue(fromSite.contains("dev mip-fa"), fromSite);
        long length = 10_000_000;
        try (TcpStream stream = new TcpStream(net.correspondent, net.far.host(), GUEST)) {
            assertEquals(stream.checksum(length), stream.fromClient(length));
        }
        assertNothingDropped(near);
    }

    /** What a visitor had not read when it left is sent back to the router by its host: it follows, whoever sent it. */
    @Test
    void redirectsWhatComesBackFromTheSite() throws Exception {
        EbpfVisitorDatapath near = visitors(net.near, VISITOR);
        near.redirect(GUEST, Tunnel.ipip(net.far.careOfAddress()));
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));
        for (Inet4Address sender : List.of(CORRESPONDENT, Topology.NEIGHBOUR)) {
            lan.send(udp(sender, GUEST, 60, "not read"), STRANGER, net.near.gateway());
            Ipv4Packet outer = path.await(EbpfDatapathTest::isIpip);
            assertEquals(net.far.careOfAddress(), outer.destination());
            assertEquals(net.near.careOfAddress(), outer.source());
            Ipv4Packet inner = Ipv4Packet.parse(outer.payload()).orElseThrow();
            assertEquals(sender, inner.source());
            assertEquals(59, inner.ttl());
        }
        assertTrue(lan.soFar().stream().noneMatch(EbpfDatapathTest::isIcmp));
        assertNothingDropped(near);
    }

    /** A visitor went home; what still comes out of its tunnel, and from the site, goes back through it to its home network. */
    @Test
    @Timeout(30)
    void sendsHomeWhatComesLate() throws Exception {
        EbpfHomeDatapath home = home(toVisitorAt(net.near));
        EbpfVisitorDatapath near = visitors(net.near, VISITOR);
        open(new Echo(net.near.host()));
        Probe probe = open(new Probe(net.correspondent));
        probe.exchange(GUEST, "away");

        near.sendHome(GUEST);
        home.retire(GUEST);
        Wire lan = open(new Wire(net.home.host(), "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));
        String mac = lan.mac().toString();
        net.home.router().exec("ip", "neigh", "replace", "10.1.0.50", "lladdr", mac, "dev", "lan");
        path.send(ipip(HOME_AGENT, net.near.careOfAddress(), udp(CORRESPONDENT, GUEST, 64, "late")), net.near.wan());
        lan.await(packet -> packet.destination().equals(GUEST));
        String fromSite = "route get 10.1.0.50 from 10.2.0.77 iif lan";
        assertTrue(ip(net.near, fromSite).contains("dev " + VisitorDatapathConfig.DEVICE), ip(net.near, fromSite));
        assertNothingDropped(near);
        assertNothingDropped(home);

        home.unstage(GUEST);
        path.send(ipip(HOME_AGENT, net.near.careOfAddress(), udp(CORRESPONDENT, GUEST, 64, "later")), net.near.wan());
        while (home.drops().getOrDefault(Drop.UNLISTED, 0L) == 0) {
            Thread.onSpinWait();
        }
        net.home.router().exec("ip", "neigh", "del", "10.1.0.50", "dev", "lan");

        home.install(toVisitorAt(net.near));
        near.recall(GUEST);
        probe.exchange(GUEST, "back");
    }

    /** RFC 3024 §5.1: all of a visitor's packets, but nobody else's. */
    @Test
    void tunnelsOnlyWhatTheVisitorItselfSends() throws Exception {
        EbpfHomeDatapath home = home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));

        lan.send(udp(GUEST, CORRESPONDENT, 64, "forged"), STRANGER, net.near.gateway());
        assertEquals(Ipv4Packet.UDP, path.await(EbpfDatapathTest::isFromGuest).protocol());
        lan.send(udp(GUEST, CORRESPONDENT, 64, "genuine"), net.near.gateway());
        Ipv4Packet outer = path.await(packet -> packet.protocol() == Ipv4Packet.IPIP);
        assertEquals(net.near.careOfAddress(), outer.source());
        assertEquals(HOME_AGENT, outer.destination());
        until(() -> traffic(home).packetsDecapsulated() == 1);
    }

    @Test
    void leavesAVisitorWithoutReverseTunnelToPlainRouting() throws Exception {
        visitors(net.near, new VisitorForwarding(GUEST, Tunnel.ipip(HOME_AGENT), "lan", GUEST_MAC, false));
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));
        lan.send(udp(GUEST, CORRESPONDENT, 64, "plain"), net.near.gateway());
        assertEquals(
                Ipv4Packet.UDP,
                path.await(packet -> packet.protocol() == Ipv4Packet.UDP || isIpip(packet))
                        .protocol());
    }

    /** What a visitor sends to the router itself, as its Registration Requests, stays there. */
    @Test
    void leavesWhatIsForTheRouterToTheRouter() throws Exception {
        home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        Inet4Address linkAddress = Ipv4.address("10.2.0.1");
        lan.send(echoRequest(GUEST, linkAddress), net.near.gateway());
        Ipv4Packet answer =
                lan.await(packet -> isIcmp(packet) && packet.source().equals(linkAddress));
        assertEquals(ECHO_REPLY, answer.payload().get(0));
    }

    /** The answer to a visitor's packet to a host of the visited site is routed to the visitor's link, but the packet came by the uplink. */
    @Test
    void reachesHostsOfTheVisitedSite() throws Exception {
        home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        Inet4Address local = Ipv4.address("10.2.0.77");
        net.near.router().exec("ip", "neigh", "replace", "10.2.0.77", "lladdr", STRANGER.toString(), "dev", "lan");
        Wire lan = open(new Wire(net.near.host(), "eth0"));
        lan.send(udp(GUEST, local, 64, "around by way of home"), net.near.gateway());
        Ipv4Packet delivered = lan.await(packet -> packet.destination().equals(local) && packet.ttl() < 64);
        assertEquals(64 - 4, delivered.ttl(), "foreign agent, home agent, internet, site's router");
    }

    /** A packet from one guest to another enters and leaves the home agent by the same device: no redirect. */
    @ParameterizedTest
    @CsvSource({
        "IPIP, IPIP",
        "GRE, GRE",
        "UDP, UDP",
        "MINIMAL, MINIMAL",
        "IPIP, GRE",
        "IPIP, UDP",
        "GRE, UDP",
        "MINIMAL, IPIP",
        "MINIMAL, GRE",
        "MINIMAL, UDP"
    })
    void carriesPacketsBetweenGuestsOfOneHome(Encapsulation one, Encapsulation another) throws Exception {
        Inet4Address other = Ipv4.address("10.1.0.51");
        MacAddress otherMac = MacAddress.of("52:54:00:01:00:51");
        net.visit(net.far, other, otherMac);
        EbpfHomeDatapath home =
                home(toVisitorAt(net.near, one), new HomeForwarding(other, tunnel(net.far.careOfAddress(), another)));
        visitors(net.near, visitor(one));
        visitors(net.far, new VisitorForwarding(other, tunnel(HOME_AGENT, another), "lan", otherMac, true));
        net.near
                .host()
                .exec(
                        "ip",
                        "neigh",
                        "replace",
                        "10.1.0.51",
                        "lladdr",
                        net.near.gateway().toString(),
                        "dev",
                        "eth0");
        net.far
                .host()
                .exec(
                        "ip",
                        "neigh",
                        "replace",
                        "10.1.0.50",
                        "lladdr",
                        net.far.gateway().toString(),
                        "dev",
                        "eth0");
        open(new Echo(net.far.host()));
        Wire guest = open(new Wire(net.near.host(), "eth0"));
        Probe probe = open(new Probe(net.near.host()));
        for (int i = 0; i < 20; i++) {
            probe.exchange(other, "guest to guest " + i);
        }
        assertTrue(guest.soFar().stream().noneMatch(EbpfDatapathTest::isIcmp));
        cutByRouters(true);
        long length = 10_000_000;
        try (TcpStream stream = new TcpStream(net.near.host(), net.far.host(), other)) {
            assertEquals(stream.checksum(length), stream.fromClient(length));
            assertEquals(stream.checksum(length), stream.fromServer(length));
        } finally {
            cutByRouters(false);
        }
        assertNothingDropped(home);
        net.visit(net.far, GUEST, GUEST_MAC);
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

    /** Full-sized segments, and packets that say don't, pass a tunnel of the same MTU. */
    @Test
    void fragmentsOuterPackets() throws Exception {
        EbpfHomeDatapath home = home(MtuPolicy.FRAGMENT_OUTER, toVisitorAt(net.near));
        EbpfVisitorDatapath near = visitors(MtuPolicy.FRAGMENT_OUTER, net.near, VISITOR);
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));
        Wire guest = open(new Wire(net.near.host(), "eth0"));

        Ipv4Packet toGuest = marked(0, Ipv4Packet.DONT_FRAGMENT, udp(CORRESPONDENT, GUEST, 64, text(1500)));
        correspondent.send(toGuest, net.gateway());
        Ipv4Packet first = path.await(EbpfDatapathTest::isIpip);
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

    /** Another's encapsulator, or a narrow link on the way, may fragment whatever our policy is; what is forged stays forged. */
    @ParameterizedTest
    @EnumSource
    void takesFragmentedPacketsOutOfItsTunnels(Encapsulation encapsulation) throws Exception {
        EbpfVisitorDatapath near = visitors(net.near, visitor(encapsulation));
        Wire path = open(new Wire(net.internet, "site2"));
        Wire guest = open(new Wire(net.near.host(), "eth0"));
        Ipv4Packet inner = udp(CORRESPONDENT, GUEST, 64, text(1200));

        for (Ipv4Packet part : inTwo(Encapsulated.in(encapsulation, CORRESPONDENT, net.near.careOfAddress(), inner))) {
            path.send(part, net.near.wan());
        }
        until(() -> dropped(near, Drop.FOREIGN_TUNNEL) == 1);
        for (Ipv4Packet part : inTwo(Encapsulated.in(encapsulation, HOME_AGENT, net.near.careOfAddress(), inner))) {
            path.send(part, net.near.wan());
        }
        Ipv4Packet delivered = guest.await(packet -> packet.destination().equals(GUEST));
        assertEquals(inner.payload(), delivered.payload());
        assertEquals(CORRESPONDENT, delivered.source());
        assertEquals(1, traffic(near).packetsDecapsulated());
        assertEquals(1200, traffic(near).octetsDecapsulated());
    }

    /** RFC 2784 §2.2: another's encapsulator may send a checksum, which is verified. */
    @Test
    void verifiesAGreChecksum() throws Exception {
        EbpfVisitorDatapath near = visitors(net.near, visitor(GRE));
        Wire path = open(new Wire(net.internet, "site2"));
        Wire guest = open(new Wire(net.near.host(), "eth0"));
        for (boolean right : new boolean[] {false, true}) {
            Ipv4Packet inner = udp(CORRESPONDENT, GUEST, 64, right ? "right" : "wrong");
            ByteBuffer gre = ByteBuffer.allocate(8 + inner.toOctets().remaining())
                    .putInt(0x8000_0800)
                    .putInt(0)
                    .put(inner.toOctets())
                    .flip();
            gre.putShort(4, (short) (Checksum.of(gre) + (right ? 0 : 1)));
            path.send(Ipv4Packet.of(HOME_AGENT, net.near.careOfAddress(), 47, 64, gre), net.near.wan());
        }
        Ipv4Packet delivered = guest.await(packet -> packet.destination().equals(GUEST));
        assertEquals(withTtl(63, udp(CORRESPONDENT, GUEST, 64, "right")), delivered);
        assertEquals(1, traffic(near).packetsDecapsulated());
    }

    /** RFC 2003 §4: the home agent tells who sent the inner packet of what went wrong inside the tunnel. */
    @ParameterizedTest
    @CsvSource({
        "IPIP, 11, 0, 1",
        "GRE, 11, 0, 1",
        "MINIMAL, 11, 0, 1",
        "UDP, 11, 0, 1",
        "IPIP, 3, 0, 1",
        "IPIP, 3, 1, 1",
        "GRE, 3, 2, 1",
        "IPIP, 3, 4, 4",
        "UDP, 3, 4, 4"
    })
    void tellsWhatWentWrongInTheTunnel(Encapsulation encapsulation, int type, int code, int told) throws Exception {
        home(toVisitorAt(net.near, encapsulation));
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        Wire toHome = open(new Wire(net.internet, "site1"));
        Ipv4Packet inner = udp(CORRESPONDENT, GUEST, 17, "that went wrong");
        Ipv4Packet outer = Encapsulated.in(encapsulation, HOME_AGENT, net.near.careOfAddress(), inner);
        Inet4Address router = Ipv4.address("198.51.101.1");

        for (int silent : new int[] {3 << 8 | 3, 3 << 8 | 5, 4 << 8, 5 << 8 | 1, 12 << 8}) {
            toHome.send(error(router, silent >> 8, silent & 0xff, 1000, outer), net.home.wan());
        }
        toHome.send(error(router, type, code, 1000, outer), net.home.wan());

        Ipv4Packet message = correspondent.await(EbpfDatapathTest::isIcmp);
        assertEquals(HOME_AGENT, message.source());
        ByteBuffer icmp = message.payload();
        assertEquals(3 << 8 | told, icmp.getShort(0));
        assertEquals(0, Checksum.of(icmp));
        assertEquals(told == 4 ? 1000 - encapsulation.overhead() : 0, icmp.getShort(6));
        assertEquals(
                inner, Ipv4Packet.parse(icmp.slice(8, icmp.remaining() - 8)).orElseThrow());
    }

    /** RFC 2003 §4.1: from abroad, where it is the network of the destination that is far. */
    @Test
    void tellsAVisitorWhatWentWrongInTheTunnel() throws Exception {
        visitors(net.near, VISITOR);
        Wire guest = open(new Wire(net.near.host(), "eth0"));
        Wire path = open(new Wire(net.internet, "site2"));
        Ipv4Packet outer = ipip(net.near.careOfAddress(), HOME_AGENT, udp(GUEST, CORRESPONDENT, 17, "went wrong"));
        path.send(error(Ipv4.address("198.51.102.1"), 3, 0, 0, outer), net.near.wan());
        Ipv4Packet message = guest.await(EbpfDatapathTest::isIcmp);
        assertEquals(GUEST, message.destination());
        assertEquals(3 << 8, message.payload().getShort(0));
    }

    private static Ipv4Packet error(Inet4Address router, int type, int code, int mtu, Ipv4Packet about) {
        ByteBuffer octets = about.toOctets();
        ByteBuffer icmp = ByteBuffer.allocate(8 + octets.remaining())
                .put((byte) type)
                .put((byte) code)
                .putInt(0)
                .putShort((short) mtu)
                .put(octets)
                .flip();
        icmp.putShort(2, (short) Checksum.of(icmp));
        return Ipv4Packet.of(router, about.source(), Ipv4Packet.ICMP, 64, icmp);
    }

    /** RFC 3344 §4.2.3: with simultaneous bindings, a copy to each care-of address; what comes back from either is taken. */
    @ParameterizedTest
    @CsvSource({"IPIP, IPIP", "GRE, UDP", "UDP, MINIMAL", "MINIMAL, IPIP"})
    void sendsACopyToEachCareOfAddress(Encapsulation one, Encapsulation another) throws Exception {
        Tunnel toNear = tunnel(net.near.careOfAddress(), one);
        Tunnel toFar = tunnel(net.far.careOfAddress(), another);
        EbpfHomeDatapath home = home(new HomeForwarding(GUEST, List.of(toNear, toFar)));
        visitors(net.near, visitor(one));
        visitors(net.far, visitor(another));
        Echo near = open(new Echo(net.near.host()));
        Echo far = open(new Echo(net.far.host()));
        try (Flow flow = new Flow(net.correspondent, GUEST)) {
            until(flow.moreAnswers(200));
            flow.stop();
            until(() -> near.received() == flow.sent() && far.received() == flow.sent());
            int sent = flow.sent();
            until(() -> traffic(home).packetsDecapsulated() == 2L * sent);
            assertEquals(2L * sent, traffic(home).packetsEncapsulated());
        }
        home.install(new HomeForwarding(GUEST, toFar));
        int before = near.received();
        open(new Probe(net.correspondent)).exchange(GUEST, "to the second one only");
        assertEquals(before, near.received());
        assertNothingDropped(home);
    }

    /** The segments of a stream are copied, too; what the second guest doesn't expect, it resets in vain. */
    @Test
    void copiesSegmentsThatTravelAsOne() throws Exception {
        EbpfHomeDatapath home = home(new HomeForwarding(
                GUEST, List.of(tunnel(net.far.careOfAddress(), UDP), tunnel(net.near.careOfAddress(), GRE))));
        visitors(net.near, visitor(GRE));
        EbpfVisitorDatapath far = visitors(net.far, visitor(UDP));
        net.far.host().exec("ip", "address", "del", GUEST.getHostAddress() + "/24", "dev", "eth0");
        long length = 10_000_000;
        try (TcpStream stream = new TcpStream(net.correspondent, net.near.host(), GUEST)) {
            assertEquals(stream.checksum(length), stream.fromClient(length));
        } finally {
            net.visit(net.far, GUEST, GUEST_MAC);
        }
        assertTrue(traffic(far).octetsDecapsulated() > length, traffic(far).toString());
        assertEquals(2 * traffic(far).octetsDecapsulated(), traffic(home).octetsEncapsulated());
        assertNothingDropped(home);
    }

    /** RFC 2003 §3.2: what the agent itself has sent through a tunnel, and what comes back to it, isn't sent through one again. */
    @Test
    void dropsItsOwnPacketsThatComeBack() throws Exception {
        EbpfHomeDatapath home = home(toVisitorAt(net.near));
        Wire toHome = open(new Wire(net.internet, "site1"));
        Ipv4Packet own = udp(HOME_AGENT, GUEST, 64, "from the home agent");
        toHome.send(ipip(net.near.careOfAddress(), HOME_AGENT, own), net.home.wan());
        until(() -> dropped(home, Drop.LOOP) == 1);
        assertEquals(0, traffic(home).packetsEncapsulated());
    }

    /** RFC 3344 §4.2.3: what the care-of address has tunnelled to the home address would go around in a circle; from others it is forwarded. */
    @ParameterizedTest
    @EnumSource
    void dropsWhatComesFromTheTunnelsOtherEnd(Encapsulation encapsulation) throws Exception {
        EbpfHomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        Wire toHome = open(new Wire(net.internet, "site1"));
        Wire path = open(new Wire(net.internet, "site2"));
        Ipv4Packet inner = udp(CORRESPONDENT, GUEST, 64, "twice");
        Ipv4Packet tunnelled = ipip(CORRESPONDENT, GUEST, inner);

        toHome.send(ipip(net.near.careOfAddress(), GUEST, inner), net.home.wan());
        until(() -> dropped(home, Drop.LOOP) == 1);
        correspondent.send(tunnelled, net.gateway());
        int ttl =
                encapsulation == MINIMAL ? 61 : 62; // on the internet, whose router decrements that of the outer header
        assertEquals(withTtl(ttl, tunnelled), Encapsulated.inner(path.await(Encapsulated::is)));
    }

    /** The kernel's word, and ours. */
    @Test
    void saysWhatTheKernelRefused() {
        VisitorForwarding elsewhere = new VisitorForwarding(GUEST, Tunnel.ipip(HOME_AGENT), "wlan9", GUEST_MAC, true);
        DatapathException unknownLink =
                assertThrows(DatapathException.class, () -> visitors(net.near).install(elsewhere));
        assertEquals(
                "cannot install the forwarding of 10.1.0.50: wlan9 is not one of the visitor links [lan]",
                unknownLink.getMessage());

        DatapathException second = assertThrows(DatapathException.class, () -> visitors(net.near));
        assertEquals(
                "cannot open the datapath of foreign agent 198.51.102.2: cannot open TUN device mip-fa: EBUSY: busy",
                second.getMessage());
    }

    /** Whether the routers cut segments that travel as one before they send them on. */
    private void cutByRouters(boolean yes) {
        for (Site site : List.of(net.home, net.near, net.far)) {
            for (String device : List.of("wan", "lan")) {
                site.router().exec("ip", "link", "set", device, "gso_max_size", yes ? "2000" : "65536");
            }
        }
    }

    private static IpV4Packet readByOthers(Ipv4Packet packet) throws Exception {
        byte[] octets = new byte[packet.toOctets().remaining()];
        packet.toOctets().get(octets);
        return IpV4Packet.newPacket(octets, 0, octets.length);
    }

    private static String hex(ByteBuffer octets, int length) {
        byte[] first = new byte[length];
        octets.get(first);
        return HexFormat.of().formatHex(first);
    }

    private static Tunnel tunnel(Inet4Address remote, Encapsulation encapsulation) {
        return encapsulation == UDP ? Tunnel.udp(remote, 434) : Tunnel.of(remote, encapsulation);
    }

    private static VisitorForwarding visitor(Encapsulation encapsulation) {
        return new VisitorForwarding(GUEST, tunnel(HOME_AGENT, encapsulation), "lan", GUEST_MAC, true);
    }

    private EbpfHomeDatapath home(HomeForwarding... installed) throws Exception {
        return home(MtuPolicy.ICMP, installed);
    }

    private EbpfHomeDatapath home(MtuPolicy policy, HomeForwarding... installed) throws Exception {
        HomeDatapathConfig config =
                new HomeDatapathConfig(HOME_AGENT, HomeDatapathConfig.DEVICE, "lan", List.of("wan"), policy);
        return open(net.home.router().run(() -> EbpfHomeDatapath.open(config, List.of(installed), Waiting.UNHEARD)));
    }

    private EbpfVisitorDatapath visitors(Site site, VisitorForwarding... installed) throws Exception {
        return visitors(MtuPolicy.ICMP, site, installed);
    }

    private EbpfVisitorDatapath visitors(MtuPolicy policy, Site site, VisitorForwarding... installed) throws Exception {
        VisitorDatapathConfig config = new VisitorDatapathConfig(
                site.careOfAddress(), VisitorDatapathConfig.DEVICE, List.of("lan"), List.of("wan"), policy);
        return open(site.router().run(() -> EbpfVisitorDatapath.open(config, List.of(installed), Waiting.UNHEARD)));
    }

    private static HomeForwarding toVisitorAt(Site site) {
        return toVisitorAt(site, IPIP);
    }

    private static HomeForwarding toVisitorAt(Site site, Encapsulation encapsulation) {
        return new HomeForwarding(GUEST, tunnel(site.careOfAddress(), encapsulation));
    }

    private static void assertNothingDropped(Datapath<?> datapath) throws Exception {
        datapath.drops().forEach((reason, count) -> assertEquals(0, count, reason.toString()));
    }

    private static long dropped(Datapath<?> datapath, Drop reason) throws DatapathException {
        return datapath.drops().getOrDefault(reason, -1L);
    }

    private static Traffic traffic(Datapath<?> datapath) throws DatapathException {
        return datapath.traffic().getOrDefault(GUEST, new Traffic(-1, -1, -1, -1));
    }

    private <T> void close(Class<T> type) throws Exception {
        AutoCloseable last =
                opened.stream().filter(type::isInstance).findFirst().orElseThrow();
        opened.remove(last);
        last.close();
    }

    private void setMtu(Site site, int mtu) {
        site.router().exec("ip", "link", "set", "wan", "mtu", Integer.toString(mtu));
        net.internet.exec("ip", "link", "set", "site" + site.number(), "mtu", Integer.toString(mtu));
    }

    private static String ip(Site site, String arguments) {
        return site.router().exec(("ip " + arguments).split(" "));
    }

    private static void until(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within 30 s");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private static Ipv4Packet udp(Inet4Address source, Inet4Address destination, int ttl, String text) {
        return new UdpPacket(source, 4000, destination, 9, ttl, StandardCharsets.US_ASCII.encode(text)).toIpv4();
    }

    /** What makes a UDP packet of this length. */
    private static String text(int packetLength) {
        return "x".repeat(packetLength - 28);
    }

    private static Ipv4Packet ipip(Inet4Address source, Inet4Address destination, Ipv4Packet inner) {
        return Ipv4Packet.of(source, destination, Ipv4Packet.IPIP, 64, inner.toOctets());
    }

    /** The two fragments that a router would make of it. */
    private static List<Ipv4Packet> inTwo(Ipv4Packet whole) {
        int cut = 800;
        int moreFragments = 0x2000;
        ByteBuffer payload = whole.payload();
        return List.of(
                new Ipv4Packet(
                        0,
                        4711,
                        moreFragments,
                        63,
                        whole.protocol(),
                        whole.source(),
                        whole.destination(),
                        payload.slice(0, cut)),
                new Ipv4Packet(
                        0,
                        4711,
                        cut / 8,
                        63,
                        whole.protocol(),
                        whole.source(),
                        whole.destination(),
                        payload.slice(cut, payload.remaining() - cut)));
    }

    private static Ipv4Packet echoRequest(Inet4Address source, Inet4Address destination) {
        byte[] icmp = {8, 0, (byte) 0xe5, (byte) 0xca, 0x12, 0x34, 0, 1};
        return Ipv4Packet.of(source, destination, Ipv4Packet.ICMP, 64, ByteBuffer.wrap(icmp));
    }

    private static Ipv4Packet marked(int tos, int fragment, Ipv4Packet packet) {
        return new Ipv4Packet(
                tos,
                packet.identification(),
                fragment,
                packet.ttl(),
                packet.protocol(),
                packet.source(),
                packet.destination(),
                packet.payload());
    }

    private static Ipv4Packet withTtl(int ttl, Ipv4Packet packet) {
        return new Ipv4Packet(
                packet.typeOfService(),
                packet.identification(),
                packet.fragment(),
                ttl,
                packet.protocol(),
                packet.source(),
                packet.destination(),
                packet.payload());
    }

    private static boolean isIcmp(Ipv4Packet packet) {
        return packet.protocol() == Ipv4Packet.ICMP;
    }

    private static boolean isUdp(Ipv4Packet packet) {
        return packet.protocol() == Ipv4Packet.UDP;
    }

    private static boolean isIpip(Ipv4Packet packet) {
        return packet.protocol() == Ipv4Packet.IPIP;
    }

    private static boolean isFromGuest(Ipv4Packet packet) {
        return packet.source().equals(GUEST) || isIpip(packet);
    }

    /** RFC 1191 §4. */
    private static void assertFragmentationNeeded(int mtu, Inet4Address from, Ipv4Packet icmp) {
        assertEquals(from, icmp.source());
        assertEquals(3 << 8 | 4, icmp.payload().getShort(0));
        assertEquals(mtu, icmp.payload().getShort(6));
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

    private <T extends AutoCloseable> T open(T resource) {
        opened.push(resource);
        return resource;
    }
}
