package org.mooring.protocol.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class OctetsTest {
    private static final Octets OCTETS = Octets.ofHex("00ff 8001 7f");

    @Test
    void areEqualIfTheirOctetsAre() {
        assertEquals(Octets.of((byte) 0, (byte) 0xff, (byte) 0x80, (byte) 1, (byte) 0x7f), OCTETS);
        assertEquals(Octets.ofHex("00ff80017f").hashCode(), OCTETS.hashCode());
        assertNotEquals(Octets.ofHex("00ff800180"), OCTETS);
        assertNotEquals(Octets.ofHex("00ff800180").hashCode(), OCTETS.hashCode());
        assertNotEquals(OCTETS, Octets.ofHex("00ff8001"));
        assertNotEquals(OCTETS, new Object());
    }

    @Test
    void arePrintedInHexadecimal() {
        assertEquals("00ff80017f", OCTETS.toString());
    }

    @Test
    void areReadUnsignedAndInNetworkOrder() {
        assertEquals(0xff, OCTETS.unsignedByte(1));
        assertEquals(0xff80, OCTETS.unsignedShort(1));
        assertEquals(0xff80017f, OCTETS.int32(1));
    }

    @Test
    void nobodyChangesThem() {
        var bytes = OCTETS.toByteArray();
        var octets = Octets.of(bytes);
        bytes[0] = 1;
        octets.toByteArray()[0] = 2;

        assertEquals(OCTETS, octets);
    }

    @Test
    void copyLeavesTheBufferAsItWas() {
        var buffer = ByteBuffer.wrap(OCTETS.toByteArray()).position(2);

        assertEquals(Octets.ofHex("80017f"), Octets.copyOf(buffer));
        assertEquals(2, buffer.position());
    }

    @Test
    void nothingIsSlicedBeyondTheEnd() {
        assertEquals(Octets.ofHex("ff80"), OCTETS.slice(1, 3));
        assertEquals(Octets.EMPTY, OCTETS.slice(5));
        assertThrows(IndexOutOfBoundsException.class, () -> OCTETS.slice(3, 6));
        assertThrows(IndexOutOfBoundsException.class, () -> OCTETS.slice(6));
    }
}
