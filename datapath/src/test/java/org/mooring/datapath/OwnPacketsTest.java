package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.mooring.datapath.OwnPackets.Own;

class OwnPacketsTest {
    private static final Own AGENTS = new Own(ByteBuffer.allocate(1), (at, length) -> {});
    private static final Own VISITORS = new Own(ByteBuffer.allocate(2), (at, length) -> {});

    private final OwnPackets packets = new OwnPackets();

    @Test
    void areNoMoreOfVisitorsThanThereIsRoomFor() {
        for (int i = 0; i < OwnPackets.MOST; i++) {
            assertTrue(packets.addOfVisitor(VISITORS));
        }
        assertFalse(packets.addOfVisitor(VISITORS));
        packets.add(AGENTS);
        assertEquals(AGENTS, packets.poll());
        assertEquals(VISITORS, packets.poll());
        assertTrue(packets.addOfVisitor(VISITORS));
        assertFalse(packets.addOfVisitor(VISITORS));
    }

    @Test
    void mayBeNone() {
        assertNull(packets.poll());
    }
}
