package org.mooring.foreign;

import static org.mooring.foreign.Event.Timer.Purpose.STAGED_VISITOR;

import java.time.Instant;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Fact.Step;
import org.mooring.foreign.VisitorList.HeldReply;
import org.mooring.protocol.handover.Arrival;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.Arrivals;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.Ipv4Address;

/** The new site's part of handovers (docs/handover.md, "Foreign agent"): who may come. Confined to the agent loop. */
final class StagedVisitors {
    private final Map<Ipv4Address, StagedVisitor> visitors = new TreeMap<>();

    /** The replies that wait for the kernel, in the order in which it was asked. */
    private final Map<StagedVisitor, HeldReply> held = new LinkedHashMap<>();

    private final Arrivals arrivals;
    private final Consumer<Action> actions;

    StagedVisitors(Arrivals arrivals, Consumer<Action> actions) {
        this.arrivals = arrivals;
        this.actions = actions;
    }

    List<StagedVisitor> all() {
        return List.copyOf(visitors.values());
    }

    int size() {
        return visitors.size();
    }

    Optional<Visitor> find(Ipv4Address homeAddress) {
        return Optional.ofNullable(visitors.get(homeAddress)).map(StagedVisitor::visitor);
    }

    /** Or about to be. */
    boolean isStaged(Ipv4Address homeAddress) {
        return of(homeAddress).findAny().isPresent();
    }

    boolean isStaged(Ipv4Address homeAddress, HandoverId id) {
        var staged = visitors.get(homeAddress);
        return staged != null && staged.id().equals(id);
    }

    /** Asks the kernel for it, and keeps {@code reply} until that is done. The packets of a handover that is new have to wait. */
    void stage(StagedVisitor staged, HeldReply reply, Instant now) {
        held.put(staged, reply);
        var home = staged.visitor().homeAddress();
        if (arrivals.expect(home, staged.id())) {
            arrivals.hold(home, rooms(staged.visitor()));
            arrivals.reach(home, now);
        }
        askFor(staged);
    }

    /** Of a mobile node that is at home, nothing is redirected. */
    private static Set<Room> rooms(Visitor visitor) {
        return visitor.previousCareOfAddress().isPresent() ? EnumSet.allOf(Room.class) : EnumSet.of(Room.NEW);
    }

    private void askFor(StagedVisitor staged) {
        var closed = arrivals.find(staged.visitor().homeAddress())
                .filter(arrival -> arrival.id().equals(staged.id()))
                .map(Arrival::closed)
                .orElse(Set.of());
        actions.accept(new Action.StageVisitor(staged, closed));
    }

    /** The kernel has done it. The reply may go on; empty if the handover has ended in between. */
    Optional<HeldReply> staged(StagedVisitor staged) {
        var reply = Optional.ofNullable(held.remove(staged));
        if (reply.isPresent()) {
            var home = staged.visitor().homeAddress();
            var before = visitors.put(home, staged);
            actions.accept(new Action.ArmTimer(
                    new Timer(STAGED_VISITOR, home), staged.visitor().expiry()));
            if (before == null || !before.id().equals(staged.id())) {
                report(staged, Step.STAGED);
            }
        }
        return reply;
    }

    /**
     * The kernel has not done it, so nothing is staged at all, unless it already works on something newer. The request whose reply
     * waited is to be denied.
     */
    Optional<HeldReply> notStaged(StagedVisitor staged) {
        var reply = Optional.ofNullable(held.remove(staged));
        var home = staged.visitor().homeAddress();
        boolean newest = held.keySet().stream()
                .noneMatch(other -> other.visitor().homeAddress().equals(home));
        if (newest && (reply.isPresent() || staged.equals(visitors.get(home)))) {
            visitors.remove(home);
            actions.accept(new Action.UnstageVisitor(home));
            arrivals.forget(home);
        }
        return reply;
    }

    void abort(Ipv4Address homeAddress, HandoverId id) {
        if (of(homeAddress).anyMatch(staged -> staged.id().equals(id))) {
            end(homeAddress, Step.ABORTED);
        }
    }

    /** The mobile node has come. */
    void confirm(Ipv4Address homeAddress) {
        end(homeAddress, Step.CONFIRMED);
    }

    void expire(Ipv4Address homeAddress, Instant now) {
        // What the kernel still works on has a hold time of its own, and arms the timer again.
        if (of(homeAddress).allMatch(staged -> staged.visitor().hasExpired(now))) {
            end(homeAddress, Step.EXPIRED);
        }
    }

    /** Stages again what the kernel has lost together with an installed visitor. */
    void restage(Ipv4Address homeAddress) {
        of(homeAddress).toList().forEach(this::askFor);
    }

    private void end(Ipv4Address homeAddress, Step step) {
        var last = of(homeAddress).reduce((earlier, later) -> later);
        held.keySet().removeIf(staged -> staged.visitor().homeAddress().equals(homeAddress));
        visitors.remove(homeAddress);
        last.ifPresent(staged -> {
            actions.accept(new Action.UnstageVisitor(homeAddress));
            if (step != Step.CONFIRMED) {
                arrivals.forget(homeAddress);
            }
            report(staged, step);
        });
    }

    /** What is staged, then what the kernel works on. */
    private Stream<StagedVisitor> of(Ipv4Address homeAddress) {
        return Stream.concat(
                Stream.ofNullable(visitors.get(homeAddress)),
                held.keySet().stream()
                        .filter(staged -> staged.visitor().homeAddress().equals(homeAddress)));
    }

    private void report(StagedVisitor staged, Step step) {
        var visitor = staged.visitor();
        actions.accept(new Action.Report(
                new Fact.Handover(visitor.homeAddress(), staged.id(), step, visitor.previousCareOfAddress())));
    }
}
