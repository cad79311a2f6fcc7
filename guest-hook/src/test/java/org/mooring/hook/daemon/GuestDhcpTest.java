package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.hook.Associations;
import org.mooring.hook.ForeignAgent;
import org.mooring.hook.Guest;
import org.mooring.hook.HomeGateway;
import org.mooring.hook.PortRule;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/** The port of a visitor as its DHCP relay agent (RFC 1542), on a real tap. */
@Tag("netns")
@DisplayName("P13: a guest's DHCP client keeps its lease while it visits")
class GuestDhcpTest {
    private static final MacAddress GUEST = MacAddress.of("52:54:00:01:00:50");
    private static final MacAddress GATEWAY = MacAddress.of("02:00:00:01:00:01");
    private static final MacAddress ROUTER = MacAddress.of("02:00:00:02:00:01");
    private static final String HOME_ADDRESS = "10.1.0.50";
    private static final String HOME_GATEWAY = "10.1.0.1";
    private static final String SERVER = "10.1.0.20";
    private static final String CORRESPONDENT = "203.0.113.2";
    private static final String NOBODY = "0.0.0.0";
    private static final int REQUEST = 1;
    private static final int REPLY = 2;
    private static final int SERVER_PORT = 67;
    private static final int CLIENT_PORT = 68;
    private static final int MARKER_PORT = 9;
    private static final int XID = 0x3903f326;
    private static final int BROADCAST_FLAG = 0x8000;

    /** Fewer frames than a socket holds that nobody reads. */
    private static final int BATCH = 20;

    private static final int BATCHES = 100;

    /** One of BOOTP or DHCP (RFC 951 §3); what isn't here is zero. */
    private record Message(int op, int hops, int xid, int flags, String yours, String relay, MacAddress mac) {
        static final int LENGTH = 300;

        static Message request() {
            return new Message(REQUEST, 0, XID, 0, NOBODY, NOBODY, GUEST);
        }

        /** The answer to {@link #request}, when that was relayed. */
        static Message reply() {
            return new Message(REPLY, 0, XID, 0, HOME_ADDRESS, HOME_ADDRESS, GUEST);
        }

        Message broadcast() {
            return new Message(op, hops, xid, BROADCAST_FLAG, yours, relay, mac);
        }

        Message xid(int other) {
            return new Message(op, hops, other, flags, yours, relay, mac);
        }

        Message yours(String other) {
            return new Message(op, hops, xid, flags, other, relay, mac);
        }

        Message relay(String other) {
            return new Message(op, hops, xid, flags, yours, other, mac);
        }

        Message hops(int other) {
            return new Message(op, other, xid, flags, yours, relay, mac);
        }

        Message mac(MacAddress other) {
            return new Message(op, hops, xid, flags, yours, relay, other);
        }

        ByteBuffer octets() {
            ByteBuffer octets = ByteBuffer.allocate(LENGTH)
                    .put((byte) op)
                    .put((byte) 1)
                    .put((byte) MacAddress.LENGTH)
                    .put((byte) hops)
                    .putInt(xid)
                    .putShort((short) 0)
                    .putShort((short) flags)
                    .putInt(0)
                    .put(Ipv4.address(yours).getAddress())
                    .putInt(0)
                    .put(Ipv4.address(relay).getAddress());
            mac.write(octets);
            return octets.position(LENGTH).flip();
        }
    }

    private KvmHost kvmHost;
    private Netlink netlink;
    private GuestPorts ports;

    @BeforeEach
    void raise() throws Exception {
        kvmHost = KvmHost.create();
        netlink = kvmHost.host.run(Netlink::open);
        ports = GuestPorts.load(netlink, new Taps(guest -> "tap0"), any -> Optional.of(ROUTER));
        visiting(null);
    }

    @AfterEach
    void tearDown() throws Exception {
        ports.close();
        netlink.close();
        kvmHost.close();
    }

    @ParameterizedTest(name = "from {0}")
    @ValueSource(strings = {HOME_ADDRESS, NOBODY})
    @DisplayName("what it asks any server goes to its home network, as from a relay agent with its own address")
    void aBroadcastIsRelayedHome(String from) throws Exception {
        broadcasts(Message.request(), from);
        EthernetFrame frame = nextOnTheLink();
        assertEquals(ROUTER, frame.destination());
        assertEquals(GUEST, frame.source());
        assertRelayed(frame, HOME_GATEWAY, Message.request().hops(1).relay(HOME_ADDRESS));
        assertCounted(PortCounter.DHCP_RELAYED, 1);
    }

    @Test
    void whatItAsksAServerGoesThereAndSoDoesWhatItAsksAnyFromThenOn() throws Exception {
        kvmHost.guestSends(datagram(HOME_ADDRESS, CLIENT_PORT, SERVER, SERVER_PORT, Message.request())
                .toFrame(GUEST, GATEWAY));
        assertRelayed(nextOnTheLink(), SERVER, Message.request().hops(1).relay(HOME_ADDRESS));
        broadcasts(Message.request(), HOME_ADDRESS);
        assertRelayed(nextOnTheLink(), SERVER, Message.request().hops(1).relay(HOME_ADDRESS));
    }

    @Test
    void theConfiguredServerIsAskedWhateverTheGuestHasAskedBefore() throws Exception {
        visiting("10.1.0.77");
        kvmHost.guestSends(datagram(HOME_ADDRESS, CLIENT_PORT, SERVER, SERVER_PORT, Message.request())
                .toFrame(GUEST, GATEWAY));
        assertRelayed(nextOnTheLink(), SERVER, Message.request().hops(1).relay(HOME_ADDRESS));
        broadcasts(Message.request(), NOBODY);
        assertRelayed(nextOnTheLink(), "10.1.0.77", Message.request().hops(1).relay(HOME_ADDRESS));
    }

    @Test
    @DisplayName("RFC 768: a datagram without a checksum gets none")
    void aChecksumThatIsNotThereIsNotMade() throws Exception {
        Ipv4Packet packet = datagram(NOBODY, CLIENT_PORT, "255.255.255.255", SERVER_PORT, Message.request());
        kvmHost.guestSends(withoutChecksum(packet).toFrame(GUEST, MacAddress.BROADCAST));
        EthernetFrame frame = nextOnTheLink();
        assertEquals(0, Ipv4Packet.parse(frame).orElseThrow().payload().getShort(6));
        assertRelayed(frame, HOME_GATEWAY, Message.request().hops(1).relay(HOME_ADDRESS));
    }

    @Test
    void whatIsNotTheGuestsOwnQuestionStaysOnItsPort() throws Exception {
        broadcasts(Message.request().mac(ROUTER), NOBODY);
        broadcasts(Message.request().relay("10.1.0.9"), NOBODY);
        broadcasts(Message.request().hops(16), NOBODY);
        broadcasts(Message.reply(), NOBODY);
        broadcasts(Message.request(), "10.1.0.51");
        assertNothingOnTheLink();
        assertCounted(PortCounter.DHCP_HELD_BACK, 5);
    }

    @Test
    void theAnswerComesAsIfFromAServerOfItsLink() throws Exception {
        broadcasts(Message.request(), HOME_ADDRESS);
        answers(Message.reply());
        EthernetFrame frame = nextAtTheGuest();
        assertEquals(GUEST, frame.destination());
        UdpPacket datagram =
                UdpPacket.parse(Ipv4Packet.parse(frame).orElseThrow()).orElseThrow();
        assertEquals(CLIENT_PORT, datagram.destinationPort());
        assertEquals(Ipv4.address(SERVER), datagram.source());
        assertEquals(Ipv4.address(HOME_ADDRESS), datagram.destination());
        assertEquals(Message.reply().octets(), datagram.payload());
        assertCounted(PortCounter.DHCP_ANSWERED, 1);
    }

    @Test
    @DisplayName("RFC 2131 §4.1: to all, if the client has asked for that")
    void theAnswerComesToAllIfItHasAskedForThat() throws Exception {
        broadcasts(Message.request().broadcast(), NOBODY);
        answers(Message.reply().broadcast());
        EthernetFrame frame = nextAtTheGuest();
        assertEquals(MacAddress.BROADCAST, frame.destination());
        UdpPacket datagram =
                UdpPacket.parse(Ipv4Packet.parse(frame).orElseThrow()).orElseThrow();
        assertEquals(Ipv4.address("255.255.255.255"), datagram.destination());
        assertEquals(Message.reply().broadcast().octets(), datagram.payload());
    }

    @Test
    @DisplayName("DHCPNAK has no address")
    void aRefusalComesToo() throws Exception {
        broadcasts(Message.request(), NOBODY);
        answers(Message.reply().yours(NOBODY));
        assertEquals(
                Message.reply().yours(NOBODY).octets(),
                UdpPacket.parse(Ipv4Packet.parse(nextAtTheGuest()).orElseThrow())
                        .orElseThrow()
                        .payload());
    }

    @ParameterizedTest(name = "to {0} and {1}")
    @CsvSource({HOME_ADDRESS + ", 52:54:00:01:00:50", "255.255.255.255, ff:ff:ff:ff:ff:ff"})
    void theServersOfTheLinkThatItVisitsDoNotReachIt(String destination, String mac) throws Exception {
        broadcasts(Message.request(), NOBODY);
        for (String relay : new String[] {NOBODY, HOME_ADDRESS}) {
            kvmHost.linkSends(datagram(
                            "10.2.0.20",
                            SERVER_PORT,
                            destination,
                            CLIENT_PORT,
                            Message.reply().relay(relay))
                    .toFrame(ROUTER, MacAddress.of(mac)));
        }
        assertNothingAtTheGuest();
    }

    @Test
    void anAnswerToAnotherQuestionOrWithAnotherAddressDoesNotReachIt() throws Exception {
        answers(Message.reply());
        broadcasts(Message.request(), NOBODY);
        answers(Message.reply().xid(XID + 1));
        answers(Message.reply().mac(ROUTER));
        answers(Message.reply().yours("10.2.0.99"));
        assertNothingAtTheGuest();
        assertCounted(PortCounter.DHCP_KEPT_AWAY, 4);
    }

    @Test
    void whatIsForAServerOnTheGuestReachesThat() throws Exception {
        for (Message message : new Message[] {Message.request(), Message.reply().relay("10.1.0.9")}) {
            kvmHost.linkSends(datagram(CORRESPONDENT, SERVER_PORT, HOME_ADDRESS, SERVER_PORT, message)
                    .toFrame(ROUTER, GUEST));
            assertEquals(
                    message.octets(),
                    UdpPacket.parse(Ipv4Packet.parse(nextAtTheGuest()).orElseThrow())
                            .orElseThrow()
                            .payload());
        }
    }

    @Test
    void atHomeItSpeaksWithTheServersThere() throws Exception {
        ports.set(guest(true, null), PortRule.HOME, PortRule.HOME, Optional.empty());
        EthernetFrame asked = datagram(NOBODY, CLIENT_PORT, "255.255.255.255", SERVER_PORT, Message.request())
                .toFrame(GUEST, MacAddress.BROADCAST);
        kvmHost.guestSends(asked);
        assertEquals(asked, nextOnTheLink());
        EthernetFrame answered = datagram(SERVER, SERVER_PORT, HOME_ADDRESS, CLIENT_PORT, Message.reply())
                .toFrame(ROUTER, GUEST);
        kvmHost.linkSends(answered);
        assertEquals(answered, nextAtTheGuest());
    }

    @Test
    @DisplayName(
            "of whatever a guest says, only sound questions of its own are relayed, and nothing else leaves in another's name")
    void relaysNothingUnsound() throws Exception {
        EthernetFrame question = datagram(NOBODY, CLIENT_PORT, "255.255.255.255", SERVER_PORT, Message.request())
                .toFrame(GUEST, MacAddress.BROADCAST);
        long relayed = 0;
        for (int batch = 0; batch < BATCHES; batch++) {
            for (EthernetFrame mutant : mutants(question, batch)) {
                kvmHost.guestSends(mutant);
            }
            kvmHost.guestSends(marker(HOME_ADDRESS, CORRESPONDENT).toFrame(GUEST, GATEWAY));
            for (EthernetFrame frame : kvmHost.onLinkUntil(GuestDhcpTest::isMarker)) {
                assertEquals(GUEST, frame.source());
                assertEquals(ROUTER, frame.destination());
                ByteBuffer packet = frame.payload();
                assertEquals(Ipv4.address(HOME_ADDRESS), Ipv4.read(packet.slice(12, Ipv4.LENGTH)));
                if (!isMarker(frame)) {
                    ByteBuffer message = packet.slice(28, packet.remaining() - 28);
                    assertEquals(REQUEST, message.get(0));
                    assertTrue(message.get(3) > 0 && message.get(3) <= 16, () -> "hops: " + message.get(3));
                    assertEquals(Ipv4.address(HOME_ADDRESS), Ipv4.read(message.slice(24, Ipv4.LENGTH)));
                    assertEquals(GUEST, MacAddress.read(message.slice(28, MacAddress.LENGTH)));
                    relayed++;
                }
            }
        }
        // A host may well drop some more of them behind its port, by netfilter's checks for bridges.
        assertTrue(relayed > 0, "nothing was relayed at all");
    }

    @Test
    @DisplayName("of whatever comes as an answer, only what answers its question reaches a guest")
    void answersNothingUnsound() throws Exception {
        EthernetFrame answer = datagram(SERVER, SERVER_PORT, HOME_ADDRESS, SERVER_PORT, Message.reply())
                .toFrame(ROUTER, GUEST);
        broadcasts(Message.request(), HOME_ADDRESS);
        nextOnTheLink();
        long answered = 0;
        for (int batch = 0; batch < BATCHES; batch++) {
            for (EthernetFrame mutant : mutants(answer, batch)) {
                kvmHost.linkSends(mutant);
            }
            kvmHost.linkSends(marker(CORRESPONDENT, HOME_ADDRESS).toFrame(ROUTER, GUEST));
            for (EthernetFrame frame : kvmHost.atGuestUntil(GuestDhcpTest::isMarker)) {
                ByteBuffer packet = frame.payload();
                if (isToAClient(packet)) {
                    ByteBuffer message = packet.slice(28, packet.remaining() - 28);
                    assertEquals(REPLY, message.get(0));
                    assertEquals(XID, message.getInt(4));
                    assertEquals(GUEST, MacAddress.read(message.slice(28, MacAddress.LENGTH)));
                    Inet4Address yours = Ipv4.read(message.slice(16, Ipv4.LENGTH));
                    assertTrue(
                            yours.equals(Ipv4.address(HOME_ADDRESS)) || yours.equals(Ipv4.address(NOBODY)),
                            yours::toString);
                    answered++;
                }
            }
        }
        assertTrue(answered > 0, "nothing was answered at all");
        assertCounted(PortCounter.DHCP_ANSWERED, answered);
    }

    private static boolean isToAClient(ByteBuffer packet) {
        return packet.remaining() >= 28 && packet.get(9) == 17 && packet.getShort(22) == CLIENT_PORT;
    }

    /** Each with some octets behind the Ethernet header changed, or cut off; of half of them the IP header's checksum is right. */
    private static List<EthernetFrame> mutants(EthernetFrame frame, int seed) {
        Random random = new Random(seed);
        List<EthernetFrame> mutants = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
            ByteBuffer octets = ByteBuffer.allocate(frame.toOctets().remaining())
                    .put(frame.toOctets())
                    .flip();
            for (int change = random.nextInt(3); change >= 0; change--) {
                int at = EthernetFrame.HEADER_LENGTH + random.nextInt(28 + 48);
                octets.put(at, (byte) (octets.get(at) ^ 1 << random.nextInt(8)));
            }
            if (random.nextBoolean()) {
                octets.putShort(24, (short) 0).putShort(24, (short) Checksum.of(octets.slice(14, 20)));
            }
            if (random.nextInt(8) == 0) {
                octets.limit(EthernetFrame.HEADER_LENGTH + 20 + random.nextInt(octets.limit() - 34));
            }
            mutants.add(EthernetFrame.parse(octets).orElseThrow());
        }
        return mutants;
    }

    /** As RFC 1542 §4.1.1 has it; that checksums are right is what parsing checks. */
    private static void assertRelayed(EthernetFrame frame, String server, Message message) {
        UdpPacket datagram =
                UdpPacket.parse(Ipv4Packet.parse(frame).orElseThrow()).orElseThrow();
        assertEquals(Ipv4.address(HOME_ADDRESS), datagram.source());
        assertEquals(SERVER_PORT, datagram.sourcePort());
        assertEquals(Ipv4.address(server), datagram.destination());
        assertEquals(SERVER_PORT, datagram.destinationPort());
        assertEquals(message.octets(), datagram.payload());
        assertNotEquals(Message.request().octets(), datagram.payload());
    }

    private void broadcasts(Message message, String from) throws Exception {
        kvmHost.guestSends(datagram(from, CLIENT_PORT, "255.255.255.255", SERVER_PORT, message)
                .toFrame(GUEST, MacAddress.BROADCAST));
    }

    /** The server at home answers the relay agent; the tunnel's end delivers it. */
    private void answers(Message message) throws Exception {
        kvmHost.linkSends(datagram(SERVER, SERVER_PORT, HOME_ADDRESS, SERVER_PORT, message)
                .toFrame(ROUTER, GUEST));
    }

    private static Ipv4Packet datagram(String from, int fromPort, String to, int toPort, Message message) {
        return new UdpPacket(Ipv4.address(from), fromPort, Ipv4.address(to), toPort, 64, message.octets()).toIpv4();
    }

    private static Ipv4Packet withoutChecksum(Ipv4Packet packet) {
        ByteBuffer payload = ByteBuffer.allocate(packet.payload().remaining())
                .put(packet.payload())
                .flip();
        return Ipv4Packet.of(
                packet.source(), packet.destination(), packet.protocol(), packet.ttl(), payload.putShort(6, (short) 0));
    }

    private EthernetFrame nextOnTheLink() throws Exception {
        return kvmHost.onLinkUntil(any -> true).get(0);
    }

    private EthernetFrame nextAtTheGuest() throws Exception {
        return kvmHost.atGuestUntil(any -> true).get(0);
    }

    private void assertNothingOnTheLink() throws Exception {
        kvmHost.guestSends(marker(HOME_ADDRESS, CORRESPONDENT).toFrame(GUEST, GATEWAY));
        assertEquals(1, kvmHost.onLinkUntil(GuestDhcpTest::isMarker).size());
    }

    private void assertNothingAtTheGuest() throws Exception {
        kvmHost.linkSends(marker(CORRESPONDENT, HOME_ADDRESS).toFrame(ROUTER, GUEST));
        assertEquals(1, kvmHost.atGuestUntil(GuestDhcpTest::isMarker).size());
    }

    private static Ipv4Packet marker(String from, String to) {
        return new UdpPacket(
                        Ipv4.address(from), MARKER_PORT, Ipv4.address(to), MARKER_PORT, 64, ByteBuffer.allocate(20))
                .toIpv4();
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

    private void visiting(@Nullable String dhcpServer) {
        ports.set(
                guest(false, dhcpServer),
                PortRule.VISITING,
                PortRule.VISITING,
                Optional.of(new ForeignAgent(Ipv4Address.of("10.2.0.2"), Ipv4Address.of("198.51.100.2"))));
    }

    private static Guest guest(boolean atHome, @Nullable String dhcpServer) {
        return new Guest(
                "web",
                GUEST,
                Ipv4Address.of(HOME_ADDRESS),
                Ipv4Address.of(HOME_GATEWAY),
                false,
                new HomeGateway(Ipv4Address.of(HOME_GATEWAY), GATEWAY),
                atHome,
                Optional.empty(),
                300,
                Associations.with(new SecurityAssociation(
                        256,
                        new Key(Octets.of(new byte[16])),
                        Algorithm.HMAC_MD5,
                        SecurityAssociation.DEFAULT_TOLERANCE)),
                dhcpServer == null ? null : Ipv4Address.of(dhcpServer));
    }
}
