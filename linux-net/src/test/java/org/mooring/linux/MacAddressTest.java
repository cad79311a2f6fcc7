package org.mooring.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MacAddressTest {
    @Test
    void readsAndWritesTheSameOctets() {
        byte[] octets = {0x52, 0x54, 0, (byte) 0xfe, 1, (byte) 0x80};
        MacAddress mac = MacAddress.read(ByteBuffer.wrap(octets));
        ByteBuffer out = ByteBuffer.allocate(6);
        mac.write(out);
        assertEquals(ByteBuffer.wrap(octets), out.flip());
        assertEquals("52:54:00:fe:01:80", mac.toString());
        assertEquals(mac, MacAddress.of("52:54:00:FE:01:80"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "52:54:00:fe:01",
                "52:54:00:fe:01:80:00",
                "52-54-00-fe-01-80",
                "5254:00:fe:01:80",
                "52:54:00:fe:01:8g"
            })
    void refusesOtherText(String text) {
        assertThrows(IllegalArgumentException.class, () -> MacAddress.of(text));
    }

    @Test
    void tellsGroupAddressesFromIndividualOnes() {
        assertTrue(MacAddress.BROADCAST.isGroup());
        assertTrue(MacAddress.of("01:00:5e:00:00:01").isGroup());
        assertFalse(MacAddress.of("fe:ff:ff:ff:ff:ff").isGroup());
    }
}
