package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.CORRESPONDENT;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.register;
import static org.mooring.conformance.client.Testbed.toMobileNode;

import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Programs
@DisplayName("RFC 2003: IP in IP, at the home agent")
class Rfc2003Test {
    private final Testbed testbed;
    private final MobileNode node;
    private final Station foreignAgent;

    Rfc2003Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.foreignAgent = testbed.foreignAgent();
    }

    @BeforeEach
    void away() throws Exception {
        register(node, foreignAgent, 300);
    }

    private Packet tunnelled(Packet packet) throws Exception {
        int mark = testbed.internet.mark();
        testbed.arriveAtHome(packet);
        return testbed.internet.await(mark, frame -> Testbed.tunnelled(frame, packet));
    }

    /** A packet with {@code length} octets of UDP payload. */
    private Packet ofLength(int length) {
        return new Datagram(Station.port(), 4000, Octets.of(new byte[length]))
                .packet(CORRESPONDENT, node.homeAddress(), 64);
    }

    /** What comes for the correspondent out of the home router by the Internet. */
    private static Optional<Packet> toCorrespondent(Frame frame) {
        return frame.packet().filter(packet -> packet.destination().equals(CORRESPONDENT));
    }

    @Test
    @DisplayName("§3.1, T52: the outer header")
    void outerHeader() throws Exception {
        var packet = toMobileNode(node).withTos(0xb8).withIdentification(0x1234);

        var outer = tunnelled(packet);

        assertEquals(HOME_AGENT, outer.source());
        assertEquals(foreignAgent.address(), outer.destination());
        assertEquals(Packet.IP_IN_IP, outer.protocol());
        assertEquals(0xb8, outer.tos());
        assertEquals(Octets.NONE, outer.options());
        assertTrue(outer.ttl() > 1);
    }

    @Test
    @DisplayName("§3.1, T52: the inner header is as it came, but for a TTL that is one less")
    void innerHeader() throws Exception {
        var packet = toMobileNode(node).withTos(0x28).withIdentification(0xfedc);
        assertEquals(packet.withTtl(63).octets(), tunnelled(packet).payload());
    }

    @Test
    @DisplayName("§3.1: options are not copied to the outer header, and stay in the inner one")
    void options() throws Exception {
        var plain = toMobileNode(node);
        // RFC 791: no operation, three times, and the end.
        var packet = new Packet(
                0, 7, 0, 64, Packet.UDP, plain.source(), plain.destination(), Octets.hex("01010100"), plain.payload());

        var outer = tunnelled(packet);

        assertEquals(Octets.NONE, outer.options());
        assertEquals(packet.withTtl(63).octets(), outer.payload());
    }

    @Test
    @DisplayName("§3.1, T55: where the inner header has DF, the outer one has it")
    void dontFragment() throws Exception {
        var outer = tunnelled(toMobileNode(node).withFragment(Packet.DONT_FRAGMENT));
        assertTrue(outer.dontFragment());
        assertTrue(outer.inner().orElseThrow().dontFragment());
    }

    @Test
    @DisplayName("§3.1: a fragment is tunnelled as it is")
    void fragment() throws Exception {
        var packet = toMobileNode(node).withFragment(Packet.MORE_FRAGMENTS | 3).withIdentification(77);
        assertEquals(packet.withTtl(63).octets(), tunnelled(packet).payload());
    }

    @Test
    @DisplayName("§3.1, T54: what has no time to live left is not tunnelled, and its sender is told")
    void timeExceeded() throws Exception {
        var packet = toMobileNode(node).withTtl(1);
        int mark = testbed.internet.mark();

        testbed.arriveAtHome(packet);

        var error = testbed.internet
                .await(mark, Rfc2003Test::toCorrespondent)
                .icmp()
                .orElseThrow();
        assertEquals(Icmp.TIME_EXCEEDED, error.type());
        assertEquals(0, error.code());
        testbed.tunnelled(node);
        assertEquals(List.of(), testbed.internet.since(mark, frame -> Testbed.tunnelled(frame, packet)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.1", "10.1.0.1"})
    @DisplayName("§3.2: what has one of the router's own addresses as its source is not tunnelled")
    void ownSource(String source) throws Exception {
        var packet =
                new Datagram(Station.port(), 4000, Octets.hex("0f")).packet(Address.of(source), node.homeAddress(), 64);
        int mark = testbed.internet.mark();

        testbed.arriveAtHome(packet);

        testbed.tunnelled(node);
        assertEquals(List.of(), testbed.internet.since(mark, frame -> Testbed.tunnelled(frame, packet)));
    }

    @Test
    @DisplayName("§3.2: what has the tunnel's end as its source is not tunnelled")
    void tunnelEndAsSource() throws Exception {
        var packet = new Datagram(Station.port(), 4000, Octets.hex("0e"))
                .packet(foreignAgent.address(), node.homeAddress(), 64);
        int mark = testbed.internet.mark();

        testbed.arriveAtHome(packet);

        testbed.tunnelled(node);
        assertEquals(List.of(), testbed.internet.since(mark, frame -> Testbed.tunnelled(frame, packet)));
    }

    @Test
    @DisplayName("§5.1, T53: DF, and too long for the tunnel: its sender is told 1480")
    void tooBig() throws Exception {
        var packet = ofLength(1500 - 28).withFragment(Packet.DONT_FRAGMENT);
        int mark = testbed.internet.mark();

        testbed.arriveAtHome(packet);

        var error = testbed.internet
                .await(mark, Rfc2003Test::toCorrespondent)
                .icmp()
                .orElseThrow();
        assertEquals(Icmp.UNREACHABLE, error.type());
        assertEquals(4, error.code());
        assertEquals(1480, error.rest().u16(2));
        assertEquals(
                packet.octets().range(0, 28), error.rest().range(4, 32), "the header and 64 bits of what was sent");
        assertEquals(
                ofLength(1480 - 28).payload().length(),
                tunnelled(ofLength(1480 - 28).withFragment(Packet.DONT_FRAGMENT))
                        .inner()
                        .orElseThrow()
                        .payload()
                        .length());
    }

    @Test
    @DisplayName("§5.1: without DF, what is too long comes through in parts")
    void fragments() throws Exception {
        var packet = ofLength(1500 - 28).withIdentification(4711);
        int mark = testbed.internet.mark();

        testbed.arriveAtHome(packet);

        // Either the packet was cut before it was encapsulated, or the tunnel's packet after that.
        var parts = new TreeMap<Integer, Octets>();
        testbed.internet.await(mark, frame -> {
            frame.packet()
                    .filter(outer -> outer.destination().equals(foreignAgent.address()))
                    .ifPresent(outer -> collect(parts, outer));
            return whole(parts).filter(packet.payload()::equals);
        });
    }

    private static void collect(NavigableMap<Integer, Octets> parts, Packet outer) {
        boolean cut = (outer.fragment() & ~Packet.DONT_FRAGMENT) != 0;
        if (cut) {
            parts.put((outer.fragment() & 0x1fff) * 8, outer.payload());
        } else {
            outer.inner().ifPresent(inner -> parts.put((inner.fragment() & 0x1fff) * 8, inner.payload()));
        }
    }

    /** All parts in order, without the inner header if that was cut, too. */
    private static Optional<Octets> whole(NavigableMap<Integer, Octets> parts) {
        var together = Octets.NONE;
        for (var part : parts.entrySet()) {
            if (part.getKey() != together.length()) {
                return Optional.empty();
            }
            together = together.and(part.getValue());
        }
        return together.length() > 0 && together.u8(0) == 0x45 ? Optional.of(together.from(20)) : Optional.of(together);
    }

    @Test
    @DisplayName("§4.4, T56: that time is exceeded in the tunnel is told its sender as a host that cannot be reached")
    void timeExceededInTheTunnel() throws Exception {
        assertEquals(1, told(Icmp.TIME_EXCEEDED, 0).code());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @DisplayName(
            "§4.1: that the tunnel's end cannot be reached is told the sender, as a network or host that cannot be")
    void unreachableInTheTunnel(int code) throws Exception {
        assertTrue(List.of(0, 1).contains(told(Icmp.UNREACHABLE, code).code()));
    }

    /** Has a router in the tunnel complain about one packet: what the sender of it, or of the next, is told. */
    private Icmp told(int type, int code) throws Exception {
        var outer = tunnelled(toMobileNode(node));
        int mark = testbed.internet.mark();
        testbed.arriveAtHome(error(type, code, outer));
        testbed.arriveAtHome(toMobileNode(node));
        var error = testbed.internet
                .await(mark, Rfc2003Test::toCorrespondent)
                .icmp()
                .orElseThrow();
        assertEquals(Icmp.UNREACHABLE, error.type());
        return error;
    }

    /** From a router on the way, with as much of {@code about} as today's routers return (RFC 1812 §4.3.2.3). */
    private static Packet error(int type, int code, Packet about) {
        return new Icmp(
                        type,
                        code,
                        new Octets.Fields().u32(0).octets(about.octets()).done())
                .packet(Address.of("203.0.113.99"), HOME_AGENT, 64);
    }

    @Test
    @DisplayName(
            "§4.1: that a packet was too big for the tunnel is told the sender of it, or of the next, with 20 octets less")
    void tooBigInTheTunnel() throws Exception {
        var packet = ofLength(1400 - 28).withFragment(Packet.DONT_FRAGMENT);
        var returned = new Octets.Fields()
                .u16(0)
                .u16(1300)
                .octets(tunnelled(packet).octets().range(0, 28))
                .done();
        testbed.arriveAtHome(
                new Icmp(Icmp.UNREACHABLE, 4, returned).packet(Address.of("203.0.113.99"), HOME_AGENT, 64));

        List<Icmp> told = List.of();
        while (told.isEmpty()) {
            int mark = testbed.internet.mark();
            testbed.arriveAtHome(packet);
            told = testbed.internet.await(
                    mark,
                    frame -> Testbed.tunnelled(frame, packet)
                            .map(outer -> List.<Icmp>of())
                            .or(() ->
                                    toCorrespondent(frame).flatMap(Packet::icmp).map(List::of)));
        }

        assertEquals(Icmp.UNREACHABLE, told.get(0).type());
        assertEquals(4, told.get(0).code());
        assertEquals(1280, told.get(0).rest().u16(2));
    }

    @ParameterizedTest
    @CsvSource({"3, 3", "3, 5", "4, 0", "5, 1"})
    @DisplayName("§4.1, 4.2, 4.3, T56: port unreachable, source route failed, source quench and redirect are not told")
    void notRelayed(int type, int code) throws Exception {
        var outer = tunnelled(toMobileNode(node));
        int mark = testbed.internet.mark();
        testbed.arriveAtHome(error(type, code, outer));
        testbed.tunnelled(node);
        assertEquals(List.of(), testbed.internet.since(mark, Rfc2003Test::toCorrespondent));
    }

    @Test
    @DisplayName("§3.1: a packet whose TTL is 0 in the tunnel is discarded when it comes out")
    void noTimeToLiveLeft() throws Exception {
        var dead = new Datagram(Station.port(), 4000, Octets.hex("0a")).packet(node.homeAddress(), CORRESPONDENT, 0);
        var alive = new Datagram(Station.port(), 4000, Octets.hex("0b")).packet(node.homeAddress(), CORRESPONDENT, 64);
        int mark = testbed.internet.mark();
        for (var inner : List.of(dead, alive)) {
            foreignAgent.send(new Packet(Packet.IP_IN_IP, 64, foreignAgent.address(), HOME_AGENT, inner.octets()));
        }
        testbed.internet.await(
                mark,
                frame ->
                        toCorrespondent(frame).filter(packet -> packet.payload().equals(alive.payload())));
        assertFalse(testbed.internet.since(mark, Rfc2003Test::toCorrespondent).stream()
                .anyMatch(packet -> packet.payload().equals(dead.payload())));
    }
}
