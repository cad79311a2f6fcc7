package org.mooring.hook;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.mooring.protocol.wire.Ipv4Address;

/** The agents that denied what they should have known of handovers, each for a while. Confined to one thread. */
final class PlainAgents {
    private static final Duration REMEMBERED = Duration.ofMinutes(10);

    private record Denied(Instant until, String why) {}

    private final Map<Ipv4Address, Denied> denied = new TreeMap<>();

    /** {@code agent} has just denied it. */
    void remember(Ipv4Address agent, String why, Instant at) {
        denied.put(agent, new Denied(at.plus(REMEMBERED), why));
    }

    /** Why there is no point in asking {@code agent} now; empty if there is. */
    Optional<String> why(Ipv4Address agent, Instant at) {
        return Optional.ofNullable(denied.get(agent))
                .filter(it -> at.isBefore(it.until()))
                .map(Denied::why);
    }
}
