package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;
import static org.mooring.conformance.client.Testbed.relayed;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.conformance.client.Section2Test.Advertisement;

@Programs(homeAgent = """
        require-association = false
        reverse-tunnel = "required"
        max-lifetime = 65535
        """, foreignAgent = """
        require-association = false
        reverse-tunnel = "required"
        max-pending = 2
        [advertisement]
        interval = 4
        registration-required = true
        """)
@DisplayName("Reverse tunnels and registration required, few requests pending, periodic advertisements")
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

    @Test
    @DisplayName("§3.7.1, T72: more requests than may be pending: 66")
    void tooManyPending() throws Exception {
        for (int pending = 0; pending < 2; pending++) {
            var other = testbed.mobileNode();
            var visit = new Visit(testbed, other, OTHER_HOME_AGENT);
            visit.relay(other.signed(visit.request(300)));
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
}
