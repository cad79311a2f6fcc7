package org.mooring.hook.daemon;

import java.nio.ByteBuffer;
import java.util.List;
import org.mooring.hook.Guest;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.Segmentation;

/** Sends after one guest what it should have read here. Confined to one thread. */
abstract class Rescuer {
    /** In an IPv4 header (RFC 791). */
    private static final int DESTINATION = 16;

    private final Guest guest;
    private int rescued;
    private int lost;
    private Tally before = new Tally(0, 0);

    /**
     * What came of frames.
     *
     * @param rescued packets that were sent
     * @param lost frames, or packets of frames, that should have been and weren't
     */
    record Tally(int rescued, int lost) {}

    Rescuer(Guest guest) {
        this.guest = guest;
    }

    /** Sends on one packet, or sees that it will be; false if that can't be. */
    abstract boolean pass(ByteBuffer packet);

    /** What comes from now on is late. May come more than once. */
    abstract void end();

    /** Whether {@link #end} has come. */
    abstract boolean hasEnded();

    final Guest guest() {
        return guest;
    }

    /** How many packets were sent on. */
    final int rescued() {
        return rescued;
    }

    /** Sends on what is for the guest; a bridge floods what is for others. */
    final void rescue(ReceivedFrame frame) {
        if (!frame.octets().hasRemaining()) {
            lost++;
        }
        frame.ethernet().filter(this::isForGuest).ifPresent(ethernet -> {
            List<ByteBuffer> packets = Segmentation.ipv4Packets(ethernet, frame.offload());
            packets.forEach(this::rescue);
            lost += packets.isEmpty() ? 1 : 0;
        });
    }

    /** So many frames were not kept. */
    final void lose(int frames) {
        lost += frames;
    }

    /** What came of it since this was last asked. */
    final Tally tally() {
        Tally tally = new Tally(rescued - before.rescued, lost - before.lost);
        before = new Tally(rescued, lost);
        return tally;
    }

    /** Whether anything has. */
    final boolean hasTally() {
        return rescued != before.rescued || lost != before.lost;
    }

    private boolean isForGuest(EthernetFrame frame) {
        ByteBuffer packet = frame.payload();
        return frame.destination().equals(guest.mac())
                && frame.etherType() == EtherType.IPV4
                && packet.remaining() >= Ipv4Packet.HEADER_LENGTH
                && packet.getInt(DESTINATION) == guest.homeAddress().bits();
    }

    private void rescue(ByteBuffer packet) {
        if (pass(packet)) {
            rescued++;
        } else {
            lost++;
        }
    }
}
