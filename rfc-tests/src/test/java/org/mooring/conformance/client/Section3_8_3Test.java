package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.FOREIGN_HOME;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.register;
import static org.mooring.conformance.client.Testbed.registerCoLocated;
import static org.mooring.conformance.client.Testbed.relayed;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.conformance.client.Station.Answer;

@Programs
@DisplayName("RFC 5944 §3.8.3: the home agent's replies, octet by octet")
class Section3_8_3Test {
    private static final Address ALL_MOBILITY_AGENTS = Address.of("224.0.0.11");
    private static final Mac ALL_MOBILITY_AGENTS_MAC = Mac.of("01:00:5e:00:00:0b");

    private final Testbed testbed;
    private final MobileNode node;

    Section3_8_3Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
    }

    @Test
    @DisplayName("§3.8.3.1: addresses and ports are the request's, exchanged")
    void headers() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var request = new Datagram(
                        54_321,
                        Datagram.MOBILE_IP,
                        relayed(node, node.request(HOME_AGENT, foreignAgent.address(), 300)))
                .packet(foreignAgent.address(), HOME_AGENT, 64);

        var answer = foreignAgent.ask(request);

        assertEquals(HOME_AGENT, answer.packet().source());
        assertEquals(foreignAgent.address(), answer.packet().destination());
        assertEquals(Datagram.MOBILE_IP, answer.datagram().sourcePort());
        assertEquals(54_321, answer.datagram().destinationPort());
        assertTrue(answer.datagram().checksummed(), "§3.1: a UDP checksum");
        assertEquals(testbed.homeRouterOutside, answer.frame().source());
        assertEquals(foreignAgent.mac(), answer.frame().destination());
    }

    @Test
    @DisplayName("§3.8.3.2, 5.7.1: code, lifetime, home address, home agent and Identification")
    void fields() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var request = node.request(HOME_AGENT, foreignAgent.address(), 123);

        var reply = foreignAgent.ask(HOME_AGENT, relayed(node, request)).reply();

        assertEquals(
                new Reply(Code.ACCEPTED, 123, node.homeAddress(), HOME_AGENT, request.identification()).message(),
                reply.message().range(0, Reply.LENGTH));
    }

    @Test
    @DisplayName("§3.8.3.3: mobile-home authentication, then foreign-home authentication, and nothing else")
    void orderOfExtensions() throws Exception {
        var reply = register(node, testbed.foreignAgent(), 300).reply();

        assertEquals(List.of(Extension.MOBILE_HOME, Extension.FOREIGN_HOME), reply.types());
        assertTrue(node.association().sealed(reply.message(), reply.extension(Extension.MOBILE_HOME)));
        assertTrue(FOREIGN_HOME.sealed(reply.message(), reply.extension(Extension.FOREIGN_HOME)));
    }

    @Test
    @DisplayName("§3.8.3.3: only mobile-home authentication for who shares no association, as a co-located mobile node")
    void coLocated() throws Exception {
        assertEquals(
                List.of(Extension.MOBILE_HOME),
                registerCoLocated(node, testbed.faraway(), 300).reply().types());
    }

    @Test
    @DisplayName("§3.8.3.1, T50: the deregistration of a mobile node at home is answered there, past its binding")
    void atHome() throws Exception {
        register(node, testbed.foreignAgent(), 300);

        assertAtHome(testbed.deregisterAtHome(node));
    }

    @Test
    @DisplayName("§3.8.3.1: so it is if it is denied, and the binding stays")
    void deniedAtHome() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        register(node, foreignAgent, 300);
        testbed.home.join(node.homeAddress(), node.mac());
        var stale = node.request(HOME_AGENT, node.homeAddress(), 0).withIdentification(MobileNode.timestamp(-3600));

        var answer = testbed.atHome(node).ask(HOME_AGENT, node.signed(stale));

        assertEquals(Code.HA_IDENTIFICATION_MISMATCH, answer.code());
        assertAtHome(answer);
        assertEquals(foreignAgent.address(), testbed.tunnelled(node).destination());
    }

    @Test
    @DisplayName("§2.3, 3.8.3.1: so it is if it was sent to all mobility agents, from the home agent's own address")
    void atHomeByMulticast() throws Exception {
        register(node, testbed.foreignAgent(), 300);
        testbed.home.join(node.homeAddress(), node.mac());

        assertAtHome(toAllMobilityAgents(node.signed(node.request(HOME_AGENT, node.homeAddress(), 0))));
    }

    @Test
    @DisplayName("§2.3, 3.6.1.1: what a foreign agent is to relay is left to it")
    void leavesToForeignAgents() throws Exception {
        testbed.home.join(node.homeAddress(), node.mac());
        int mark = testbed.home.mark();
        var message = node.signed(node.request(HOME_AGENT, Address.of("10.1.0.21"), 300));
        testbed.home.send(new Frame(ALL_MOBILITY_AGENTS_MAC, node.mac(), toAllMobilityAgents(Station.port(), message)));
        assertAtHome(toAllMobilityAgents(node.signed(node.request(HOME_AGENT, node.homeAddress(), 0))));
        assertEquals(
                1,
                testbed.home.since(mark, Answer::of).stream()
                        .filter(answer -> answer.packet().destination().equals(node.homeAddress()))
                        .count());
    }

    private Packet toAllMobilityAgents(int port, Octets message) {
        return new Datagram(port, Datagram.MOBILE_IP, message).packet(node.homeAddress(), ALL_MOBILITY_AGENTS, 1);
    }

    /** The answer. */
    private Answer toAllMobilityAgents(Octets message) throws Exception {
        var packet = toAllMobilityAgents(Station.port(), message);
        int mark = testbed.home.mark();
        testbed.home.send(new Frame(ALL_MOBILITY_AGENTS_MAC, node.mac(), packet));
        var answer = testbed.atHome(node).answer(mark, packet);
        assertEquals(Code.ACCEPTED, answer.code());
        return answer;
    }

    private void assertAtHome(Answer answer) {
        assertEquals(node.mac(), answer.frame().destination());
        assertEquals(testbed.homeRouter, answer.frame().source());
        assertEquals(node.homeAddress(), answer.packet().destination());
        assertEquals(HOME_AGENT, answer.packet().source());
        var reply = answer.reply();
        assertEquals(List.of(Extension.MOBILE_HOME), reply.types());
        assertTrue(node.association().sealed(reply.message(), reply.extension(Extension.MOBILE_HOME)));
    }

    @Test
    @DisplayName("§3.8: nobody is answered who did not ask")
    void onlyAnswers() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        int mark = foreignAgent.wire().mark();
        register(node, foreignAgent, 300);
        register(node, testbed.foreignAgent(), 300);
        testbed.deregisterAtHome(node);
        testbed.homeAgentHasAnswered();
        assertEquals(1, foreignAgent.received(mark).size(), "the reply to its own request");
    }
}
