package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.FOREIGN_AGENT;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;
import static org.mooring.conformance.client.Testbed.toMobileNode;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.conformance.client.Station.Answer;

@Programs(oneRouter = true)
@DisplayName(
        "RFC 5944 §2.3, 3.6.1.1, 3.7.2: both agents on one router and one link: what is sent to all mobility agents is one agent's")
class OneRouterTest {
    private static final Address ALL_MOBILITY_AGENTS = Address.of("224.0.0.11");

    private final Testbed testbed;
    private final MobileNode node;

    OneRouterTest(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
    }

    /** {@code message} from {@code source} to all mobility agents, as Section 3.6.1.1 has it: at their router's own link-layer address. */
    private static Packet toAllMobilityAgents(Address source, Octets message) {
        return new Datagram(Station.port(), Datagram.MOBILE_IP, message).packet(source, ALL_MOBILITY_AGENTS, 1);
    }

    private Answer ask(Station from, Octets message) throws Exception {
        return from.ask(toAllMobilityAgents(from.address(), message));
    }

    /** All answers to {@code node}'s link-layer address since {@code mark}, when each agent has answered others that asked later. */
    private List<Answer> answers(int mark) throws Exception {
        var other = testbed.mobileNode();
        testbed.home.join(other.homeAddress(), other.mac());
        var request = other.request(HOME_AGENT, other.homeAddress(), 0);
        assertEquals(
                HOME_AGENT,
                ask(testbed.atHome(other), other.signed(request)).packet().source());
        testbed.foreignAgentHasAnswered();
        return testbed.home.since(mark, Answer::of).stream()
                .filter(answer -> answer.frame().destination().equals(node.mac()))
                .toList();
    }

    /** That the home agent, which was asked last, is the only one that has answered, and nothing was relayed. */
    private void assertIsHomeAgents(Answer answer, int home, int internet) throws Exception {
        assertEquals(Code.ACCEPTED, answer.code());
        assertEquals(HOME_AGENT, answer.packet().source());
        assertTrue(node.association()
                .sealed(answer.reply().message(), answer.reply().extension(Extension.MOBILE_HOME)));
        assertEquals(List.of(answer), answers(home));
        assertEquals(List.of(), new Visit(testbed, node, HOME_AGENT).allRelayed(internet));
    }

    @Test
    @DisplayName("a mobile node that has come home deregisters: the home agent answers, and it alone")
    void atHome() throws Exception {
        Testbed.register(node, testbed.foreignAgent(), 300);
        testbed.home.join(node.homeAddress(), node.mac());
        int home = testbed.home.mark();
        int internet = testbed.internet.mark();

        var answer = ask(testbed.atHome(node), node.signed(node.request(HOME_AGENT, node.homeAddress(), 0)));

        assertIsHomeAgents(answer, home, internet);
        var packet = toMobileNode(node);
        int mark = testbed.home.mark();
        testbed.arriveAtHome(packet);
        assertEquals(
                node.mac(),
                testbed.home
                        .await(mark, frame -> Visit.delivered(frame, packet))
                        .destination());
    }

    @Test
    @DisplayName("one with a co-located care-of address registers: so it is")
    void coLocated() throws Exception {
        var own = Address.of("10.2.0.77");
        testbed.home.join(own, node.mac());
        var at = new Station(testbed.home, node.mac(), own, testbed.homeRouter);
        var request = node.request(HOME_AGENT, own, 300).with(Request.DECAPSULATION);
        int home = testbed.home.mark();
        int internet = testbed.internet.mark();

        var answer = ask(at, node.signed(request));

        assertIsHomeAgents(answer, home, internet);
    }

    @Test
    @DisplayName(
            "a visitor registers with its home agent elsewhere: the foreign agent relays that once, and the home agent says nothing")
    void visitor() throws Exception {
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        var request = node.request(OTHER_HOME_AGENT, CARE_OF_ADDRESS, 300);
        var packet = toAllMobilityAgents(node.homeAddress(), node.signed(request));
        int home = testbed.home.mark();
        int internet = testbed.internet.mark();

        var relayed = visit.relay(packet);
        visit.send(relayed, Visit.forForeignAgent(visit.reply(request, Code.ACCEPTED, 300)));
        var answer = testbed.atHome(node).answer(home, packet);

        assertEquals(Code.ACCEPTED, answer.code());
        assertEquals(FOREIGN_AGENT, answer.packet().source());
        assertEquals(List.of(answer), answers(home));
        assertEquals(1, visit.allRelayed(internet).size());
        assertEquals(node.mac(), visit.deliver(toMobileNode(node)).destination());
    }

    @Test
    @DisplayName(
            "§3.7.2: a mobile node at home asks to be served by the foreign agent there: that one denies it, and it alone: 116")
    void ownHomeAgent() throws Exception {
        testbed.home.join(node.homeAddress(), node.mac());
        int home = testbed.home.mark();

        var answer = ask(testbed.atHome(node), node.signed(node.request(HOME_AGENT, CARE_OF_ADDRESS, 300)));

        assertEquals(Code.FA_INVALID_HOME_AGENT_ADDRESS, answer.code());
        assertEquals(FOREIGN_AGENT, answer.packet().source());
        assertEquals(List.of(answer), answers(home));
    }
}
