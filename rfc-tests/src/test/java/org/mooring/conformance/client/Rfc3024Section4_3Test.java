package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.conformance.client.Testbed.CORRESPONDENT;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.register;
import static org.mooring.conformance.client.Testbed.registerCoLocated;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.conformance.client.Octets.Fields;

@Programs
@DisplayName("RFC 3024 §4.3.2: what comes to the home agent by a reverse tunnel")
class Rfc3024Section4_3Test {
    private static final int GRE = 47;

    private final Testbed testbed;
    private final MobileNode node;
    private final Station foreignAgent;

    Rfc3024Section4_3Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.foreignAgent = testbed.foreignAgent();
    }

    private static Packet from(Address source) {
        return between(source, CORRESPONDENT);
    }

    private static Packet between(Address source, Address destination) {
        return new Datagram(Station.port(), 4000, Octets.hex("beef")).packet(source, destination, 64);
    }

    private static Packet encapsulated(Address source, Packet inner) {
        return new Packet(Packet.IP_IN_IP, 64, source, HOME_AGENT, inner.octets());
    }

    private Optional<Packet> toCorrespondent(Frame frame, Packet packet) {
        return frame.packet()
                .filter(sent -> frame.source().equals(testbed.homeRouterOutside)
                        && sent.payload().equals(packet.payload()));
    }

    /** That nothing came of {@code packet}, by the time that a good one has passed. */
    private void assertDiscarded(Packet packet) throws Exception {
        var good = from(node.homeAddress());
        int mark = testbed.internet.mark();
        int home = testbed.home.mark();
        testbed.arriveAtHome(packet);
        testbed.arriveAtHome(encapsulated(foreignAgent.address(), good));
        testbed.internet.await(mark, frame -> toCorrespondent(frame, good));
        assertEquals(
                List.of(),
                testbed.internet.since(
                        mark,
                        frame -> frame.packet()
                                .filter(sent -> frame.source().equals(testbed.homeRouterOutside)
                                        && !sent.payload().equals(good.payload()))));
        assertEquals(
                List.of(),
                testbed.home.since(
                        home,
                        frame -> frame.packet()
                                .filter(sent -> Advertisement.of(frame).isEmpty())));
    }

    @Test
    @DisplayName(
            "T57: what the mobile node sends by its care-of address goes on to the correspondent, without the tunnel")
    void forwards() throws Exception {
        register(node, foreignAgent, 300);
        var packet = from(node.homeAddress()).withTos(0x48).withIdentification(99);
        int mark = testbed.internet.mark();

        testbed.arriveAtHome(encapsulated(foreignAgent.address(), packet));

        assertEquals(packet.withTtl(63), testbed.internet.await(mark, frame -> toCorrespondent(frame, packet)));
    }

    @Test
    @DisplayName("so it does from a co-located care-of address")
    void forwardsFromCoLocated() throws Exception {
        var at = testbed.faraway();
        registerCoLocated(node, at, 300);
        var packet = from(node.homeAddress());
        int mark = testbed.internet.mark();

        testbed.arriveAtHome(encapsulated(at.address(), packet));

        assertEquals(packet.withTtl(63), testbed.internet.await(mark, frame -> toCorrespondent(frame, packet)));
    }

    @Test
    @DisplayName("what is for a neighbour at home comes out at the home link")
    void toNeighbour() throws Exception {
        register(node, foreignAgent, 300);
        var neighbour = testbed.neighbour();
        var packet = new Datagram(Station.port(), 4000, Octets.hex("ab"))
                .packet(node.homeAddress(), neighbour.address(), 64);
        int mark = testbed.home.mark();

        testbed.arriveAtHome(encapsulated(foreignAgent.address(), packet));

        var frame = testbed.home.await(
                mark,
                came -> came.packet()
                        .filter(sent -> sent.payload().equals(packet.payload()))
                        .map(sent -> came));
        assertEquals(neighbour.mac(), frame.destination());
        assertEquals(packet.withTtl(63), frame.packet().orElseThrow());
    }

    @Test
    @DisplayName("T58: another inner source than the home address: discarded silently")
    void anotherInnerSource() throws Exception {
        register(node, foreignAgent, 300);
        assertDiscarded(encapsulated(foreignAgent.address(), from(Address.of("10.1.0.21"))));
        assertDiscarded(encapsulated(foreignAgent.address(), from(HOME_AGENT)));
        assertDiscarded(encapsulated(foreignAgent.address(), from(foreignAgent.address())));
        // It would go back into the tunnel, and so on.
        assertDiscarded(encapsulated(foreignAgent.address(), between(CORRESPONDENT, node.homeAddress())));
        assertDiscarded(encapsulated(foreignAgent.address(), between(HOME_AGENT, node.homeAddress())));
    }

    @Test
    @DisplayName("T58: the home address of a mobile node that is bound elsewhere: discarded silently")
    void anothersHomeAddress() throws Exception {
        register(node, foreignAgent, 300);
        var other = testbed.mobileNode();
        register(other, testbed.foreignAgent(), 300);
        assertDiscarded(encapsulated(foreignAgent.address(), from(other.homeAddress())));
    }

    @Test
    @DisplayName(
            "T59: from an address that is no care-of address, or not the mobile node's any more: discarded silently")
    void anotherOuterSource() throws Exception {
        var before = testbed.foreignAgent();
        register(node, before, 300);
        register(node, foreignAgent, 300);
        assertDiscarded(encapsulated(testbed.faraway().address(), from(node.homeAddress())));
        assertDiscarded(encapsulated(before.address(), from(node.homeAddress())));
    }

    @Test
    @DisplayName("T60: an encapsulation that was not negotiated: discarded silently")
    void anotherEncapsulation() throws Exception {
        register(node, foreignAgent, 300);
        // RFC 2784 §2: no checksum, version 0, IPv4.
        var gre = new Fields()
                .u16(0)
                .u16(0x0800)
                .octets(from(node.homeAddress()).octets())
                .done();
        assertDiscarded(new Packet(GRE, 64, foreignAgent.address(), HOME_AGENT, gre));
    }

    @Test
    @DisplayName("after the deregistration the tunnel carries nothing")
    void afterDeregistration() throws Exception {
        var other = testbed.mobileNode();
        register(node, foreignAgent, 300);
        register(other, foreignAgent, 300);
        testbed.deregisterAtHome(other);
        assertDiscarded(encapsulated(foreignAgent.address(), from(other.homeAddress())));
    }
}
