package org.mooring.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Ipv4Test {
    @Test
    void readsDottedDecimals() {
        assertArrayEquals(
                new byte[] {10, 1, 0, (byte) 255}, Ipv4.address("10.1.0.255").getAddress());
        assertEquals(Ipv4.address("192.0.2.1"), Ipv4.address(0xc000_0201));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10.1.0", "10.1.0.256", "10.1.0.0.1", "localhost", "::1", "10.1.0.-1", "1234.1.1.1"})
    void refusesOtherText(String text) {
        assertThrows(IllegalArgumentException.class, () -> Ipv4.address(text));
    }
}
