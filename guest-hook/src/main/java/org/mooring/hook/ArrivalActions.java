package org.mooring.hook;

import java.time.Instant;
import java.util.function.Consumer;
import org.mooring.protocol.handover.Arrival;
import org.mooring.protocol.handover.Arrival.Opening;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.Arrivals;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/** What is to be done for the packets of guests that come. */
record ArrivalActions(Consumer<Action> actions) implements Arrivals.Out {
    @Override
    public void deliver(Ipv4Address homeAddress, Octets packet) {
        actions.accept(new Action.DeliverPacket(homeAddress, packet));
    }

    @Override
    public void open(Arrival arrival, Room room, Opening why) {
        actions.accept(new Action.OpenRoom(arrival.homeAddress(), arrival.id(), room, why));
    }

    @Override
    public void arm(Ipv4Address homeAddress, Instant at) {
        actions.accept(new Action.ArmArrival(homeAddress, at));
    }

    /** What came of it is told when the packets no longer wait for it. */
    @Override
    public void ended(Arrival arrival) {}
}
