package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.hook.Associations;
import org.mooring.hook.ForeignAgent;
import org.mooring.hook.Guest;
import org.mooring.hook.HomeGateway;
import org.mooring.hook.PortRule;
import org.mooring.hook.TunnelEnd;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * The programs on a real tap. Whether a frame was kept back shows in that the next one that passes is the first to come:
 * nothing overtakes on a bridge.
 */
@Tag("netns")
@DisplayName("What the guest's port lets pass")
class GuestPortTest {
    private static final MacAddress GUEST = MacAddress.of("52:54:00:01:00:50");
    private static final MacAddress GATEWAY = MacAddress.of("02:00:00:01:00:01");
    private static final MacAddress ROUTER = MacAddress.of("02:00:00:02:00:01");
    private static final MacAddress NEIGHBOUR = MacAddress.of("02:00:00:01:00:20");
    private static final String HOME_ADDRESS = "10.1.0.50";
    private static final String HOME_AGENT = "10.1.0.1";
    private static final String CORRESPONDENT = "203.0.113.2";
    private static final int ORDINARY_PORT = 4000;
    private static final int MARKER_PORT = 9;

    private static final Optional<TunnelEnd> VISITED =
            Optional.of(new ForeignAgent(Ipv4Address.of("10.2.0.2"), Ipv4Address.of("198.51.100.2")));

    private Optional<MacAddress> router = Optional.of(ROUTER);
    private KvmHost kvmHost;
    private Netlink netlink;
    private GuestPorts ports;

    @BeforeEach
    void raise() throws Exception {
        kvmHost = KvmHost.create();
        netlink = kvmHost.host.run(Netlink::open);
        ports = GuestPorts.load(netlink, new Taps(guest -> "tap0"), any -> router);
    }

    @AfterEach
    void tearDown() throws Exception {
        ports.close();
        netlink.close();
        kvmHost.close();
    }

    @Test
    void aVisitorsPacketsGoToTheRouterWhateverItHasCached() throws Exception {
        visiting();
        for (MacAddress cached : List.of(GATEWAY, NEIGHBOUR)) {
            kvmHost.guestSends(udp(HOME_ADDRESS, CORRESPONDENT, ORDINARY_PORT).toFrame(GUEST, cached));
            EthernetFrame frame = kvmHost.onLinkUntil(any -> true).get(0);
            assertEquals(ROUTER, frame.destination());
            assertEquals(GUEST, frame.source());
        }
        assertCounted(PortCounter.REDIRECTED_TO_ROUTER, 2);
    }

    @Test
    void aVisitorsPacketsWaitUntilItsForeignAgentIsKnown() throws Exception {
        router = Optional.empty();
        visiting();
        kvmHost.guestSends(udp(HOME_ADDRESS, CORRESPONDENT, ORDINARY_PORT).toFrame(GUEST, GATEWAY));
        awaitCounted(PortCounter.HELD_BACK_WITHOUT_ROUTER, 1);
        router = Optional.of(ROUTER);
        ports.refresh();
        assertNothingOnTheLink();
        assertCounted(PortCounter.REDIRECTED_TO_ROUTER, 1);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("questions")
    @DisplayName("P10: whatever a visitor asks, its home gateway's address is the answer")
    void aVisitorsQuestionsAreAnsweredWithTheHomeGatewaysAddress(String name, EthernetFrame question, String asked)
            throws Exception {
        visiting();
        kvmHost.guestSends(question);
        EthernetFrame frame = kvmHost.atGuestUntil(any -> true).get(0);
        assertEquals(GATEWAY, frame.source());
        assertEquals(GUEST, frame.destination());
        ArpPacket packet = ArpPacket.parse(question).orElseThrow();
        assertEquals(Optional.of(ArpPacket.reply(packet, GATEWAY)), ArpPacket.parse(frame), "who has " + asked);
        assertNothingOnTheLink();
        assertCounted(PortCounter.ARP_ANSWERED, 1);
    }

    static Stream<Arguments> questions() {
        return Stream.of(
                Arguments.of(
                        "for its gateway",
                        question(HOME_ADDRESS, HOME_AGENT).toFrame(MacAddress.BROADCAST),
                        HOME_AGENT),
                Arguments.of(
                        "for a neighbour at home",
                        question(HOME_ADDRESS, "10.1.0.20").toFrame(MacAddress.BROADCAST),
                        "10.1.0.20"),
                Arguments.of(
                        "to its gateway alone, whether it is still there",
                        question(HOME_ADDRESS, HOME_AGENT).toFrame(GATEWAY),
                        HOME_AGENT));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("notForTheVisitedLink")
    @DisplayName("RFC 3344 §4.6: nothing of a visitor's but unicast IPv4 leaves its port, and nothing answers it")
    void whatAVisitorMayNotSayStaysOnItsPort(String name, EthernetFrame frame, PortCounter counter) throws Exception {
        visiting();
        kvmHost.guestSends(frame);
        assertNothingOnTheLink();
        assertNothingAtTheGuest();
        assertCounted(counter, 1);
    }

    static Stream<Arguments> notForTheVisitedLink() {
        return Stream.of(
                Arguments.of(
                        "probe for its own address (RFC 5227)",
                        question("0.0.0.0", HOME_ADDRESS).toFrame(MacAddress.BROADCAST),
                        PortCounter.OWN_ARP_HELD_BACK),
                Arguments.of(
                        "announcement of its own address (RFC 5227)",
                        question(HOME_ADDRESS, HOME_ADDRESS).toFrame(MacAddress.BROADCAST),
                        PortCounter.OWN_ARP_HELD_BACK),
                Arguments.of(
                        "announcement of another address",
                        question("10.1.0.51", "10.1.0.51").toFrame(MacAddress.BROADCAST),
                        PortCounter.OWN_ARP_HELD_BACK),
                Arguments.of(
                        "gratuitous ARP reply",
                        ArpPacket.gratuitous(ArpPacket.REPLY, GUEST, Ipv4.address(HOME_ADDRESS))
                                .toFrame(MacAddress.BROADCAST),
                        PortCounter.OWN_ARP_HELD_BACK),
                Arguments.of("QEMU's RARP", other(MacAddress.BROADCAST, 0x8035), PortCounter.BROADCAST_HELD_BACK),
                Arguments.of(
                        "IPv6",
                        other(MacAddress.of("33:33:00:00:00:02"), EtherType.IPV6),
                        PortCounter.BROADCAST_HELD_BACK),
                Arguments.of(
                        "a frame with a VLAN tag", other(GATEWAY, EtherType.VLAN), PortCounter.BROADCAST_HELD_BACK),
                Arguments.of(
                        "DHCP discover",
                        udp("0.0.0.0", "255.255.255.255", 68).toFrame(GUEST, MacAddress.BROADCAST),
                        PortCounter.BROADCAST_HELD_BACK),
                Arguments.of(
                        "multicast",
                        udp(HOME_ADDRESS, "224.0.0.251", 5353).toFrame(GUEST, MacAddress.of("01:00:5e:00:00:fb")),
                        PortCounter.BROADCAST_HELD_BACK),
                Arguments.of(
                        "multicast in a unicast frame",
                        udp(HOME_ADDRESS, "224.0.0.251", 5353).toFrame(GUEST, GATEWAY),
                        PortCounter.BROADCAST_HELD_BACK),
                Arguments.of(
                        "another source address (§5.6)",
                        udp("10.1.0.99", CORRESPONDENT, ORDINARY_PORT).toFrame(GUEST, GATEWAY),
                        PortCounter.OTHER_SOURCE_HELD_BACK));
    }

    @Test
    void aVisitorGetsUnicastIpv4() throws Exception {
        visiting();
        EthernetFrame frame = udp(CORRESPONDENT, HOME_ADDRESS, ORDINARY_PORT).toFrame(ROUTER, GUEST);
        kvmHost.linkSends(frame);
        assertEquals(frame, kvmHost.atGuestUntil(any -> true).get(0));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("notForAVisitor")
    @DisplayName("a visitor hears nothing of the visited link")
    void whatAVisitorMustNotNoticeIsKeptFromIt(String name, EthernetFrame frame, PortCounter counter) throws Exception {
        visiting();
        kvmHost.linkSends(frame);
        assertNothingAtTheGuest();
        assertCounted(counter, 1);
    }

    static Stream<Arguments> notForAVisitor() {
        return Stream.of(
                Arguments.of("Registration Reply", reply("10.2.0.2").toFrame(ROUTER, GUEST), PortCounter.REPLY_TAKEN),
                Arguments.of(
                        "REDIRECTED",
                        said(new HandoverMessage.Redirected(new HandoverId(1)), "10.2.0.2"),
                        PortCounter.REPLY_TAKEN),
                Arguments.of(
                        "MARKER",
                        said(new HandoverMessage.Marker(new HandoverId(1)), HOME_AGENT),
                        PortCounter.REPLY_TAKEN),
                Arguments.of(
                        "somebody's question for its address",
                        new ArpPacket(
                                        ArpPacket.REQUEST,
                                        ROUTER,
                                        Ipv4.address("10.2.0.2"),
                                        MacAddress.NONE,
                                        Ipv4.address(HOME_ADDRESS))
                                .toFrame(MacAddress.BROADCAST),
                        PortCounter.ARP_KEPT_AWAY),
                Arguments.of(
                        "an answer that it didn't ask for",
                        new ArpPacket(
                                        ArpPacket.REPLY,
                                        ROUTER,
                                        Ipv4.address(HOME_AGENT),
                                        GUEST,
                                        Ipv4.address(HOME_ADDRESS))
                                .toFrame(GUEST),
                        PortCounter.ARP_KEPT_AWAY),
                Arguments.of(
                        "a claim to its address",
                        ArpPacket.gratuitous(ArpPacket.REQUEST, ROUTER, Ipv4.address(HOME_ADDRESS))
                                .toFrame(MacAddress.BROADCAST),
                        PortCounter.ARP_KEPT_AWAY),
                Arguments.of(
                        "DHCP offer",
                        udp("10.2.0.1", "255.255.255.255", 67).toFrame(ROUTER, MacAddress.BROADCAST),
                        PortCounter.OTHER_KEPT_AWAY),
                Arguments.of(
                        "unicast to an address of the visited link",
                        udp("10.2.0.1", "10.2.0.77", 67).toFrame(ROUTER, GUEST),
                        PortCounter.OTHER_KEPT_AWAY),
                Arguments.of(
                        "router advertisement",
                        new EthernetFrame(
                                MacAddress.of("33:33:00:00:00:01"),
                                ROUTER,
                                EtherType.IPV6,
                                ByteBuffer.wrap(HexFormat.of()
                                        .parseHex("60000000" + "00103aff"
                                                + "fe800000000000000000000000000001"
                                                + "ff020000000000000000000000000001"
                                                + "860057ec40000708" + "0000000000000000"))),
                        PortCounter.OTHER_KEPT_AWAY),
                Arguments.of(
                        "ICMP redirect (RFC 3344 §4.2.1)",
                        Ipv4Packet.of(
                                        Ipv4.address("10.2.0.1"),
                                        Ipv4.address(HOME_ADDRESS),
                                        Ipv4Packet.ICMP,
                                        64,
                                        ByteBuffer.wrap(HexFormat.of().parseHex("0501fafd" + "0a020001")))
                                .toFrame(ROUTER, GUEST),
                        PortCounter.REDIRECT_KEPT_AWAY));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("allRight")
    void atHomeTheGuestMaySayWhatItLikes(String name, EthernetFrame frame) throws Exception {
        home();
        kvmHost.guestSends(frame);
        assertEquals(frame, kvmHost.onLinkUntil(any -> true).get(0), "it must arrive, and as it was sent");
    }

    static Stream<Arguments> allRight() {
        return Stream.of(
                Arguments.of("question", question(HOME_ADDRESS, HOME_AGENT).toFrame(MacAddress.BROADCAST)),
                Arguments.of(
                        "announcement", question(HOME_ADDRESS, HOME_ADDRESS).toFrame(MacAddress.BROADCAST)),
                Arguments.of("QEMU's RARP", other(MacAddress.BROADCAST, 0x8035)),
                Arguments.of(
                        "DHCP discover", udp("0.0.0.0", "255.255.255.255", 68).toFrame(GUEST, MacAddress.BROADCAST)),
                Arguments.of(
                        "unicast to a neighbour",
                        udp(HOME_ADDRESS, "10.1.0.20", ORDINARY_PORT).toFrame(GUEST, NEIGHBOUR)));
    }

    @Test
    @DisplayName("the home agent's gratuitous ARP for the guest is a conflict to the guest (I14)")
    void atHomeAClaimToItsAddressIsKeptFromIt() throws Exception {
        home();
        kvmHost.linkSends(ArpPacket.gratuitous(ArpPacket.REQUEST, GATEWAY, Ipv4.address(HOME_ADDRESS))
                .toFrame(MacAddress.BROADCAST));
        kvmHost.linkSends(ArpPacket.gratuitous(ArpPacket.REPLY, GATEWAY, Ipv4.address(HOME_ADDRESS))
                .toFrame(MacAddress.BROADCAST));
        assertNothingAtTheGuest();
        assertCounted(PortCounter.ADDRESS_CONFLICT_KEPT_AWAY, 2);
    }

    @Test
    @DisplayName("H44: the home agent gives the address back with the guest's own link-layer address")
    void atHomeAClaimInItsOwnNameIsNone() throws Exception {
        home();
        ArpPacket own = ArpPacket.gratuitous(ArpPacket.REQUEST, GUEST, Ipv4.address(HOME_ADDRESS));
        EthernetFrame byTheHomeAgent = new EthernetFrame(
                MacAddress.BROADCAST, GATEWAY, EtherType.ARP, own.toFrame(GUEST).payload());
        kvmHost.linkSends(byTheHomeAgent);
        assertEquals(byTheHomeAgent, kvmHost.atGuestUntil(any -> true).get(0));
    }

    @Test
    void atHomeTheHomeAgentsRepliesAreTakenAndNobodyElses() throws Exception {
        home();
        kvmHost.linkSends(reply(HOME_AGENT).toFrame(GATEWAY, GUEST));
        EthernetFrame another = reply(CORRESPONDENT).toFrame(GATEWAY, GUEST);
        kvmHost.linkSends(another);
        assertEquals(another, kvmHost.atGuestUntil(any -> true).get(0));
        assertCounted(PortCounter.REPLY_TAKEN, 1);
    }

    @Test
    void atHomeTheLinksBroadcastsReachTheGuest() throws Exception {
        home();
        EthernetFrame frame = udp(HOME_AGENT, "255.255.255.255", 67).toFrame(GATEWAY, MacAddress.BROADCAST);
        kvmHost.linkSends(frame);
        assertEquals(frame, kvmHost.atGuestUntil(any -> true).get(0));
    }

    @Test
    @DisplayName(
            "arriving at home: what it says is heard, but broadcasts don't fill the queue that it doesn't read yet")
    void arrivingAtHomeItMaySpeakButHearsOnlyWhatIsItsOwn() throws Exception {
        ports.set(guest(true), PortRule.HOME, PortRule.ARRIVING, Optional.empty());
        EthernetFrame announced = other(MacAddress.BROADCAST, 0x8035);
        kvmHost.guestSends(announced);
        assertEquals(announced, kvmHost.onLinkUntil(any -> true).get(0));
        kvmHost.linkSends(udp(HOME_AGENT, "255.255.255.255", 67).toFrame(GATEWAY, MacAddress.BROADCAST));
        assertNothingAtTheGuest();
    }

    @ParameterizedTest(name = "at home: {0}")
    @ValueSource(booleans = {false, true})
    @DisplayName("what is forwarded to a guest before it runs waits in its tap, and the link's broadcasts don't")
    void arrivingItGetsWhatIsForwardedToItAlready(boolean atHome) throws Exception {
        ports.set(
                guest(atHome),
                atHome ? PortRule.HOME : PortRule.VISITING,
                PortRule.ARRIVING,
                atHome ? Optional.empty() : VISITED);
        EthernetFrame forwarded =
                udp(CORRESPONDENT, HOME_ADDRESS, ORDINARY_PORT).toFrame(ROUTER, GUEST);
        kvmHost.linkSends(udp("10.2.0.1", "255.255.255.255", 67).toFrame(ROUTER, MacAddress.BROADCAST));
        kvmHost.linkSends(ArpPacket.request(ROUTER, Ipv4.address("10.2.0.1"), Ipv4.address(HOME_ADDRESS))
                .toFrame(MacAddress.BROADCAST));
        kvmHost.linkSends(forwarded);
        assertEquals(forwarded, kvmHost.atGuestUntil(any -> true).get(0));
        assertCounted(PortCounter.OTHER_KEPT_AWAY, 1);
        assertCounted(PortCounter.ARP_KEPT_AWAY, 1);
    }

    @Test
    @DisplayName("what the bridge has learnt of a guest that was elsewhere doesn't keep its packets from it")
    void arrivingItIsFoundOnItsPortWhateverTheBridgeHasLearnt() throws Exception {
        kvmHost.linkSends(other(MacAddress.BROADCAST, 0x8035)); // from its MAC address
        kvmHost.atGuestUntil(any -> true);
        ports.set(guest(false), PortRule.VISITING, PortRule.ARRIVING, VISITED);
        ports.lead(guest(false));
        EthernetFrame forwarded =
                udp(CORRESPONDENT, HOME_ADDRESS, ORDINARY_PORT).toFrame(ROUTER, GUEST);
        kvmHost.linkSends(forwarded);
        assertEquals(forwarded, kvmHost.atGuestUntil(any -> true).get(0));
        assertTrue(database().contains("sticky"), database());

        visiting();
        assertFalse(database().contains(GUEST.toString()), database());
    }

    @Test
    void theBridgeIsToldNothingOfAReleasedPort() throws Exception {
        ports.set(guest(false), PortRule.VISITING, PortRule.ARRIVING, VISITED);
        ports.lead(guest(false));
        ports.release(guest(false));
        assertFalse(database().contains(GUEST.toString()), database());
    }

    private String database() {
        return kvmHost.host.exec("bridge", "fdb", "show", "br", "br0");
    }

    @Test
    @DisplayName("RFC 3344 §4.6: a visitor answers its foreign agent's unicast request, by unicast")
    void aForeignAgentThatAsksTheVisitorIsAnsweredWithoutTheVisitor() throws Exception {
        visiting();
        EthernetFrame question = foreignAgentsQuestion();
        kvmHost.linkSends(question);
        EthernetFrame frame = kvmHost.onLinkUntil(any -> true).get(0);
        assertEquals(GUEST, frame.source());
        assertEquals(ROUTER, frame.destination());
        assertEquals(
                Optional.of(ArpPacket.reply(ArpPacket.parse(question).orElseThrow(), GUEST)), ArpPacket.parse(frame));
        assertNothingAtTheGuest();
        assertCounted(PortCounter.FOREIGN_AGENT_ANSWERED, 1);
    }

    @Test
    void beforeItRunsNobodyAnswersInItsName() throws Exception {
        ports.set(guest(false), PortRule.VISITING, PortRule.ARRIVING, VISITED);
        kvmHost.linkSends(foreignAgentsQuestion());
        assertNothingAtTheGuest();
        assertNothingOnTheLink();
        assertCounted(PortCounter.ARP_KEPT_AWAY, 1);
    }

    private static EthernetFrame foreignAgentsQuestion() {
        return ArpPacket.request(ROUTER, Ipv4.address("10.2.0.2"), Ipv4.address(HOME_ADDRESS))
                .toFrame(GUEST);
    }

    @Test
    void whenItHasLeftNothingPasses() throws Exception {
        ports.set(guest(false), PortRule.SHUT, PortRule.SHUT, VISITED);
        kvmHost.guestSends(udp(HOME_ADDRESS, CORRESPONDENT, ORDINARY_PORT).toFrame(GUEST, GATEWAY));
        kvmHost.linkSends(udp(CORRESPONDENT, HOME_ADDRESS, ORDINARY_PORT).toFrame(ROUTER, GUEST));
        // Both are counted before the port opens again.
        awaitCounted(PortCounter.SHUT_FROM_GUEST, 1);
        awaitCounted(PortCounter.SHUT_TO_GUEST, 1);
        visiting();
        assertNothingOnTheLink();
        assertNothingAtTheGuest();
    }

    @Test
    void theFiltersOutliveTheHookAndAreReplacedInOneStep() throws Exception {
        visiting();
        ports.close();
        netlink.close();
        kvmHost.guestSends(question(HOME_ADDRESS, HOME_AGENT).toFrame(MacAddress.BROADCAST));
        assertEquals(GATEWAY, kvmHost.atGuestUntil(any -> true).get(0).source(), "with no hook there");

        netlink = kvmHost.host.run(Netlink::open);
        ports = GuestPorts.load(netlink, new Taps(guest -> "tap0"), any -> Optional.of(ROUTER));
        visiting();
        String filters = kvmHost.host.exec("tc", "filter", "show", "dev", "tap0", "ingress");
        assertEquals(1, filters.split("direct-action", -1).length - 1, filters);
        kvmHost.guestSends(question(HOME_ADDRESS, HOME_AGENT).toFrame(MacAddress.BROADCAST));
        assertEquals(GATEWAY, kvmHost.atGuestUntil(any -> true).get(0).source());
        assertCounted(PortCounter.ARP_ANSWERED, 1);
    }

    @Test
    void filtersThatSomebodyTookAwayAreBackWhenTheGuestIsToArrive() throws Exception {
        visiting();
        kvmHost.host.exec("tc", "qdisc", "delete", "dev", "tap0", "clsact");
        ports.set(guest(false), PortRule.VISITING, PortRule.ARRIVING, VISITED);
        kvmHost.guestSends(question(HOME_ADDRESS, HOME_AGENT).toFrame(MacAddress.BROADCAST));
        assertEquals(GATEWAY, kvmHost.atGuestUntil(any -> true).get(0).source());
    }

    @Test
    void aReleasedPortIsAnyPort() throws Exception {
        visiting();
        ports.release(guest(false));
        EthernetFrame frame = other(MacAddress.BROADCAST, 0x8035);
        kvmHost.guestSends(frame);
        assertEquals(frame, kvmHost.onLinkUntil(any -> true).get(0));
        assertEquals("", kvmHost.host.exec("tc", "filter", "show", "dev", "tap0", "ingress"));
        assertTrue(ports.counters("web").isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"255.255.255.255", "10.1.0.255"})
    @DisplayName("RFC 3344 §4.3, P12: a broadcast in a packet to the visitor is taken out, and stays on its port")
    void aNestedBroadcastIsOpened(String everybody) throws Exception {
        visiting();
        Ipv4Packet broadcast = udp("10.1.0.20", everybody, ORDINARY_PORT);
        kvmHost.linkSends(nested(HOME_AGENT, broadcast).toFrame(ROUTER, GUEST));
        assertEquals(
                broadcast.toFrame(GATEWAY, MacAddress.BROADCAST),
                kvmHost.atGuestUntil(any -> true).get(0));
        assertCounted(PortCounter.BROADCAST_OPENED, 1);
        assertNothingOnTheLink();
    }

    @Test
    @DisplayName("what somebody else tunnels to the guest, or is no broadcast inside, is the guest's to open")
    void anotherTunnelIsTheGuestsOwn() throws Exception {
        visiting();
        for (Ipv4Packet packet : List.of(
                nested(CORRESPONDENT, udp("10.1.0.20", "255.255.255.255", ORDINARY_PORT)),
                nested(HOME_AGENT, udp("10.1.0.20", HOME_ADDRESS, ORDINARY_PORT)))) {
            EthernetFrame frame = packet.toFrame(ROUTER, GUEST);
            kvmHost.linkSends(frame);
            assertEquals(frame, kvmHost.atGuestUntil(any -> true).get(0));
        }
        assertCounted(PortCounter.BROADCAST_OPENED, 0);
    }

    private static Ipv4Packet nested(String from, Ipv4Packet inner) {
        return Ipv4Packet.of(Ipv4.address(from), Ipv4.address(HOME_ADDRESS), Ipv4Packet.IPIP, 63, inner.toOctets());
    }

    private void visiting() {
        ports.set(guest(false), PortRule.VISITING, PortRule.VISITING, VISITED);
    }

    private void home() {
        ports.set(guest(true), PortRule.HOME, PortRule.HOME, Optional.empty());
    }

    private static Guest guest(boolean atHome) {
        return new Guest(
                "web",
                GUEST,
                Ipv4Address.of(HOME_ADDRESS),
                Ipv4Address.of(HOME_AGENT),
                false,
                new HomeGateway(Ipv4Address.of(HOME_AGENT), GATEWAY),
                atHome,
                Optional.of(Ipv4Address.of("10.1.0.255")),
                300,
                Associations.with(new SecurityAssociation(
                        256,
                        new Key(Octets.of(new byte[16])),
                        Algorithm.HMAC_MD5,
                        SecurityAssociation.DEFAULT_TOLERANCE)),
                null);
    }

    /** The next that comes on the link is what the guest may send. */
    private void assertNothingOnTheLink() throws Exception {
        kvmHost.guestSends(udp(HOME_ADDRESS, CORRESPONDENT, MARKER_PORT).toFrame(GUEST, GATEWAY));
        assertEquals(1, kvmHost.onLinkUntil(GuestPortTest::isMarker).size());
    }

    /** The next that comes to the guest is what it may get. */
    private void assertNothingAtTheGuest() throws Exception {
        kvmHost.linkSends(udp(CORRESPONDENT, HOME_ADDRESS, MARKER_PORT).toFrame(ROUTER, GUEST));
        assertEquals(1, kvmHost.atGuestUntil(GuestPortTest::isMarker).size());
    }

    private static boolean isMarker(EthernetFrame frame) {
        return Ipv4Packet.parse(frame)
                .flatMap(UdpPacket::parse)
                .filter(datagram -> datagram.sourcePort() == MARKER_PORT)
                .isPresent();
    }

    private void assertCounted(PortCounter counter, long count) {
        assertEquals(count, ports.counters("web").get(counter.word()), counter::word);
    }

    private void awaitCounted(PortCounter counter, long count) {
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (!Long.valueOf(count).equals(ports.counters("web").get(counter.word()))) {
            assertTrue(System.nanoTime() < deadline, () -> "never counted: " + counter.word());
            Thread.onSpinWait();
        }
    }

    private static ArpPacket question(String from, String asked) {
        return ArpPacket.request(GUEST, Ipv4.address(from), Ipv4.address(asked));
    }

    private static EthernetFrame other(MacAddress destination, int etherType) {
        return new EthernetFrame(destination, GUEST, etherType, ByteBuffer.allocate(60));
    }

    private static Ipv4Packet udp(String from, String to, int port) {
        return new UdpPacket(Ipv4.address(from), port, Ipv4.address(to), port, 64, ByteBuffer.allocate(20)).toIpv4();
    }

    /** As far as the port can tell. */
    private static EthernetFrame said(HandoverMessage message, String from) {
        byte[] octets = message.encode(32473).toByteArray();
        return new UdpPacket(
                        Ipv4.address(from),
                        Uplink.MOBILE_IP_PORT,
                        Ipv4.address(HOME_ADDRESS),
                        Uplink.MOBILE_IP_PORT,
                        64,
                        ByteBuffer.wrap(octets))
                .toIpv4()
                .toFrame(ROUTER, GUEST);
    }

    private static Ipv4Packet reply(String from) {
        return udp(from, HOME_ADDRESS, Uplink.MOBILE_IP_PORT);
    }
}
