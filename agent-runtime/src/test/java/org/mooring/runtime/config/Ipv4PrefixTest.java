package org.mooring.runtime.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.protocol.wire.Ipv4Address;

@DisplayName("An IPv4 network")
class Ipv4PrefixTest {
    @ParameterizedTest
    @CsvSource({
        "10.1.0.0/24, 10.1.0.0, true",
        "10.1.0.0/24, 10.1.0.255, true",
        "10.1.0.0/24, 10.1.1.0, false",
        "10.1.0.0/24, 10.0.255.255, false",
        "0.0.0.0/0, 255.255.255.255, true",
        "192.0.2.1/32, 192.0.2.1, true",
        "192.0.2.1/32, 192.0.2.0, false",
        "128.0.0.0/1, 200.0.0.1, true",
        "128.0.0.0/1, 127.255.255.255, false"
    })
    void containsItsAddresses(String network, String address, boolean contained) {
        Ipv4Prefix prefix = Ipv4Prefix.of(network);
        assertEquals(contained, prefix.contains(Ipv4Address.of(address)));
        assertEquals(network, prefix.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.1.0.0",
                "10.1.0.1/24",
                "10.1.0.0/33",
                "10.1.0.0/-1",
                "10.1.0.0/",
                "/24",
                "10.1.0.0/024",
                "x/8"
            })
    void isNothingElse(String text) {
        assertThrows(IllegalArgumentException.class, () -> Ipv4Prefix.of(text));
    }
}
