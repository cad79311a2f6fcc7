package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.FOREIGN_AGENT;
import static org.mooring.conformance.client.Testbed.MOBILE_FOREIGN;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.conformance.client.Octets.Fields;

@Programs
@DisplayName("RFC 5944 §3.7.2.1, §1.8, RFC 3024 §4.2.1, RFC 3115: what the foreign agent checks of a request")
class Section3_7_2_1Test {
    private final Testbed testbed;
    private final MobileNode node;
    private final Visit visit;

    Section3_7_2_1Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.visit = new Visit(testbed, node, OTHER_HOME_AGENT);
    }

    private void assertSilence(Packet packet) throws Exception {
        int visited = testbed.visited.mark();
        int internet = testbed.internet.mark();
        testbed.visiting(node).send(packet);
        testbed.foreignAgentHasAnswered();
        assertEquals(List.of(), visit.received(visited));
        assertEquals(List.of(), visit.allRelayed(internet));
    }

    private void assertDenied(int code, Octets message) throws Exception {
        assertDenied(code, visit.packet(message));
    }

    private void assertDenied(int code, Packet packet) throws Exception {
        int internet = testbed.internet.mark();
        assertEquals(code, testbed.visiting(node).ask(packet).code());
        testbed.foreignAgentHasAnswered();
        assertEquals(List.of(), visit.allRelayed(internet), "relayed though denied");
    }

    @Test
    @DisplayName("a UDP checksum that is neither right nor zero: silence")
    void wrongChecksum() throws Exception {
        var packet = visit.packet(node.signed(visit.request(300)));
        assertSilence(new Packet(
                Packet.UDP,
                255,
                node.homeAddress(),
                FOREIGN_AGENT,
                packet.payload().flipped(6, 1)));
    }

    @Test
    @DisplayName("no UDP checksum: taken")
    void noChecksum() throws Exception {
        visit.relay(new Datagram(Station.port(), Datagram.MOBILE_IP, node.signed(visit.request(300)))
                .withoutChecksum()
                .packet(node.homeAddress(), FOREIGN_AGENT, 255));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x04, 0x01})
    @DisplayName("§3.3, T45: r and x are ignored on reception")
    void ignoresReserved(int bit) throws Exception {
        visit.relay(node.signed(visit.request(300).with(bit)));
    }

    @Test
    @DisplayName("T67: a care-of address that is not offered: 77")
    void invalidCareOfAddress() throws Exception {
        assertDenied(
                Code.FA_INVALID_CARE_OF_ADDRESS,
                node.signed(node.request(OTHER_HOME_AGENT, Address.of("192.0.2.3"), 300)));
    }

    @Test
    @DisplayName("T67: but a deregistration of it is relayed")
    void deregistrationOfAnotherCareOfAddress() throws Exception {
        var message = node.signed(node.request(OTHER_HOME_AGENT, Address.of("192.0.2.3"), 0));
        assertEquals(message, visit.relay(message).message(), "§3.5.4: without foreign-home authentication");
    }

    @Test
    @DisplayName("so is a registration with D of a co-located care-of address")
    void coLocated() throws Exception {
        var own = Address.of("10.2.0.77");
        var message = node.signed(node.request(OTHER_HOME_AGENT, own, 300).with(Request.DECAPSULATION));
        var relayed =
                visit.relay(new Datagram(Station.port(), Datagram.MOBILE_IP, message).packet(own, FOREIGN_AGENT, 255));
        assertEquals(
                message, relayed.message(), "§3.5.4: a care-of address that is not advertised is not authenticated");
    }

    @Test
    @DisplayName("§1.8: an unrecognised extension of type 0 to 127: silence")
    void unrecognisedBelow128() throws Exception {
        var extension = Extension.octets(100, Octets.hex("00"));
        assertSilence(visit.packet(node.signed(visit.request(300).octets().and(extension))));
        assertSilence(visit.packet(node.signed(visit.request(300)).and(extension)));
    }

    @Test
    @DisplayName("RFC 3115 §2.4: a critical extension of an unknown vendor, meant for the foreign agent: 100")
    void criticalVendorExtension() throws Exception {
        assertDenied(
                Code.FA_UNKNOWN_VENDOR_EXTENSION_OF_MOBILE_NODE,
                node.signed(visit.request(300)).and(Extension.critical()));
    }

    @Test
    @DisplayName("RFC 3024 §4.2.1, T68: T, and a TTL that is not 255: 76")
    void tooDistant() throws Exception {
        assertDenied(
                Code.FA_MOBILE_NODE_TOO_DISTANT,
                visit.packet(node.signed(visit.request(300))).withTtl(254));
    }

    @Test
    @DisplayName("RFC 3024 §4.2.1: without T the TTL doesn't matter")
    void anyTtl() throws Exception {
        visit.relay(visit.packet(node.signed(node.request(OTHER_HOME_AGENT, CARE_OF_ADDRESS, 300)))
                .withTtl(64));
    }

    @Test
    @DisplayName("§3.7.2, T69: a home agent address that is the foreign agent's own: denied, and not forwarded")
    void ownAddressAsHomeAgent() throws Exception {
        for (var own : List.of(CARE_OF_ADDRESS, FOREIGN_AGENT, Testbed.FOREIGN_ROUTER)) {
            int internet = testbed.internet.mark();
            var other = testbed.mobileNode();
            var message = other.signed(other.request(own, CARE_OF_ADDRESS, 300));
            var answer = testbed.visiting(other).ask(FOREIGN_AGENT, message);
            assertEquals(Code.FA_INVALID_HOME_AGENT_ADDRESS, answer.code(), own::toString);
            testbed.foreignAgentHasAnswered();
            assertTrue(testbed.internet.since(internet, Frame::packet).stream()
                    .noneMatch(packet -> packet.destination().equals(own)));
        }
    }

    @Test
    @DisplayName("a mobile node with an association authenticates itself, or it is denied with 67")
    void mobileForeignAuthentication() throws Exception {
        for (int wrong = 0; wrong < 3; wrong++) {
            var acquainted = testbed.acquainted();
            var hers = new Visit(testbed, acquainted, OTHER_HOME_AGENT);
            var signed = acquainted.signed(hers.request(300));
            var right = MOBILE_FOREIGN.seal(Extension.MOBILE_FOREIGN, signed);
            var bad = List.of(
                            signed,
                            right.flipped(right.length() - 1, 1),
                            MOBILE_FOREIGN.seal(Extension.MOBILE_FOREIGN, right))
                    .get(wrong);
            int internet = testbed.internet.mark();
            assertEquals(
                    Code.FA_MOBILE_NODE_FAILED_AUTHENTICATION, hers.ask(bad).code());
            testbed.foreignAgentHasAnswered();
            assertEquals(List.of(), hers.allRelayed(internet));
            assertEquals(
                    acquainted.signed(Request.of(signed)),
                    hers.relay(right).message().range(0, signed.length()));
        }
    }

    @Test
    @DisplayName("§3.7.2: of denials to the same mobile node there is at most one per second")
    void rateOfDenials() throws Exception {
        int mark = testbed.visited.mark();
        long start = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            visit.send(node.signed(node.request(OTHER_HOME_AGENT, Address.of("192.0.2.3"), 300)));
        }
        testbed.foreignAgentHasAnswered();
        long seconds = (System.nanoTime() - start) / 1_000_000_000;
        int denials = visit.received(mark).size();
        assertTrue(1 <= denials && denials <= 1 + seconds, denials + " denials in " + seconds + " s");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "RFC 3543 §4.2.1, T97: revocation support of a mobile node without a co-located care-of address: silence")
    void offersRevocation(boolean covered) throws Exception {
        var support = Extension.octets(
                Extension.REVOCATION_SUPPORT, new Fields().u16(0x8000).u32(1).done());
        var request = visit.request(300).octets();
        assertSilence(visit.packet(
                covered
                        ? node.signed(request.and(support))
                        : node.signed(request).and(support)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "255.255.255.255"})
    @DisplayName(
            "RFC 4433 §5.2: without a home agent's address 90, and to a Requested Home Agent it is relayed as it is")
    void requestsAHomeAgent(String none) throws Exception {
        var nobody = visit.request(300).withHomeAgent(Address.of(none));
        assertDenied(Code.FA_HOME_AGENT_REQUIRED, node.signed(nobody));
        var message = node.signed(nobody.octets().and(Extension.requested(OTHER_HOME_AGENT)));
        assertEquals(message, visit.relay(message).message().range(0, message.length()));
    }
}
