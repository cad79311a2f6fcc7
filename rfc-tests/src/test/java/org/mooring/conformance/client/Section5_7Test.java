package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;

import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.conformance.client.Station.Answer;

@Programs
@DisplayName("RFC 5944 §5.7: replay protection at the home agent")
class Section5_7Test {
    private static final long LOW_HALF = 0xffff_ffffL;

    private final Testbed testbed;
    private final Station at;

    Section5_7Test(Testbed testbed) {
        this.testbed = testbed;
        this.at = testbed.faraway();
    }

    private Request request(MobileNode node) {
        return node.request(HOME_AGENT, at.address(), 300).with(Request.DECAPSULATION);
    }

    @ParameterizedTest
    @ValueSource(ints = {-3, 0, 3})
    @DisplayName("§5.7.1, T17: a timestamp at most 3 seconds off is accepted, and comes back whole")
    void near(int seconds) throws Exception {
        var node = testbed.mobileNode();
        var request = request(node).withIdentification(MobileNode.timestamp(seconds));

        var answer = at.ask(HOME_AGENT, node.signed(request));

        assertEquals(Code.ACCEPTED, answer.code());
        assertEquals(request.identification(), answer.reply().identification());
    }

    @ParameterizedTest
    @ValueSource(ints = {-86_400, -9, 9, 86_400})
    @DisplayName("§5.7.1, T18, T19: one that is further off: 133, the home agent's time, and the low half as it was")
    void far(int seconds) throws Exception {
        var node = testbed.mobileNode();
        var request = request(node).withIdentification(MobileNode.timestamp(seconds));

        var before = Instant.now();
        var answer = at.ask(HOME_AGENT, node.signed(request));
        var after = Instant.now();

        assertMismatch(request, answer, before, after);
        assertTrue(node.association()
                .sealed(answer.reply().message(), answer.reply().extension(Extension.MOBILE_HOME)));
        var corrected = request.withIdentification(answer.reply().identification() + 1);
        assertEquals(Code.ACCEPTED, at.ask(HOME_AGENT, node.signed(corrected)).code(), "by the home agent's time");
    }

    @ParameterizedTest(name = "{0}, after {1}")
    @CsvSource({"-3, -2", "0, 5"})
    @DisplayName(
            "§5.7.1, T21: one that is older than one accepted before, be that ahead of the home agent''s clock: 133, and the home agent''s time")
    void older(int seconds, int before) throws Exception {
        var node = testbed.mobileNode();
        var first = request(node).withIdentification(MobileNode.timestamp(seconds));
        var second = first.withIdentification(MobileNode.timestamp(before));
        assertEquals(Code.ACCEPTED, at.ask(HOME_AGENT, node.signed(second)).code());

        var asked = Instant.now();
        var answer = at.ask(HOME_AGENT, node.signed(first));

        assertMismatch(first, answer, asked, Instant.now());
    }

    @Test
    @DisplayName("§5.7.1, T26: a registration cannot be replayed after the deregistration")
    void afterDeregistration() throws Exception {
        var node = testbed.mobileNode();
        var registration = node.signed(request(node));
        assertEquals(Code.ACCEPTED, at.ask(HOME_AGENT, registration).code());
        var deregistration = node.request(HOME_AGENT, node.homeAddress(), 0);
        assertEquals(
                Code.ACCEPTED, at.ask(HOME_AGENT, node.signed(deregistration)).code());

        assertEquals(
                Code.HA_IDENTIFICATION_MISMATCH,
                at.ask(HOME_AGENT, registration).code());
    }

    private static void assertMismatch(Request request, Answer answer, Instant before, Instant after) {
        long identification = answer.reply().identification();
        long time = identification >>> 32;
        assertEquals(Code.HA_IDENTIFICATION_MISMATCH, answer.code());
        assertEquals(request.identification() & LOW_HALF, identification & LOW_HALF);
        assertTrue(
                MobileNode.ntp(before) <= time && time <= MobileNode.ntp(after),
                () -> MobileNode.ntp(before) + " " + time);
    }

    @Test
    @DisplayName("§5.7.2, T25: nonces: the high half of each reply is the next request's, and good for one")
    void nonces() throws Exception {
        var node = Testbed.nonces();
        var first = request(node).withIdentification(0x0000_0001_1111_1111L);
        var told = at.ask(HOME_AGENT, node.signed(first));
        assertEquals(Code.HA_IDENTIFICATION_MISMATCH, told.code());
        assertEquals(0x1111_1111L, told.reply().identification() & LOW_HALF);

        var second = request(node).withIdentification(nonce(told) | 0x2222_2222L);
        var accepted = at.ask(HOME_AGENT, node.signed(second));
        assertEquals(Code.ACCEPTED, accepted.code());
        assertEquals(0x2222_2222L, accepted.reply().identification() & LOW_HALF);
        assertNotEquals(nonce(told), nonce(accepted));

        var again = request(node).withIdentification(nonce(told) | 0x3333_3333L);
        var denied = at.ask(HOME_AGENT, node.signed(again));
        assertEquals(Code.HA_IDENTIFICATION_MISMATCH, denied.code());
        assertNotEquals(nonce(told), nonce(denied));

        var last = request(node).withIdentification(nonce(denied) | 0x4444_4444L);
        assertEquals(Code.ACCEPTED, at.ask(HOME_AGENT, node.signed(last)).code());
    }

    /** The high half. */
    private static long nonce(Answer answer) {
        return answer.reply().identification() & ~LOW_HALF;
    }
}
