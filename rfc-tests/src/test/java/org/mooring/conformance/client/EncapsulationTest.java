package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.CORRESPONDENT;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;
import static org.mooring.conformance.client.Testbed.relayed;
import static org.mooring.conformance.client.Testbed.toMobileNode;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.conformance.client.Octets.Fields;

@Programs
@DisplayName("RFC 2003, RFC 2784, RFC 2004: tunnels as M and G ask for, at both agents")
class EncapsulationTest {
    private static final int GRE = 47;

    private final Testbed testbed;
    private final MobileNode node;
    private final Station foreignAgent;

    EncapsulationTest(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.foreignAgent = testbed.foreignAgent();
    }

    private void register(Encapsulation encapsulation) throws Exception {
        var request =
                node.request(HOME_AGENT, foreignAgent.address(), 300).with(Request.REVERSE_TUNNEL | encapsulation.flag);
        assertEquals(
                Code.ACCEPTED,
                foreignAgent.ask(HOME_AGENT, relayed(node, request)).code());
    }

    private Visit visit(Encapsulation encapsulation) throws Exception {
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        visit.register(visit.request(300).with(encapsulation.flag), 300);
        return visit;
    }

    private Packet from(MobileNode node) {
        return new Datagram(Station.port(), 4000, Octets.hex("c0de")).packet(node.homeAddress(), CORRESPONDENT, 64);
    }

    /** The packet of a tunnel in {@code frame}, if {@code packet} is in it. */
    private static Optional<Packet> tunnelled(Frame frame, Encapsulation encapsulation, Packet packet) {
        return frame.packet()
                .filter(outer -> encapsulation.inner(outer).map(Packet::payload).equals(Optional.of(packet.payload())));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("from the home agent to the care-of address, octet by octet; the inner TTL is one less")
    void fromHomeAgent(Encapsulation encapsulation) throws Exception {
        register(encapsulation);
        var packet = toMobileNode(node).withTos(0x48).withIdentification(0x1234).withFragment(Packet.DONT_FRAGMENT);
        int mark = testbed.internet.mark();

        testbed.arriveAtHome(packet);

        var outer = testbed.internet.await(mark, frame -> tunnelled(frame, encapsulation, packet));
        assertEquals(HOME_AGENT, outer.source());
        assertEquals(foreignAgent.address(), outer.destination());
        assertEquals(0x48, outer.tos());
        assertEquals(Packet.DONT_FRAGMENT, outer.fragment());
        assertEquals(packet.withTtl(63), encapsulation.open(outer));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RFC 3024 §4.3.2: by the reverse tunnel, on to the correspondent")
    void toHomeAgent(Encapsulation encapsulation) throws Exception {
        register(encapsulation);
        var packet = from(node).withTos(0x28).withIdentification(0x77);

        assertEquals(
                packet.withTtl(63),
                throughHome(encapsulation.wrap(foreignAgent.address(), HOME_AGENT, packet), packet));
    }

    /** What becomes of {@code packet} when {@code outer} has come to the home agent. */
    private Packet throughHome(Packet outer, Packet packet) throws Exception {
        int mark = testbed.internet.mark();
        testbed.arriveAtHome(outer);
        return testbed.internet.await(mark, frame -> leaving(frame, packet));
    }

    private Optional<Packet> leaving(Frame frame, Packet packet) {
        return frame.packet()
                .filter(sent -> frame.source().equals(testbed.homeRouterOutside)
                        && sent.payload().equals(packet.payload()));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("from the home agent by way of the foreign agent to the visitor")
    void toVisitor(Encapsulation encapsulation) throws Exception {
        var visit = visit(encapsulation);
        var packet = toMobileNode(node).withTos(0x68).withIdentification(0x99);
        int mark = testbed.visited.mark();

        visit.atForeignSite(encapsulation.wrap(OTHER_HOME_AGENT, CARE_OF_ADDRESS, packet));

        var frame = visit.delivered(mark, packet);
        assertEquals(node.mac(), frame.destination());
        assertEquals(packet.withTtl(63), frame.packet().orElseThrow());
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RFC 3024 §5.1: and back, from the care-of address")
    void fromVisitor(Encapsulation encapsulation) throws Exception {
        visit(encapsulation);
        var packet = from(node).withTos(0x68).withIdentification(0x55);
        int mark = testbed.internet.mark();

        testbed.visiting(node).send(packet);

        var outer = testbed.internet.await(mark, frame -> tunnelled(frame, encapsulation, packet));
        assertEquals(CARE_OF_ADDRESS, outer.source());
        assertEquals(OTHER_HOME_AGENT, outer.destination());
        assertEquals(0x68, outer.tos());
        assertEquals(packet.withTtl(63), encapsulation.open(outer));
    }

    private Packet longFrom(MobileNode node) {
        return new Datagram(Station.port(), 4000, Octets.of(new byte[1200]))
                .packet(node.homeAddress(), CORRESPONDENT, 64)
                .withIdentification(Station.port());
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "RFC 2003 §5.1: what a router on the way has cut is put together at the home agent, whichever part comes first")
    void fragmentsToHomeAgent(Encapsulation encapsulation) throws Exception {
        register(encapsulation);
        var packet = longFrom(node);
        var parts = inTwo(encapsulation.wrap(foreignAgent.address(), HOME_AGENT, packet), packet);
        int mark = testbed.internet.mark();

        testbed.arriveAtHome(parts.get(1));
        var whole = from(node);
        throughHome(encapsulation.wrap(foreignAgent.address(), HOME_AGENT, whole), whole);
        assertEquals(1, leaving(mark).size(), "of a part alone nothing comes");
        testbed.arriveAtHome(parts.get(0));

        assertEquals(packet.withTtl(63), testbed.internet.await(mark, frame -> leaving(frame, packet)));
    }

    /** As {@code outer}, which {@code packet} is in, comes over a link that is narrower than it. */
    private static List<Packet> inTwo(Packet outer, Packet packet) {
        return outer.withIdentification(packet.identification()).inTwo(600);
    }

    /** All that has left the home router for the correspondent since {@code mark}. */
    private List<Packet> leaving(int mark) {
        return testbed.internet.since(
                mark,
                frame -> frame.packet()
                        .filter(sent -> frame.source().equals(testbed.homeRouterOutside)
                                && sent.destination().equals(CORRESPONDENT)));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("RFC 2003 §5.1: and at the foreign agent")
    void fragmentsToVisitor(Encapsulation encapsulation) throws Exception {
        var visit = visit(encapsulation);
        var packet = new Datagram(Station.port(), 4000, Octets.of(new byte[1200]))
                .packet(CORRESPONDENT, node.homeAddress(), 64)
                .withIdentification(Station.port());
        var parts = inTwo(encapsulation.wrap(OTHER_HOME_AGENT, CARE_OF_ADDRESS, packet), packet);
        int mark = testbed.visited.mark();

        visit.atForeignSite(parts.get(1));
        var whole = toMobileNode(node);
        visit.atForeignSite(encapsulation.wrap(OTHER_HOME_AGENT, CARE_OF_ADDRESS, whole));
        visit.delivered(mark, whole);
        assertEquals(1, visit.received(mark).size(), "of a part alone nothing comes");
        visit.atForeignSite(parts.get(0));

        var frame = visit.delivered(mark, packet);
        assertEquals(node.mac(), frame.destination());
        assertEquals(packet.withTtl(63), frame.packet().orElseThrow());
    }

    /** That nothing came of {@code packet} at the home agent, by the time that a good one behind it has passed. */
    private void assertDiscarded(Encapsulation agreed, Packet outer, Packet packet) throws Exception {
        int mark = testbed.internet.mark();
        testbed.arriveAtHome(outer);
        var good = from(node);
        throughHome(agreed.wrap(foreignAgent.address(), HOME_AGENT, good), good);
        assertEquals(List.of(), testbed.internet.since(mark, frame -> leaving(frame, packet)));
    }

    static Stream<Arguments> others() {
        return Arrays.stream(Encapsulation.values())
                .flatMap(agreed -> Arrays.stream(Encapsulation.values())
                        .filter(came -> came != agreed)
                        // RFC 2004 §3: who encapsulates minimally has no other way for fragments.
                        .filter(came -> agreed != Encapsulation.MINIMAL || came != Encapsulation.IP_IN_IP)
                        .map(came -> Arguments.of(agreed, came)));
    }

    @ParameterizedTest
    @MethodSource("others")
    @DisplayName("RFC 3024 §4.3.2, T60: what comes in another encapsulation than was agreed to is discarded")
    void another(Encapsulation agreed, Encapsulation came) throws Exception {
        register(agreed);
        var packet = from(node);
        assertDiscarded(agreed, came.wrap(foreignAgent.address(), HOME_AGENT, packet), packet);
    }

    private Packet gre(int flags, Octets options, Packet inner) {
        return new Packet(
                GRE,
                64,
                foreignAgent.address(),
                HOME_AGENT,
                new Fields()
                        .u16(flags)
                        .u16(0x0800)
                        .octets(options)
                        .octets(inner.octets())
                        .done());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x4000, 0x2000, 0x1000, 0x0800, 0x0001, 0x0007})
    @DisplayName(
            "RFC 2784 §2.3, erratum 3719, T66: a GRE header with a field that nobody agreed to, or another version")
    void discardsUnknownGreFields(int flags) throws Exception {
        register(Encapsulation.GRE);
        var packet = from(node);
        assertDiscarded(Encapsulation.GRE, gre(flags, Octets.NONE, packet), packet);
        var another = from(node);
        assertDiscarded(Encapsulation.GRE, gre(flags, Octets.hex("00000000"), another), another);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x0400, 0x0200, 0x0100, 0x0080, 0x0008})
    @DisplayName("RFC 2784 §2.3, T66: bits 5 to 12 are ignored")
    void ignoresReservedGreBits(int flags) throws Exception {
        register(Encapsulation.GRE);
        var packet = from(node);
        assertEquals(packet.withTtl(63), throughHome(gre(flags, Octets.NONE, packet), packet));
    }

    @Test
    @DisplayName(
            "RFC 2784 §2.4, RFC 3024 §A.2: another protocol than IPv4 in GRE is discarded, at either end of a tunnel")
    void anotherProtocolInGre() throws Exception {
        register(Encapsulation.GRE);
        var packet = from(node);
        assertDiscarded(Encapsulation.GRE, ofTransparentEthernet(foreignAgent.address(), HOME_AGENT, packet), packet);

        var visit = visit(Encapsulation.GRE);
        var another = toMobileNode(node);
        var right = toMobileNode(node);
        int mark = testbed.visited.mark();
        visit.atForeignSite(ofTransparentEthernet(OTHER_HOME_AGENT, CARE_OF_ADDRESS, another));
        visit.atForeignSite(Encapsulation.GRE.wrap(OTHER_HOME_AGENT, CARE_OF_ADDRESS, right));
        visit.delivered(mark, right);
        assertEquals(List.of(), testbed.visited.since(mark, frame -> Visit.delivered(frame, another)));
    }

    /** Its header says that it carries frames, whatever it carries. */
    private static Packet ofTransparentEthernet(Address source, Address destination, Packet inner) {
        return new Packet(
                GRE,
                64,
                source,
                destination,
                new Fields().u16(0).u16(0x6558).octets(inner.octets()).done());
    }

    @Test
    @DisplayName("RFC 2784 §2.2, 2.5: a checksum is verified")
    void verifiesGreChecksums() throws Exception {
        register(Encapsulation.GRE);
        var packet = from(node);
        int sum = gre(0x8000, Octets.hex("00000000"), packet).payload().checksum();
        var right = new Fields().u16(sum).u16(0).done();

        assertEquals(packet.withTtl(63), throughHome(gre(0x8000, right, packet), packet));
        var another = from(node);
        assertDiscarded(Encapsulation.GRE, gre(0x8000, Octets.hex("12340000"), another), another);
    }

    @Test
    @DisplayName("RFC 2004 §3.1: a minimal forwarding header with a wrong checksum is discarded")
    void verifiesMinimalForwardingHeaders() throws Exception {
        register(Encapsulation.MINIMAL);
        var packet = from(node);
        var outer = Encapsulation.MINIMAL.wrap(foreignAgent.address(), HOME_AGENT, packet);
        var wrong = new Packet(
                outer.protocol(),
                outer.ttl(),
                outer.source(),
                outer.destination(),
                outer.payload().flipped(3, 1));
        assertDiscarded(Encapsulation.MINIMAL, wrong, packet);
    }

    @Test
    @DisplayName("RFC 2004 §3, T65: a fragment is not encapsulated minimally, but in IP")
    void fragment() throws Exception {
        register(Encapsulation.MINIMAL);
        var fragment = toMobileNode(node).withIdentification(0xabc).withFragment(0x2000);
        int mark = testbed.internet.mark();

        testbed.arriveAtHome(fragment);

        var outer = testbed.internet.await(mark, frame -> Testbed.tunnelled(frame, fragment));
        assertEquals(fragment.withTtl(63), outer.inner().orElseThrow());
    }

    @Test
    @DisplayName("§4.1: who asks for neither is served in IP, and each as it asks, side by side")
    void sideBySide() throws Exception {
        register(Encapsulation.GRE);
        var other = testbed.mobileNode();
        Testbed.register(other, foreignAgent, 300);
        assertEquals(foreignAgent.address(), testbed.tunnelled(other).destination());
        var packet = toMobileNode(node);
        int mark = testbed.internet.mark();
        testbed.arriveAtHome(packet);
        testbed.internet.await(mark, frame -> tunnelled(frame, Encapsulation.GRE, packet));
    }
}
