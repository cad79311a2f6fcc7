package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.conformance.client.Guest.Asked;

@Hook
@DisplayName("RFC 5944 §3.6.3, 5.7.2: the guest hook asks again")
class Section3_6_3Test {
    private final HookTestbed testbed;

    Section3_6_3Test(HookTestbed testbed) {
        this.testbed = testbed;
    }

    @Test
    @DisplayName(
            "§3.6.3, T99: a second apart at least, each time twice as long, each with a timestamp of its own, and nothing else changed")
    void timestamps() throws Exception {
        var guest = testbed.visitor();
        var before = guest.runs();
        double least = 1;
        for (int i = 0; i < 3; i++) {
            var next = guest.request();
            double apart = (next.identification() - before.identification()) / 0x1p32;
            assertTrue(apart >= least, apart + " s");
            assertEquals(before.request(), next.request().withIdentification(before.identification()));
            assertTrue(guest.node().association().sealed(next.message(), next.extension(Extension.MOBILE_HOME)));
            least *= 2;
            before = next;
        }
        guest.accept(before, HookTestbed.LIFETIME);
    }

    @Test
    @DisplayName(
            "§5.7.2: with nonces: the home agent's is returned to it, and what nobody answers is sent again as it was")
    void nonces() throws Exception {
        var guest = testbed.nonces();
        var first = guest.runs();
        assertEquals(first.message(), guest.request().message(), "§3.6.3");
        long nonce = 0x89abcdef_00000000L;
        guest.answer(first, guest.mismatch(first, nonce));
        var second = guest.request();
        assertEquals(nonce >>> 32, second.high());
        assertNotEquals(low(first), low(second), "§5.7");

        // One that isn't authenticated tells nothing; nor one with another low half.
        guest.answer(second, accepted(guest, second, 0x11111111_00000000L).message());
        guest.answer(second, guest.signed(accepted(guest, second, 0x22222222_00000000L | (low(second) ^ 1))));
        long next = 0x01234567_00000000L;
        guest.answer(second, guest.signed(accepted(guest, second, next | low(second))));
        guest.awaitRegistration("accepted");
        var renewal = guest.request();
        assertEquals(next >>> 32, renewal.high());
        assertNotEquals(low(second), low(renewal), "§5.7");
        long last = 0xfedcba98_00000000L;
        guest.answer(
                renewal, guest.signed(guest.reply(renewal, Code.ACCEPTED, HookTestbed.LIFETIME, last | low(renewal))));
        guest.awaitRegistration("accepted");
    }

    private static Reply accepted(Guest guest, Asked to, long identification) {
        return guest.reply(to, Code.ACCEPTED, 2, identification);
    }

    private static long low(Asked asked) {
        return asked.identification() & 0xffff_ffffL;
    }

    @Test
    @DisplayName("RFC 5563 §4.4, T92: once its migration has stopped the guest, nothing is sent for it any more")
    void silentAfterTheStop() throws Exception {
        var guest = testbed.visitor();
        guest.accept(guest.runs(), 2);
        guest.becomes("leaving");
        guest.accept(guest.request(), 2);
        guest.becomes("stopped");
        int mark = testbed.link.mark();
        // Another guest's second renewal comes later than his first would.
        var other = testbed.visitor();
        other.accept(other.runs(), 2);
        other.accept(other.request(), 2);
        other.accept(other.request(), HookTestbed.LIFETIME);
        assertEquals(List.of(), guest.requests(mark));
        guest.becomes("left");
    }
}
