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

@Programs
@DisplayName("RFC 5944 §1.8: extensions of a request, at the home agent")
class Section1_8Test {
    private static final Octets SEVEN = Octets.hex("00112233445566");

    private final Testbed testbed;
    private final MobileNode node;
    private final Station foreignAgent;
    private final Request request;

    Section1_8Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.foreignAgent = testbed.foreignAgent();
        this.request = node.request(HOME_AGENT, foreignAgent.address(), 300);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 31, 64, 100, 126})
    @DisplayName("T8: one of type 0 to 127 that is not recognised discards the message silently")
    void unrecognisedBelow128(int type) throws Exception {
        var message = request.octets().and(Extension.octets(type, SEVEN));

        int mark = foreignAgent.wire().mark();
        foreignAgent.send(new Datagram(
                        Station.port(),
                        Datagram.MOBILE_IP,
                        FOREIGN_HOME.seal(Extension.FOREIGN_HOME, node.signed(message)))
                .packet(foreignAgent.address(), HOME_AGENT, 64));
        testbed.homeAgentHasAnswered();

        assertEquals(List.of(), foreignAgent.received(mark));
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 135, 200, 255})
    @DisplayName("T9: one of type 128 to 255 that is not recognised is skipped by its length")
    void unrecognisedFrom128(int type) throws Exception {
        var message = request.octets().and(Extension.octets(type, SEVEN)).and(Extension.octets(type, Octets.NONE));

        assertEquals(
                Code.ACCEPTED,
                foreignAgent
                        .ask(HOME_AGENT, FOREIGN_HOME.seal(Extension.FOREIGN_HOME, node.signed(message)))
                        .code());
    }

    @Test
    @DisplayName("T10: one-byte padding has neither length nor data")
    void padding() throws Exception {
        var padding = Octets.hex("0000");
        var message = node.signed(request.octets().and(padding)).and(padding);

        assertEquals(
                Code.ACCEPTED,
                foreignAgent
                        .ask(
                                HOME_AGENT,
                                FOREIGN_HOME
                                        .seal(Extension.FOREIGN_HOME, message)
                                        .and(padding))
                        .code());
    }

    @Test
    @DisplayName("T15: what is skippable may stand at the end, too")
    void atTheEnd() throws Exception {
        assertEquals(
                Code.ACCEPTED,
                foreignAgent
                        .ask(HOME_AGENT, relayed(node, request).and(Extension.octets(200, SEVEN)))
                        .code());
    }

    @Test
    @DisplayName("§1.9, T11: one that is longer than the rest of the message makes no registration")
    void beyondTheEnd() throws Exception {
        var message = node.signed(
                request.octets().and(new Fields().u8(200).u8(255).u8(1).done()));

        int mark = foreignAgent.wire().mark();
        foreignAgent.send(new Datagram(Station.port(), Datagram.MOBILE_IP, message)
                .packet(foreignAgent.address(), HOME_AGENT, 64));
        testbed.homeAgentHasAnswered();

        assertTrue(foreignAgent.received(mark).stream()
                .flatMap(packet -> packet.datagram().stream())
                .flatMap(datagram -> Reply.of(datagram.payload()).stream())
                .allMatch(reply -> reply.code() > 1));
        assertEquals(
                Code.ACCEPTED,
                foreignAgent.ask(HOME_AGENT, relayed(node, request)).code());
    }
}
