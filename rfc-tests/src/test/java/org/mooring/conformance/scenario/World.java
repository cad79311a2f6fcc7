package org.mooring.conformance.scenario;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Supplier;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * What is between the parties of a scenario: time, and a network that takes {@link #HOP} for each datagram. Writes down what each party wants.
 */
final class World {
    static final Instant DAY = Instant.parse("2026-03-01T00:00:00Z");
    private static final Duration HOP = Duration.ofMillis(10);

    /** @param timer whose, and which; empty for what is under way */
    private record Due(Instant at, long order, List<Object> timer, Runnable what) {}

    private final PriorityQueue<Due> due =
            new PriorityQueue<>(Comparator.comparing(Due::at).thenComparing(Due::order));
    private final Map<String, Party> parties = new LinkedHashMap<>();
    private final List<Step.Loss> losses = new ArrayList<>();
    private Supplier<List<Duration>> network = World::calm;
    private List<String> transcript = new ArrayList<>();
    private Instant now = DAY;
    private long order;

    Instant now() {
        return now;
    }

    void add(Party party) {
        parties.put(party.name(), party);
    }

    Party party(String name) {
        var party = parties.get(name);
        if (party == null) {
            throw new IllegalArgumentException("there is no party " + name + " but " + parties.keySet());
        }
        return party;
    }

    /** What was said since this was asked last. */
    List<String> transcript() {
        var said = transcript;
        transcript = new ArrayList<>();
        return said;
    }

    void say(String party, String what) {
        transcript.add("%s %-16s %s".formatted(Words.time(now), party, what));
    }

    /** Lets time pass, with all that is due in between. */
    void passUntil(Instant then) {
        while (!due.isEmpty() && !due.peek().at().isAfter(then)) {
            next();
        }
        now = then;
    }

    /** Lets time pass until nothing is under way: only timers are left. */
    void settle() {
        while (due.stream().anyMatch(what -> what.timer().isEmpty())) {
            next();
        }
    }

    private void next() {
        var first = due.remove();
        now = first.at();
        first.what().run();
    }

    /** How a network carries a datagram that has nothing else to carry. */
    static List<Duration> calm() {
        return List.of(HOP);
    }

    /** @param network how long each copy of the next datagram is under way; none if it is lost */
    void carryBy(Supplier<List<Duration>> network) {
        this.network = network;
    }

    /** After {@code delay}, something happens outside. */
    void later(Duration delay, Runnable what) {
        due.add(new Due(now.plus(delay), order++, List.of(), what));
    }

    /** The kernel, the store and the like have done what they were asked. */
    void soon(Runnable what) {
        later(Duration.ZERO, what);
    }

    /** In place of what was armed for the same timer of the same party. */
    void arm(String party, Object timer, Instant at, Runnable what) {
        var key = List.of(party, timer);
        due.removeIf(armed -> armed.timer().equals(key));
        due.add(new Due(at.isBefore(now) ? now : at, order++, key, what));
    }

    /** A party that starts anew has armed nothing. */
    void disarm(String party) {
        due.removeIf(armed -> !armed.timer().isEmpty() && armed.timer().get(0).equals(party));
    }

    void lose(Step.Loss loss) {
        for (int i = 0; i < loss.count(); i++) {
            losses.add(loss);
        }
    }

    /** From {@code sender}, which need not be a party. */
    void send(String sender, Datagram datagram) {
        say(sender, datagram.toString());
        Dissection.of(datagram.payload()).forEach(line -> transcript.add("    " + line));
        for (var party : parties.values()) {
            if (!party.name().equals(sender) && party.hears(datagram)) {
                carry(sender, party, datagram);
            }
        }
    }

    /** To port 434 of {@code homeAddress}, by way of {@code end} and of wherever that sends what comes out there. */
    void sendThroughTunnel(String sender, Ipv4Address end, Ipv4Address homeAddress, Octets message) {
        var receiver = parties.values().stream()
                .filter(party -> party instanceof TunnelEndParty other && other.isEndOf(end, homeAddress))
                .findFirst();
        receiver.ifPresent(party -> due.add(new Due(now.plus(HOP), order++, List.of(), () -> {
            say(party.name(), "(%s from %s leaves the tunnel)".formatted(Dissection.name(message), sender));
            ((TunnelEndParty) party)
                    .leaveTunnel(homeAddress, message)
                    .ifPresent(next -> sendThroughTunnel(party.name(), next, homeAddress, message));
        })));
    }

    private void carry(String sender, Party receiver, Datagram datagram) {
        var loss = losses.stream()
                .filter(wanted -> wanted.from().equals(sender) && wanted.to().equals(receiver.name()))
                .findFirst();
        if (loss.isPresent()) {
            losses.remove(loss.get());
            say("", "(that is lost on its way to %s)".formatted(receiver.name()));
            return;
        }
        network.get()
                .forEach(way -> later(way, () -> {
                    if (receiver.isAlive()) {
                        receiver.receive(datagram);
                    }
                }));
    }
}
