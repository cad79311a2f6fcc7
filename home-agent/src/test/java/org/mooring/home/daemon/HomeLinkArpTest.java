package org.mooring.home.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.Ipv4Address;

@DisplayName("RFC 3344 §4.6 Gratuitous ARP")
class HomeLinkArpTest {
    @ParameterizedTest
    @CsvSource({
        "02:00:00:00:00:a1, ffffffffffff0200000000a1080600010800060400010200000000a10a0100050000000000000a010005",
        "52:54:00:aa:bb:cc, ffffffffffff0200000000a108060001080006040001525400aabbcc0a0100050000000000000a010005"
    })
    @DisplayName("V19, V20: the mobile node is away, and it is home again; the frame's source is the agent's in both")
    void vectors(String mac, String octets) {
        ByteBuffer frame = HomeLinkArp.announcement(
                        MacAddress.of("02:00:00:00:00:a1"), Ipv4Address.of("10.1.0.5"), MacAddress.of(mac))
                .toOctets();
        var written = new byte[frame.remaining()];
        frame.get(written);
        assertEquals(octets, HexFormat.of().formatHex(written));
    }
}
