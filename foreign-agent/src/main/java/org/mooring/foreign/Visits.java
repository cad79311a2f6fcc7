package org.mooring.foreign;

import static org.mooring.foreign.Event.Timer.Purpose.REDIRECT;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Fact.VisitorLeft.Why;
import org.mooring.foreign.VisitorList.HeldReply;
import org.mooring.protocol.handover.Arrivals;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.ReplyCode;

/**
 * Who is here, who may come, who has left, and how these depend on each other (RFC 3344 §3.7; docs/handover.md, "Foreign agent"). Confined to
 * the agent loop.
 */
final class Visits {
    /** How long packets may still be under way to where a visitor was. */
    private static final Duration LATE = Duration.ofSeconds(5);

    private final VisitorList visitors;
    private final Namesakes namesakes;
    private final CoLocatedVisitors coLocated;
    private final Arrivals arrivals;
    private final StagedVisitors staged;
    private final Departures departures;
    private final TunnelKeepalives keepalives;
    private final Consumer<Action> actions;

    Visits(Consumer<Action> actions) {
        this.actions = actions;
        visitors = new VisitorList(actions);
        namesakes = new Namesakes(actions);
        coLocated = new CoLocatedVisitors(actions);
        arrivals = new Arrivals(new ArrivalActions(actions));
        staged = new StagedVisitors(arrivals, actions);
        departures = new Departures(actions);
        keepalives = new TunnelKeepalives(actions);
    }

    /** Who is here. */
    VisitorList visitors() {
        return visitors;
    }

    /** Who is here under a home address that others have, too. */
    Namesakes namesakes() {
        return namesakes;
    }

    /** Who is registered through us, and is its tunnel's end. */
    CoLocatedVisitors coLocated() {
        return coLocated;
    }

    /** All whose tunnels end here, in the order of home addresses. */
    Stream<Visitor> all() {
        return Stream.concat(visitors.all().stream(), namesakes.all().stream())
                .sorted(Comparator.comparing(Visitor::homeAddress));
    }

    /** Visitors of other home agents that had the home address first, or will have it. */
    Stream<Visitor> others(VisitorKey key) {
        return Stream.concat(visitors.of(key.homeAddress()), staged.find(key.homeAddress()).stream())
                .filter(visitor -> !visitor.homeAgent().equals(key.homeAgent()));
    }

    /** Whether it is on the list. */
    boolean isServed(VisitorKey key) {
        return all().anyMatch(visitor -> VisitorKey.of(visitor).equals(key));
    }

    /** Whether a mobile node is to be told from others with its home address. */
    boolean isNamesake(VisitorKey key) {
        return namesakes.contains(key) || others(key).findAny().isPresent();
    }

    /**
     * Why such a mobile node can't be told from others (RFC 3024 §A.3, §A.4), if that is so.
     *
     * @param station where the mobile node is
     */
    Optional<Denial> indistinct(VisitorKey key, Station station, boolean reverseTunneling) {
        boolean alike = Stream.concat(others(key), namesakes.of(key.homeAddress()))
                .filter(visitor -> !visitor.homeAgent().equals(key.homeAgent()))
                .anyMatch(visitor -> Station.of(visitor).equals(station));
        return Denial.when(
                        alike,
                        ReplyCode.FA_INSUFFICIENT_RESOURCES,
                        "another home agent's visitor has this home address and this MAC address")
                .or(() -> Denial.when(
                        !reverseTunneling,
                        ReplyCode.FA_REVERSE_TUNNEL_MANDATORY,
                        "another home agent's visitor has this home address, so that a reverse tunnel is required"));
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
    List<Visitor> restore(List<Visitor> stored, List<Visitor> storedNamesakes, Policy policy, Instant now) {
        var unserved = visitors.restore(stored, policy, now);
        namesakes.restore(storedNamesakes, policy, now);
        visitors.all().forEach(visitor -> keepalives.restored(visitor, now));
        return unserved;
    }

    /** How many mobile nodes this takes resources for. */
    int size() {
        return visitors.size() + namesakes.size() + coLocated.size() + staged.size();
    }

    /** The one that is here, then the one that may come. */
    Stream<Visitor> of(Ipv4Address homeAddress) {
        return Stream.concat(visitors.find(homeAddress).stream(), staged.find(homeAddress).stream());
    }

    /** From where packets of a visitor may be redirected to here. */
    Optional<Ipv4Address> previousCareOfAddress(Ipv4Address homeAddress) {
        return staged.find(homeAddress).or(() -> visitors.find(homeAddress)).flatMap(Visitor::previousCareOfAddress);
    }

    /** The reply that waits for {@code visitor}, which waits no longer. */
    Optional<HeldReply> release(Visitor visitor) {
        return visitors.release(visitor).or(() -> namesakes.release(visitor));
    }

    /** The kernel forwards for {@code visitor}. */
    void installed(Visitor visitor, Instant now) {
        if (namesakes.installed(visitor)) {
            return;
        }
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
        if (isNamesake(VisitorKey.of(visitor))) {
            return;
        }
        if (departures.notInstalled(visitor)) {
            if (visitors.find(visitor.homeAddress()).isEmpty()) {
                actions.accept(new Action.RemoveVisitor(visitor.homeAddress()));
                ended(visitor.homeAddress());
            }
            end(visitor.homeAddress(), Why.REFUSED);
        } else if (visitors.find(visitor.homeAddress()).isEmpty()) {
            departures.forget(visitor.homeAddress());
        }
    }

    /** Nobody else's, whoever has the same home address. */
    void end(VisitorKey key, Why why) {
        if (!namesakes.end(key, why) && others(key).findAny().isEmpty()) {
            end(key.homeAddress(), why);
        }
    }

    void end(Ipv4Address homeAddress, Why why) {
        if (visitors.end(homeAddress, why)) {
            ended(homeAddress);
        } else {
            endRedirect(homeAddress);
        }
    }

    /** Whether {@code homeAddress} has left; then it is off the list, and what still comes for it goes on to follow it for a while. */
    boolean retire(Ipv4Address homeAddress, Why why, Instant now) {
        if (departures.redirected(homeAddress).isEmpty()) {
            return false;
        }
        visitors.release(homeAddress, why);
        actions.accept(new Action.ArmTimer(new Timer(REDIRECT, homeAddress), now.plus(LATE)));
        return true;
    }

    /** Nothing comes any more for a visitor that has left and is not on the list. */
    void endRedirect(Ipv4Address homeAddress) {
        if (visitors.of(homeAddress).findAny().isEmpty()
                && departures.redirected(homeAddress).isPresent()) {
            actions.accept(new Action.RemoveVisitor(homeAddress));
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
