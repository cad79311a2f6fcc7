package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;
import static org.mooring.conformance.client.Testbed.relayed;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Programs(homeAgent = """
        require-association = false
        reverse-tunnel = "required"
        max-lifetime = 65535
        max-simultaneous-bindings = 1
        encapsulations = []
        [advertisement]
        prefix-length = 16
        """, foreignAgent = """
        revocation = "refused"
        require-association = false
        reverse-tunnel = "required"
        nat-traversal = "off"
        encapsulations = []
        encapsulating-delivery = false
        max-pending = 2
        [advertisement]
        interval = 4
        registration-required = true
        """)
@DisplayName(
        "Reverse tunnels and registration required, nothing that is optional, few requests pending, periodic advertisements, prefix lengths")
class RequiredTest {
    private static final int REGISTRATION_REQUIRED = 0x8000;

    private final Testbed testbed;
    private final MobileNode node;

    RequiredTest(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
    }

    @Test
    @DisplayName("RFC 3024 §4.3.1: the home agent denies a request without T: 138")
    void homeAgentDenies() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var request = node.request(HOME_AGENT, foreignAgent.address(), 300);
        assertEquals(
                Code.HA_REVERSE_TUNNEL_MANDATORY,
                foreignAgent.ask(HOME_AGENT, relayed(node, request)).code());
    }

    @Test
    @DisplayName("RFC 3024 §4.2.1: the foreign agent denies a request without T: 75")
    void foreignAgentDenies() throws Exception {
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        var request = node.request(OTHER_HOME_AGENT, CARE_OF_ADDRESS, 300);
        assertEquals(
                Code.FA_REVERSE_TUNNEL_MANDATORY,
                visit.ask(node.signed(request)).code());
    }

    @Test
    @DisplayName("§3.8.3.2, T35: a lifetime of 65535 is infinite, and granted where that is permitted")
    void infinity() throws Exception {
        assertEquals(
                0xffff,
                Testbed.register(node, testbed.foreignAgent(), 0xffff).reply().lifetime());
    }

    @ParameterizedTest
    @ValueSource(ints = {Request.GRE, Request.MINIMAL, Request.GRE | Request.MINIMAL})
    @DisplayName("RFC 3024 §4.3.1, 4.2.1: encapsulations that are not to be had: 139 and 72")
    void encapsulations(int flags) throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var request = node.request(HOME_AGENT, foreignAgent.address(), 300).with(Request.REVERSE_TUNNEL | flags);
        assertEquals(
                Code.HA_ENCAPSULATION_UNAVAILABLE,
                foreignAgent.ask(HOME_AGENT, relayed(node, request)).code());
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        assertEquals(
                Code.FA_ENCAPSULATION_UNAVAILABLE,
                visit.ask(node.signed(visit.request(300).with(flags))).code());
    }

    @Test
    @DisplayName("RFC 3024 §4.2.1, T80: encapsulating delivery that is not to be had: 79")
    void deliveryStyle() throws Exception {
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        assertEquals(
                Code.FA_DELIVERY_STYLE_NOT_SUPPORTED,
                visit.ask(node.signed(visit.request(300))
                                .and(Extension.octets(Extension.ENCAPSULATING_DELIVERY, Octets.NONE)))
                        .code());
    }

    @Test
    @DisplayName("§3.8.2.2, T30: S where there is one binding at most: code 1, and the new one alone")
    void withoutSimultaneousBindings() throws Exception {
        var before = testbed.foreignAgent();
        var after = testbed.foreignAgent();
        Testbed.register(node, before, 300);
        var request =
                node.request(HOME_AGENT, after.address(), 300).with(Request.REVERSE_TUNNEL | Request.SIMULTANEOUS);

        assertEquals(
                Code.ACCEPTED_WITHOUT_OTHER_BINDINGS,
                after.ask(HOME_AGENT, relayed(node, request)).code());

        int mark = testbed.internet.mark();
        var packet = Testbed.toMobileNode(node);
        testbed.arriveAtHome(packet);
        testbed.tunnelled(node);
        assertEquals(
                List.of(after.address()),
                testbed.internet.since(mark, frame -> Testbed.tunnelled(frame, packet)).stream()
                        .map(Packet::destination)
                        .toList());
    }

    @Test
    @DisplayName("§3.7.1, T72: more requests of one station than may be pending: 66")
    void tooManyPending() throws Exception {
        for (int pending = 0; pending < 2; pending++) {
            var other = testbed.mobileNode();
            var visit = new Visit(testbed, other, OTHER_HOME_AGENT);
            int mark = testbed.internet.mark();
            testbed.visiting(node).send(visit.packet(other.signed(visit.request(300))));
            visit.relayed(mark);
        }
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        assertEquals(
                Code.FA_INSUFFICIENT_RESOURCES,
                visit.ask(node.signed(visit.request(300))).code());
    }

    @Test
    @DisplayName("§2.1, 2.1.1: it advertises without being asked, with R, for three intervals, and counts")
    void advertises() throws Exception {
        int mark = testbed.visited.mark();
        var first = testbed.visited.await(mark, Advertisement::of);
        var second = testbed.visited.await(
                mark,
                frame -> Advertisement.of(frame)
                        .filter(advertisement -> advertisement.sequenceNumber() != first.sequenceNumber()));
        assertEquals(first.sequenceNumber() + 1, second.sequenceNumber());
        assertEquals(Address.of("224.0.0.1"), second.packet().destination());
        assertEquals(new Mac(0x01005e000001L), second.frame().destination());
        assertEquals(1, second.packet().ttl());
        assertTrue(second.lifetime() >= 3 * 4);
        assertTrue((second.flags() & REGISTRATION_REQUIRED) != 0);
    }

    @Test
    @DisplayName(
            "§2.3, 2.1.2: the home agent tells the prefix length where all agents of its link do: type 19, one octet, 16")
    void prefixLength() throws Exception {
        var allRouters = Address.of("224.0.0.2");
        var solicitation = new Icmp(Icmp.ROUTER_SOLICITATION, 0, Octets.hex("00000000"));
        int mark = testbed.home.mark();
        testbed.home.send(new Frame(
                new Mac(0x01005e000002L), node.mac(), solicitation.packet(node.homeAddress(), allRouters, 1)));

        var advertisement = testbed.home.await(
                mark,
                frame -> Advertisement.of(frame)
                        .filter(came -> came.packet().destination().equals(node.homeAddress())));

        var rest = advertisement.icmp().rest();
        assertEquals(Octets.hex("13011000"), rest.range(rest.length() - 4, rest.length()), "and padding");
    }
}
