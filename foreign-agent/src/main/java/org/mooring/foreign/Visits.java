package org.mooring.foreign;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.mooring.foreign.Fact.VisitorLeft.Why;
import org.mooring.protocol.handover.Arrivals;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * Who is here, who may come, who has left, and how these depend on each other (RFC 3344 §3.7; docs/handover.md, "Foreign agent"). Confined to
 * the agent loop.
 */
final class Visits {
    private final VisitorList visitors;
    private final Arrivals arrivals;
    private final StagedVisitors staged;
    private final Departures departures;
    private final TunnelKeepalives keepalives;

    Visits(Consumer<Action> actions) {
        visitors = new VisitorList(actions);
        arrivals = new Arrivals(new ArrivalActions(actions));
        staged = new StagedVisitors(arrivals, actions);
        departures = new Departures(actions);
        keepalives = new TunnelKeepalives(actions);
    }

    /** Who is here. */
    VisitorList visitors() {
        return visitors;
    }

    /** Who may come. */
    StagedVisitors staged() {
        return staged;
    }

    /** How the packets of those that come are put in order. */
    Arrivals arrivals() {
        return arrivals;
    }

    /** Who may leave, or has left. */
    Departures departures() {
        return departures;
    }

    /** What keeps the tunnels through NATs open. */
    TunnelKeepalives keepalives() {
        return keepalives;
    }

    /** After a restart: those that {@code policy} still serves are here. */
    void restore(List<Visitor> stored, Policy policy, Instant now) {
        visitors.restore(stored, policy, now);
        visitors.all().forEach(visitor -> keepalives.restored(visitor, now));
    }

    /** How many mobile nodes this takes resources for. */
    int size() {
        return visitors.size() + staged.size();
    }

    /** The one that is here, then the one that may come. */
    Stream<Visitor> of(Ipv4Address homeAddress) {
        return Stream.concat(visitors.find(homeAddress).stream(), staged.find(homeAddress).stream());
    }

    /** From where packets of a visitor may be redirected to here. */
    Optional<Ipv4Address> previousCareOfAddress(Ipv4Address homeAddress) {
        return staged.find(homeAddress).or(() -> visitors.find(homeAddress)).flatMap(Visitor::previousCareOfAddress);
    }

    /** The kernel forwards for {@code visitor}. */
    void installed(Visitor visitor, Instant now) {
        departures.installed(visitor);
        if (visitors.installed(visitor)) {
            keepalives.served(visitor, now);
            staged.confirm(visitor.homeAddress());
            // Its request may have passed before anything was staged.
            arrivals.confirm(visitor.homeAddress(), now);
        }
    }

    /** The kernel has refused {@code visitor}, whose reply waits no longer. */
    void notInstalled(Visitor visitor) {
        if (departures.notInstalled(visitor)) {
            end(visitor.homeAddress(), Why.REFUSED);
        } else if (visitors.find(visitor.homeAddress()).isEmpty()) {
            departures.forget(visitor.homeAddress());
        }
    }

    void end(Ipv4Address homeAddress, Why why) {
        if (visitors.end(homeAddress, why)) {
            ended(homeAddress);
        }
    }

    void expire(Ipv4Address homeAddress, Instant now) {
        if (visitors.expire(homeAddress, now)) {
            ended(homeAddress);
        }
    }

    private void ended(Ipv4Address homeAddress) {
        keepalives.end(homeAddress);
        departures.forget(homeAddress);
        if (staged.isStaged(homeAddress)) {
            staged.restage(homeAddress);
        } else {
            arrivals.forget(homeAddress);
        }
    }
}
