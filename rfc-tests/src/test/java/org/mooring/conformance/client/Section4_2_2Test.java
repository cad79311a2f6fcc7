package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.CORRESPONDENT;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;
import static org.mooring.conformance.client.Testbed.toMobileNode;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@Programs
@DisplayName("RFC 5944 §4.2.2, RFC 3024 §5.1, RFC 2003: packets to and from visitors, at the foreign agent")
class Section4_2_2Test {
    private final Testbed testbed;
    private final MobileNode node;
    private final Visit visit;

    Section4_2_2Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.visit = new Visit(testbed, node, OTHER_HOME_AGENT);
    }

    private static Packet from(MobileNode node) {
        return new Datagram(Station.port(), 4000, Octets.hex("c0de")).packet(node.homeAddress(), CORRESPONDENT, 64);
    }

    /** What {@code packet} has become when it leaves the foreign router for the Internet. */
    private Optional<Packet> leaving(Frame frame, Packet packet) {
        return frame.packet()
                .filter(sent -> frame.source().equals(testbed.foreignRouterOutside)
                        && sent.inner().orElse(sent).payload().equals(packet.payload()));
    }

    private Packet send(Packet packet) throws Exception {
        int mark = testbed.internet.mark();
        testbed.visiting(node).send(packet);
        return testbed.internet.await(mark, frame -> leaving(frame, packet));
    }

    @Test
    @DisplayName(
            "T78: what comes out of the tunnel goes to the visitor's link-layer address as it is, with a TTL that is one less")
    void delivers() throws Exception {
        visit.register(300);
        var packet = toMobileNode(node).withTos(0xb8).withIdentification(0xabc);

        var frame = visit.deliver(packet);

        assertEquals(node.mac(), frame.destination());
        assertEquals(testbed.foreignRouter, frame.source());
        assertEquals(packet.withTtl(63), frame.packet().orElseThrow());
    }

    @Test
    @DisplayName("T77: what is for nobody in the visitor list is discarded, and no ICMP error sent")
    void discardsForOthers() throws Exception {
        visit.register(300);
        var stranger = testbed.mobileNode();
        var packet = toMobileNode(stranger);
        int visited = testbed.visited.mark();
        int internet = testbed.internet.mark();

        visit.atForeignSite(visit.tunnelled(packet));
        visit.deliver(toMobileNode(node));

        assertEquals(List.of(), testbed.visited.since(visited, frame -> Visit.delivered(frame, packet)));
        assertEquals(
                List.of(),
                testbed.internet.since(
                        internet,
                        frame -> frame.packet().filter(sent -> frame.source().equals(testbed.foreignRouterOutside))));
    }

    @Test
    @DisplayName("when the lifetime is over, nothing is delivered any more")
    void expires() throws Exception {
        var another = testbed.mobileNode();
        var other = new Visit(testbed, another, OTHER_HOME_AGENT);
        other.register(300);
        visit.register(1);
        visit.deliver(toMobileNode(node));
        while (true) {
            var packet = toMobileNode(node);
            int mark = testbed.visited.mark();
            visit.atForeignSite(visit.tunnelled(packet));
            other.deliver(toMobileNode(another));
            if (testbed.visited
                    .since(mark, frame -> Visit.delivered(frame, packet))
                    .isEmpty()) {
                return;
            }
        }
    }

    @Test
    @DisplayName("§3.7.3.2, T76: a visit lasts as long as the reply grants, not as long as was asked for")
    void grantedLifetime() throws Exception {
        var another = testbed.mobileNode();
        var other = new Visit(testbed, another, OTHER_HOME_AGENT);
        other.register(300);
        visit.register(visit.request(300), 1);
        boolean delivered = true;
        while (delivered) {
            var packet = toMobileNode(node);
            int mark = testbed.visited.mark();
            visit.atForeignSite(visit.tunnelled(packet));
            other.deliver(toMobileNode(another));
            delivered = !testbed.visited
                    .since(mark, frame -> Visit.delivered(frame, packet))
                    .isEmpty();
        }
    }

    @Test
    @DisplayName(
            "RFC 3024 §5.1.2, T79: with T, what the visitor sends goes to the home agent by a tunnel from the care-of address")
    void reverseTunnel() throws Exception {
        visit.register(300);
        var packet = from(node).withTos(0x68).withIdentification(5);

        var outer = send(packet);

        assertEquals(CARE_OF_ADDRESS, outer.source());
        assertEquals(OTHER_HOME_AGENT, outer.destination());
        assertEquals(Packet.IP_IN_IP, outer.protocol());
        assertEquals(0x68, outer.tos(), "RFC 2003 §3.1");
        assertTrue(outer.ttl() > 1);
        assertEquals(packet.withTtl(63).octets(), outer.payload());
    }

    @Test
    @DisplayName("RFC 2003 §3.1: DF is copied to the outer header")
    void dontFragment() throws Exception {
        visit.register(300);
        assertTrue(send(from(node).withFragment(Packet.DONT_FRAGMENT)).dontFragment());
    }

    @Test
    @DisplayName(
            "RFC 2003 §3.1: no time to live left: not tunnelled, and the visitor is told, at its link-layer address")
    void timeExceeded() throws Exception {
        visit.register(300);
        var packet = from(node).withTtl(1);
        int visited = testbed.visited.mark();
        int internet = testbed.internet.mark();

        testbed.visiting(node).send(packet);
        var frame = testbed.visited.await(
                visited,
                came -> came.packet()
                        .filter(sent -> sent.destination().equals(node.homeAddress()))
                        .map(sent -> came));

        assertEquals(
                Icmp.TIME_EXCEEDED,
                frame.packet().flatMap(Packet::icmp).orElseThrow().type());
        assertEquals(node.mac(), frame.destination());
        send(from(node));
        assertEquals(List.of(), testbed.internet.since(internet, sent -> leaving(sent, packet)));
    }

    @Test
    @DisplayName("T79: without T, what the visitor sends is routed as any packet")
    void withoutReverseTunnel() throws Exception {
        var request = node.request(OTHER_HOME_AGENT, CARE_OF_ADDRESS, 300);
        visit.register(request, 300);
        var packet = from(node);
        assertEquals(packet.withTtl(63), send(packet));
    }

    @Test
    @DisplayName("RFC 3024 §4.2.2: who is no visitor has no tunnel")
    void strangersHaveNoTunnel() throws Exception {
        visit.register(300);
        var stranger = testbed.mobileNode();
        var packet = from(stranger);
        int internet = testbed.internet.mark();

        testbed.visiting(stranger).send(packet);
        send(from(node));

        assertTrue(testbed.internet.since(internet, frame -> leaving(frame, packet)).stream()
                .noneMatch(sent -> sent.protocol() == Packet.IP_IN_IP));
    }

    @Test
    @DisplayName("two visitors of two home agents at once: each has a tunnel of its own")
    void twoVisitors() throws Exception {
        var another = testbed.mobileNode();
        var other = new Visit(testbed, another, Testbed.STRANGE_HOME_AGENT);
        visit.register(300);
        var request = other.request(300);
        other.answer(other.relay(another.signed(request)), other.reply(request, Code.ACCEPTED, 300));

        assertEquals(node.mac(), visit.deliver(toMobileNode(node)).destination());
        assertEquals(another.mac(), other.deliver(toMobileNode(another)).destination());
        assertEquals(OTHER_HOME_AGENT, send(from(node)).destination());
        var packet = from(another);
        int mark = testbed.internet.mark();
        testbed.visiting(another).send(packet);
        assertEquals(
                Testbed.STRANGE_HOME_AGENT,
                testbed.internet.await(mark, frame -> leaving(frame, packet)).destination());
    }

    @Test
    @DisplayName("nobody is told of a visitor, but itself and its home agent")
    void tellsNobodyOfAVisitor() throws Exception {
        int visited = testbed.visited.mark();
        int internet = testbed.internet.mark();
        visit.register(300);
        visit.deliver(toMobileNode(node));
        send(from(node));
        var other = testbed.mobileNode();
        testbed.visited.send(new Frame(
                new Mac(0x01005e000002L),
                other.mac(),
                new Icmp(Icmp.ROUTER_SOLICITATION, 0, Octets.hex("00000000"))
                        .packet(other.homeAddress(), Address.of("224.0.0.2"), 1)));
        testbed.visited.await(visited, Advertisement::of);

        assertEquals(
                List.of(),
                testbed.visited.since(visited).stream()
                        .filter(frame -> frame.source().equals(testbed.foreignRouter)
                                && !frame.destination().equals(node.mac())
                                && speaksOf(frame, node))
                        .toList());
        assertEquals(
                List.of(),
                testbed.internet.since(internet).stream()
                        .filter(frame -> frame.source().equals(testbed.foreignRouterOutside)
                                && frame.packet()
                                        .filter(packet -> packet.destination().equals(OTHER_HOME_AGENT))
                                        .isEmpty()
                                && speaksOf(frame, node))
                        .toList());
    }

    private static boolean speaksOf(Frame frame, MobileNode node) {
        return frame.octets()
                .toString()
                .contains(new Octets.Fields().address(node.homeAddress()).done().toString());
    }

    @Test
    @DisplayName("T78: nobody is asked by ARP where a visitor is")
    void asksNobody() throws Exception {
        visit.register(300);
        visit.deliver(toMobileNode(node));
        send(from(node));
        assertEquals(
                List.of(),
                testbed.visited.since(
                        0,
                        frame -> frame.arp()
                                .filter(arp -> arp.operation() == Arp.REQUEST
                                        && arp.target().toString().startsWith("10.1."))));
    }
}
