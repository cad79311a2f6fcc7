package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.HookTestbed.CARE_OF_ADDRESS;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.conformance.client.Association.Algorithm;
import org.mooring.conformance.client.Guest.Asked;

@Hook
@DisplayName("RFC 5944 §3.6.2: what the guest hook makes of another maker's replies")
class Section3_6_2Test {
    private static final int HOUR = 3600;
    private static final int TOLERANCE = 7;

    private final HookTestbed testbed;

    Section3_6_2Test(HookTestbed testbed) {
        this.testbed = testbed;
    }

    @Test
    @DisplayName("§3.6.2.1, T23, T24: replies that are forged, or answer something else, are discarded silently")
    void discards() throws Exception {
        var guest = testbed.visitor();
        var asked = guest.runs();
        var hourAhead = MobileNode.timestamp(HOUR);
        var accepted = guest.reply(asked, Code.ACCEPTED, HookTestbed.LIFETIME);
        var otherGuest = testbed.visitor().node();
        for (var forged : List.of(
                guest.mismatch(asked, hourAhead).flipped(40, 1),
                guest.reply(asked, Code.HA_IDENTIFICATION_MISMATCH, 0, (hourAhead & ~0xffff_ffffL) | low(asked))
                        .message(),
                guest.signed(guest.reply(
                        asked, Code.HA_IDENTIFICATION_MISMATCH, 0, (hourAhead & ~0xffff_ffffL) | (low(asked) ^ 1))),
                guest.node()
                        .signed(new Reply(
                                        Code.ACCEPTED,
                                        HookTestbed.LIFETIME,
                                        otherGuest.homeAddress(),
                                        asked.request().homeAgent(),
                                        asked.identification())
                                .message()),
                accepted.message(),
                guest.signed(accepted)
                        .and(guest.node().signed(accepted.message()).from(Reply.LENGTH)),
                by(guest, Algorithm.KEYED_MD5).seal(Extension.MOBILE_HOME, accepted.message()),
                guest.node().signed(accepted.message().and(Extension.octets(100, Octets.hex("00")))),
                guest.signed(guest.reply(asked, Code.ACCEPTED, HookTestbed.LIFETIME, asked.identification() ^ 1)))) {
            guest.answer(asked, forged);
        }
        guest.answer(asked, wrongChecksum(asked, guest.signed(accepted)));

        var next = guest.request();
        assertTrue(after(asked, next) >= 1, "§3.6.3: it was never answered");
        assertTrue(secondsFromNow(next, 0) <= TOLERANCE, "its clock is as it was");
        assertEquals(HookTestbed.LIFETIME, next.request().lifetime());
        guest.accept(next, HookTestbed.LIFETIME);
    }

    private static long low(Asked asked) {
        return asked.identification() & 0xffff_ffffL;
    }

    private static Association by(Guest guest, Algorithm algorithm) {
        var own = guest.node().association();
        return new Association(own.spi(), algorithm, own.key());
    }

    private static Packet wrongChecksum(Asked to, Octets message) {
        var good = new Datagram(Datagram.MOBILE_IP, to.datagram().sourcePort(), message)
                .packet(
                        /* source= */ to.packet().destination(),
                        /* destination= */ to.packet().source(),
                        64);
        return new Packet(
                Packet.UDP,
                good.ttl(),
                good.source(),
                good.destination(),
                good.payload().flipped(6, 1));
    }

    /** Seconds from one request to the next, as they say themselves. */
    private static double after(Asked before, Asked next) {
        return (next.identification() - before.identification()) / 0x1p32;
    }

    private static long secondsFromNow(Asked asked, int ahead) {
        return Math.abs(asked.high() - MobileNode.ntp(Instant.now()) - ahead);
    }

    @Test
    @DisplayName("§1.8: an extension that it doesn't know, above 127, is skipped; code 1 is a success, too")
    void skips() throws Exception {
        var guest = testbed.visitor();
        var asked = guest.runs();
        guest.answer(
                asked,
                guest.node()
                        .signed(guest.reply(asked, Code.ACCEPTED_WITHOUT_OTHER_BINDINGS, HookTestbed.LIFETIME)
                                .message()
                                .and(Extension.octets(200, Octets.hex("01020304050607"))))
                        .and(Extension.octets(201, Octets.hex("01"))));
        guest.awaitRegistration("accepted");
    }

    @ParameterizedTest(name = "{0} s ahead")
    @ValueSource(ints = {HOUR, -HOUR})
    @DisplayName(
            "§3.6.2.3, 3.6.3, 5.7.1: code 133: the next request has the home agent's time, and those after it, too; it leaves a second after the first")
    void resynchronises(int ahead) throws Exception {
        var guest = testbed.visitor();
        long before = System.nanoTime();
        var first = guest.runs();
        guest.answer(first, guest.mismatch(first, MobileNode.timestamp(ahead)));
        var second = guest.request();
        // What they say of their times is in different clocks.
        assertTrue(System.nanoTime() - before >= TimeUnit.SECONDS.toNanos(1), "§3.6.3");
        assertTrue(secondsFromNow(second, ahead) <= TOLERANCE);
        assertNotEquals(low(first), low(second), "§5.7");
        guest.accept(second, 2);
        var renewal = guest.request();
        assertTrue(secondsFromNow(renewal, ahead) <= TOLERANCE);
        assertTrue(after(second, renewal) > 0);
        guest.accept(renewal, HookTestbed.LIFETIME);
    }

    @Test
    @DisplayName(
            "§5.7.1, E14: what was refused stays below the next request, as long as the home agent can accept that")
    void neverGoesBack() throws Exception {
        var guest = testbed.visitor();
        var first = guest.runs();
        guest.answer(first, guest.mismatch(first, MobileNode.timestamp(-TOLERANCE + 2)));
        var second = guest.request();
        assertTrue(Long.compareUnsigned(first.identification(), second.identification()) < 0);
        guest.accept(second, HookTestbed.LIFETIME);
    }

    @Test
    @DisplayName(
            "RFC 5563 §4.4, T91: what another host sent was accepted, from a clock that is ahead: the third request is accepted")
    void followsAnotherHost() throws Exception {
        var guest = testbed.visitor();
        long newest = MobileNode.timestamp(5);
        var asked = guest.runs();
        int refused = 0;
        while (Long.compareUnsigned(asked.identification(), newest) <= 0) {
            refused++;
            guest.answer(asked, guest.mismatch(asked, MobileNode.timestamp(0)));
            asked = guest.request();
        }
        assertTrue(refused <= 2, "refused " + refused + " times");
        assertTrue(secondsFromNow(asked, 0) <= TOLERANCE);
        guest.accept(asked, HookTestbed.LIFETIME);
    }

    @Test
    @DisplayName(
            "RFC 5563 §4.4, T91: told how the other host dates its requests, the first is later than those, and accepted")
    void followsTheSource() throws Exception {
        var guest = testbed.visitor();
        long newest = MobileNode.timestamp(3);
        guest.dated(Instant.now().plusSeconds(3));
        var asked = guest.runs();
        assertTrue(Long.compareUnsigned(asked.identification(), newest) > 0);
        assertTrue(secondsFromNow(asked, 0) <= TOLERANCE);
        guest.accept(asked, HookTestbed.LIFETIME);
    }

    @Test
    @DisplayName(
            "§3.6.2.3, 3.6.3: code 69 is the foreign agent's, without authentication: the next asks for no more than it says, a second later")
    void lifetimeTooLong() throws Exception {
        var guest = testbed.visitor();
        var first = guest.runs();
        guest.answer(first, guest.reply(first, Code.FA_LIFETIME_TOO_LONG, 120).message());
        var second = guest.request();
        assertEquals(120, second.request().lifetime());
        assertTrue(after(first, second) >= 1, "§3.6.3");
        guest.accept(second, 120);
    }

    @Test
    @DisplayName("§3.4, 3.6.2.2, T100: less than was asked for: renewed before it ends, counted from the request")
    void lessThanAsked() throws Exception {
        var guest = testbed.visitor();
        var asked = guest.runs();
        guest.accept(asked, 4);
        var renewal = guest.request();
        assertTrue(after(asked, renewal) < 4);
        assertEquals(HookTestbed.LIFETIME, renewal.request().lifetime());
        guest.accept(renewal, HookTestbed.LIFETIME);
    }

    @Test
    @DisplayName("§3.4, T100: more than was asked for doesn't count")
    void moreThanAsked() throws Exception {
        var guest = testbed.brief();
        var asked = guest.runs();
        assertEquals(4, asked.request().lifetime());
        guest.accept(asked, HOUR);
        assertTrue(after(asked, guest.request()) < 4);
    }

    @Test
    @DisplayName("RFC 4636 §5: accepted, and not by the foreign agent: the home agent is told, and then asked again")
    void foreignAgentError() throws Exception {
        var guest = testbed.visitor();
        var first = guest.runs();
        guest.answer(
                first,
                guest.signed(guest.reply(first, Code.ACCEPTED, HookTestbed.LIFETIME))
                        .and(Extension.octets(Extension.FOREIGN_AGENT_ERROR, Octets.hex("004d"))));
        var departure = guest.request();
        assertEquals(0, departure.request().lifetime());
        assertEquals(CARE_OF_ADDRESS, departure.request().careOfAddress());
        assertTrue(after(first, departure) >= 1, "§3.6");
        guest.answer(departure, guest.signed(guest.reply(departure, Code.ACCEPTED, 0)));
        var again = guest.request();
        assertEquals(HookTestbed.LIFETIME, again.request().lifetime());
        assertTrue(after(departure, again) >= 1, "§3.6");
        guest.accept(again, HookTestbed.LIFETIME);
    }
}
