package org.mooring.protocol.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
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
        assertEquals(Duration.ZERO, node.offset());
    }

    @Test
    void isNewThoughChanceRepeatsItself() {
        var constant = new NonceGuard(() -> 5);

        assertEquals(6, constant.accepted(Identification.of(5, 0)).high());
        assertEquals(5, constant.accepted(Identification.of(6, 0)).high());
    }

    @Test
    void forgeriesChangeNothing() {
        var told = guard.accepted(Identification.of(FIRST, 7));

        assertEquals(Identification.of(told.high(), 9), guard.unauthenticated(Identification.of(0xbad, 9), NOW));
        assertTrue(guard.isFresh(told, NOW));
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
