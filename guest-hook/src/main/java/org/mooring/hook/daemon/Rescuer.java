package org.mooring.hook.daemon;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Guest;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.Segmentation;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends after one guest what it should have read here (docs/handover.md, "Messages beside registration"). Confined to one
 * thread.
 */
final class Rescuer {
    private static final Logger log = LoggerFactory.getLogger(Rescuer.class);

    /** In an IPv4 header (RFC 791). */
    private static final int DESTINATION = 16;

    private final Guest guest;
    private final HandoverId id;
    private final Ipv4Address to;
    private final int enterpriseNumber;
    private final Datagrams datagrams;
    private int sequence;
    private int lost;
    private int rescuedBefore;
    private int lostBefore;
    private @Nullable End end;
    private boolean complained;

    /**
     * What came of frames.
     *
     * @param rescued packets that were sent
     * @param lost frames, or packets of frames, that should have been and weren't
     */
    record Tally(int rescued, int lost) {}

    /** Takes datagrams for UDP port 434 to the network. */
    @FunctionalInterface
    interface Datagrams {
        void send(Ipv4Address to, ByteBuffer payload) throws IOException;
    }

    /** @param to who puts the guest's packets in order where it goes */
    Rescuer(Guest guest, HandoverId id, Ipv4Address to, int enterpriseNumber, Datagrams datagrams) {
        this.guest = guest;
        this.id = id;
        this.to = to;
        this.enterpriseNumber = enterpriseNumber;
        this.datagrams = datagrams;
    }

    /** Sends on what is for the guest; a bridge floods what is for others. */
    void rescue(ReceivedFrame frame) {
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
    void lose(int frames) {
        lost += frames;
    }

    /** Says how many there were until now; once it has been said, the same again. */
    void end() {
        if (end == null) {
            end = new End(id, sequence);
        }
        send(end);
    }

    boolean hasEnded() {
        return end != null;
    }

    /** What came of it since this was last asked. */
    Tally tally() {
        Tally tally = new Tally(sequence - rescuedBefore, lost - lostBefore);
        rescuedBefore = sequence;
        lostBefore = lost;
        return tally;
    }

    /** Whether anything has. */
    boolean hasTally() {
        return sequence != rescuedBefore || lost != lostBefore;
    }

    private boolean isForGuest(EthernetFrame frame) {
        ByteBuffer packet = frame.payload();
        return frame.destination().equals(guest.mac())
                && frame.etherType() == EtherType.IPV4
                && packet.remaining() >= Ipv4Packet.HEADER_LENGTH
                && packet.getInt(DESTINATION) == guest.homeAddress().bits();
    }

    /** A number is used up only by what leaves: nobody waits for the others. */
    private void rescue(ByteBuffer packet) {
        if (send(new Rescued(id, sequence, Octets.copyOf(Unpooled.wrappedBuffer(packet))))) {
            sequence++;
        } else {
            lost++;
        }
    }

    private boolean send(HandoverMessage message) {
        try {
            datagrams.send(to, ByteBuffer.wrap(message.encode(enterpriseNumber).toByteArray()));
            return true;
        } catch (IOException e) {
            if (!complained) {
                complained = true;
                log.warn(
                        "packets not sent after the guest guest={} to={} reason=\"{}\": give this host a route there, and let UDP port 434 pass",
                        guest.name(),
                        to,
                        e.getMessage());
            }
            return false;
        }
    }
}
