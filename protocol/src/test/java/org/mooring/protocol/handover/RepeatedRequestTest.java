package org.mooring.protocol.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.protocol.wire.Octets;

@DisplayName("docs/handover.md, Messages beside registration: AGAIN")
class RepeatedRequestTest {
    private static final int ENTERPRISE = 32473;
    private static final Octets REQUEST = Octets.ofHex("010000000a0100050a0100010a010005e8b42000deadbeef");

    @Test
    void isTheRequestBehindEightOctets() {
        var message = Octets.ofHex("ff070000 00007ed9").concat(REQUEST);
        assertEquals(message, RepeatedRequest.encode(REQUEST, ENTERPRISE));
        assertEquals(Optional.of(REQUEST), RepeatedRequest.decode(message, ENTERPRISE));
        assertEquals(
                Optional.of(REQUEST),
                RepeatedRequest.decode(Octets.ofHex("ff07abcd 00007ed9").concat(REQUEST), ENTERPRISE),
                "what is reserved is ignored");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ff",
                "ff07",
                "ff070000 00007ed9",
                "ff070000 00007eda 01",
                "ff050000 00007ed9 01",
                "01060000 00007ed9 01"
            })
    void anythingElseIsNone(String hex) {
        assertEquals(Optional.empty(), RepeatedRequest.decode(Octets.ofHex(hex), ENTERPRISE));
    }

    @Test
    @DisplayName("it is none of the other messages, nor they it")
    void isNoOther() {
        var message = RepeatedRequest.encode(REQUEST, ENTERPRISE);
        assertTrue(HandoverMessage.isOne(message));
        assertEquals(Optional.empty(), HandoverMessage.decode(message, ENTERPRISE));
        var redirected = new HandoverMessage.Redirected(new HandoverId(1)).encode(ENTERPRISE);
        assertFalse(RepeatedRequest.decode(redirected, ENTERPRISE).isPresent());
    }
}
