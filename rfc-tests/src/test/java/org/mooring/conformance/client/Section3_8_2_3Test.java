package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.FOREIGN_HOME;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.relayed;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.conformance.client.Octets.Fields;
import org.mooring.conformance.client.Station.Answer;

@Programs
@DisplayName("RFC 5944 §3.8.2.3, §3.8.3.2, RFC 2794, RFC 3115: what the home agent denies, and what it does not mind")
class Section3_8_2_3Test {
    private final Testbed testbed;
    private final MobileNode node;
    private final Station foreignAgent;
    private final Request request;

    Section3_8_2_3Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.foreignAgent = testbed.foreignAgent();
        this.request = node.request(HOME_AGENT, foreignAgent.address(), 300);
    }

    private Answer ask(Request asked) throws Exception {
        return foreignAgent.ask(HOME_AGENT, relayed(node, asked));
    }

    @Test
    @DisplayName("§3.8.3.2, T38: for another home agent: 136, with the own address")
    void anotherHomeAgent() throws Exception {
        var answer = ask(request.withHomeAgent(Address.of("10.1.0.3")));
        assertEquals(Code.HA_UNKNOWN_HOME_AGENT, answer.code());
        assertEquals(HOME_AGENT, answer.reply().homeAgent());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x04, 0x01, 0x05})
    @DisplayName("§3.3, T45: r and x are ignored on reception")
    void ignoresReserved(int bits) throws Exception {
        assertEquals(Code.ACCEPTED, ask(request.with(bits)).code());
    }

    @Test
    @DisplayName("§3.8.2, T41: B never denies a request")
    void broadcasts() throws Exception {
        assertEquals(Code.ACCEPTED, ask(request.with(Request.BROADCASTS)).code());
    }

    @Test
    @DisplayName("RFC 3024 §4.3.1: without T a request is good unless reverse tunnels are required")
    void withoutReverseTunnel() throws Exception {
        assertEquals(Code.ACCEPTED, ask(request).code());
    }

    @Test
    @DisplayName("RFC 3115 §2.3, 2.4: a critical extension of an unknown vendor: 140 for the mobile node's")
    void criticalOfMobileNode() throws Exception {
        var message = node.signed(request.octets().and(Extension.critical()));
        assertEquals(
                Code.HA_UNKNOWN_VENDOR_EXTENSION_OF_MOBILE_NODE,
                foreignAgent
                        .ask(HOME_AGENT, FOREIGN_HOME.seal(Extension.FOREIGN_HOME, message))
                        .code());
    }

    @Test
    @DisplayName("RFC 3115 §2.3, 2.4: 141 for the foreign agent's")
    void criticalOfForeignAgent() throws Exception {
        var message = node.signed(request).and(Extension.critical());
        assertEquals(
                Code.HA_UNKNOWN_VENDOR_EXTENSION_OF_FOREIGN_AGENT,
                foreignAgent
                        .ask(HOME_AGENT, FOREIGN_HOME.seal(Extension.FOREIGN_HOME, message))
                        .code());
    }

    @Test
    @DisplayName("RFC 3115 §2.3: a normal extension of an unknown vendor is skipped")
    void normalVendorExtension() throws Exception {
        var vendors = Extension.octets(
                Extension.VENDOR,
                new Fields().u16(0).u32(9_999_999).u16(7).u8(1).done());
        var message = node.signed(request.octets().and(vendors));
        assertEquals(
                Code.ACCEPTED,
                foreignAgent
                        .ask(HOME_AGENT, FOREIGN_HOME.seal(Extension.FOREIGN_HOME, message))
                        .code());
    }

    @Test
    @DisplayName(
            "RFC 2794 §2, 3, T44: who says an NAI and no home address is told its home address, and the NAI comes back")
    void assignsHomeAddress() throws Exception {
        var named = Testbed.named();
        var at = testbed.faraway();
        var nai = Extension.nai("named@example.com");
        var asked = named.request(HOME_AGENT, at.address(), 300)
                .with(Request.DECAPSULATION)
                .withHomeAddress(Address.ANY);

        var reply = at.ask(HOME_AGENT, named.signed(asked.octets().and(nai))).reply();

        assertEquals(Code.ACCEPTED, reply.code());
        assertEquals(named.homeAddress(), reply.homeAddress());
        assertEquals(HOME_AGENT, reply.homeAgent());
        var returned = reply.extension(Extension.NAI);
        assertEquals(nai.from(2), returned.data());
        var authentication = reply.extension(Extension.MOBILE_HOME);
        assertTrue(returned.offset() < authentication.offset(), "§3.8.3.3: what is for the mobile node is covered");
        assertTrue(named.association().sealed(reply.message(), authentication));
    }

    @Test
    @DisplayName("RFC 2794 §2, T16: an NAI behind the mobile-home authentication says nothing about who it is")
    void uncoveredNai() throws Exception {
        var named = Testbed.named();
        var at = testbed.faraway();
        var asked = named.request(HOME_AGENT, at.address(), 300)
                .with(Request.DECAPSULATION)
                .withHomeAddress(Address.ANY);
        var packet = new Datagram(
                        Station.port(),
                        Datagram.MOBILE_IP,
                        named.signed(asked.octets()).and(Extension.nai("named@example.com")))
                .packet(at.address(), HOME_AGENT, 64);

        int mark = at.wire().mark();
        at.send(packet);
        testbed.homeAgentHasAnswered();

        assertTrue(at.received(mark).stream()
                .flatMap(came -> came.datagram().stream())
                .flatMap(datagram -> Reply.of(datagram.payload()).stream())
                .allMatch(reply -> reply.code() > 1));
    }

    @Test
    @DisplayName("§3.8.3.2: a home address that the home agent cannot support: 129")
    void anotherHomeAddress() throws Exception {
        var named = Testbed.named();
        var at = testbed.faraway();
        var asked = named.request(HOME_AGENT, at.address(), 300)
                .with(Request.DECAPSULATION)
                .withHomeAddress(Address.of("10.1.0.249"));

        var answer = at.ask(HOME_AGENT, named.signed(asked.octets().and(Extension.nai("named@example.com"))));

        assertEquals(Code.HA_ADMINISTRATIVELY_PROHIBITED, answer.code());
        assertEquals(asked.homeAddress(), answer.reply().homeAddress());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "255.255.255.255"})
    @DisplayName("RFC 4433 §5.3.1, T42: who names no home agent, and is relayed to this one, has this one")
    void assignsItself(String none) throws Exception {
        var reply = ask(request.withHomeAgent(Address.of(none))).reply();
        assertEquals(Code.ACCEPTED, reply.code());
        assertEquals(HOME_AGENT, reply.homeAgent());
        assertEquals(HOME_AGENT, testbed.tunnelled(node).source());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "RFC 4433 §5.3, erratum 898, T43: who requests another home agent is denied with 136, in either form of"
                    + " the extension")
    void requestsAnother(boolean longForm) throws Exception {
        var another = Address.of("10.1.0.3");
        var denial = foreignAgent.ask(HOME_AGENT, requesting(request, another, longForm));
        assertEquals(Code.HA_UNKNOWN_HOME_AGENT, denial.code());
        assertEquals(
                Code.ACCEPTED,
                foreignAgent
                        .ask(
                                HOME_AGENT,
                                requesting(node.request(HOME_AGENT, foreignAgent.address(), 300), HOME_AGENT, longForm))
                        .code());
    }

    private Octets requesting(Request asked, Address homeAgent, boolean longForm) {
        var extension = longForm ? Extension.requestedInLongForm(homeAgent) : Extension.requested(homeAgent);
        return FOREIGN_HOME.seal(
                Extension.FOREIGN_HOME, node.signed(asked.octets().and(extension)));
    }

    @Test
    @DisplayName(
            "RFC 5563 §5.1, 8.1, T98: who is authenticated by who speaks for it: 149, in a reply that both can verify")
    void proxy() throws Exception {
        var proxied =
                FOREIGN_HOME.seal(Extension.FOREIGN_HOME, request.octets().and(Extension.perNodeAuthentication()));
        var reply = foreignAgent.ask(HOME_AGENT, proxied).reply();
        assertEquals(Code.HA_PROXY_UNSUPPORTED, reply.code());
        assertTrue(node.association().sealed(reply.message(), reply.extension(Extension.MOBILE_HOME)));
        assertTrue(FOREIGN_HOME.sealed(reply.message(), reply.extension(Extension.FOREIGN_HOME)));
        assertEquals(Code.ACCEPTED, ask(request).code());
    }

    @Test
    @DisplayName("RFC 5563 §5.1, T98: without that extension, foreign-home authentication authorizes nobody")
    void proxyThatDoesNotSaySo() throws Exception {
        int mark = foreignAgent.wire().mark();
        foreignAgent.send(new Datagram(
                        Station.port(), Datagram.MOBILE_IP, FOREIGN_HOME.seal(Extension.FOREIGN_HOME, request.octets()))
                .packet(foreignAgent.address(), HOME_AGENT, 64));
        testbed.homeAgentHasAnswered();
        assertEquals(List.of(), foreignAgent.received(mark));
    }

    @Test
    @DisplayName(
            "RFC 4721 §3.4: a challenge comes back behind the mobile-home and under the foreign-home authentication")
    void returnsTheChallenge() throws Exception {
        var challenge = Extension.octets(Extension.CHALLENGE, Octets.hex("0102030405060708"));
        var message =
                FOREIGN_HOME.seal(Extension.FOREIGN_HOME, node.signed(request).and(challenge));
        var reply = foreignAgent.ask(HOME_AGENT, message).reply();
        assertEquals(Code.ACCEPTED, reply.code());
        assertEquals(List.of(Extension.MOBILE_HOME, Extension.CHALLENGE, Extension.FOREIGN_HOME), reply.types());
        assertEquals(challenge.from(2), reply.extension(Extension.CHALLENGE).data());
        assertTrue(FOREIGN_HOME.sealed(reply.message(), reply.extension(Extension.FOREIGN_HOME)));
    }
}
