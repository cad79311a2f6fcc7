package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.CORRESPONDENT;
import static org.mooring.conformance.client.Testbed.FOREIGN_HOME;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.toMobileNode;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.conformance.client.Station.Answer;

@Programs
@DisplayName("RFC 5944 §1.7: two mobile nodes that roam between the two programs, and what the wire shows")
class BothAgentsTest {
    private final Testbed testbed;

    BothAgentsTest(Testbed testbed) {
        this.testbed = testbed;
    }

    private Answer register(MobileNode node, int lifetime) throws Exception {
        var request = node.request(HOME_AGENT, CARE_OF_ADDRESS, lifetime).with(Request.REVERSE_TUNNEL);
        return testbed.visiting(node).ask(Testbed.FOREIGN_AGENT, node.signed(request));
    }

    /** A packet of a correspondent, from the home router's door to the mobile node's link. */
    private void assertReached(MobileNode node) throws Exception {
        var packet = toMobileNode(node);
        int internet = testbed.internet.mark();
        int visited = testbed.visited.mark();

        testbed.arriveAtHome(packet);

        var outer = testbed.internet.await(internet, frame -> Testbed.tunnelled(frame, packet));
        assertEquals(HOME_AGENT, outer.source());
        assertEquals(CARE_OF_ADDRESS, outer.destination());
        var frame = testbed.visited.await(visited, came -> Visit.delivered(came, packet));
        assertEquals(node.mac(), frame.destination());
        assertEquals(packet.withTtl(62), frame.packet().orElseThrow(), "two routers have forwarded it");
    }

    /** A packet of the mobile node, by way of both agents to the correspondent. */
    private void assertReaches(MobileNode node) throws Exception {
        var packet =
                new Datagram(Station.port(), 4000, Octets.hex("fade")).packet(node.homeAddress(), CORRESPONDENT, 64);
        int mark = testbed.internet.mark();

        testbed.visiting(node).send(packet);

        var outer = testbed.internet.await(mark, frame -> Testbed.tunnelled(frame, packet));
        assertEquals(CARE_OF_ADDRESS, outer.source());
        assertEquals(HOME_AGENT, outer.destination());
        var sent = testbed.internet.await(
                mark, frame -> frame.packet().filter(came -> came.payload().equals(packet.payload())));
        assertEquals(packet.withTtl(62), sent);
    }

    @Test
    @DisplayName("a registration: four messages, each as its section has it")
    void fourMessages() throws Exception {
        var node = testbed.mobileNode();
        var request = node.request(HOME_AGENT, CARE_OF_ADDRESS, 300).with(Request.REVERSE_TUNNEL);
        var message = node.signed(request);
        int mark = testbed.internet.mark();

        var answer = testbed.visiting(node).ask(Testbed.FOREIGN_AGENT, message);

        var relayed = testbed.internet.since(
                mark,
                frame -> frame.packet()
                        .filter(packet -> packet.destination().equals(HOME_AGENT))
                        .flatMap(Packet::datagram));
        assertEquals(
                List.of(FOREIGN_HOME.seal(Extension.FOREIGN_HOME, message)),
                relayed.stream().map(Datagram::payload).toList());
        var reply = testbed.internet.await(mark, Answer::of).reply();
        assertTrue(FOREIGN_HOME.sealed(reply.message(), reply.extension(Extension.FOREIGN_HOME)));
        assertEquals(Code.ACCEPTED, answer.code());
        var end = reply.extension(Extension.MOBILE_HOME).end();
        assertEquals(reply.message().range(0, end), answer.reply().message());
        assertTrue(node.association()
                .sealed(answer.reply().message(), answer.reply().extension(Extension.MOBILE_HOME)));
        assertEquals(request.identification(), answer.reply().identification());
    }

    @Test
    @DisplayName("two sessions at once, both ways; one ends, and the other stays")
    void twoSessions() throws Exception {
        var one = testbed.mobileNode();
        var other = testbed.mobileNode();
        for (var node : List.of(one, other)) {
            assertEquals(Code.ACCEPTED, register(node, 300).code());
        }
        for (var node : List.of(one, other, one)) {
            assertReached(node);
            assertReaches(node);
        }

        var deregistered = register(one, 0);

        assertEquals(Code.ACCEPTED, deregistered.code());
        assertEquals(0, deregistered.reply().lifetime());
        testbed.home.join(one.homeAddress(), one.mac());
        int mark = testbed.home.mark();
        var packet = toMobileNode(one);
        testbed.arriveAtHome(packet);
        testbed.home.await(mark, frame -> Visit.delivered(frame, packet));
        assertReached(other);
        assertReaches(other);
    }

    @Test
    @DisplayName("away, on to another foreign agent, back, and home")
    void roams() throws Exception {
        var node = testbed.mobileNode();
        register(node, 300);
        assertReached(node);

        var another = testbed.foreignAgent();
        Testbed.register(node, another, 300);
        assertEquals(another.address(), testbed.tunnelled(node).destination());

        register(node, 300);
        assertReached(node);
        assertReaches(node);

        assertEquals(Code.ACCEPTED, testbed.deregisterAtHome(node).code());
        int mark = testbed.home.mark();
        var packet = toMobileNode(node);
        testbed.arriveAtHome(packet);
        assertEquals(
                node.mac(),
                testbed.home
                        .await(mark, frame -> Visit.delivered(frame, packet))
                        .destination());
    }

    @Test
    @DisplayName("T102, RFC 2003 §3.2: what is late at the care-of address that a mobile node has left goes no further")
    void late() throws Exception {
        var node = testbed.mobileNode();
        var other = testbed.mobileNode();
        register(node, 300);
        register(other, 300);
        assertEquals(Code.ACCEPTED, register(node, 0).code());
        Testbed.register(node, testbed.foreignAgent(), 300);
        var packet = toMobileNode(node);
        int internet = testbed.internet.mark();
        int visited = testbed.visited.mark();

        testbed.outsideOfForeignSite(HOME_AGENT)
                .send(new Packet(Packet.IP_IN_IP, 64, HOME_AGENT, CARE_OF_ADDRESS, packet.octets()));
        assertReached(other);
        assertReaches(other);

        assertEquals(List.of(), testbed.internet.since(internet, frame -> carrying(frame, packet)));
        assertEquals(List.of(), testbed.visited.since(visited, frame -> carrying(frame, packet)));
    }

    @Test
    @DisplayName(
            "T102, RFC 2003 §3.2: while the home agent still tunnels to a foreign agent that a mobile node has left, nothing loops")
    void neverLoops() throws Exception {
        var node = testbed.mobileNode();
        var other = testbed.mobileNode();
        register(node, 300);
        register(other, 300);
        assertEquals(Code.ACCEPTED, register(node, 0).code());
        // In the foreign agent's name, which knows nothing of it.
        Testbed.register(node, testbed.outside(CARE_OF_ADDRESS), 300);
        var packet = toMobileNode(node);
        int internet = testbed.internet.mark();
        int visited = testbed.visited.mark();

        testbed.arriveAtHome(packet);
        testbed.internet.await(internet, frame -> Testbed.tunnelled(frame, packet));
        assertReached(other);
        assertReaches(other);

        var seen = testbed.internet.since(internet, frame -> carrying(frame, packet));
        assertEquals(1, seen.size(), seen::toString);
        assertEquals(List.of(), testbed.visited.since(visited, frame -> carrying(frame, packet)));
    }

    @Test
    @DisplayName(
            "T102: what a foreign agent sends back to the home agent is not tunnelled again, be it the one that was left or the next")
    void sentBack() throws Exception {
        var node = testbed.mobileNode();
        var left = testbed.foreignAgent();
        var next = testbed.foreignAgent();
        Testbed.register(node, left, 300);
        Testbed.register(node, next, 300);
        var packet = toMobileNode(node);
        int mark = testbed.internet.mark();

        for (var at : List.of(left, next)) {
            at.send(new Packet(Packet.IP_IN_IP, 64, at.address(), HOME_AGENT, packet.octets()));
        }
        assertEquals(next.address(), testbed.tunnelled(node).destination());

        assertEquals(List.of(), testbed.internet.since(mark, frame -> carrying(frame, packet)));
    }

    /** The packet that has come, if {@code packet} is in it, or is it. */
    private static Optional<Packet> carrying(Frame frame, Packet packet) {
        return frame.packet().filter(came -> came.inner().orElse(came).payload().equals(packet.payload()));
    }

    @Test
    @DisplayName("two visitors reach each other by way of their home agent")
    void betweenVisitors() throws Exception {
        var one = testbed.mobileNode();
        var other = testbed.mobileNode();
        register(one, 300);
        register(other, 300);
        var packet = new Datagram(Station.port(), 4000, Octets.hex("ace1"))
                .packet(one.homeAddress(), other.homeAddress(), 64);
        int mark = testbed.visited.mark();

        testbed.visiting(one).send(packet);

        assertEquals(
                other.mac(),
                testbed.visited
                        .await(mark, frame -> Visit.delivered(frame, packet))
                        .destination());
    }

    @Test
    @DisplayName("§3.6.1.2, 3.8.2.1: a home agent that is looked for by its network's broadcast address is found")
    void discoversItsHomeAgent() throws Exception {
        var node = testbed.mobileNode();
        var looking = node.request(Testbed.HOME_BROADCAST, CARE_OF_ADDRESS, 300).with(Request.REVERSE_TUNNEL);

        var found = testbed.visiting(node).ask(Testbed.FOREIGN_AGENT, node.signed(looking));

        assertEquals(Code.HA_UNKNOWN_HOME_AGENT, found.code());
        assertEquals(HOME_AGENT, found.reply().homeAgent());
        assertTrue(
                node.association().sealed(found.reply().message(), found.reply().extension(Extension.MOBILE_HOME)));
        var request =
                node.request(found.reply().homeAgent(), CARE_OF_ADDRESS, 300).with(Request.REVERSE_TUNNEL);
        assertEquals(
                Code.ACCEPTED,
                testbed.visiting(node)
                        .ask(Testbed.FOREIGN_AGENT, node.signed(request))
                        .code());
        assertReached(node);
    }

    @Test
    @DisplayName("§5.7.1: a mobile node whose clock is off is told the home agent's time, through the foreign agent")
    void resynchronises() throws Exception {
        var node = testbed.mobileNode();
        var request = node.request(HOME_AGENT, CARE_OF_ADDRESS, 300)
                .with(Request.REVERSE_TUNNEL)
                .withIdentification(MobileNode.timestamp(-5000));
        var answer = testbed.visiting(node).ask(Testbed.FOREIGN_AGENT, node.signed(request));
        assertEquals(Code.HA_IDENTIFICATION_MISMATCH, answer.code());
        assertTrue(node.association()
                .sealed(answer.reply().message(), answer.reply().extension(Extension.MOBILE_HOME)));
        var corrected = request.withIdentification(answer.reply().identification() + 1);
        assertEquals(
                Code.ACCEPTED,
                testbed.visiting(node)
                        .ask(Testbed.FOREIGN_AGENT, node.signed(corrected))
                        .code());
    }
}
