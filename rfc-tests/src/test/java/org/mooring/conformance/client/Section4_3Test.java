package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;
import static org.mooring.conformance.client.Testbed.relayed;
import static org.mooring.conformance.client.Testbed.toMobileNode;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Programs
@DisplayName("RFC 5944 §4.3: broadcasts of the home network for who is away")
class Section4_3Test {
    private final Testbed testbed;
    private final MobileNode node;
    private final Station foreignAgent;

    Section4_3Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.foreignAgent = testbed.foreignAgent();
    }

    private Station coLocated(int flags) throws Exception {
        var at = testbed.faraway();
        var request = node.request(HOME_AGENT, at.address(), 300).with(Request.DECAPSULATION | flags);
        assertEquals(Code.ACCEPTED, at.ask(HOME_AGENT, node.signed(request)).code());
        return at;
    }

    private Packet broadcast(String to) {
        return new Datagram(Station.port(), 4000, Octets.hex("b0ca"))
                .packet(Testbed.NEIGHBOUR, Address.of(to), 64)
                .withTos(0x20);
    }

    /** Has a neighbour at home say {@code packet} to all. */
    private void say(Packet packet) {
        var neighbour = testbed.neighbour();
        neighbour.wire().send(new Frame(Mac.BROADCAST, neighbour.mac(), packet));
    }

    /** The tunnel's packet to {@code end} in {@code frame}, if {@code packet} is in it, in however many layers. */
    private static Optional<Packet> tunnelled(Frame frame, Address end, Packet packet) {
        return frame.packet().filter(outer -> outer.destination().equals(end) && isIn(outer, packet));
    }

    private static boolean isIn(Packet outer, Packet packet) {
        return outer.inner()
                .filter(inner -> inner.payload().equals(packet.payload()) || isIn(inner, packet))
                .isPresent();
    }

    private static void assertIsAsItWas(Packet packet, Packet inner) {
        assertTrue(packet.ttl() - inner.ttl() <= 1, inner::toString);
        assertEquals(packet.withTtl(inner.ttl()), inner);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.255.255", "255.255.255.255"})
    @DisplayName("T62: B and D: in one tunnel to the care-of address")
    void toCoLocated(String to) throws Exception {
        var at = coLocated(Request.BROADCASTS);
        var packet = broadcast(to);
        int mark = testbed.internet.mark();

        say(packet);

        var outer = testbed.internet.await(mark, frame -> tunnelled(frame, at.address(), packet));
        assertEquals(HOME_AGENT, outer.source());
        assertIsAsItWas(packet, outer.inner().orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.255.255", "255.255.255.255"})
    @DisplayName("T63: B without D: in a packet to the mobile node, and that in the tunnel")
    void toForeignAgent(String to) throws Exception {
        var request = node.request(HOME_AGENT, foreignAgent.address(), 300).with(Request.BROADCASTS);
        assertEquals(
                Code.ACCEPTED,
                foreignAgent.ask(HOME_AGENT, relayed(node, request)).code());
        var packet = broadcast(to);
        int mark = testbed.internet.mark();

        say(packet);

        var outer = testbed.internet.await(mark, frame -> tunnelled(frame, foreignAgent.address(), packet));
        assertEquals(HOME_AGENT, outer.source());
        var unicast = outer.inner().orElseThrow();
        assertEquals(HOME_AGENT, unicast.source());
        assertEquals(node.homeAddress(), unicast.destination());
        assertIsAsItWas(packet, unicast.inner().orElseThrow());
    }

    @Test
    @DisplayName("T62: without B: none, while another has its own")
    void notAskedFor() throws Exception {
        Testbed.register(node, foreignAgent, 300);
        var other = testbed.mobileNode();
        var at = testbed.faraway();
        var request = other.request(HOME_AGENT, at.address(), 300).with(Request.DECAPSULATION | Request.BROADCASTS);
        assertEquals(Code.ACCEPTED, at.ask(HOME_AGENT, other.signed(request)).code());
        var packet = broadcast("255.255.255.255");
        var behind = broadcast("255.255.255.255");
        int mark = testbed.internet.mark();

        say(packet);
        say(behind);

        testbed.internet.await(mark, frame -> tunnelled(frame, at.address(), behind));
        assertEquals(
                List.of(), testbed.internet.since(mark, frame -> tunnelled(frame, foreignAgent.address(), packet)));
        assertEquals(
                1,
                testbed.internet
                        .since(mark, frame -> tunnelled(frame, at.address(), packet))
                        .size());
    }

    @Test
    @DisplayName("§3.6.1.2: the foreign agent delivers a nested broadcast as it is, to the visitor alone")
    void deliversNested() throws Exception {
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        visit.register(visit.request(300).with(Request.BROADCASTS), 300);
        var nested = new Packet(
                Packet.IP_IN_IP,
                64,
                OTHER_HOME_AGENT,
                node.homeAddress(),
                broadcast("255.255.255.255").octets());

        var frame = visit.deliver(nested);

        assertEquals(node.mac(), frame.destination());
        assertEquals(nested.withTtl(63), frame.packet().orElseThrow());
    }

    @Test
    @DisplayName("§4.3: what comes out of the tunnel for all is no broadcast of the visited link")
    void isNoLocalBroadcast() throws Exception {
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        visit.register(visit.request(300).with(Request.BROADCASTS), 300);
        int mark = testbed.visited.mark();
        var packets = List.of(broadcast("255.255.255.255"), broadcast("10.2.0.255"), broadcast("224.0.0.1"));

        packets.forEach(packet -> visit.atForeignSite(visit.tunnelled(packet)));
        visit.deliver(toMobileNode(node));

        packets.forEach(packet ->
                assertEquals(List.of(), testbed.visited.since(mark, frame -> Visit.delivered(frame, packet))));
    }
}
