package org.mooring.protocol.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Ipv4AddressTest {
    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "10.1.0.5", "192.0.2.77", "255.255.255.255"})
    void survivesTextAndJava(String text) {
        var address = Ipv4Address.of(text);

        assertEquals(text, address.toString());
        assertEquals(address, Ipv4Address.of(address.toInet()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "10", "10.1.0", "10.1.0.5.", "10.1.0.256", "10.01.0.5", "10.1.0.-5", "localhost", "::1"})
    void refusesAnythingButDottedDecimal(String text) {
        assertThrows(IllegalArgumentException.class, () -> Ipv4Address.of(text));
    }

    @Test
    void knowsUnicastFromTheRest() {
        assertTrue(Ipv4Address.of("10.1.0.5").isUnicast());
        assertTrue(Ipv4Address.of("223.255.255.254").isUnicast());
        assertFalse(Ipv4Address.ALL_MOBILITY_AGENTS.isUnicast());
        assertTrue(Ipv4Address.ALL_MOBILITY_AGENTS.isMulticast());
        assertFalse(Ipv4Address.LIMITED_BROADCAST.isUnicast());
        assertFalse(Ipv4Address.LIMITED_BROADCAST.isMulticast());
        assertFalse(Ipv4Address.UNSPECIFIED.isUnicast());
        assertFalse(Ipv4Address.of("0.1.2.3").isUnicast());
        assertTrue(Ipv4Address.of("10.0.0.0").isUnicast());
        assertTrue(Ipv4Address.UNSPECIFIED.isUnspecified());
        assertFalse(Ipv4Address.of("0.1.2.3").isUnspecified());
    }

    @Test
    void ordersUnsigned() {
        assertTrue(Ipv4Address.of("10.0.0.1").compareTo(Ipv4Address.of("192.0.2.1")) < 0);
    }
}
