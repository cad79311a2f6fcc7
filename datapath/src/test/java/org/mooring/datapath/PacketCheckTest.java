package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mooring.datapath.Packets.ipip;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.HOME_AGENT;
import static org.mooring.datapath.Topology.NEIGHBOUR;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class PacketCheckTest {
    @Test
    void findsEachBitThatIsWrong() {
        ByteBuffer octets = copy(ipip(HOME_AGENT, NEIGHBOUR, udp(CORRESPONDENT, GUEST, 64, "right"))
                .toOctets());
        PacketCheck.check(octets, true);
        for (int bit = 0; bit < octets.remaining() * Byte.SIZE; bit++) {
            ByteBuffer damaged = copy(octets);
            int at = bit / Byte.SIZE;
            damaged.put(at, (byte) (damaged.get(at) ^ 1 << bit % Byte.SIZE));
            assertThrows(AssertionError.class, () -> PacketCheck.check(damaged, true), "bit " + bit);
        }
    }

    @Test
    void findsOctetsThatAreInNoPacket() {
        ByteBuffer octets = copy(udp(CORRESPONDENT, GUEST, 64, "right").toOctets());
        ByteBuffer longer = ByteBuffer.allocate(octets.remaining() + 1)
                .put(octets.duplicate())
                .rewind();
        assertThrows(AssertionError.class, () -> PacketCheck.check(longer, true));
        ByteBuffer shorter = octets.slice(0, octets.remaining() - 1);
        assertThrows(AssertionError.class, () -> PacketCheck.check(shorter, true));
    }

    private static ByteBuffer copy(ByteBuffer octets) {
        return ByteBuffer.allocate(octets.remaining()).put(octets.duplicate()).flip();
    }
}
