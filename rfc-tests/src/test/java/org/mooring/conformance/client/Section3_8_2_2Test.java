package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.register;
import static org.mooring.conformance.client.Testbed.relayed;
import static org.mooring.conformance.client.Testbed.toMobileNode;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.conformance.client.Station.Answer;

@Programs
@DisplayName("RFC 5944 §3.8.2.2: what an accepted request does to the bindings, as the packets show")
class Section3_8_2_2Test {
    private final Testbed testbed;
    private final MobileNode node;
    private final Station foreignAgent;
    private final Station another;

    Section3_8_2_2Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.foreignAgent = testbed.foreignAgent();
        this.another = testbed.foreignAgent();
    }

    /** Where a packet for the mobile node is tunnelled to, by the time that one behind it has come to {@code expected}. */
    private Set<Address> careOfAddresses(Address expected) throws Exception {
        var packet = toMobileNode(node);
        var behind = toMobileNode(node);
        int mark = testbed.internet.mark();
        testbed.arriveAtHome(packet);
        testbed.arriveAtHome(behind);
        testbed.internet.await(
                mark,
                frame -> Testbed.tunnelled(frame, behind)
                        .filter(outer -> outer.destination().equals(expected)));
        return testbed.internet.since(mark, frame -> Testbed.tunnelled(frame, packet)).stream()
                .map(Packet::destination)
                .collect(Collectors.toSet());
    }

    private Answer deregister(Station from, Address careOfAddress) throws Exception {
        return from.ask(HOME_AGENT, node.signed(node.request(HOME_AGENT, careOfAddress, 0)));
    }

    @Test
    @DisplayName("T28: without S the new binding takes the place of all before")
    void replaces() throws Exception {
        register(node, foreignAgent, 300);
        assertEquals(Set.of(foreignAgent.address()), careOfAddresses(foreignAgent.address()));

        register(node, another, 300);

        assertEquals(Set.of(another.address()), careOfAddresses(another.address()));
    }

    /** Registers {@code at} beside the others, and returns the code of the reply. */
    private int registerBeside(Station at, int lifetime) throws Exception {
        var request =
                node.request(HOME_AGENT, at.address(), lifetime).with(Request.SIMULTANEOUS | Request.REVERSE_TUNNEL);
        return at.ask(HOME_AGENT, relayed(node, request)).code();
    }

    @Test
    @DisplayName("T29: with S the others stay, each care-of address gets a copy, and may send")
    void keepsOthers() throws Exception {
        register(node, foreignAgent, 300);

        assertEquals(Code.ACCEPTED, registerBeside(another, 300));

        assertEquals(Set.of(foreignAgent.address(), another.address()), careOfAddresses(another.address()));
        for (var at : List.of(foreignAgent, another)) {
            var packet = new Datagram(Station.port(), 4000, Octets.hex("5a"))
                    .packet(node.homeAddress(), Testbed.CORRESPONDENT, 64);
            int mark = testbed.internet.mark();
            testbed.arriveAtHome(Encapsulation.IP_IN_IP.wrap(at.address(), HOME_AGENT, packet));
            testbed.internet.await(
                    mark, frame -> frame.packet().filter(sent -> sent.payload().equals(packet.payload())));
        }
    }

    @Test
    @DisplayName("T31: of two, one is deregistered by way of its foreign agent, and the other stays")
    void deregistersOneOfTwo() throws Exception {
        register(node, foreignAgent, 300);
        registerBeside(another, 300);

        var answer = deregister(foreignAgent, foreignAgent.address());

        assertEquals(Code.ACCEPTED, answer.code());
        assertEquals(0, answer.reply().lifetime());
        assertEquals(Set.of(another.address()), careOfAddresses(another.address()));
    }

    @Test
    @DisplayName("T37: one more than may be: 135, and the others stay")
    void tooMany() throws Exception {
        register(node, foreignAgent, 300);
        registerBeside(another, 300);

        assertEquals(Code.HA_TOO_MANY_BINDINGS, registerBeside(testbed.foreignAgent(), 300));

        assertEquals(Set.of(foreignAgent.address(), another.address()), careOfAddresses(another.address()));
        assertEquals(Code.ACCEPTED, registerBeside(another, 300), "a renewal is none more");
    }

    @Test
    @DisplayName("§3.8.2.2: each has a lifetime of its own")
    void endsOneByOne() throws Exception {
        register(node, foreignAgent, 300);
        registerBeside(another, 1);
        assertEquals(Set.of(foreignAgent.address(), another.address()), careOfAddresses(foreignAgent.address()));
        while (careOfAddresses(foreignAgent.address()).size() == 2) {
            Thread.onSpinWait();
        }
        assertEquals(Set.of(foreignAgent.address()), careOfAddresses(foreignAgent.address()));
    }

    @Test
    @DisplayName(
            "T31: lifetime 0 and a care-of address: that binding goes, by way of its foreign agent or of another, which is answered")
    void deregistersOne() throws Exception {
        register(node, foreignAgent, 300);
        int mark = testbed.internet.mark();

        var answer = deregister(another, foreignAgent.address());

        assertEquals(Code.ACCEPTED, answer.code());
        assertEquals(0, answer.reply().lifetime());
        assertAtHome();
        assertEquals(
                List.of(another.address()),
                testbed.internet.since(mark, Answer::of).stream()
                        .map(reply -> reply.packet().destination())
                        .toList());
    }

    @Test
    @DisplayName("lifetime 0 and a care-of address that is not bound: what is bound stays")
    void deregistersWhatIsNotBound() throws Exception {
        register(node, foreignAgent, 300);

        deregister(another, another.address());

        assertEquals(Set.of(foreignAgent.address()), careOfAddresses(foreignAgent.address()));
    }

    @Test
    @DisplayName("T32: lifetime 0 and the home address: all bindings go")
    void deregistersAll() throws Exception {
        register(node, foreignAgent, 300);

        testbed.deregisterAtHome(node);

        assertAtHome();
    }

    /** §4.2.3: what comes for it is forwarded onto the home network as it is. */
    private void assertAtHome() throws Exception {
        testbed.home.join(node.homeAddress(), node.mac());
        var packet = toMobileNode(node);
        int tunnelled = testbed.internet.mark();
        int mark = testbed.home.mark();
        testbed.arriveAtHome(packet);
        var frame = testbed.home.await(
                mark,
                came -> came.packet()
                        .filter(forwarded -> forwarded.payload().equals(packet.payload()))
                        .map(forwarded -> came));
        assertEquals(node.mac(), frame.destination());
        assertEquals(packet.withTtl(63).octets(), frame.packet().orElseThrow().octets());
        assertEquals(List.of(), testbed.internet.since(tunnelled, sent -> Testbed.tunnelled(sent, packet)));
    }

    @ParameterizedTest
    @CsvSource({"60, 60", "600, 600", "601, 600", "3600, 600", "65535, 600"})
    @DisplayName("T33, T34, T35: what is granted is what was asked for, unless that is more than permitted")
    void grants(int requested, int granted) throws Exception {
        assertEquals(granted, register(node, foreignAgent, requested).reply().lifetime());
    }

    @Test
    @DisplayName("T20, T36: a binding ends with its lifetime, whoever sends its request once more, and nobody is told")
    void ends() throws Exception {
        testbed.home.join(node.homeAddress(), node.mac());
        var request = node.request(HOME_AGENT, foreignAgent.address(), 1).with(Request.REVERSE_TUNNEL);
        var message = relayed(node, request);
        var packet = new Datagram(Station.port(), Datagram.MOBILE_IP, message)
                .packet(foreignAgent.address(), HOME_AGENT, 64);
        var answer = foreignAgent.ask(packet);
        assertEquals(1, answer.reply().lifetime());
        assertEquals(Set.of(foreignAgent.address()), careOfAddresses(foreignAgent.address()));

        int mark = testbed.home.mark();
        int replies = testbed.internet.mark();
        int duplicates = 0;
        while (testbed.home.since(mark, Section3_8_2_2Test::fromCorrespondent).stream()
                .noneMatch(came -> came.destination().equals(node.homeAddress()))) {
            foreignAgent.send(packet);
            duplicates++;
            testbed.arriveAtHome(toMobileNode(node));
            testbed.homeAgentHasAnswered();
        }

        var answers = foreignAgent.received(replies).stream()
                .flatMap(reply -> reply.datagram().stream())
                .flatMap(datagram -> Reply.of(datagram.payload()).stream())
                .toList();
        assertTrue(answers.size() <= duplicates, "more replies than requests");
        assertTrue(answers.stream().allMatch(reply -> reply.code() != 0 || reply.lifetime() <= 1));
        assertAtHome();
    }

    private static Optional<Packet> fromCorrespondent(Frame frame) {
        return frame.packet().filter(packet -> packet.source().equals(Testbed.CORRESPONDENT));
    }
}
