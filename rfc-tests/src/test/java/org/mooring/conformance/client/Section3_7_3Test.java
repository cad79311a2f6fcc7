package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.FOREIGN_AGENT;
import static org.mooring.conformance.client.Testbed.MOBILE_FOREIGN;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;
import static org.mooring.conformance.client.Testbed.STRANGE_HOME_AGENT;
import static org.mooring.conformance.client.Visit.forForeignAgent;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.conformance.client.Visit.Relayed;

@Programs
@DisplayName("RFC 5944 §3.7.3, RFC 2794 §3, RFC 3115, RFC 4636: what the foreign agent makes of a home agent's reply")
class Section3_7_3Test {
    private final Testbed testbed;
    private final MobileNode node;
    private final Visit visit;

    Section3_7_3Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.visit = new Visit(testbed, node, OTHER_HOME_AGENT);
    }

    /** That {@code message} brings the mobile node nothing, and that the right reply then still does. */
    private void assertDiscarded(Request request, Relayed relayed, Octets message) throws Exception {
        int mark = testbed.visited.mark();
        visit.send(relayed, message);
        var answer = visit.answer(relayed, forForeignAgent(visit.reply(request, Code.ACCEPTED, 300)));
        assertEquals(Code.ACCEPTED, answer.code());
        assertEquals(1, visit.received(mark).size());
    }

    private boolean isVisitor() throws Exception {
        var another = testbed.mobileNode();
        var other = new Visit(testbed, another, OTHER_HOME_AGENT);
        other.register(60);
        var packet = Testbed.toMobileNode(node);
        int mark = testbed.visited.mark();
        visit.atForeignSite(visit.tunnelled(packet));
        other.deliver(Testbed.toMobileNode(another));
        return !testbed.visited
                .since(mark, frame -> Visit.delivered(frame, packet))
                .isEmpty();
    }

    @Test
    @DisplayName("§3.7.3.2: nothing is changed up to the mobile-home authentication; what stands behind it is removed")
    void message() throws Exception {
        var request = visit.request(300);
        var relayed = visit.relay(node.signed(request));
        var fields = new Reply(Code.ACCEPTED, 300, node.homeAddress(), OTHER_HOME_AGENT, request.identification());
        var message = node.signed(fields.message().and(Extension.octets(200, Octets.hex("0102"))));

        var answer = visit.answer(relayed, forForeignAgent(message.and(Extension.octets(201, Octets.hex("03")))));

        assertEquals(message, answer.reply().message());
    }

    @Test
    @DisplayName("§3.7.3.2: from the address that was asked, port 434, to the home address at its link-layer address")
    void headers() throws Exception {
        var answer = visit.register(300);
        assertEquals(FOREIGN_AGENT, answer.packet().source());
        assertEquals(node.homeAddress(), answer.packet().destination());
        assertEquals(Datagram.MOBILE_IP, answer.datagram().sourcePort());
        assertEquals(node.mac(), answer.frame().destination());
        assertEquals(testbed.foreignRouter, answer.frame().source());
        assertTrue(answer.datagram().checksummed());
    }

    @Test
    @DisplayName("§3.7.3.2: mobile-foreign authentication for who shares an association")
    void authenticated() throws Exception {
        var acquainted = testbed.acquainted();
        var hers = new Visit(testbed, acquainted, OTHER_HOME_AGENT);
        var request = hers.request(300);
        var relayed = hers.relay(MOBILE_FOREIGN.seal(Extension.MOBILE_FOREIGN, acquainted.signed(request)));
        var reply = hers.reply(request, Code.ACCEPTED, 300);

        assertEquals(
                MOBILE_FOREIGN.seal(Extension.MOBILE_FOREIGN, reply),
                hers.answer(relayed, forForeignAgent(reply)).reply().message());
    }

    @Test
    @DisplayName("a home agent without an association needs no foreign-home authentication")
    void ofStranger() throws Exception {
        var strange = new Visit(testbed, node, STRANGE_HOME_AGENT);
        var request = strange.request(300);
        var reply = strange.reply(request, Code.ACCEPTED, 300);
        assertEquals(
                reply,
                strange.answer(strange.relay(node.signed(request)), reply)
                        .reply()
                        .message());
    }

    @Test
    @DisplayName("§3.7.3.1, T74: another low half of the Identification: silence, and the request stays pending")
    void anotherIdentification() throws Exception {
        var request = visit.request(300);
        var relayed = visit.relay(node.signed(request));
        assertDiscarded(
                request,
                relayed,
                forForeignAgent(
                        visit.reply(request.withIdentification(request.identification() ^ 1), Code.ACCEPTED, 300)));
    }

    @Test
    @DisplayName("§3.7.3.1: another high half is the home agent's affair (§5.7)")
    void anotherHighHalf() throws Exception {
        var request = visit.request(300);
        var resynchronised = request.withIdentification(request.identification() ^ (0x77L << 32));
        var reply = visit.reply(resynchronised, Code.HA_IDENTIFICATION_MISMATCH, 300);
        assertEquals(
                reply,
                visit.answer(visit.relay(node.signed(request)), forForeignAgent(reply))
                        .reply()
                        .message());
    }

    @Test
    @DisplayName("§3.7.3.1, T74: another home address: silence")
    void anotherHomeAddress() throws Exception {
        var request = visit.request(300);
        var relayed = visit.relay(node.signed(request));
        var other = new Visit(testbed, testbed.mobileNode(), OTHER_HOME_AGENT);
        assertDiscarded(request, relayed, forForeignAgent(other.reply(request, Code.ACCEPTED, 300)));
    }

    @Test
    @DisplayName("§3.7.3.1: a reply that nobody waits for: silence")
    void answeredAlready() throws Exception {
        var request = visit.request(300);
        var relayed = visit.relay(node.signed(request));
        var reply = forForeignAgent(visit.reply(request, Code.ACCEPTED, 300));
        visit.answer(relayed, reply);
        int mark = testbed.visited.mark();

        visit.send(relayed, reply);

        assertTrue(isVisitor());
        assertEquals(
                List.of(),
                testbed.visited.since(mark, Station.Answer::of).stream()
                        .filter(answer -> answer.packet().destination().equals(node.homeAddress()))
                        .toList());
    }

    @Test
    @DisplayName("§3.7.3.1: a wrong UDP checksum: silence")
    void wrongChecksum() throws Exception {
        var request = visit.request(300);
        var relayed = visit.relay(node.signed(request));
        var reply = forForeignAgent(visit.reply(request, Code.HA_ADMINISTRATIVELY_PROHIBITED, 300));
        var datagram = new Datagram(Datagram.MOBILE_IP, relayed.datagram().sourcePort(), reply)
                .packet(OTHER_HOME_AGENT, CARE_OF_ADDRESS, 64);
        int mark = testbed.visited.mark();
        visit.atForeignSite(new Packet(
                Packet.UDP,
                64,
                OTHER_HOME_AGENT,
                CARE_OF_ADDRESS,
                datagram.payload().flipped(7, 2)));
        assertEquals(
                Code.ACCEPTED,
                visit.answer(relayed, forForeignAgent(visit.reply(request, Code.ACCEPTED, 300)))
                        .code());
        assertEquals(1, visit.received(mark).size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"missing", "wrong", "twice"})
    @DisplayName(
            "§3.7.3.1, RFC 4636 §4, T75: a home agent that fails authentication: nobody is registered, and the mobile node told 68")
    void homeAgentFailsAuthentication(String how) throws Exception {
        var request = visit.request(300);
        var relayed = visit.relay(node.signed(request));
        var reply = visit.reply(request, Code.ACCEPTED, 300);
        var right = forForeignAgent(reply);

        var answer = visit.answer(
                relayed,
                switch (how) {
                    case "missing" -> reply;
                    case "wrong" -> right.flipped(right.length() - 1, 1);
                    default -> forForeignAgent(right);
                });

        if (answer.code() == Code.ACCEPTED) {
            assertEquals(
                    Octets.hex("0044"),
                    answer.reply().extension(Extension.FOREIGN_AGENT_ERROR).data());
        } else {
            assertEquals(Code.FA_HOME_AGENT_FAILED_AUTHENTICATION, answer.code());
        }
        assertFalse(isVisitor());
    }

    @Test
    @DisplayName("§3.7.3.2, T76: a denial leaves a visitor as it was")
    void denialLeavesTheVisitor() throws Exception {
        visit.register(300);
        var request = visit.request(300);
        var reply = visit.reply(request, Code.HA_MOBILE_NODE_FAILED_AUTHENTICATION, 0);

        var answer = visit.answer(visit.relay(node.signed(request)), forForeignAgent(reply));

        assertEquals(reply, answer.reply().message());
        assertTrue(isVisitor());
    }

    @Test
    @DisplayName("§3.7.3.2: a denial makes no visitor")
    void denialMakesNoVisitor() throws Exception {
        var request = visit.request(300);
        var reply = visit.reply(request, Code.HA_ADMINISTRATIVELY_PROHIBITED, 300);
        assertEquals(
                Code.HA_ADMINISTRATIVELY_PROHIBITED,
                visit.answer(visit.relay(node.signed(request)), forForeignAgent(reply))
                        .code());
        assertFalse(isVisitor());
    }

    @Test
    @DisplayName("§3.7.3.2, T76: a deregistration ends the visit, once it is accepted")
    void deregistration() throws Exception {
        visit.register(300);
        var request = visit.request(0);
        var relayed = visit.relay(node.signed(request));
        assertTrue(isVisitor());

        var answer = visit.answer(relayed, visit.reply(request, Code.ACCEPTED, 0));

        assertEquals(Code.ACCEPTED, answer.code());
        assertFalse(isVisitor());
    }

    @Test
    @DisplayName("§3.7.2: a request that is pending changes nothing of a visitor")
    void pendingLeavesTheVisitor() throws Exception {
        visit.register(300);
        visit.relay(node.signed(visit.request(300)));
        assertTrue(isVisitor());
    }

    @Test
    @DisplayName("§3.7.3.2: a lifetime of 0 ends the visit, also where more was asked for")
    void lifetimeOfZero() throws Exception {
        visit.register(300);
        var request = visit.request(300);
        visit.answer(visit.relay(node.signed(request)), forForeignAgent(visit.reply(request, Code.ACCEPTED, 0)));
        assertFalse(isVisitor());
    }

    @ParameterizedTest
    @CsvSource({"0, 80", "1, 81", "3, 82", "13, 88"})
    @DisplayName("T73: an ICMP error comes instead: the home agent is unreachable, and the mobile node told so")
    void unreachable(int icmp, int code) throws Exception {
        var request = visit.request(300);
        var relayed = visit.relay(node.signed(request));
        int mark = testbed.visited.mark();

        visit.atForeignSite(Icmp.error(Icmp.UNREACHABLE, icmp, relayed.packet())
                .packet(Address.of("203.0.113.99"), CARE_OF_ADDRESS, 64));

        var answer = testbed.visiting(node).answer(mark, visit.packet(Octets.NONE));
        assertEquals(
                new Reply(code, 300, node.homeAddress(), OTHER_HOME_AGENT, request.identification()).message(),
                answer.reply().message());
        assertEquals(FOREIGN_AGENT, answer.packet().source());
        assertEquals(node.mac(), answer.frame().destination());
    }

    @Test
    @DisplayName("§3.7.1, T72: the home agent doesn't answer: 78")
    void timeout() throws Exception {
        var request = visit.request(300);
        int mark = testbed.visited.mark();
        visit.relay(node.signed(request));

        var answer = testbed.visiting(node).answer(mark, visit.packet(Octets.NONE));

        assertEquals(
                new Reply(
                                Code.FA_REGISTRATION_TIMEOUT,
                                300,
                                node.homeAddress(),
                                OTHER_HOME_AGENT,
                                request.identification())
                        .message(),
                answer.reply().message());
    }

    @Test
    @DisplayName("RFC 3115 §2.3: a critical extension of an unknown vendor in the reply: 101")
    void criticalVendorExtension() throws Exception {
        var request = visit.request(300);
        var relayed = visit.relay(node.signed(request));
        var reply = visit.reply(request, Code.ACCEPTED, 300).and(Extension.critical());

        var answer = visit.answer(relayed, forForeignAgent(reply));

        assertEquals(Code.FA_UNKNOWN_VENDOR_EXTENSION_OF_HOME_AGENT, answer.code());
        assertFalse(isVisitor());
    }

    @Test
    @DisplayName(
            "§3.7.3.1: two wait with one home address and one Identification: the NAI says which of them is answered")
    void naiTellsRequestsApart() throws Exception {
        var another = testbed.mobileNode();
        var namesake = new MobileNode(node.homeAddress(), another.mac(), another.association());
        var other = new Visit(testbed, namesake, OTHER_HOME_AGENT);
        var request = visit.request(300);
        var nai = Extension.nai("one@example.com");
        var others = Extension.nai("other@example.com");
        var relayed = visit.relay(node.signed(request.octets().and(nai)));
        var othersRelayed = other.relay(namesake.signed(request.octets().and(others)));
        var fields = new Reply(
                Code.HA_ADMINISTRATIVELY_PROHIBITED, 0, node.homeAddress(), OTHER_HOME_AGENT, request.identification());
        int mark = testbed.visited.mark();

        visit.send(relayed, forForeignAgent(node.signed(fields.message().and(Extension.nai("third@example.com")))));
        var reply = namesake.signed(fields.message().and(others));
        var othersAnswer = other.answer(othersRelayed, forForeignAgent(reply));
        var ownReply = node.signed(fields.message().and(nai));
        var answer = visit.answer(relayed, forForeignAgent(ownReply));

        assertEquals(reply, othersAnswer.reply().message());
        assertEquals(namesake.mac(), othersAnswer.frame().destination());
        assertEquals(ownReply, answer.reply().message());
        assertEquals(node.mac(), answer.frame().destination());
        assertEquals(2, visit.received(mark).size(), "who has a third name has asked for nothing");
    }

    @Test
    @DisplayName(
            "§3.7.3.1, RFC 2794 §3: of two that wait at one home agent, the Identification says who is answered with a reply without a home address: 99")
    void replyWithoutHomeAddress() throws Exception {
        var another = testbed.mobileNode();
        var first = new Visit(testbed, node, STRANGE_HOME_AGENT);
        var second = new Visit(testbed, another, STRANGE_HOME_AGENT);
        var request = first.request(300);
        var relayed = first.relay(node.signed(request));
        var seconds = second.request(300);
        var secondsRelayed = second.relay(another.signed(seconds));
        var fields = new Reply(Code.ACCEPTED, 300, Address.ANY, STRANGE_HOME_AGENT, seconds.identification());

        var answer = second.answer(secondsRelayed, another.signed(fields.message()));

        assertEquals(Code.FA_MISSING_HOME_ADDRESS, answer.code());
        assertEquals(another.mac(), answer.frame().destination());
        assertEquals(another.homeAddress(), answer.packet().destination());
        assertEquals(
                Code.ACCEPTED,
                first.answer(relayed, first.reply(request, Code.ACCEPTED, 300)).code());
    }

    @Test
    @DisplayName("RFC 2794 §3: an NAI that comes back")
    void nai() throws Exception {
        assertEquals(Code.ACCEPTED, withNai(STRANGE_HOME_AGENT, true));
    }

    @Test
    @DisplayName("RFC 2794 §3: a reply without the request's NAI: 97")
    void missingNai() throws Exception {
        assertEquals(Code.FA_MISSING_NAI, withNai(STRANGE_HOME_AGENT, false));
    }

    @Test
    @DisplayName("RFC 2794 §3: one without a home agent: 98")
    void missingHomeAgent() throws Exception {
        assertEquals(Code.FA_MISSING_HOME_AGENT, withNai(Address.ANY, true));
    }

    /** The code of the answer to who said its NAI. */
    private int withNai(Address homeAgent, boolean returned) throws Exception {
        var strange = new Visit(testbed, node, STRANGE_HOME_AGENT);
        var request = strange.request(300);
        var nai = Extension.nai(node.homeAddress() + "@example.com");
        var relayed = strange.relay(node.signed(request.octets().and(nai)));
        var fields = new Reply(Code.ACCEPTED, 300, node.homeAddress(), homeAgent, request.identification());
        return strange.answer(relayed, node.signed(returned ? fields.message().and(nai) : fields.message()))
                .code();
    }
}
