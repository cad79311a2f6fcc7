package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.FOREIGN_HOME;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.relayed;

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
}
