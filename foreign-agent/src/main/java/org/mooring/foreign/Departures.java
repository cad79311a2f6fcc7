package org.mooring.foreign;

import static org.mooring.foreign.Event.Timer.Purpose.DEPARTURE;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Fact.Step;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * The old site's part of handovers (docs/handover.md, "Foreign agent"): where visitors may go to, and who has left. Confined to the agent
 * loop.
 */
final class Departures {
    private enum State {
        ARMED,
        /** The visitor has left, and the kernel is told to let its packets follow it. */
        REDIRECTING,
        /** It does. */
        REDIRECTED
    }

    /** @param end until when it may leave */
    private record Departure(Staged staged, Instant end, State state) {
        private boolean hasLeft() {
            return state != State.ARMED;
        }

        private Departure in(State next) {
            return new Departure(staged, end, next);
        }
    }

    /** From COMMIT until all has come that the home agent sent here before it. The visitor is on the list for longer. */
    private static final Duration UNDER_WAY = Duration.ofSeconds(1);

    /** Of visitors on the list, or about to be. */
    private final Map<Ipv4Address, Departure> departures = new HashMap<>();

    /** What the kernel was told to install in place of a redirect. */
    private final Map<Ipv4Address, Visitor> returning = new HashMap<>();

    private final Consumer<Action> actions;

    Departures(Consumer<Action> actions) {
        this.actions = actions;
    }

    /** Where the packets of a visitor that has left go. */
    Optional<Ipv4Address> redirected(Ipv4Address homeAddress) {
        return Optional.ofNullable(departures.get(homeAddress))
                .filter(Departure::hasLeft)
                .map(departure -> departure.staged().careOfAddress());
    }

    void remember(Ipv4Address homeAddress, Staged staged, Instant now) {
        boolean again = find(homeAddress, staged.id()).isPresent();
        departures.put(homeAddress, new Departure(staged, now.plusSeconds(staged.holdSeconds()), State.ARMED));
        if (!again) {
            report(homeAddress, staged, Step.ARMED);
        }
    }

    /** The visitor has stopped. Whether there was a place for it to go to under {@code id}, and still is. */
    boolean commit(Ipv4Address homeAddress, HandoverId id, Instant now) {
        var departure = find(homeAddress, id).filter(found -> found.hasLeft() || now.isBefore(found.end()));
        departure.filter(found -> !found.hasLeft()).ifPresent(found -> {
            departures.put(homeAddress, found.in(State.REDIRECTING));
            actions.accept(
                    new Action.RedirectVisitor(homeAddress, id, found.staged().careOfAddress()));
        });
        return departure.isPresent();
    }

    /** The visitor doesn't leave, or is back. */
    void abort(Ipv4Address homeAddress, HandoverId id) {
        find(homeAddress, id).ifPresent(departure -> {
            departures.remove(homeAddress);
            if (departure.hasLeft()) {
                actions.accept(new Action.RecallVisitor(homeAddress));
                report(homeAddress, departure.staged(), Step.RETURNED);
            }
        });
    }

    /** {@code visitor} is registered, perhaps again after it has left; the kernel is told to install it. */
    void registered(Visitor visitor) {
        var home = visitor.homeAddress();
        Optional.ofNullable(departures.get(home)).filter(Departure::hasLeft).ifPresent(departure -> {
            departures.remove(home);
            returning.put(home, visitor);
            report(home, departure.staged(), Step.RETURNED);
        });
    }

    /** The kernel has installed {@code visitor}: nothing is redirected any more. */
    void installed(Visitor visitor) {
        returning.remove(visitor.homeAddress(), visitor);
    }

    /** The kernel has refused to install {@code visitor}. Whether its packets may still be redirected. */
    boolean notInstalled(Visitor visitor) {
        return returning.remove(visitor.homeAddress(), visitor);
    }

    /** The kernel redirects as was asked. */
    void redirected(Ipv4Address homeAddress, HandoverId id, Instant now) {
        find(homeAddress, id).filter(Departure::hasLeft).ifPresent(departure -> {
            departures.put(homeAddress, departure.in(State.REDIRECTED));
            actions.accept(new Action.ArmTimer(new Timer(DEPARTURE, homeAddress), now.plus(UNDER_WAY)));
            report(homeAddress, departure.staged(), Step.REDIRECTED);
        });
    }

    /** Whether the kernel redirects. */
    boolean isRedirected(Ipv4Address homeAddress, HandoverId id) {
        return find(homeAddress, id)
                .filter(departure -> departure.state() == State.REDIRECTED)
                .isPresent();
    }

    /** What was under way to the visitor has come. */
    void count(Ipv4Address homeAddress) {
        Optional.ofNullable(departures.get(homeAddress))
                .filter(departure -> departure.state() == State.REDIRECTED)
                .ifPresent(departure -> actions.accept(new Action.CountRedirected(
                        homeAddress, departure.staged().id())));
    }

    /** The kernel refused: the next COMMIT tries again. */
    void notRedirected(Ipv4Address homeAddress, HandoverId id) {
        find(homeAddress, id).ifPresent(departure -> departures.put(homeAddress, departure.in(State.ARMED)));
    }

    /** There is no such visitor any more. */
    void forget(Ipv4Address homeAddress) {
        departures.remove(homeAddress);
        returning.remove(homeAddress);
    }

    private Optional<Departure> find(Ipv4Address homeAddress, HandoverId id) {
        return Optional.ofNullable(departures.get(homeAddress))
                .filter(departure -> departure.staged().id().equals(id));
    }

    private void report(Ipv4Address homeAddress, Staged staged, Step step) {
        actions.accept(new Action.Report(
                new Fact.Handover(homeAddress, staged.id(), step, Optional.of(staged.careOfAddress()))));
    }
}
