package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.FOREIGN_AGENT;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;
import static org.mooring.conformance.client.Testbed.relayed;
import static org.mooring.conformance.client.Visit.forForeignAgent;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.conformance.client.Octets.Fields;

@Programs
@DisplayName("RFC 5944 §6.1, RFC 4064 §3: messages of other types than requests and replies")
class Section6_1Test {
    private static final int REQUEST = 1;
    private static final int EXPERIMENTAL = 255;

    /** Requests and replies that others define, what nobody has defined, and an experiment of others. */
    private static final List<Integer> UNKNOWN = List.of(0, 2, 5, 6, 8, 16, 18, 20, 22, 24, 64, 128, 254, EXPERIMENTAL);

    private static final long DOCUMENTATION = 32473;
    private static final long ANOTHER_ENTERPRISE = 9;

    /** Of the programs' own experiment: a request once more. */
    private static final int AGAIN = 7;

    private final Testbed testbed;
    private final MobileNode node;

    Section6_1Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
    }

    private static Octets experiment(long enterprise, Octets request) {
        return new Fields()
                .u8(EXPERIMENTAL)
                .u8(AGAIN)
                .u16(0)
                .u32(enterprise)
                .octets(request)
                .done();
    }

    private static Octets ofType(int type, Octets request) {
        return new Fields().u8(type).octets(request.from(1)).done();
    }

    @Test
    @DisplayName(
            "the home agent discards what it doesn't know, silently, and an experiment of others; a request after that is as good as ever")
    void atTheHomeAgent() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var request = relayed(node, node.request(HOME_AGENT, foreignAgent.address(), 300));
        int mark = foreignAgent.wire().mark();
        for (int type : UNKNOWN) {
            send(foreignAgent, ofType(type, request));
        }
        send(foreignAgent, experiment(ANOTHER_ENTERPRISE, request));
        send(foreignAgent, experiment(DOCUMENTATION, Octets.NONE));
        testbed.homeAgentHasAnswered();

        assertEquals(List.of(), foreignAgent.received(mark));
        assertEquals(Code.ACCEPTED, foreignAgent.ask(HOME_AGENT, request).code());
    }

    private static void send(Station foreignAgent, Octets message) {
        foreignAgent.send(new Datagram(Station.port(), Datagram.MOBILE_IP, message)
                .packet(foreignAgent.address(), HOME_AGENT, 64));
    }

    @Test
    @DisplayName("so does the foreign agent: it relays nothing of it, and says nothing")
    void atTheForeignAgent() throws Exception {
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        var request = visit.request(300);
        int outside = testbed.internet.mark();
        int mark = testbed.visited.mark();
        for (int type : UNKNOWN) {
            visit.send(ofType(type, node.signed(request)));
        }
        visit.send(experiment(ANOTHER_ENTERPRISE, node.signed(request)));
        visit.send(experiment(DOCUMENTATION, Octets.NONE));
        testbed.foreignAgentHasAnswered();

        assertEquals(List.of(), visit.received(mark));
        assertEquals(List.of(), typesFor(outside));
        assertEquals(
                Code.ACCEPTED,
                visit.answer(
                                visit.relay(node.signed(request)),
                                forForeignAgent(visit.reply(request, Code.ACCEPTED, 300)))
                        .code());
    }

    @Test
    @DisplayName(
            "a request that comes once more in the programs' own experiment goes on in one: another maker's home agent gets no second request")
    void toAnotherMakersHomeAgent() throws Exception {
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        var request = visit.request(300);
        int mark = testbed.internet.mark();
        var asked = visit.relay(node.signed(request));
        visit.send(experiment(DOCUMENTATION, node.signed(request)));
        visit.send(experiment(DOCUMENTATION, node.signed(request)));
        testbed.foreignAgentHasAnswered();

        assertEquals(List.of(REQUEST, EXPERIMENTAL, EXPERIMENTAL), typesFor(mark));
        assertEquals(
                Code.ACCEPTED,
                visit.answer(asked, forForeignAgent(visit.reply(request, Code.ACCEPTED, 300)))
                        .code());
    }

    /** Of what the foreign agent has sent for this mobile node to the other home agent. */
    private List<Integer> typesFor(int mark) {
        return testbed.internet.since(
                mark,
                frame -> frame.packet()
                        .filter(packet -> packet.destination().equals(OTHER_HOME_AGENT))
                        .flatMap(Packet::datagram)
                        .map(Datagram::payload)
                        .flatMap(message ->
                                isOfThisMobileNode(message) ? Optional.of(message.u8(0)) : Optional.empty()));
    }

    private boolean isOfThisMobileNode(Octets message) {
        return (message.length() > 8 && message.address(4).equals(node.homeAddress()))
                || (message.length() > 16 && message.address(12).equals(node.homeAddress()));
    }

    @Test
    @DisplayName("§1.7: to who never says any of it, the two programs say nothing but requests and replies")
    void betweenThePrograms() throws Exception {
        int internet = testbed.internet.mark();
        int visited = testbed.visited.mark();
        for (int lifetime : new int[] {300, 300, 0}) {
            var request = node.request(HOME_AGENT, CARE_OF_ADDRESS, lifetime).with(Request.REVERSE_TUNNEL);
            assertEquals(
                    Code.ACCEPTED,
                    testbed.visiting(node)
                            .ask(FOREIGN_AGENT, node.signed(request))
                            .code());
        }
        testbed.homeAgentHasAnswered();
        testbed.foreignAgentHasAnswered();

        var reply = 3;
        var each = List.of(REQUEST, reply, REQUEST, reply, REQUEST, reply);
        assertEquals(each, types(testbed.internet, internet));
        assertEquals(each.stream().filter(type -> type == reply).toList(), types(testbed.visited, visited));
    }

    /** Of all from and to port 434 that is about this mobile node. */
    private List<Integer> types(Wire wire, int mark) {
        return wire.since(
                mark,
                frame -> frame.packet()
                        .flatMap(Packet::datagram)
                        .filter(datagram -> datagram.sourcePort() == Datagram.MOBILE_IP
                                || datagram.destinationPort() == Datagram.MOBILE_IP)
                        .map(Datagram::payload)
                        .filter(this::isOfThisMobileNode)
                        .map(message -> message.u8(0)));
    }
}
