package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.FOREIGN_HOME;
import static org.mooring.conformance.client.Testbed.MOBILE_FOREIGN;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;
import static org.mooring.conformance.client.Testbed.STRANGE_HOME_AGENT;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@Programs
@DisplayName("RFC 5944 §3.7.2.2: what the foreign agent relays to the home agent, octet by octet")
class Section3_7_2_2Test {
    private final Testbed testbed;
    private final MobileNode node;
    private final Visit visit;

    Section3_7_2_2Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.visit = new Visit(testbed, node, OTHER_HOME_AGENT);
    }

    @Test
    @DisplayName("T71: from the care-of address, to the address in the Home Agent field, port 434")
    void headers() throws Exception {
        var relayed = visit.relay(node.signed(visit.request(300)));
        assertEquals(CARE_OF_ADDRESS, relayed.packet().source());
        assertEquals(OTHER_HOME_AGENT, relayed.packet().destination());
        assertEquals(Datagram.MOBILE_IP, relayed.datagram().destinationPort());
        assertTrue(relayed.datagram().checksummed());
        assertTrue(relayed.packet().ttl() > 1);
    }

    @Test
    @DisplayName(
            "T71: nothing is changed up to the mobile-home authentication, and foreign-home authentication appended")
    void message() throws Exception {
        var message = node.signed(visit.request(300)
                .octets()
                .and(Extension.octets(200, Octets.hex("0102")))
                .and(Octets.hex("00")));

        assertEquals(
                FOREIGN_HOME.seal(Extension.FOREIGN_HOME, message),
                visit.relay(message).message());
    }

    @Test
    @DisplayName("T71: what stands behind the mobile-home authentication is processed and removed")
    void removesWhatIsItsOwn() throws Exception {
        var acquainted = testbed.acquainted();
        var hers = new Visit(testbed, acquainted, OTHER_HOME_AGENT);
        var signed = acquainted.signed(hers.request(300));
        var message =
                MOBILE_FOREIGN.seal(Extension.MOBILE_FOREIGN, signed.and(Extension.octets(200, Octets.hex("07"))));

        assertEquals(
                FOREIGN_HOME.seal(Extension.FOREIGN_HOME, signed),
                hers.relay(message).message());
    }

    @Test
    @DisplayName("a home agent without an association gets no foreign-home authentication")
    void toStranger() throws Exception {
        var strange = new Visit(testbed, node, STRANGE_HOME_AGENT);
        var message = node.signed(strange.request(300));
        assertEquals(message, strange.relay(message).message());
    }

    @Test
    @DisplayName("§3.5.4: nor does a deregistration")
    void deregistration() throws Exception {
        var message = node.signed(visit.request(0));
        assertEquals(message, visit.relay(message).message());
    }

    @Test
    @DisplayName("§3.6.1.1: also what was sent to the group of all mobility agents, with a TTL of 1")
    void toAllMobilityAgents() throws Exception {
        var message = node.signed(node.request(OTHER_HOME_AGENT, CARE_OF_ADDRESS, 300));
        var relayed = visit.relay(new Datagram(Station.port(), Datagram.MOBILE_IP, message)
                .packet(node.homeAddress(), Address.of("224.0.0.11"), 1));
        assertEquals(FOREIGN_HOME.seal(Extension.FOREIGN_HOME, message), relayed.message());
    }

    @Test
    @DisplayName(
            "RFC 4721 §3.2: a request that comes again while it is pending is relayed again, the same, and answered once")
    void retransmission() throws Exception {
        var request = visit.request(300);
        var message = node.signed(request);
        int visited = testbed.visited.mark();

        var relayed = visit.relay(message);
        var again = visit.relay(message);

        assertEquals(FOREIGN_HOME.seal(Extension.FOREIGN_HOME, message), relayed.message());
        assertEquals(relayed.message(), again.message());
        var reply = Visit.forForeignAgent(visit.reply(request, Code.ACCEPTED, 300));
        assertEquals(Code.ACCEPTED, visit.answer(relayed, reply).code());
        visit.send(again, reply);
        var other = testbed.mobileNode();
        new Visit(testbed, other, OTHER_HOME_AGENT).register(60);
        assertEquals(1, visit.received(visited).size());
    }

    @Test
    @DisplayName("§3.7: it makes no request of its own: not when a lifetime is over, and not to deregister")
    void onlyRelays() throws Exception {
        int internet = testbed.internet.mark();
        visit.register(1);
        var another = testbed.mobileNode();
        var other = new Visit(testbed, another, OTHER_HOME_AGENT);
        other.register(60);
        boolean expired = false;
        while (!expired) {
            var packet = Testbed.toMobileNode(node);
            int mark = testbed.visited.mark();
            visit.atForeignSite(visit.tunnelled(packet));
            other.deliver(Testbed.toMobileNode(another));
            expired = testbed.visited
                    .since(mark, frame -> Visit.delivered(frame, packet))
                    .isEmpty();
        }
        testbed.foreignAgentHasAnswered();
        assertEquals(1, visit.allRelayed(internet).size());
        assertEquals(
                List.of(),
                testbed.internet.since(internet, Frame::packet).stream()
                        .flatMap(packet -> packet.datagram().stream())
                        .filter(datagram -> datagram.destinationPort() == Datagram.MOBILE_IP
                                && Request.of(datagram.payload()).lifetime() == 0)
                        .toList());
    }
}
