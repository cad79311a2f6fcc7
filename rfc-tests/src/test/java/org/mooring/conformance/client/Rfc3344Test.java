package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.FOREIGN_HOME;
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
        compatibility = "rfc3344"
        reserved-bits = "refused"
        reverse-tunnel = "refused"
        """, foreignAgent = """
        revocation = "refused"
        require-association = false
        compatibility = "rfc3344"
        reserved-bits = "refused"
        reverse-tunnel = "refused"
        nat-traversal = "off"
        max-pending = 5
        """)
@DisplayName("RFC 3344, where RFC 5944 revised it, and agents without reverse tunnels")
class Rfc3344Test {
    private final Testbed testbed;
    private final MobileNode node;

    Rfc3344Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
    }

    @Test
    @DisplayName("RFC 3024 §3.4: the home agent cannot have a reverse tunnel: 137")
    void homeAgentDenies() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var request = node.request(HOME_AGENT, foreignAgent.address(), 300).with(Request.REVERSE_TUNNEL);
        assertEquals(
                Code.HA_REVERSE_TUNNEL_UNAVAILABLE,
                foreignAgent.ask(HOME_AGENT, relayed(node, request)).code());
    }

    @Test
    @DisplayName("RFC 3024 §3.4: nor the foreign agent: 74")
    void foreignAgentDenies() throws Exception {
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        assertEquals(
                Code.FA_REVERSE_TUNNEL_UNAVAILABLE,
                visit.ask(node.signed(visit.request(300))).code());
    }

    @Test
    @DisplayName("§3.8.2.1a, T7: no mobile-home authentication: 131")
    void unauthorized() throws Exception {
        var at = testbed.faraway();
        var request = node.request(HOME_AGENT, at.address(), 300).with(Request.DECAPSULATION);
        assertEquals(
                Code.HA_MOBILE_NODE_FAILED_AUTHENTICATION,
                at.ask(HOME_AGENT, request.octets()).code());
    }

    @Test
    @DisplayName("§3.8.2.1a, T6: more than one: 131")
    void twoAuthorizations() throws Exception {
        var at = testbed.faraway();
        var request = node.request(HOME_AGENT, at.address(), 300).with(Request.DECAPSULATION);
        assertEquals(
                Code.HA_MOBILE_NODE_FAILED_AUTHENTICATION,
                at.ask(HOME_AGENT, node.signed(node.signed(request))).code());
    }

    @Test
    @DisplayName(
            "§3.8.2.1c: foreign-home authentication is needed in deregistrations, too, or 132; and it is in their replies")
    void deregistration() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var request = node.request(HOME_AGENT, foreignAgent.address(), 0);
        assertEquals(
                Code.HA_FOREIGN_AGENT_FAILED_AUTHENTICATION,
                foreignAgent.ask(HOME_AGENT, node.signed(request)).code());
        var reply = foreignAgent.ask(HOME_AGENT, relayed(node, request)).reply();
        assertEquals(Code.ACCEPTED, reply.code());
        assertEquals(List.of(Extension.MOBILE_HOME, Extension.FOREIGN_HOME), reply.types());
        assertTrue(FOREIGN_HOME.sealed(reply.message(), reply.extension(Extension.FOREIGN_HOME)));
    }

    @Test
    @DisplayName("§3.7.2.1, T67: a care-of address that is not offered: 77, also in a deregistration")
    void invalidCareOfAddress() throws Exception {
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        var request = node.request(OTHER_HOME_AGENT, Address.of("192.0.2.3"), 0);
        assertEquals(
                Code.FA_INVALID_CARE_OF_ADDRESS, visit.ask(node.signed(request)).code());
    }

    @Test
    @DisplayName("§3.7.2, T69: a home agent address that is the foreign agent's own: 136")
    void ownAddressAsHomeAgent() throws Exception {
        var request = node.request(CARE_OF_ADDRESS, CARE_OF_ADDRESS, 300);
        assertEquals(
                Code.HA_UNKNOWN_HOME_AGENT,
                testbed.visiting(node)
                        .ask(Testbed.FOREIGN_AGENT, node.signed(request))
                        .code());
    }

    @Test
    @DisplayName("§3.7.1, T72: five may be pending here, each of another station; the sixth is denied: 66")
    void tooManyPending() throws Exception {
        for (int pending = 0; pending < 5; pending++) {
            var other = testbed.mobileNode();
            new Visit(testbed, other, OTHER_HOME_AGENT)
                    .relay(other.signed(other.request(OTHER_HOME_AGENT, CARE_OF_ADDRESS, 300)));
        }
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        var request = node.request(OTHER_HOME_AGENT, CARE_OF_ADDRESS, 300);
        assertEquals(
                Code.FA_INSUFFICIENT_RESOURCES, visit.ask(node.signed(request)).code());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x04, 0x01})
    @DisplayName("§3.7.2.1, 3.8.2.3, T45: r or x where reserved bits are refused: 70 and 134")
    void reservedBits(int bit) throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var request = node.request(HOME_AGENT, foreignAgent.address(), 300).with(bit);
        assertEquals(
                Code.HA_POORLY_FORMED_REQUEST,
                foreignAgent.ask(HOME_AGENT, relayed(node, request)).code());
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        var atForeignAgent =
                node.request(OTHER_HOME_AGENT, CARE_OF_ADDRESS, 300).with(bit);
        assertEquals(
                Code.FA_POORLY_FORMED_REQUEST,
                visit.ask(node.signed(atForeignAgent)).code());
    }

    @Test
    @DisplayName("T44: neither a home address nor an NAI: 134")
    void nobodysRequest() throws Exception {
        var at = testbed.faraway();
        var request = node.request(HOME_AGENT, at.address(), 300)
                .with(Request.DECAPSULATION)
                .withHomeAddress(Address.ANY);
        var reply = at.ask(HOME_AGENT, node.signed(request)).reply();
        assertEquals(Code.HA_POORLY_FORMED_REQUEST, reply.code());
        assertTrue(node.association().sealed(reply.message(), reply.extension(Extension.MOBILE_HOME)));
    }

    @Test
    @DisplayName("§3.8.2.1a, RFC 5563, T98: who speaks for a mobile node, and doesn't say so: 131")
    void proxyThatDoesNotSaySo() throws Exception {
        var foreignAgent = testbed.foreignAgent();
        var request = node.request(HOME_AGENT, foreignAgent.address(), 300);
        assertEquals(
                Code.HA_MOBILE_NODE_FAILED_AUTHENTICATION,
                foreignAgent
                        .ask(HOME_AGENT, FOREIGN_HOME.seal(Extension.FOREIGN_HOME, request.octets()))
                        .code());
    }
}
