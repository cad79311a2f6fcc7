package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.FOREIGN_HOME;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.register;
import static org.mooring.conformance.client.Testbed.registerCoLocated;

import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.conformance.client.Association.Algorithm;
import org.mooring.conformance.client.Octets.Fields;

@Programs
@DisplayName("RFC 5944 §3.5, §5.1: authentication extensions, at the home agent")
class Section3_5Test {
    private final Testbed testbed;

    Section3_5Test(Testbed testbed) {
        this.testbed = testbed;
    }

    @Test
    @DisplayName("§3.5.1, T1: HMAC-MD5 over the message, all extensions before, and type, length and SPI, both ways")
    void hmacMd5() throws Exception {
        var node = testbed.mobileNode();

        var reply = register(node, testbed.foreignAgent(), 300).reply();

        assertTrue(node.association().sealed(reply.message(), reply.extension(Extension.MOBILE_HOME)));
        assertTrue(FOREIGN_HOME.sealed(reply.message(), reply.extension(Extension.FOREIGN_HOME)));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("§5.1, T4: each algorithm and mode that is configured, and then nothing else")
    void algorithms(Algorithm algorithm) throws Exception {
        var node = Testbed.authenticatedBy(algorithm);
        var at = testbed.faraway();

        var reply = registerCoLocated(node, at, 300).reply();

        assertTrue(node.association().sealed(reply.message(), reply.extension(Extension.MOBILE_HOME)));
        var another = new Association(
                node.association().spi(),
                algorithm == Algorithm.HMAC_MD5 ? Algorithm.KEYED_MD5 : Algorithm.HMAC_MD5,
                node.association().key());
        var request = node.request(HOME_AGENT, at.address(), 300).with(Request.DECAPSULATION);
        var denial = at.ask(HOME_AGENT, another.seal(Extension.MOBILE_HOME, request.octets()));
        assertEquals(Code.HA_MOBILE_NODE_FAILED_AUTHENTICATION, denial.code());
    }

    @Test
    @DisplayName("§3.5.1, T2: no octet of what is covered, nor of the authenticator, can be changed")
    void coversEachOctet() throws Exception {
        var node = testbed.mobileNode();
        var at = testbed.faraway();
        var message = node.signed(node.request(HOME_AGENT, at.address(), 300).with(Request.DECAPSULATION));

        int mark = at.wire().mark();
        IntStream.range(0, message.length())
                .forEach(octet -> at.send(new Datagram(Station.port(), Datagram.MOBILE_IP, message.flipped(octet, 0x10))
                        .packet(at.address(), HOME_AGENT, 64)));
        testbed.homeAgentHasAnswered();

        var codes = at.received(mark).stream()
                .flatMap(packet -> packet.datagram().stream())
                .flatMap(datagram -> Reply.of(datagram.payload()).stream())
                .map(Reply::code)
                .distinct()
                .toList();
        assertTrue(codes.stream().allMatch(code -> code > 1), codes::toString);
        assertEquals(Code.ACCEPTED, at.ask(HOME_AGENT, message).code(), "what was not changed");
    }

    @Test
    @DisplayName("§3.5.1, T3: an authenticator that does not cover the SPI is wrong")
    void coversTheSpi() throws Exception {
        var node = testbed.mobileNode();
        var at = testbed.faraway();
        var request = node.request(HOME_AGENT, at.address(), 300).with(Request.DECAPSULATION);
        var association = node.association();
        var before = request.octets().and(Octets.hex("2014"));
        var spi = new Fields().u32(association.spi()).done();
        var without = Algorithm.HMAC_MD5.authenticator(association.key(), before);
        var with = Algorithm.HMAC_MD5.authenticator(association.key(), before.and(spi));

        assertEquals(
                Code.HA_MOBILE_NODE_FAILED_AUTHENTICATION,
                at.ask(HOME_AGENT, before.and(spi).and(without)).code());
        assertEquals(
                Code.ACCEPTED, at.ask(HOME_AGENT, before.and(spi).and(with)).code());
    }

    @Test
    @DisplayName("§1.6, T5: an SPI of 0 to 255 is in no association")
    void reservedSpi() throws Exception {
        var node = testbed.mobileNode();
        var at = testbed.faraway();
        var reserved =
                new Association(255, Algorithm.HMAC_MD5, node.association().key());
        var request = node.request(HOME_AGENT, at.address(), 300).with(Request.DECAPSULATION);

        int mark = at.wire().mark();
        at.send(new Datagram(Station.port(), Datagram.MOBILE_IP, reserved.seal(Extension.MOBILE_HOME, request.octets()))
                .packet(at.address(), HOME_AGENT, 64));
        testbed.homeAgentHasAnswered();

        assertTrue(at.received(mark).stream()
                .flatMap(packet -> packet.datagram().stream())
                .flatMap(datagram -> Reply.of(datagram.payload()).stream())
                .allMatch(reply -> reply.code() == Code.HA_MOBILE_NODE_FAILED_AUTHENTICATION));
        assertEquals(Code.ACCEPTED, at.ask(HOME_AGENT, node.signed(request)).code());
    }

    @Test
    @DisplayName("§3.5.2, T14: an authenticator of no octets authenticates nobody")
    void emptyAuthenticator() throws Exception {
        var node = testbed.mobileNode();
        var at = testbed.faraway();
        var request = node.request(HOME_AGENT, at.address(), 300).with(Request.DECAPSULATION);
        var empty = Extension.octets(
                Extension.MOBILE_HOME,
                new Fields().u32(node.association().spi()).done());

        assertEquals(
                Code.HA_MOBILE_NODE_FAILED_AUTHENTICATION,
                at.ask(HOME_AGENT, request.octets().and(empty)).code());
    }
}
