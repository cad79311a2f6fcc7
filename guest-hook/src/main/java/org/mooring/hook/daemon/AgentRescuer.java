package org.mooring.hook.daemon;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Guest;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends it to the agent that serves the guest where it goes (docs/handover.md, "Messages beside registration"). Confined to one thread. */
final class AgentRescuer extends Rescuer {
    private static final Logger log = LoggerFactory.getLogger(AgentRescuer.class);

    private final HandoverId id;
    private final Ipv4Address to;
    private final int enterpriseNumber;
    private final Datagrams datagrams;
    private @Nullable End end;
    private boolean complained;

    /** Takes datagrams for UDP port 434 to the network. */
    @FunctionalInterface
    interface Datagrams {
        void send(Ipv4Address to, ByteBuffer payload) throws IOException;
    }

    /** @param to who puts the guest's packets in order where it goes */
    AgentRescuer(Guest guest, HandoverId id, Ipv4Address to, int enterpriseNumber, Datagrams datagrams) {
        super(guest);
        this.id = id;
        this.to = to;
        this.enterpriseNumber = enterpriseNumber;
        this.datagrams = datagrams;
    }

    /** A number is used up only by what leaves: nobody waits for the others. */
    @Override
    boolean pass(ByteBuffer packet) {
        return send(new Rescued(id, rescued(), Octets.copyOf(Unpooled.wrappedBuffer(packet))));
    }

    /** Says how many there were until now; once it has been said, the same again. */
    @Override
    void end() {
        if (end == null) {
            end = new End(id, rescued());
        }
        send(end);
    }

    @Override
    boolean hasEnded() {
        return end != null;
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
                        guest().name(),
                        to,
                        e.getMessage());
            }
            return false;
        }
    }
}
