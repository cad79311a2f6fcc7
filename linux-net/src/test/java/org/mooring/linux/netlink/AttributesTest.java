package org.mooring.linux.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;

class AttributesTest {
    @Test
    void readsWhatAMessageHolds() {
        NetlinkMessage message = new NetlinkMessage(0, 0)
                .attribute(1, 4711)
                .attribute(2, "lo")
                .attribute(3, Ipv4.address("10.1.0.50"))
                .nest(4, inner -> inner.octet(1, 143).attribute(2, MacAddress.BROADCAST));
        Attributes attributes = Attributes.of(message.toOctets(0, 0).position(NetlinkMessage.HEADER_LENGTH));
        assertEquals(4711, attributes.word(1));
        assertEquals("lo", attributes.text(2));
        assertEquals(Optional.of(Ipv4.address("10.1.0.50")), attributes.address(3));
        assertEquals(143, attributes.nested(4).octet(1));
        assertEquals(MacAddress.BROADCAST, attributes.nested(4).mac(2));
        assertTrue(attributes.has(4));
    }

    @Test
    void whatIsMissingIsZeroOrEmpty() {
        Attributes nothing = Attributes.of(ByteBuffer.allocate(0));
        assertEquals(0, nothing.word(1));
        assertEquals("", nothing.text(1));
        assertEquals(Optional.empty(), nothing.address(1));
        assertEquals(MacAddress.NONE, nothing.mac(1));
        assertEquals(0, nothing.nested(1).octet(1));
        assertFalse(nothing.has(1));
    }

    @Test
    void stopsAtALengthThatDoesNotFit() {
        for (int length : new int[] {0, 3, 9, 0xffff}) {
            ByteBuffer octets = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
            octets.putShort((short) length).putShort((short) 1).putInt(7).flip();
            assertFalse(Attributes.of(octets).has(1), "length " + length);
        }
        assertFalse(Attributes.of(ByteBuffer.allocate(3)).has(0));
    }

    @Test
    void aValueThatIsTooShortCountsAsMissing() {
        ByteBuffer octets = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
        octets.putShort((short) 6)
                .putShort((short) 1)
                .putShort((short) 7)
                .putShort((short) 0)
                .flip();
        assertEquals(0, Attributes.of(octets).word(1));
        assertEquals(Optional.empty(), Attributes.of(octets).address(1));
    }
}
