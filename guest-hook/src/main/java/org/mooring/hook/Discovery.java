package org.mooring.hook;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Action.ArmDiscovery;
import org.mooring.hook.Action.FollowAgent;
import org.mooring.hook.Action.ForgetAgent;
import org.mooring.hook.Action.Report;
import org.mooring.hook.Action.Solicit;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * The foreign agents of the link, by what they advertise (RFC 3344 §2.4): who is there, and who is no longer; asks where nobody is. Which
 * of them serves a guest is {@link Attachment}'s matter. Confined to one thread.
 */
final class Discovery {
    /** Whoever may speak on the link could claim to be more, so there is a limit. */
    private static final int MOST_AGENTS = 16;

    /** §2.4: so many solicitations may be a second apart. */
    private static final int INITIAL_SOLICITATIONS = 3;

    private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(1);
    private static final Duration LONGEST_INTERVAL = Duration.ofSeconds(64);

    /** RFC 1256 §5.1: of hosts that start together, not all ask together. */
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(1);

    private final Discoverable discoverable;
    private final IntSupplier random;
    private final Map<Ipv4Address, AdvertisedAgent> agents = new LinkedHashMap<>();

    /** Those of them that were reported gone. */
    private final Set<Ipv4Address> gone = new HashSet<>();

    /** Some of those that were not believed, and that was reported. */
    private final Set<Ipv4Address> disbelieved = new HashSet<>();

    private int solicitations;
    private Instant lastSolicited = Instant.EPOCH;
    private Instant nextSolicitation = Instant.EPOCH;
    private @Nullable Instant armed;

    /** @param random spreads solicitations in time */
    Discovery(Discoverable discoverable, IntSupplier random) {
        this.discoverable = discoverable;
        this.random = random;
    }

    /** The host is on the link from now on. */
    void start(Instant at, List<Action> out) {
        nextSolicitation = at.plus(randomPartOf(LONGEST_DELAY));
        armNext(at, out);
    }

    /** A guest comes to this link: to it, this is a new link, so it may ask anew (§2.4). */
    void searchAnew(Instant at, List<Action> out) {
        mayAskAgainSoon();
        due(at, out);
    }

    /** Somebody is registered with one of the agents: the next search begins as the first did (§2.4). */
    void mayAskAgainSoon() {
        solicitations = 0;
        Instant soonest = lastSolicited.plus(SHORTEST_INTERVAL);
        nextSolicitation = soonest.isBefore(nextSolicitation) ? soonest : nextSolicitation;
    }

    /** {@code from} advertises itself on the link. */
    void heard(Ipv4Address from, AgentAdvertisement advertisement, Instant at, List<Action> out) {
        Optional<MobilityAgent> says = advertisement
                .mobilityAgent()
                .filter(agent -> discoverable.address().test(from));
        if (says.isEmpty()) {
            return; // A plain router (RFC 1256), or nobody's business here.
        }
        AdvertisedAgent before = agents.get(from);
        List<Ipv4Address> careOfAddresses = usable(says.get());
        if (careOfAddresses.isEmpty() && before == null) {
            if (says.get().has(MobilityAgent.FOREIGN_AGENT)) {
                disbelieve(from, says.get(), at, out);
            }
            return;
        }
        AdvertisedAgent now = AdvertisedAgent.of(from, advertisement, says.get(), careOfAddresses, at);
        if (before == null) {
            add(now, at, out);
        } else {
            update(before, now.after(before), at, out);
        }
        due(at, out);
    }

    /** Time has passed: whoever is silent for too long is gone, and the next solicitation may be due. */
    void due(Instant at, List<Action> out) {
        for (AdvertisedAgent agent : agents.values()) {
            if (!at.isBefore(agent.expires()) && gone.add(agent.address())) {
                out.add(new Report(at, Fact.agentGone(agent)));
            }
        }
        if (isSearching(at) && !at.isBefore(nextSolicitation)) {
            solicit(at, out);
        }
        armNext(at, out);
    }

    /** Everybody who was heard, and isn't forgotten yet. */
    List<AdvertisedAgent> agents() {
        return List.copyOf(agents.values());
    }

    /** What is known of {@code agent}, whether it serves or not. */
    Optional<AdvertisedAgent> agent(Ipv4Address agent) {
        return Optional.ofNullable(agents.get(agent));
    }

    /** Who can serve another visitor: one with a reverse tunnel if there is, and the one that is known for the longest time. */
    Optional<AdvertisedAgent> best(Predicate<AdvertisedAgent> acceptable, Instant at) {
        return free(at).filter(acceptable)
                .min(Comparator.comparing(agent -> !agent.says().has(MobilityAgent.REVERSE_TUNNELING)));
    }

    /** One with R: who registers on this link has to do so through it, or another one that says so (§2.1.1). */
    Optional<ForeignAgent> requiring(Instant at) {
        return agents.values().stream()
                .filter(agent -> agent.serves(at) && agent.says().has(MobilityAgent.REGISTRATION_REQUIRED))
                .min(Comparator.comparing(AdvertisedAgent::isBusy))
                .map(agent -> agent.offer(Ipv4Address.UNSPECIFIED));
    }

    /**
     * §2.4.2.2: who was heard on another network since {@code agent} was heard last, which is longer ago than it takes for one
     * advertisement to be lost. Where both are still heard, there are two networks on this link, and nobody has moved.
     */
    Optional<AdvertisedAgent> elsewhere(AdvertisedAgent agent, Instant at) {
        Instant missed = agent.heard()
                .plus(Duration.between(agent.heard(), agent.expires()).dividedBy(2));
        return at.isBefore(missed)
                ? Optional.empty()
                : best(other -> other.isElsewhere(agent) && other.heard().isAfter(agent.heard()), at);
    }

    /** §2.1.1: an agent without F is no foreign agent. */
    private List<Ipv4Address> usable(MobilityAgent says) {
        return says.has(MobilityAgent.FOREIGN_AGENT)
                ? says.careOfAddresses().stream()
                        .filter(discoverable.careOfAddress())
                        .toList()
                : List.of();
    }

    private void add(AdvertisedAgent agent, Instant at, List<Action> out) {
        if (agents.size() == MOST_AGENTS) {
            Optional<AdvertisedAgent> oldest = agents.values().stream()
                    .filter(other -> !other.serves(at))
                    .min(Comparator.comparing(AdvertisedAgent::heard));
            if (oldest.isEmpty()) {
                return;
            }
            Ipv4Address forgotten = oldest.get().address();
            agents.remove(forgotten);
            gone.remove(forgotten);
            out.add(new ForgetAgent(forgotten));
        }
        agents.put(agent.address(), agent);
        out.add(new FollowAgent(agent.address()));
        out.add(new Report(at, Fact.agentHeard(agent)));
    }

    private void update(AdvertisedAgent before, AdvertisedAgent now, Instant at, List<Action> out) {
        agents.put(now.address(), now);
        if (now.starts() != before.starts()) {
            out.add(new Report(at, Fact.agentStarted(now)));
        }
        boolean back = gone.remove(now.address());
        if (back || now.isBusy() != before.isBusy() || !now.careOfAddresses().equals(before.careOfAddresses())) {
            out.add(new Report(at, Fact.agentHeard(now)));
        }
    }

    private Stream<AdvertisedAgent> free(Instant at) {
        return agents.values().stream().filter(agent -> agent.serves(at) && !agent.isBusy());
    }

    private boolean isSearching(Instant at) {
        return free(at).noneMatch(agent -> at.isBefore(agent.doubtful()));
    }

    private void solicit(Instant at, List<Action> out) {
        out.add(new Solicit());
        solicitations++;
        lastSolicited = at;
        Duration interval = interval();
        nextSolicitation = at.plus(interval).plus(randomPartOf(interval.dividedBy(4)));
    }

    /** After so many solicitations (§2.4): a second, then doubled each time. */
    private Duration interval() {
        if (solicitations < INITIAL_SOLICITATIONS) {
            return SHORTEST_INTERVAL;
        }
        Duration doubled =
                SHORTEST_INTERVAL.multipliedBy(1L << Math.min(Integer.SIZE, solicitations - INITIAL_SOLICITATIONS + 1));
        return doubled.compareTo(LONGEST_INTERVAL) < 0 ? doubled : LONGEST_INTERVAL;
    }

    private Duration randomPartOf(Duration longest) {
        return Duration.ofMillis(Math.floorMod(random.getAsInt(), longest.toMillis() + 1));
    }

    /** Wants to be woken when somebody may be gone, or the next solicitation is due. */
    private void armNext(Instant at, List<Action> out) {
        List<Instant> times = new ArrayList<>();
        agents.values().stream()
                .map(AdvertisedAgent::expires)
                .filter(at::isBefore)
                .forEach(times::add);
        if (isSearching(at)) {
            times.add(nextSolicitation);
        } else {
            free(at).map(AdvertisedAgent::doubtful)
                    .max(Comparator.naturalOrder())
                    .ifPresent(times::add);
        }
        Instant next = times.stream().min(Comparator.naturalOrder()).orElse(null);
        if (next != null && !next.equals(armed)) {
            out.add(new ArmDiscovery(next));
        }
        armed = next;
    }

    /** Said once: what comes every few seconds nobody reads. */
    private void disbelieve(Ipv4Address agent, MobilityAgent says, Instant at, List<Action> out) {
        if (disbelieved.size() < MOST_AGENTS && disbelieved.add(agent)) {
            out.add(new Report(at, Fact.advertisementNotBelieved(agent, says.careOfAddresses())));
        }
    }
}
