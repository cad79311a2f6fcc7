package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.CORRESPONDENT;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.register;
import static org.mooring.conformance.client.Testbed.relayed;
import static org.mooring.conformance.client.Testbed.toMobileNode;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@Programs
@DisplayName("RFC 5944 §4.2.3: what the home agent does with packets for who is away, and with those from there")
class Section4_2_3Test {
    private final Testbed testbed;
    private final MobileNode node;
    private final Station foreignAgent;

    Section4_2_3Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.foreignAgent = testbed.foreignAgent();
    }

    @BeforeEach
    void away() throws Exception {
        register(node, foreignAgent, 300);
    }

    /** Sends {@code packet} to the home router from outside, then one that is tunnelled; what came out by the Internet until then. */
    private List<Packet> until(Packet packet) throws Exception {
        var behind = toMobileNode(node);
        int mark = testbed.internet.mark();
        testbed.arriveAtHome(packet);
        testbed.arriveAtHome(behind);
        testbed.internet.await(mark, frame -> Testbed.tunnelled(frame, behind));
        return testbed.internet.since(mark, Frame::packet).stream()
                .filter(sent -> Testbed.tunnelled(new Frame(Mac.NONE, Mac.NONE, sent), behind)
                        .isEmpty())
                .toList();
    }

    /** A packet that is in a tunnel already. */
    private static Packet encapsulated(Address source, Address destination, Packet inner) {
        return new Packet(Packet.IP_IN_IP, 64, source, destination, inner.octets());
    }

    @Test
    @DisplayName("intercepts what a neighbour sends to who is away, and tunnels it")
    void intercepts() throws Exception {
        var neighbour = testbed.neighbour();
        var packet = new Datagram(Station.port(), 4000, Octets.hex("0102"))
                .packet(neighbour.address(), node.homeAddress(), 64);
        int mark = testbed.internet.mark();

        neighbour.send(packet);

        var outer = testbed.internet.await(mark, frame -> Testbed.tunnelled(frame, packet));
        assertEquals(foreignAgent.address(), outer.destination());
        assertEquals(packet.withTtl(63), outer.inner().orElseThrow());
    }

    @Test
    @DisplayName(
            "T64: the tunnel's source is the address in the reply's Home Agent field, whatever way the packet takes")
    void tunnelSource() throws Exception {
        assertEquals(HOME_AGENT, testbed.tunnelled(node).source());
    }

    @Test
    @DisplayName(
            "T61: what the care-of address has tunnelled to the mobile node itself is a loop, and discarded silently")
    void discardsLoops() throws Exception {
        var inner = toMobileNode(node);
        assertEquals(List.of(), until(encapsulated(foreignAgent.address(), node.homeAddress(), inner)));
    }

    @Test
    @DisplayName("T61: what one of two care-of addresses has tunnelled to it goes to the other one as little")
    void discardsLoopsOfEach() throws Exception {
        var another = testbed.foreignAgent();
        var request =
                node.request(HOME_AGENT, another.address(), 300).with(Request.SIMULTANEOUS | Request.REVERSE_TUNNEL);
        assertEquals(
                Code.ACCEPTED, another.ask(HOME_AGENT, relayed(node, request)).code());
        var behind = toMobileNode(node);
        int mark = testbed.internet.mark();

        for (var at : List.of(foreignAgent, another)) {
            testbed.arriveAtHome(encapsulated(at.address(), node.homeAddress(), toMobileNode(node)));
        }
        testbed.arriveAtHome(behind);

        for (var at : List.of(foreignAgent, another)) {
            testbed.internet.await(
                    mark,
                    frame -> Testbed.tunnelled(frame, behind)
                            .filter(outer -> outer.destination().equals(at.address())));
        }
        assertEquals(
                2,
                testbed.internet.since(mark, Frame::packet).stream()
                        .filter(sent -> sent.source().equals(HOME_AGENT))
                        .count(),
                "the copies of the last one");
    }

    @Test
    @DisplayName("what somebody else has tunnelled to the mobile node itself goes on to it")
    void forwardsOthersTunnels() throws Exception {
        var packet = encapsulated(CORRESPONDENT, node.homeAddress(), toMobileNode(node));
        var sent = until(packet);
        assertEquals(1, sent.size(), sent::toString);
        assertEquals(foreignAgent.address(), sent.get(0).destination());
    }

    @Test
    @DisplayName("what is tunnelled to the mobile node for somebody else is encapsulated again, whole")
    void nests() throws Exception {
        var inner =
                new Datagram(Station.port(), 4000, Octets.hex("03")).packet(CORRESPONDENT, Address.of("10.9.9.9"), 64);
        var packet = encapsulated(CORRESPONDENT, node.homeAddress(), inner);
        var sent = until(packet);
        assertEquals(1, sent.size(), sent::toString);
        assertEquals(foreignAgent.address(), sent.get(0).destination());
        assertEquals(packet.withTtl(63), sent.get(0).inner().orElseThrow());
    }

    @Test
    @DisplayName("two mobile nodes that are both away reach each other")
    void betweenMobileNodes() throws Exception {
        var other = testbed.mobileNode();
        var otherAgent = testbed.foreignAgent();
        register(other, otherAgent, 300);
        var packet = new Datagram(Station.port(), 4000, Octets.hex("04"))
                .packet(node.homeAddress(), other.homeAddress(), 64);
        int mark = testbed.internet.mark();

        foreignAgent.send(encapsulated(foreignAgent.address(), HOME_AGENT, packet));

        var outer = testbed.internet.await(mark, frame -> Testbed.tunnelled(frame, packet));
        assertEquals(HOME_AGENT, outer.source());
        assertEquals(otherAgent.address(), outer.destination());
        assertEquals(packet.payload(), outer.inner().orElseThrow().payload());
    }

    @Test
    @DisplayName("§4.3: no broadcast of the home network is sent to who did not ask for it")
    void tunnelsNoBroadcasts() throws Exception {
        var neighbour = testbed.neighbour();
        var broadcast = new Datagram(Station.port(), 4000, Octets.hex("05"))
                .packet(neighbour.address(), Testbed.HOME_BROADCAST, 64);
        var behind = new Datagram(Station.port(), 4000, Octets.hex("06"))
                .packet(neighbour.address(), node.homeAddress(), 64);
        int mark = testbed.internet.mark();

        neighbour.wire().send(new Frame(Mac.BROADCAST, neighbour.mac(), broadcast));
        neighbour.send(behind);

        testbed.internet.await(mark, frame -> Testbed.tunnelled(frame, behind));
        assertTrue(testbed.internet.since(mark, Frame::packet).stream()
                .noneMatch(sent -> sent.destination().equals(foreignAgent.address())
                        && sent.payload()
                                .toString()
                                .contains(broadcast.payload().toString())));
    }
}
