package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.FOREIGN_HOME;
import static org.mooring.conformance.client.Testbed.MOBILE_FOREIGN;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.conformance.client.Octets.Fields;

@Programs(foreignAgent = """
    revocation = "refused"
    nat-traversal = "off"
    [advertisement]
    interval = 0
    challenges = true
    """)
@DisplayName("RFC 4721: a foreign agent with challenges")
class Rfc4721Test {
    private static final int ADVERTISED = 24;

    private final Testbed testbed;
    private final MobileNode node;
    private final Visit visit;

    Rfc4721Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.visit = new Visit(testbed, node, OTHER_HOME_AGENT);
    }

    /** §2.1: what {@code who} is told that asks for it. */
    private Octets solicited(MobileNode who) throws Exception {
        int mark = testbed.visited.mark();
        var solicitation = new Icmp(Icmp.ROUTER_SOLICITATION, 0, Octets.hex("00000000"))
                .packet(who.homeAddress(), Address.of("224.0.0.2"), 1);
        testbed.visited.send(new Frame(new Mac(0x01005e000002L), who.mac(), solicitation));
        return testbed
                .visited
                .await(
                        mark,
                        frame -> Advertisement.of(frame)
                                .filter(answer -> answer.frame().destination().equals(who.mac())))
                .extensions()
                .stream()
                .filter(extension -> extension.type() == ADVERTISED)
                .map(Extension::data)
                .findFirst()
                .orElseThrow();
    }

    private static Octets answering(Octets signed, Octets challenge) {
        return signed.and(Extension.octets(Extension.CHALLENGE, challenge));
    }

    /** RFC 4721 §5, 6: Mobile-AAA authentication, which this agent has nobody verify. */
    private static Octets aaa() {
        return new Fields()
                .u8(36)
                .u8(1)
                .u16(20)
                .u32(512)
                .octets(Octets.hex("00".repeat(16)))
                .done();
    }

    @Test
    @DisplayName("§3.2: none: 105; one that was made up elsewhere: 104; one of a denial is good, and both go on")
    void withoutAssociation() throws Exception {
        assertTrue(solicited(node).length() >= 4, "§2");
        var none = visit.ask(node.signed(visit.request(300)));
        assertEquals(Code.FA_MISSING_CHALLENGE, none.code());
        var told = none.reply().extension(Extension.CHALLENGE).data();

        var other = testbed.mobileNode();
        var another = new Visit(testbed, other, OTHER_HOME_AGENT);
        assertEquals(
                Code.FA_UNKNOWN_CHALLENGE,
                another.ask(answering(other.signed(another.request(300)), Octets.hex("0102030405060708"))
                                .and(aaa()))
                        .code());

        var message = answering(node.signed(visit.request(300)), told).and(aaa());
        assertEquals(
                FOREIGN_HOME.seal(Extension.FOREIGN_HOME, message),
                visit.relay(message).message());
    }

    @Test
    @DisplayName("§3.2: one that this mobile node has used: 106")
    void stale() throws Exception {
        var told = solicited(node);
        var first = visit.request(300);
        visit.answer(
                visit.relay(answering(node.signed(first), told).and(aaa())),
                Visit.forForeignAgent(visit.reply(first, Code.ACCEPTED, 300)));
        assertEquals(
                Code.FA_STALE_CHALLENGE,
                visit.ask(answering(node.signed(visit.request(300)), told).and(aaa()))
                        .code());
    }

    @Test
    @DisplayName("§3.2: nothing behind it that authenticates it: silence")
    void unauthenticated() throws Exception {
        var told = solicited(node);
        int visited = testbed.visited.mark();
        int internet = testbed.internet.mark();
        visit.send(answering(node.signed(visit.request(300)), told));
        solicited(testbed.mobileNode());
        assertEquals(List.of(), visit.received(visited));
        assertEquals(List.of(), visit.allRelayed(internet));
    }

    @Test
    @DisplayName("§3.1, 3.2, 3.3: under mobile-foreign authentication it stays here, and the reply has another one")
    void withAssociation() throws Exception {
        var acquainted = testbed.acquainted();
        var hers = new Visit(testbed, acquainted, OTHER_HOME_AGENT);
        var told = solicited(acquainted);
        var request = hers.request(300);
        var signed = acquainted.signed(request);
        var relayed = hers.relay(MOBILE_FOREIGN.seal(Extension.MOBILE_FOREIGN, answering(signed, told)));
        assertEquals(FOREIGN_HOME.seal(Extension.FOREIGN_HOME, signed), relayed.message());

        var reply = hers.answer(relayed, Visit.forForeignAgent(hers.reply(request, Code.ACCEPTED, 300)))
                .reply();
        assertEquals(List.of(Extension.MOBILE_HOME, Extension.CHALLENGE, Extension.MOBILE_FOREIGN), reply.types());
        assertTrue(MOBILE_FOREIGN.sealed(reply.message(), reply.extension(Extension.MOBILE_FOREIGN)));
        var next = reply.extension(Extension.CHALLENGE).data();
        assertNotEquals(told, next);
        var renewal = acquainted.signed(hers.request(300));
        assertEquals(
                FOREIGN_HOME.seal(Extension.FOREIGN_HOME, renewal),
                hers.relay(MOBILE_FOREIGN.seal(Extension.MOBILE_FOREIGN, answering(renewal, next)))
                        .message());
    }
}
