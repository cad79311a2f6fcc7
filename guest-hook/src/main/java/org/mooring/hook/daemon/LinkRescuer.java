package org.mooring.hook.daemon;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;
import org.mooring.hook.Guest;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.EthernetFrame;

/**
 * Brings it back to the link, for a guest that goes on at another host there, once the guest has been heard (docs/handover.md, "Within one
 * site"). Confined to one thread.
 */
final class LinkRescuer extends Rescuer {
    private final MacAddress source;
    private final Consumer<EthernetFrame> link;
    private final int most;
    private final Queue<ByteBuffer> waiting = new ArrayDeque<>();
    private boolean heard;

    /**
     * Waits until {@link #end} says that the guest has been heard.
     *
     * @param source of the frames: this host, for the link must not look here for who sent them first
     * @param most packets that wait
     */
    LinkRescuer(Guest guest, MacAddress source, Consumer<EthernetFrame> link, int most) {
        super(guest);
        this.source = source;
        this.link = link;
        this.most = most;
    }

    @Override
    boolean pass(ByteBuffer packet) {
        if (heard) {
            send(packet);
            return true;
        }
        return waiting.size() < most && waiting.add(packet);
    }

    @Override
    void end() {
        heard = true;
        for (ByteBuffer packet = waiting.poll(); packet != null; packet = waiting.poll()) {
            send(packet);
        }
    }

    @Override
    boolean hasEnded() {
        return heard;
    }

    private void send(ByteBuffer packet) {
        link.accept(new EthernetFrame(guest().mac(), source, EtherType.IPV4, packet));
    }
}
