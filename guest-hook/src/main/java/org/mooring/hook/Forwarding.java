package org.mooring.hook;

import java.util.Optional;
import java.util.Set;
import org.mooring.datapath.Encapsulation;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.Ipv4Address;

/** What becomes of a guest's packets where this host is the end of its tunnel. */
public sealed interface Forwarding {
    /**
     * What comes out of the tunnel is brought to the guest's port already.
     *
     * @param encapsulation of the tunnel
     * @param previousCareOfAddress from where a foreign agent may redirect packets, too
     * @param closed where packets have to wait
     */
    record Stage(Encapsulation encapsulation, Optional<Ipv4Address> previousCareOfAddress, Set<Room> closed)
            implements Forwarding {
        public Stage {
            closed = Set.copyOf(closed);
        }
    }

    /**
     * The guest is here: its packets come out of the tunnel, and go into it.
     *
     * @param encapsulation of the tunnel
     */
    record Install(Encapsulation encapsulation, Optional<Ipv4Address> previousCareOfAddress) implements Forwarding {}

    /** The guest has left under {@code id}; what still comes for it follows it to {@code careOfAddress}, or home. */
    record Redirect(HandoverId id, Ipv4Address careOfAddress) implements Forwarding {}

    /** The guest is back. */
    record Recall() implements Forwarding {}

    /** The guest doesn't come. */
    record Unstage() implements Forwarding {}

    /** The guest has nothing to do with this host any more. */
    record Remove() implements Forwarding {}
}
