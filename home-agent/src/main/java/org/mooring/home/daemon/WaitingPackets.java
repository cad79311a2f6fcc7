package org.mooring.home.daemon;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import org.mooring.datapath.Path;
import org.mooring.datapath.Waiting;
import org.mooring.home.Action;
import org.mooring.home.Event;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.loop.AgentLoop;

/** Hears from the datapath of packets that wait, on its thread, and tells the agent. */
record WaitingPackets(AgentLoop<Event, Action> loop) implements Waiting {
    @Override
    public void began(Inet4Address homeAddress, Path path) {
        loop.post(new Event.WaitBegan(loop.now(), Ipv4Address.of(homeAddress), room(path)));
    }

    @Override
    public void marker(Inet4Address homeAddress, ByteBuffer payload) {
        loop.post(new Event.MarkerReceived(loop.now(), Ipv4Address.of(homeAddress), Octets.copyOf(payload)));
    }

    /** Whose packets wait in {@code room}. */
    static Path path(Room room) {
        return switch (room) {
            case OLD -> Path.OLD;
            case NEW -> Path.NEW;
        };
    }

    private static Room room(Path path) {
        return switch (path) {
            case OLD -> Room.OLD;
            case NEW -> Room.NEW;
        };
    }
}
