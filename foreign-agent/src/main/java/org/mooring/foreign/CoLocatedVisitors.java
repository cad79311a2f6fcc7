package org.mooring.foreign;

import static org.mooring.foreign.Event.Timer.Purpose.CO_LOCATED_VISITOR;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Fact.VisitorLeft.Why;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * Mobile nodes that are registered through us with care-of addresses of their own (R of an advertisement, RFC 3344 §3.7.1). No tunnel ends here,
 * so there is nothing to do for them but to know of them. Confined to the agent loop.
 */
final class CoLocatedVisitors {
    private final Map<VisitorKey, Visitor> visitors = new TreeMap<>();
    private final Consumer<Action> actions;

    CoLocatedVisitors(Consumer<Action> actions) {
        this.actions = actions;
    }

    List<Visitor> all() {
        return List.copyOf(visitors.values());
    }

    int size() {
        return visitors.size();
    }

    boolean contains(VisitorKey key) {
        return visitors.containsKey(key);
    }

    void registered(Visitor visitor) {
        boolean renewed = visitors.put(VisitorKey.of(visitor), visitor) != null;
        arm(visitor.homeAddress());
        actions.accept(new Action.StoreCoLocated(visitor));
        report(new Fact.VisitorServed(visitor, renewed));
    }

    /** The one that is registered with {@code careOfAddress}, or with any if that is the home address, is no longer (§3.8.2.1). */
    void deregistered(VisitorKey key, Ipv4Address careOfAddress) {
        var visitor = visitors.get(key);
        if (visitor != null
                && (careOfAddress.equals(key.homeAddress()) || careOfAddress.equals(visitor.careOfAddress()))) {
            end(key, Why.DEREGISTERED);
        }
    }

    /** Nobody is told (§3.7). */
    void expire(Ipv4Address homeAddress, Instant now) {
        of(homeAddress).stream()
                .filter(visitor -> visitor.hasExpired(now))
                .forEach(visitor -> end(VisitorKey.of(visitor), Why.EXPIRED));
        arm(homeAddress);
    }

    /** After a restart. */
    void restore(List<Visitor> stored, Policy policy, Instant now) {
        for (var visitor : stored) {
            if (policy.lists(visitor, now)) {
                visitors.put(VisitorKey.of(visitor), visitor);
                arm(visitor.homeAddress());
            } else {
                actions.accept(new Action.ForgetCoLocated(visitor));
            }
        }
    }

    private void end(VisitorKey key, Why why) {
        var ended = visitors.remove(key);
        if (ended != null) {
            actions.accept(new Action.ForgetCoLocated(ended));
        }
        report(new Fact.VisitorLeft(key.homeAddress(), why));
    }

    private void arm(Ipv4Address homeAddress) {
        of(homeAddress).stream()
                .map(Visitor::expiry)
                .filter(expiry -> !expiry.equals(Visitor.NEVER))
                .min(Comparator.naturalOrder())
                .ifPresent(
                        next -> actions.accept(new Action.ArmTimer(new Timer(CO_LOCATED_VISITOR, homeAddress), next)));
    }

    private List<Visitor> of(Ipv4Address homeAddress) {
        return visitors.values().stream()
                .filter(visitor -> visitor.homeAddress().equals(homeAddress))
                .toList();
    }

    private void report(Fact fact) {
        actions.accept(new Action.Report(fact));
    }
}
