package org.mooring.hook;

import java.time.Instant;
import java.util.function.Consumer;
import org.mooring.protocol.nat.Keepalives;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * What is to be done to keep the UDP tunnel of a guest open.
 *
 * @param lost is told when the mapping seems to be
 */
record KeepaliveActions(Guest guest, Consumer<Action> actions, Consumer<Instant> lost) implements Keepalives.Out {
    @Override
    public void send(Ipv4Address homeAgent, Octets datagram) {
        actions.accept(new Action.SendKeepalive(guest, homeAgent, datagram));
    }

    @Override
    public void arm(Instant at) {
        actions.accept(new Action.ArmTimer(guest, Timer.KEEPALIVE, at));
    }

    @Override
    public void silent(Instant now) {
        lost.accept(now);
    }

    @Override
    public void answered(Instant now) {
        actions.accept(new Action.Report(now, Fact.keepalivesAnswered(guest)));
    }
}
