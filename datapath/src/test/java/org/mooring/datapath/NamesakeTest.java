package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.GUEST_MAC;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;

/** Two visitors with one home address, of two home agents, as real packets. */
@Tag("netns")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@DisplayName("RFC 3024 §A.2, §A.3: visitors with one home address are told apart by tunnel and MAC address")
class NamesakeTest {
    /** The foreign agent's address on the link. */
    private static final Inet4Address LINK_ADDRESS = Ipv4.address("10.2.0.1");

    private static final MacAddress MAC = MacAddress.of("52:54:00:09:00:50");
    private static final MacAddress STRANGER = MacAddress.of("02:00:00:00:00:99");
    private static final VisitorForwarding VISITOR =
            new VisitorForwarding(GUEST, Tunnel.ipip(HOME_AGENT), "lan", GUEST_MAC, true);

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    private Topology net;
    private Wire lan;
    private Wire path;

    @BeforeAll
    void raise() throws Exception {
        net = new Topology();
    }

    @AfterAll
    void tearDown() {
        net.close();
    }

    @BeforeEach
    void listen() throws Exception {
        lan = open(new Wire(net.near.host(), "eth0"));
        path = open(new Wire(net.internet, "site2"));
    }

    @AfterEach
    void close() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("what comes by the tunnel of each goes to its MAC address, as routed")
    void deliversToEach(Encapsulation encapsulation) throws Exception {
        foreignAgent(List.of(VISITOR), List.of(namesake(9, encapsulation)));

        path.send(tunnelled(encapsulation, 9, "to the second"), net.near.wan());
        var second = lan.awaitFrame(packet -> packet.destination().equals(GUEST));
        path.send(
                Encapsulated.in(Encapsulation.IPIP, HOME_AGENT, net.near.careOfAddress(), toGuest("to the first")),
                net.near.wan());
        var first = lan.awaitFrame(packet -> packet.destination().equals(GUEST));

        assertEquals(MAC, second.destination());
        assertEquals(net.near.gateway(), second.source());
        assertEquals(
                withTtl(63, toGuest("to the second")), Ipv4Packet.parse(second).orElseThrow());
        assertEquals(GUEST_MAC, first.destination());
        assertEquals(
                withTtl(63, toGuest("to the first")), Ipv4Packet.parse(first).orElseThrow());
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("what each sends goes through its own tunnel, as routed")
    void tunnelsForEach(Encapsulation encapsulation) throws Exception {
        foreignAgent(List.of(VISITOR), List.of(namesake(9, encapsulation)));

        lan.send(fromGuest("by the second"), MAC, net.near.gateway());
        var second = path.await(this::isFromHere);
        lan.send(fromGuest("by the first"), GUEST_MAC, net.near.gateway());
        var first = path.await(this::isFromHere);

        assertEquals(homeAgent(9), second.destination());
        assertEquals(encapsulation.protocol(), second.protocol());
        assertEquals(net.near.careOfAddress(), second.source());
        assertEquals(
                fromGuest("by the second").payload(), Encapsulated.inner(second).payload());
        assertEquals(63, Encapsulated.inner(second).ttl());
        assertEquals(HOME_AGENT, first.destination());
        assertEquals(
                fromGuest("by the first").payload(), Encapsulated.inner(first).payload());
    }

    @Test
    @DisplayName("no tunnel delivers to the other's visitor, and nobody else's frames are tunnelled")
    void confusesNobody() throws Exception {
        var datapath = foreignAgent(List.of(VISITOR), List.of(namesake(9, Encapsulation.GRE)));

        path.send(tunnelled(Encapsulation.IPIP, 9, "in the other's encapsulation"), net.near.wan());
        path.send(tunnelled(Encapsulation.GRE, 8, "from nobody's home agent"), net.near.wan());
        path.send(tunnelled(Encapsulation.GRE, 9, "right"), net.near.wan());
        var delivered = lan.await(packet -> packet.destination().equals(GUEST));
        lan.send(fromGuest("a stranger's"), STRANGER, net.near.gateway());
        lan.send(fromGuest("right"), MAC, net.near.gateway());
        var tunnelled = path.await(this::isFromHere);

        assertEquals(toGuest("right").payload(), delivered.payload());
        assertEquals(2, datapath.drops().get(Drop.FOREIGN_TUNNEL));
        assertEquals(fromGuest("right").payload(), Encapsulated.inner(tunnelled).payload());
    }

    @Test
    @DisplayName(
            "RFC 3024 §5.2: what each encapsulates in fragments is put together by itself, whatever their identifications are")
    void putsFragmentsTogetherForEach() throws Exception {
        foreignAgent(List.of(encapsulating(HOME_AGENT, GUEST_MAC)), List.of(encapsulating(homeAgent(9), MAC)));
        var ofFirst = Packets.inTwo(Packets.ipip(GUEST, LINK_ADDRESS, fromGuest("1".repeat(1000))));
        var ofSecond = Packets.inTwo(Packets.ipip(GUEST, LINK_ADDRESS, fromGuest("2".repeat(1000))));
        lan.send(ofFirst.get(0), GUEST_MAC, net.near.gateway());
        lan.send(ofSecond.get(0), MAC, net.near.gateway());
        lan.send(ofSecond.get(1), STRANGER, net.near.gateway());
        lan.send(ofSecond.get(1), MAC, net.near.gateway());
        var second = path.await(this::isFromHere);
        lan.send(ofFirst.get(1), GUEST_MAC, net.near.gateway());
        var first = path.await(this::isFromHere);

        assertEquals(homeAgent(9), second.destination());
        assertEquals(
                fromGuest("2".repeat(1000)).payload(),
                Encapsulated.inner(second).payload());
        assertEquals(HOME_AGENT, first.destination());
        assertEquals(
                fromGuest("1".repeat(1000)).payload(), Encapsulated.inner(first).payload());
    }

    private static VisitorForwarding encapsulating(Inet4Address homeAgent, MacAddress mac) {
        return new VisitorForwarding(
                GUEST, Tunnel.ipip(homeAgent), "lan", mac, true, Optional.of(LINK_ADDRESS), Optional.empty());
    }

    @Test
    @DisplayName("the second stays when the first has left, and the other way round")
    void comeAndGo() throws Exception {
        var datapath = foreignAgent(List.of(VISITOR), List.of());
        datapath.installNamesake(namesake(9, Encapsulation.IPIP));
        datapath.remove(GUEST);

        path.send(tunnelled(Encapsulation.IPIP, 9, "to who has stayed"), net.near.wan());
        assertEquals(
                MAC,
                lan.awaitFrame(packet -> packet.destination().equals(GUEST)).destination());
        lan.send(fromGuest("by who has stayed"), MAC, net.near.gateway());
        assertEquals(homeAgent(9), path.await(this::isFromHere).destination());

        datapath.install(VISITOR);
        datapath.removeNamesake(namesake(9, Encapsulation.IPIP));
        path.send(tunnelled(Encapsulation.IPIP, 9, "to who has gone"), net.near.wan());
        path.send(
                Encapsulated.in(Encapsulation.IPIP, HOME_AGENT, net.near.careOfAddress(), toGuest("to the first")),
                net.near.wan());
        var delivered = lan.awaitFrame(packet -> packet.destination().equals(GUEST));
        assertEquals(GUEST_MAC, delivered.destination());
        assertEquals(1, datapath.drops().get(Drop.FOREIGN_TUNNEL));
    }

    @Test
    @DisplayName("RFC 3024 §5.2: what the second encapsulates to the foreign agent goes through its own tunnel")
    void takesWhatTheSecondEncapsulates() throws Exception {
        var encapsulating = new VisitorForwarding(
                GUEST, Tunnel.ipip(homeAgent(9)), "lan", MAC, true, Optional.of(LINK_ADDRESS), Optional.empty());
        foreignAgent(List.of(VISITOR), List.of(encapsulating));

        lan.send(
                Encapsulated.in(Encapsulation.IPIP, GUEST, LINK_ADDRESS, fromGuest("by way of home")),
                MAC,
                net.near.gateway());

        var tunnelled = path.await(this::isFromHere);
        assertEquals(homeAgent(9), tunnelled.destination());
        assertEquals(
                fromGuest("by way of home").payload(),
                Encapsulated.inner(tunnelled).payload());
    }

    @Test
    @DisplayName("what comes in fragments is put together before it is delivered to the second")
    void putsFragmentsTogether() throws Exception {
        foreignAgent(List.of(VISITOR), List.of(namesake(9, Encapsulation.IPIP)));
        var whole = tunnelled(Encapsulation.IPIP, 9, "a longer text that is cut in two on its way to the second one");
        ByteBuffer payload = whole.payload();
        int cut = 48;

        path.send(fragment(whole, 0x2000, payload.slice(0, cut)), net.near.wan());
        path.send(fragment(whole, cut / 8, payload.slice(cut, payload.remaining() - cut)), net.near.wan());

        var delivered = lan.awaitFrame(packet -> packet.destination().equals(GUEST));
        assertEquals(MAC, delivered.destination());
        assertEquals(
                withTtl(63, Encapsulated.inner(whole)),
                Ipv4Packet.parse(delivered).orElseThrow());
    }

    @Test
    @DisplayName("one whose time to live is over, or that is too long for the link, goes no further")
    void goesNoFurther() throws Exception {
        var datapath = foreignAgent(List.of(VISITOR), List.of(namesake(9, Encapsulation.IPIP)));
        path.send(
                Encapsulated.in(
                        Encapsulation.IPIP, homeAgent(9), net.near.careOfAddress(), withTtl(1, toGuest("too old"))),
                net.near.wan());
        path.send(tunnelled(Encapsulation.IPIP, 9, "young enough"), net.near.wan());
        var delivered = lan.await(packet -> packet.destination().equals(GUEST));
        assertEquals(toGuest("young enough").payload(), delivered.payload());
        assertEquals(1, datapath.drops().get(Drop.EXPIRED));

        net.near.router().exec("ip", "link", "set", "lan", "mtu", "600");
        try {
            path.send(tunnelled(Encapsulation.IPIP, 9, "long".repeat(200)), net.near.wan());
            path.send(tunnelled(Encapsulation.IPIP, 9, "short enough"), net.near.wan());
            var shorter = lan.await(packet -> packet.destination().equals(GUEST));
            assertEquals(toGuest("short enough").payload(), shorter.payload());
            assertEquals(1, datapath.drops().get(Drop.TOO_BIG));
        } finally {
            net.near.router().exec("ip", "link", "set", "lan", "mtu", "1500");
        }
    }

    @Test
    @DisplayName("seven can be beside the first; one that is installed again takes its own place")
    void manyOfOneName() throws Exception {
        var datapath = foreignAgent(List.of(VISITOR), List.of());
        for (int number = 11; number <= 17; number++) {
            datapath.installNamesake(namesake(number, Encapsulation.IPIP));
        }
        assertThrows(DatapathException.class, () -> datapath.installNamesake(namesake(18, Encapsulation.IPIP)));
        datapath.installNamesake(namesake(17, Encapsulation.GRE));
        path.send(tunnelled(Encapsulation.GRE, 17, "to the last"), net.near.wan());
        assertEquals(
                MAC,
                lan.awaitFrame(packet -> packet.destination().equals(GUEST)).destination());

        datapath.removeNamesake(namesake(13, Encapsulation.IPIP));
        datapath.installNamesake(namesake(18, Encapsulation.IPIP));
        path.send(tunnelled(Encapsulation.IPIP, 18, "in the place of another"), net.near.wan());
        assertEquals(
                toGuest("in the place of another").payload(),
                lan.await(packet -> packet.destination().equals(GUEST)).payload());
    }

    private EbpfVisitorDatapath foreignAgent(List<VisitorForwarding> installed, List<VisitorForwarding> namesakes)
            throws Exception {
        var config = new VisitorDatapathConfig(
                net.near.careOfAddress(),
                VisitorDatapathConfig.DEVICE,
                List.of("lan"),
                List.of("wan"),
                MtuPolicy.ICMP,
                false);
        return open(
                net.near.router().run(() -> EbpfVisitorDatapath.open(config, installed, namesakes, Waiting.UNHEARD)));
    }

    /** Not what was sent to here. */
    private boolean isFromHere(Ipv4Packet packet) {
        return Encapsulated.is(packet) && packet.source().equals(net.near.careOfAddress());
    }

    private static VisitorForwarding namesake(int number, Encapsulation encapsulation) {
        var tunnel = encapsulation == Encapsulation.UDP
                ? Tunnel.udp(homeAgent(number), 434)
                : Tunnel.of(homeAgent(number), encapsulation);
        return new VisitorForwarding(GUEST, tunnel, "lan", MAC, true);
    }

    /** Of other sites, of which nothing is here. */
    private static Inet4Address homeAgent(int number) {
        return Ipv4.address("192.0.2." + number);
    }

    private Ipv4Packet tunnelled(Encapsulation encapsulation, int homeAgent, String text) {
        return Encapsulated.in(encapsulation, homeAgent(homeAgent), net.near.careOfAddress(), toGuest(text));
    }

    private static Ipv4Packet toGuest(String text) {
        return udp(CORRESPONDENT, GUEST, text);
    }

    private static Ipv4Packet fromGuest(String text) {
        return udp(GUEST, CORRESPONDENT, text);
    }

    private static Ipv4Packet udp(Inet4Address source, Inet4Address destination, String text) {
        return new UdpPacket(source, 1000, destination, 2000, 64, StandardCharsets.UTF_8.encode(text)).toIpv4();
    }

    private static Ipv4Packet withTtl(int ttl, Ipv4Packet packet) {
        return changed(packet, packet.fragment(), ttl, packet.payload());
    }

    private static Ipv4Packet fragment(Ipv4Packet whole, int fragment, ByteBuffer payload) {
        return changed(whole, fragment, whole.ttl(), payload);
    }

    private static Ipv4Packet changed(Ipv4Packet packet, int fragment, int ttl, ByteBuffer payload) {
        return new Ipv4Packet(
                packet.typeOfService(),
                packet.identification(),
                fragment,
                ttl,
                packet.protocol(),
                packet.source(),
                packet.destination(),
                payload);
    }

    private <T extends AutoCloseable> T open(T resource) {
        opened.push(resource);
        return resource;
    }
}
