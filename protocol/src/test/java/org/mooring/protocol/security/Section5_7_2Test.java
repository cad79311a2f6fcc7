package org.mooring.protocol.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.protocol.wire.Identification;

@DisplayName("RFC 3344 §5.7.2 Replay Protection using Nonces")
class Section5_7_2Test {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final int FIRST = 0x1000;

    private int random = FIRST;
    private final NonceGuard guard = new NonceGuard(() -> random++);

    @Test
    void isFreshWithTheNonceOfTheLastReplyAlone() {
        var told = guard.denied(Identification.of(0, 7), NOW);

        assertTrue(guard.isFresh(Identification.of(told.high(), 8), NOW));
        assertFalse(guard.isFresh(Identification.of(told.high() + 1, 8), NOW));
        assertFalse(guard.isFresh(Identification.of(FIRST, 8), NOW), "what it began with was told to nobody");
    }

    @Test
    void eachReplyHasANewNonceAndTheRequestsLowHalf() {
        var first = guard.accepted(Identification.of(FIRST, 7));
        var second = guard.denied(Identification.of(FIRST, 8), NOW);

        assertNotEquals(FIRST, first.high());
        assertNotEquals(first.high(), second.high());
        assertEquals(7, first.low());
        assertEquals(8, second.low());
        assertFalse(guard.isFresh(first, NOW));
        assertTrue(guard.isFresh(second, NOW));
    }

    @Test
    @DisplayName(
            "The mobile node's next request has the nonce of the last reply, and another low half than the one before")
    void mobileNodeFollows() {
        var node = MobileNodeReplay.of(new ReplayProtection.Nonces());

        assertEquals(Identification.of(0, 7), node.next(NOW, 7));
        node.answered(Identification.of(99, 7));
        assertEquals(Identification.of(99, 8), node.next(NOW, 8));
        assertEquals(Identification.of(99, 9), node.next(NOW, 8));
    }

    @Test
    @DisplayName("§3.6.3: a request with a nonce is sent again as it is, one with a timestamp is dated anew")
    void isSentAgainAsItWas() {
        var timestamps = new ReplayProtection.Timestamps(Duration.ofSeconds(7));

        assertTrue(MobileNodeReplay.of(new ReplayProtection.Nonces()).repeats());
        assertFalse(MobileNodeReplay.of(timestamps).repeats());
    }

    @Test
    @DisplayName("A nonce tells nothing of clocks")
    void knowsNoOffset() {
        var node = MobileNodeReplay.of(new ReplayProtection.Nonces());
        node.resynchronise(Identification.of(99, 7), NOW, Duration.ZERO);
        assertEquals(Optional.empty(), node.offset());
    }

    @Test
    void isNewThoughChanceRepeatsItself() {
        var constant = new NonceGuard(() -> 5);

        assertEquals(6, constant.accepted(Identification.of(5, 0)).high());
        assertEquals(5, constant.accepted(Identification.of(6, 0)).high());
    }

    @Test
    @DisplayName(
            "A reply to who proved nothing has a new nonce too, that is good until an authentic request is answered")
    void newNonceForWhoeverProvedNothing() {
        var told = guard.accepted(Identification.of(FIRST, 7));

        var unproven = guard.unauthenticated(Identification.of(0xbad, 9), NOW);
        assertNotEquals(told.high(), unproven.high());
        assertEquals(9, unproven.low());
        assertTrue(guard.isFresh(unproven, NOW));

        var next = guard.accepted(unproven);
        assertNotEquals(unproven.high(), next.high());
        assertFalse(guard.isFresh(unproven, NOW), "it was used");
        assertFalse(guard.isFresh(told, NOW), "there was a reply to an authentic request since");
        assertTrue(guard.isFresh(next, NOW));
    }

    @Test
    @DisplayName(
            "Of the replies to who proved nothing the last one's nonce is good, and no forgery touches the mobile node's own")
    void forgeriesLeaveTheMobileNodesNonce() {
        var told = guard.accepted(Identification.of(FIRST, 7));

        var before = guard.unauthenticated(Identification.of(0xbad, 9), NOW);
        var last = before;
        for (int i = 0; i < 10_000; i++) {
            before = last;
            last = guard.unauthenticated(Identification.of(0xbad, i), NOW);
        }

        assertFalse(guard.isFresh(before, NOW));
        assertTrue(guard.isFresh(last, NOW));
        assertTrue(guard.isFresh(told, NOW));
    }

    @Test
    void neitherNonceComesTwice() {
        var constant = new NonceGuard(() -> 5);
        assertEquals(6, constant.unauthenticated(Identification.of(0, 0), NOW).high());
        assertEquals(7, constant.unauthenticated(Identification.of(0, 0), NOW).high());
        assertEquals(6, constant.denied(Identification.of(0, 0), NOW).high());
    }

    @Test
    @DisplayName("§3.6.3: a retransmission is the same octets, however late")
    void repeats() {
        assertTrue(guard.mayRepeat(Identification.of(FIRST, 7), NOW.plusSeconds(3600)));
    }

    @Test
    void saysWhichNonceItWas() {
        assertEquals(
                "its nonce is 00000bad, not the one that was sent last",
                guard.reason(Identification.of(0xbad, 9), NOW));
    }
}
