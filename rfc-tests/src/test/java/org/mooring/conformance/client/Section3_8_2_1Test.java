package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.FOREIGN_HOME;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.HOME_BROADCAST;
import static org.mooring.conformance.client.Testbed.register;
import static org.mooring.conformance.client.Testbed.relayed;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.conformance.client.Station.Answer;

@Programs
@DisplayName("RFC 5944 §3.8.2.1: what the home agent checks of a request")
class Section3_8_2_1Test {
    private final Testbed testbed;
    private final MobileNode node;

    Section3_8_2_1Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
    }

    private Request coLocated(Station at) {
        return node.request(HOME_AGENT, at.address(), 300).with(Request.DECAPSULATION);
    }

    private static Packet packet(Station from, Octets message) {
        return new Datagram(Station.port(), Datagram.MOBILE_IP, message).packet(from.address(), HOME_AGENT, 64);
    }

    private void assertSilence(Station from, Packet packet) throws Exception {
        int mark = from.wire().mark();
        from.send(packet);
        testbed.homeAgentHasAnswered();
        assertEquals(List.of(), from.received(mark));
    }

    @Test
    @DisplayName("T12: a UDP checksum that is neither right nor zero: silence")
    void wrongChecksum() throws Exception {
        var at = testbed.faraway();
        var packet = packet(at, node.signed(coLocated(at)));
        assertSilence(
                at,
                new Packet(
                        Packet.UDP,
                        64,
                        at.address(),
                        HOME_AGENT,
                        packet.payload().flipped(7, 1)));
    }

    @Test
    @DisplayName("T13: no UDP checksum: taken")
    void noChecksum() throws Exception {
        var at = testbed.faraway();
        var datagram = new Datagram(Station.port(), Datagram.MOBILE_IP, node.signed(coLocated(at))).withoutChecksum();
        assertEquals(
                Code.ACCEPTED,
                at.ask(datagram.packet(at.address(), HOME_AGENT, 64)).code());
    }

    @Test
    @DisplayName("a, T7: no authorization-enabling extension: silence")
    void unauthorized() throws Exception {
        var at = testbed.faraway();
        assertSilence(at, packet(at, coLocated(at).octets()));
        var foreignAgent = testbed.foreignAgent();
        var request = node.request(HOME_AGENT, foreignAgent.address(), 300);
        assertSilence(foreignAgent, packet(foreignAgent, FOREIGN_HOME.seal(Extension.FOREIGN_HOME, request.octets())));
    }

    @Test
    @DisplayName("a: a mobile node without an association: silence")
    void stranger() throws Exception {
        var stranger = Testbed.stranger();
        var at = testbed.faraway();
        assertSilence(
                at,
                packet(
                        at,
                        stranger.signed(
                                stranger.request(HOME_AGENT, at.address(), 300).with(Request.DECAPSULATION))));
    }

    @Test
    @DisplayName("a, T6: of two authorization-enabling extensions each is checked")
    void twoAuthorizations() throws Exception {
        var at = testbed.faraway();
        var twice = node.signed(node.signed(coLocated(at)));
        int secondAuthenticator = twice.length() - 1;
        int firstAuthenticator = secondAuthenticator - 22;
        assertEquals(
                Code.HA_MOBILE_NODE_FAILED_AUTHENTICATION,
                at.ask(HOME_AGENT, twice.flipped(secondAuthenticator, 1)).code());
        assertEquals(
                Code.HA_MOBILE_NODE_FAILED_AUTHENTICATION,
                at.ask(HOME_AGENT, node.signed(node.signed(coLocated(at)).flipped(firstAuthenticator, 1)))
                        .code());
        assertEquals(Code.ACCEPTED, at.ask(HOME_AGENT, twice).code());
    }

    @Test
    @DisplayName("a: a wrong authenticator, and a foreign agent that says who it is: 131, authenticated for both")
    void wrongAuthenticatorByForeignAgent() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var request = node.request(HOME_AGENT, foreignAgent.address(), 300);
        var signed = node.signed(request);
        var answer = foreignAgent.ask(
                HOME_AGENT, FOREIGN_HOME.seal(Extension.FOREIGN_HOME, signed.flipped(signed.length() - 1, 1)));

        assertEquals(Code.HA_MOBILE_NODE_FAILED_AUTHENTICATION, answer.code());
        assertAuthenticated(answer);
        assertTrue(FOREIGN_HOME.sealed(answer.reply().message(), answer.reply().extension(Extension.FOREIGN_HOME)));
    }

    @Test
    @DisplayName("c: no foreign-home authentication where there is an association: 132")
    void noForeignHomeAuthentication() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var answer = foreignAgent.ask(HOME_AGENT, node.signed(node.request(HOME_AGENT, foreignAgent.address(), 300)));
        assertEquals(Code.HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, answer.code());
        assertAuthenticated(answer);
    }

    @Test
    @DisplayName("c: a wrong one: 132")
    void wrongForeignHomeAuthentication() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var message = relayed(node, node.request(HOME_AGENT, foreignAgent.address(), 300));
        var answer = foreignAgent.ask(HOME_AGENT, message.flipped(message.length() - 1, 0x80));
        assertEquals(Code.HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, answer.code());
        assertAuthenticated(answer);
    }

    @Test
    @DisplayName("c: two of them: 132")
    void twoForeignHomeAuthentications() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var message = relayed(node, node.request(HOME_AGENT, foreignAgent.address(), 300));
        var answer = foreignAgent.ask(HOME_AGENT, FOREIGN_HOME.seal(Extension.FOREIGN_HOME, message));
        assertEquals(Code.HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, answer.code());
        assertAuthenticated(answer);
    }

    @Test
    @DisplayName("c: also of what was accepted a moment ago, and is sent again: 132 without, 0 with the right one")
    void duplicates() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var request = node.request(HOME_AGENT, foreignAgent.address(), 300);
        var relayed = new Datagram(Station.port(), Datagram.MOBILE_IP, relayed(node, request));
        var unauthenticated = new Datagram(relayed.sourcePort(), Datagram.MOBILE_IP, node.signed(request));
        var codes = new ArrayList<Integer>();
        for (var sent : List.of(relayed, unauthenticated, relayed)) {
            codes.add(foreignAgent
                    .ask(sent.packet(foreignAgent.address(), HOME_AGENT, 64))
                    .code());
        }
        assertEquals(List.of(Code.ACCEPTED, Code.HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, Code.ACCEPTED), codes);
    }

    @Test
    @DisplayName("b, §5.7.1, T22: what was not accepted makes no later request stale")
    void denialsBurnNoIdentification() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var request = node.request(HOME_AGENT, foreignAgent.address(), 300);
        var later = request.withIdentification(MobileNode.timestamp(4));
        var forged = node.signed(later);
        assertEquals(
                Code.HA_MOBILE_NODE_FAILED_AUTHENTICATION,
                foreignAgent
                        .ask(
                                HOME_AGENT,
                                FOREIGN_HOME.seal(Extension.FOREIGN_HOME, forged.flipped(forged.length() - 1, 1)))
                        .code());
        assertEquals(
                Code.HA_FOREIGN_AGENT_FAILED_AUTHENTICATION,
                foreignAgent.ask(HOME_AGENT, node.signed(later)).code());
        assertEquals(
                Code.ACCEPTED,
                foreignAgent.ask(HOME_AGENT, relayed(node, request)).code());
    }

    @Test
    @DisplayName("d: foreign-home authentication without an association: silence")
    void foreignHomeAuthenticationOfAStranger() throws Exception {
        var stranger = testbed.faraway();
        assertSilence(stranger, packet(stranger, relayed(node, node.request(HOME_AGENT, stranger.address(), 300))));
    }

    @Test
    @DisplayName("§3.5.4: a deregistration isn't discarded for lacking foreign-home authentication")
    void deregistrationWithoutForeignHomeAuthentication() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        register(node, foreignAgent, 300);
        var answer = foreignAgent.ask(HOME_AGENT, node.signed(node.request(HOME_AGENT, foreignAgent.address(), 0)));
        assertEquals(Code.ACCEPTED, answer.code());
        assertEquals(0, answer.reply().lifetime());
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.255.255", "255.255.255.255"})
    @DisplayName("T39, T40: sent to a broadcast address of the home network: 136, with and from the unicast address")
    void broadcast(String destination) throws Exception {
        var neighbour = testbed.neighbour();
        var request =
                node.request(HOME_BROADCAST, Address.of("198.51.100.200"), 300).with(Request.DECAPSULATION);
        var packet = new Datagram(Station.port(), Datagram.MOBILE_IP, node.signed(request))
                .packet(neighbour.address(), Address.of(destination), 64);
        int mark = neighbour.wire().mark();
        neighbour.wire().send(new Frame(Mac.BROADCAST, neighbour.mac(), packet));

        var answer = neighbour.answer(mark, packet);

        assertEquals(Code.HA_UNKNOWN_HOME_AGENT, answer.code());
        assertEquals(HOME_AGENT, answer.reply().homeAgent());
        assertEquals(HOME_AGENT, answer.packet().source());
        assertAuthenticated(answer);
    }

    @Test
    @DisplayName("T39: sent to the subnet-directed broadcast address from far away: the same")
    void directedBroadcastFromAfar() throws Exception {
        var at = testbed.faraway();
        var request = coLocated(at).withHomeAgent(HOME_BROADCAST);
        var packet = new Datagram(Station.port(), Datagram.MOBILE_IP, node.signed(request))
                .packet(at.address(), HOME_BROADCAST, 64);

        var answer = at.ask(packet);

        assertEquals(Code.HA_UNKNOWN_HOME_AGENT, answer.code());
        assertEquals(HOME_AGENT, answer.reply().homeAgent());
        assertEquals(HOME_AGENT, answer.packet().source());
    }

    private void assertAuthenticated(Answer answer) {
        var reply = answer.reply();
        assertTrue(node.association().sealed(reply.message(), reply.extension(Extension.MOBILE_HOME)));
    }
}
