package org.mooring.protocol.revocation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.protocol.wire.Ipv4Address;

@DisplayName("RFC 3543 §3.5 Replay Protection")
class Rfc3543Section3_5Test {
    private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000, 500_000_000);
    private static final int TOLD = 1_699_999_000;
    private static final Ipv4Address HOME = Ipv4Address.of("10.1.0.5");
    private static final Ipv4Address AGENT = Ipv4Address.of("198.51.100.9");
    private static final Ipv4Address OTHER_AGENT = Ipv4Address.of("198.51.100.10");

    @Test
    @DisplayName("timestamps are compared also where their 32 bits begin anew")
    void comparesAcrossTheWrap() {
        assertTrue(RevocationClock.isAfter(1, 0));
        assertFalse(RevocationClock.isAfter(0, 0));
        assertFalse(RevocationClock.isAfter(0, 1));
        assertTrue(RevocationClock.isAfter(0x8000_0000, 0x7fff_ffff));
        assertTrue(RevocationClock.isAfter(0, 0xffff_ffff));
        assertFalse(RevocationClock.isAfter(0xffff_ffff, 0));
        assertEquals(0, RevocationClock.at(Instant.ofEpochSecond(0x1_0000_0000L)));
    }

    @Test
    @DisplayName("a clock that is set back tells what it told before")
    void neverGoesBack() {
        assertEquals(1_700_000_000, RevocationClock.atOrAfter(NOW, TOLD));
        assertEquals(1_700_000_001, RevocationClock.atOrAfter(NOW, 1_700_000_001));
    }

    @Test
    @DisplayName("a registration is revoked by what is later than the other agent's time when it was made")
    void terms() {
        var terms = new RevocationTerms(TOLD, 100, true);
        assertFalse(terms.isRevokedBy(99));
        assertFalse(terms.isRevokedBy(100));
        assertTrue(terms.isRevokedBy(101));
    }

    @Test
    @DisplayName("each revocation of a binding is newer than the one before, whatever others are")
    void receivedBefore() {
        var received = new ReceivedRevocations();
        assertTrue(received.isNew(HOME, AGENT, 100));
        assertFalse(received.isNew(HOME, AGENT, 100));
        assertFalse(received.isNew(HOME, AGENT, 99));
        assertTrue(received.isNew(HOME, AGENT, 101));
        assertTrue(received.isNew(HOME, OTHER_AGENT, 100));
        assertTrue(received.isNew(Ipv4Address.of("10.1.0.6"), AGENT, 100));
    }

    @Test
    @DisplayName("what is remembered is bounded; the latest are kept")
    void bounded() {
        var received = new ReceivedRevocations();
        for (int i = 0; i < 5000; i++) {
            received.isNew(new Ipv4Address(i), AGENT, 100);
        }
        assertFalse(received.isNew(new Ipv4Address(4999), AGENT, 100));
        assertFalse(received.isNew(new Ipv4Address(5000 - 4096), AGENT, 100));
        assertTrue(received.isNew(new Ipv4Address(0), AGENT, 100));
    }

    @Test
    @DisplayName("§4.2.2.1: repeated after 1, 2, 4 ... 64 seconds, each time with a later identifier")
    void repeats() {
        var sending = new UnacknowledgedRevocation(TOLD, Instant.MAX, NOW);
        var at = NOW;
        int before = TOLD;
        for (int patience : new int[] {1, 2, 4, 8, 16, 32, 64, 64}) {
            assertEquals(at, sending.due());
            int identifier = sending.send(at);
            assertTrue(RevocationClock.isAfter(identifier, before));
            before = identifier;
            assertEquals(at.plusSeconds(patience), sending.due());
            assertFalse(sending.isDue(sending.due().minusMillis(1)));
            at = sending.due();
            assertTrue(sending.isDue(at));
        }
        assertEquals(8, sending.transmissions());
        assertEquals(before, sending.newest());
    }

    @Test
    @DisplayName("identifiers grow also while the clock is behind what was told")
    void growsWithoutTheClock() {
        int ahead = RevocationClock.at(NOW) + 3600;
        var sending = new UnacknowledgedRevocation(ahead, Instant.MAX, NOW);
        assertEquals(ahead + 1, sending.send(NOW));
        assertEquals(ahead + 2, sending.send(NOW.plusSeconds(1)));
    }

    @Test
    @DisplayName("it ends with the binding's lifetime")
    void ends() {
        var sending = new UnacknowledgedRevocation(TOLD, NOW.plusMillis(2500), NOW);
        sending.send(NOW);
        sending.send(NOW.plusSeconds(1));
        assertEquals(NOW.plusMillis(2500), sending.due());
        assertFalse(sending.isOver(NOW.plusMillis(2499)));
        assertTrue(sending.isOver(NOW.plusMillis(2500)));
    }

    @Test
    @DisplayName("any of the latest transmissions may be the one that is acknowledged")
    void acknowledged() {
        var sending = new UnacknowledgedRevocation(TOLD, Instant.MAX, NOW);
        int first = sending.send(NOW);
        int second = sending.send(NOW.plusSeconds(1));
        assertTrue(sending.isAcknowledgedBy(first));
        assertTrue(sending.isAcknowledgedBy(second));
        assertFalse(sending.isAcknowledgedBy(TOLD));
        assertFalse(sending.isAcknowledgedBy(second + 1));
    }

    @Test
    @DisplayName("§3.3: a second apart from a registration, as far as its timestamp tells")
    void apart() {
        assertEquals(NOW.plusSeconds(1), UnacknowledgedRevocation.apartFrom(1_700_000_000, NOW));
        assertEquals(NOW.plusSeconds(1), UnacknowledgedRevocation.apartFrom(1_699_999_999, NOW));
        assertEquals(NOW, UnacknowledgedRevocation.apartFrom(1_699_999_998, NOW));
        assertEquals(NOW.plus(Duration.ofSeconds(1)), UnacknowledgedRevocation.apartFrom(1_700_003_600, NOW));
    }
}
