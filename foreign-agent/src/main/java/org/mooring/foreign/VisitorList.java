package org.mooring.foreign;

import static org.mooring.foreign.Event.Timer.Purpose.VISITOR;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Fact.VisitorLeft.Why;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationReply;

/**
 * The visitor list (RFC 3344 §3.7.1), and what has to happen before a mobile node is on it: the kernel forwards, then
 * the store has it, then the reply leaves. Confined to the agent loop.
 */
final class VisitorList {
    /** A visitor does not expire while its renewal is with the kernel. */
    static final Duration RECHECK_TIME = Duration.ofSeconds(1);

    /**
     * A reply that waits until the visitor is served and stored.
     *
     * @param message what the mobile node is to get of it
     */
    record HeldReply(PendingRequest answered, RegistrationReply reply, Octets message) {}

    private final Map<Ipv4Address, Visitor> visitors = new TreeMap<>();
    private final Map<Visitor, HeldReply> held = new HashMap<>();
    private final Consumer<Action> actions;

    VisitorList(Consumer<Action> actions) {
        this.actions = actions;
    }

    List<Visitor> all() {
        return List.copyOf(visitors.values());
    }

    int size() {
        return visitors.size();
    }

    Optional<Visitor> find(Ipv4Address homeAddress) {
        return Optional.ofNullable(visitors.get(homeAddress));
    }

    /** Asks the kernel to forward {@code visitor}'s packets, and keeps {@code reply} until that is done. */
    void install(Visitor visitor, HeldReply reply) {
        held.put(visitor, reply);
        actions.accept(new Action.InstallVisitor(visitor));
    }

    /** The kernel forwards; what remains is to store it. False if there is nothing to do. */
    boolean installed(Visitor visitor) {
        if (!held.containsKey(visitor)) {
            return false; // A deregistration has come in between; the kernel was told after this.
        }
        boolean renewed = visitors.containsKey(visitor.homeAddress());
        add(visitor);
        report(new Fact.VisitorServed(visitor, renewed));
        actions.accept(new Action.StoreVisitor(visitor));
        return true;
    }

    /** The reply that waits for {@code visitor}, which waits no longer; empty if a deregistration has overtaken it. */
    Optional<HeldReply> release(Visitor visitor) {
        return Optional.ofNullable(held.remove(visitor));
    }

    /** §3.7: nobody is told. Whether the visitor has ended. */
    boolean expire(Ipv4Address homeAddress, Instant now) {
        var visitor = visitors.get(homeAddress);
        if (visitor == null || !visitor.hasExpired(now)) {
            return false;
        }
        if (held.keySet().stream().anyMatch(renewal -> renewal.homeAddress().equals(homeAddress))) {
            actions.accept(new Action.ArmTimer(new Timer(VISITOR, homeAddress), now.plus(RECHECK_TIME)));
            return false;
        }
        return end(homeAddress, Why.EXPIRED);
    }

    /** Whether there was such a visitor, or about to be: the kernel is told to remove it. */
    boolean end(Ipv4Address homeAddress, Why why) {
        boolean installing =
                held.keySet().removeIf(visitor -> visitor.homeAddress().equals(homeAddress));
        boolean ends = visitors.remove(homeAddress) != null || installing;
        if (ends) {
            actions.accept(new Action.RemoveVisitor(homeAddress));
            actions.accept(new Action.ForgetVisitor(homeAddress));
            report(new Fact.VisitorLeft(homeAddress, why));
        }
        return ends;
    }

    /** What is listed and what is being installed: not all of it has been told to its mobile node yet. */
    Stream<Visitor> of(Ipv4Address homeAddress) {
        return Stream.concat(Stream.ofNullable(visitors.get(homeAddress)), held.keySet().stream())
                .filter(visitor -> visitor.homeAddress().equals(homeAddress))
                .distinct();
    }

    /** Takes a visitor that has left off the list; the kernel goes on to redirect its packets. */
    void release(Ipv4Address homeAddress, Why why) {
        if (visitors.remove(homeAddress) != null) {
            actions.accept(new Action.ForgetVisitor(homeAddress));
            report(new Fact.VisitorLeft(homeAddress, why));
        }
    }

    /**
     * After a restart: the kernel forwards for those that {@code policy} still serves.
     *
     * @return those that are not served any more before their time
     */
    List<Visitor> restore(List<Visitor> stored, Policy policy, Instant now) {
        for (var visitor : stored) {
            if (policy.serves(visitor, now)) {
                add(visitor);
            } else {
                actions.accept(new Action.ForgetVisitor(visitor.homeAddress()));
            }
        }
        report(new Fact.VisitorsRestored(visitors.size(), stored.size() - visitors.size()));
        return stored.stream()
                .filter(visitor -> !policy.serves(visitor, now) && !visitor.hasExpired(now))
                .toList();
    }

    private void add(Visitor visitor) {
        visitors.put(visitor.homeAddress(), visitor);
        if (!visitor.expiry().equals(Visitor.NEVER)) {
            actions.accept(new Action.ArmTimer(new Timer(VISITOR, visitor.homeAddress()), visitor.expiry()));
        }
    }

    private void report(Fact fact) {
        actions.accept(new Action.Report(fact));
    }
}
