package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.FOREIGN_AGENT;
import static org.mooring.conformance.client.Testbed.MOBILE_FOREIGN;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.conformance.client.Station.Answer;

@Programs
@DisplayName("RFC 5944 §3.7.2.3: the foreign agent's denials, octet by octet")
class Section3_7_2_3Test {
    /** What it offers, by its configuration's default. */
    private static final int LONGEST_LIFETIME = 1800;

    private static final Address NOT_OFFERED = Address.of("192.0.2.3");

    private final Testbed testbed;
    private final MobileNode node;
    private final Visit visit;

    Section3_7_2_3Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.visit = new Visit(testbed, node, OTHER_HOME_AGENT);
    }

    private Request notOffered() {
        return node.request(OTHER_HOME_AGENT, NOT_OFFERED, 300);
    }

    @Test
    @DisplayName("home address, home agent, Identification and lifetime are the request's")
    void fields() throws Exception {
        var request = notOffered();
        var answer = visit.ask(node.signed(request));
        assertEquals(
                new Reply(
                                Code.FA_INVALID_CARE_OF_ADDRESS,
                                300,
                                node.homeAddress(),
                                OTHER_HOME_AGENT,
                                request.identification())
                        .message(),
                answer.reply().message());
    }

    @Test
    @DisplayName("T70: a lifetime that is too long: 69, with the longest one")
    void lifetimeTooLong() throws Exception {
        var answer = visit.ask(node.signed(visit.request(LONGEST_LIFETIME + 1)));
        assertEquals(Code.FA_LIFETIME_TOO_LONG, answer.code());
        assertEquals(LONGEST_LIFETIME, answer.reply().lifetime());
        visit.relay(node.signed(visit.request(LONGEST_LIFETIME)));
    }

    @Test
    @DisplayName(
            "from the address that was asked to the home address, ports exchanged, to the link-layer address it came from")
    void headers() throws Exception {
        var packet = visit.packet(node.signed(notOffered()));
        var answer = testbed.visiting(node).ask(packet);
        assertHeaders(answer);
        assertEquals(FOREIGN_AGENT, answer.packet().source());
        assertEquals(
                packet.datagram().orElseThrow().sourcePort(), answer.datagram().destinationPort());
    }

    @Test
    @DisplayName("what was sent to the group of all mobility agents is answered from its own address on the link")
    void toAllMobilityAgents() throws Exception {
        var packet = new Datagram(Station.port(), Datagram.MOBILE_IP, node.signed(notOffered()))
                .packet(node.homeAddress(), Address.of("224.0.0.11"), 1);
        var answer = testbed.visiting(node).ask(packet);
        assertHeaders(answer);
        assertTrue(List.of(FOREIGN_AGENT, Testbed.FOREIGN_ROUTER)
                .contains(answer.packet().source()));
    }

    private void assertHeaders(Answer answer) {
        assertEquals(Code.FA_INVALID_CARE_OF_ADDRESS, answer.code());
        assertEquals(node.homeAddress(), answer.packet().destination());
        assertEquals(Datagram.MOBILE_IP, answer.datagram().sourcePort());
        assertTrue(answer.datagram().checksummed());
        assertEquals(node.mac(), answer.frame().destination());
        assertEquals(testbed.foreignRouter, answer.frame().source());
    }

    @Test
    @DisplayName("T84, RFC 2794 §3: who has no home address is told 96 by 255.255.255.255, at its link-layer address")
    void withoutHomeAddress() throws Exception {
        var request = visit.request(300).withHomeAddress(Address.ANY);
        var message = node.signed(request.octets().and(Extension.nai("a@b.example")));
        var packet = new Datagram(Station.port(), Datagram.MOBILE_IP, message).packet(Address.ANY, FOREIGN_AGENT, 255);
        var answer = testbed.visiting(node).ask(packet);
        assertEquals(Code.FA_HOME_ADDRESS_REQUIRED, answer.code());
        assertEquals(Address.BROADCAST, answer.packet().destination());
        assertEquals(FOREIGN_AGENT, answer.packet().source());
        assertEquals(node.mac(), answer.frame().destination());
    }

    @Test
    @DisplayName("RFC 2794 §3: two that ask for a home address at once are told so each, at its own link-layer address")
    void twoWithoutHomeAddress() throws Exception {
        var another = testbed.mobileNode();
        var request = visit.request(300).withHomeAddress(Address.ANY);
        var ports = List.of(Station.port(), Station.port());
        var nodes = List.of(node, another);
        int mark = testbed.visited.mark();

        for (int i = 0; i < nodes.size(); i++) {
            var message = nodes.get(i).signed(request.octets().and(Extension.nai(i + "@b.example")));
            testbed.visiting(nodes.get(i))
                    .send(new Datagram(ports.get(i), Datagram.MOBILE_IP, message)
                            .packet(Address.ANY, FOREIGN_AGENT, 255));
        }

        for (int i = 0; i < nodes.size(); i++) {
            int port = ports.get(i);
            var answer = testbed.visited.await(
                    mark,
                    frame -> Answer.of(frame).filter(came -> came.datagram().destinationPort() == port));
            assertEquals(Code.FA_HOME_ADDRESS_REQUIRED, answer.code());
            assertEquals(nodes.get(i).mac(), answer.frame().destination());
        }
    }

    @Test
    @DisplayName("§3.7.1: who shares an association gets mobile-foreign authentication with it")
    void authenticated() throws Exception {
        var acquainted = testbed.acquainted();
        var hers = new Visit(testbed, acquainted, OTHER_HOME_AGENT);
        var request = acquainted.request(OTHER_HOME_AGENT, NOT_OFFERED, 300);
        var reply = hers.ask(MOBILE_FOREIGN.seal(Extension.MOBILE_FOREIGN, acquainted.signed(request)))
                .reply();
        assertEquals(List.of(Extension.MOBILE_FOREIGN), reply.types());
        assertTrue(MOBILE_FOREIGN.sealed(reply.message(), reply.extension(Extension.MOBILE_FOREIGN)));
    }
}
