package org.mooring.linux.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class ChecksumTest {
    @Test
    void isThatOfTheExampleInRfc1071Section3() {
        assertEquals(0xffff & ~0xddf2, Checksum.of(hex("0001f203f4f5f6f7")));
    }

    @Test
    void padsAnOddOctetWithZero() {
        assertEquals(Checksum.of(hex("0001f200")), Checksum.of(hex("0001f2")));
    }

    @Test
    void goesOnOverSeveralParts() {
        assertEquals(Checksum.of(hex("0001f203f4f5f6f7")), Checksum.of(hex("0001f203"), hex("f4f5f6f7")));
    }

    @Test
    void carriesAroundMoreThanOnce() {
        assertEquals(0, Checksum.of(hex("ff".repeat(0x2_0000))));
    }

    private static ByteBuffer hex(String digits) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(digits));
    }
}
