package org.mooring.foreign;

import static org.mooring.foreign.Event.Timer.Purpose.NAMESAKE;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Fact.VisitorLeft.Why;
import org.mooring.foreign.VisitorList.HeldReply;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * Visitors that came when a visitor of another home agent had their home address (RFC 3024 §A.4). They are told apart by their tunnels and their
 * MAC addresses (§A.2, §A.3), so each of them has a reverse tunnel; and they have no part in handovers. Confined to the agent loop.
 */
final class Namesakes {
    private final Map<VisitorKey, Visitor> visitors = new TreeMap<>();

    /** What waits until the kernel forwards, or the store has it. */
    private final Map<Visitor, HeldReply> held = new HashMap<>();

    private final Consumer<Action> actions;

    Namesakes(Consumer<Action> actions) {
        this.actions = actions;
    }

    List<Visitor> all() {
        return List.copyOf(visitors.values());
    }

    int size() {
        return visitors.size();
    }

    boolean contains(VisitorKey key) {
        return of(key.homeAddress()).anyMatch(visitor -> VisitorKey.of(visitor).equals(key));
    }

    /** What is listed, and what is being installed. */
    Stream<Visitor> of(Ipv4Address homeAddress) {
        var installing =
                held.keySet().stream().filter(visitor -> visitor.homeAddress().equals(homeAddress));
        return Stream.concat(listed(homeAddress), installing).distinct();
    }

    /** Asks the kernel to forward {@code visitor}'s packets, and keeps {@code reply} until that is done. */
    void install(Visitor visitor, HeldReply reply) {
        held.put(visitor, reply);
        actions.accept(new Action.InstallNamesake(visitor));
    }

    /** Whether {@code visitor} is one of these, and not deregistered in between; then the kernel forwards, and it remains to store it. */
    boolean installed(Visitor visitor) {
        if (!held.containsKey(visitor)) {
            return false;
        }
        boolean renewed = visitors.put(VisitorKey.of(visitor), visitor) != null;
        arm(visitor.homeAddress(), Instant.MIN);
        report(new Fact.VisitorServed(visitor, renewed));
        actions.accept(new Action.StoreNamesake(visitor));
        return true;
    }

    Optional<HeldReply> release(Visitor visitor) {
        return Optional.ofNullable(held.remove(visitor));
    }

    /** Ends those whose time is over; nobody is told (RFC 3344 §3.7). */
    void expire(Ipv4Address homeAddress, Instant now) {
        var over = listed(homeAddress)
                .filter(visitor -> visitor.hasExpired(now) && !isRenewed(visitor))
                .toList();
        over.forEach(visitor -> end(VisitorKey.of(visitor), Why.EXPIRED));
        arm(homeAddress, now.plus(VisitorList.RECHECK_TIME));
    }

    /** Whether there was such a visitor, or about to be. */
    boolean end(VisitorKey key, Why why) {
        var ending = of(key.homeAddress())
                .filter(visitor -> VisitorKey.of(visitor).equals(key))
                .findFirst();
        ending.ifPresent(visitor -> {
            held.keySet().removeIf(renewal -> VisitorKey.of(renewal).equals(key));
            visitors.remove(key);
            actions.accept(new Action.RemoveNamesake(visitor));
            actions.accept(new Action.ForgetNamesake(visitor));
            report(new Fact.VisitorLeft(key.homeAddress(), why));
        });
        return ending.isPresent();
    }

    /** After a restart: the kernel forwards for them. */
    void restore(List<Visitor> stored, Policy policy, Instant now) {
        for (var visitor : stored) {
            if (policy.serves(visitor, now)) {
                visitors.put(VisitorKey.of(visitor), visitor);
                arm(visitor.homeAddress(), Instant.MIN);
            } else {
                actions.accept(new Action.ForgetNamesake(visitor));
            }
        }
    }

    private void arm(Ipv4Address homeAddress, Instant earliest) {
        listed(homeAddress)
                .map(Visitor::expiry)
                .filter(expiry -> !expiry.equals(Visitor.NEVER))
                .map(expiry -> expiry.isBefore(earliest) ? earliest : expiry)
                .min(Comparator.naturalOrder())
                .ifPresent(next -> actions.accept(new Action.ArmTimer(new Timer(NAMESAKE, homeAddress), next)));
    }

    private Stream<Visitor> listed(Ipv4Address homeAddress) {
        return visitors.values().stream()
                .filter(visitor -> visitor.homeAddress().equals(homeAddress));
    }

    /** Its renewal is with the kernel. */
    private boolean isRenewed(Visitor visitor) {
        return held.keySet().stream().anyMatch(renewal -> VisitorKey.of(renewal).equals(VisitorKey.of(visitor)));
    }

    private void report(Fact fact) {
        actions.accept(new Action.Report(fact));
    }
}
