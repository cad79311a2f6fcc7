package org.mooring.hook.daemon;

import io.netty.buffer.Unpooled;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import org.mooring.datapath.Path;
import org.mooring.datapath.Waiting;
import org.mooring.hook.Event;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.loop.AgentLoop;

/** Hears from the datapath of packets that wait, on its thread, and tells the hook. */
record WaitingPackets(AgentLoop<Event, ?> loop) implements Waiting {
    @Override
    public void began(Inet4Address homeAddress, Path path) {
        loop.post(new Event.WaitBegan(loop.now(), Ipv4Address.of(homeAddress), KernelForwarding.room(path)));
    }

    @Override
    public void marker(Inet4Address homeAddress, ByteBuffer payload) {
        loop.post(new Event.MarkerReceived(
                loop.now(), Ipv4Address.of(homeAddress), Octets.copyOf(Unpooled.wrappedBuffer(payload))));
    }
}
