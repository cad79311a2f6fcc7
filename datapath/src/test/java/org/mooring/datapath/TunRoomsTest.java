package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Carried.HOME;
import static org.mooring.datapath.Carried.PEER;
import static org.mooring.datapath.Carried.entry;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mooring.linux.Ipv4;
import org.mooring.linux.packet.Ipv4Packet;

class TunRoomsTest {
    private static final Inet4Address OTHER = Ipv4.address("10.1.0.99");
    private static final int EXCESS = 3;

    private final Bindings bindings = new Bindings();
    private final Drops drops = new Drops();
    private final TunRooms rooms = new TunRooms(bindings, drops);

    @Test
    void countsWithItsBindingWhatFindsNoRoom() {
        bindings.put(HOME, entry(Tunnel.ipip(PEER)));
        bindings.put(OTHER, entry(Tunnel.ipip(PEER)));
        rooms.hold(HOME, Set.of(Path.NEW), Optional.empty());
        rooms.hold(OTHER, Set.of(Path.NEW), Optional.empty());
        enter(OTHER);
        for (int i = 0; i < Room.CAPACITY + EXCESS; i++) {
            enter(HOME);
        }
        assertEquals(EXCESS, drops.counts().get(Drop.NO_ROOM));
        assertEquals(EXCESS, bindings.drops().get(HOME).get(Drop.NO_ROOM));
        assertTrue(bindings.drops().get(OTHER).isEmpty());
    }

    private void enter(Inet4Address homeAddress) {
        ByteBuffer packet = Ipv4Packet.of(PEER, homeAddress, Ipv4Packet.UDP, 64, ByteBuffer.allocate(8))
                .toOctets();
        assertTrue(rooms.takesFromTunnel(packet, 0, packet.remaining(), TunnelEnd.number(PEER), 1500));
    }
}
