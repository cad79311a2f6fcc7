package org.mooring.foreign;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.mooring.foreign.PendingRequest.Purpose;
import org.mooring.foreign.Policy.Compatibility;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest;

/**
 * The requests that wait for an answer (RFC 3344 §3.7.1): of each mobile node the latest, because it listens to the reply to that one
 * (§3.6.2.1). Who asks from another station, or another home agent, may be another mobile node with the same home address, or somebody who
 * pretends to be this one, and takes nobody's place; nor does PREPARE, which comes from another host than the mobile node's registrations.
 *
 * <p>Nothing of a request can be verified here, so anybody on a link can send more than there is place for. Then those give way to others
 * that have waited longest: first of stations that have more than their share, then of all, but never those that are {@code known}. A
 * station that has its share gets no further place. Where RFC 3344 rules, nobody gives way: §3.7.1 has the one more refused.
 */
final class PendingRequests {
    /** Which part of all places is one station's share, where they are too few. */
    private static final int SHARES = 16;

    private record Key(Ipv4Address homeAddress, Ipv4Address homeAgent, Station station, boolean prepares) {
        static Key of(Origin origin, RegistrationRequest request, Purpose purpose) {
            return new Key(
                    request.homeAddress(),
                    AskedHomeAgent.of(request),
                    Station.of(origin),
                    purpose == Purpose.PREPARATION);
        }

        static Key of(PendingRequest pending) {
            return of(pending.origin(), pending.request(), pending.purpose());
        }
    }

    private final Map<Key, PendingRequest> requests = new HashMap<>();
    private final Map<Ipv4Address, Set<Key>> byHomeAddress = new HashMap<>();

    /** Those that aren't known. Here and in the next two, those that have waited longest come first. */
    private final Map<Key, PendingRequest> strangers = new LinkedHashMap<>();

    private final Map<Station, Set<Key>> byStation = new HashMap<>();

    /** Stations with more than their share. */
    private final Set<Station> crowding = new LinkedHashSet<>();

    private int share;

    /** Whether there is a place for a request, perhaps another's. */
    boolean hasRoomFor(Origin origin, RegistrationRequest request, Purpose purpose, boolean known, Policy policy) {
        return requests.size() < policy.maxPending()
                || requests.containsKey(Key.of(origin, request, purpose))
                || (somebodyGivesWay(policy) && (known || count(Station.of(origin)) < share(policy)));
    }

    private boolean somebodyGivesWay(Policy policy) {
        return !strangers.isEmpty() && policy.follows(Compatibility.RFC5944);
    }

    /**
     * Takes the place of an older one of the same mobile node, or if no other is left, of another that gives way.
     *
     * @return the other
     */
    Optional<PendingRequest> put(PendingRequest pending, Policy policy) {
        share = share(policy);
        var key = Key.of(pending);
        Optional.ofNullable(requests.get(key)).ifPresent(this::remove);
        var other = requests.size() >= policy.maxPending() && somebodyGivesWay(policy)
                ? Optional.of(dispensable())
                : Optional.<PendingRequest>empty();
        other.ifPresent(this::remove);
        requests.put(key, pending);
        byHomeAddress
                .computeIfAbsent(key.homeAddress(), any -> new LinkedHashSet<>())
                .add(key);
        if (!pending.known()) {
            strangers.put(key, pending);
            byStation
                    .computeIfAbsent(key.station(), any -> new LinkedHashSet<>())
                    .add(key);
            if (count(key.station()) > share) {
                crowding.add(key.station());
            }
        }
        return other;
    }

    void remove(PendingRequest pending) {
        var key = Key.of(pending);
        if (!requests.remove(key, pending)) {
            return;
        }
        remove(byHomeAddress, key.homeAddress(), key);
        if (strangers.remove(key) != null) {
            remove(byStation, key.station(), key);
            if (count(key.station()) <= share) {
                crowding.remove(key.station());
            }
        }
    }

    private static <T> void remove(Map<T, Set<Key>> index, T where, Key key) {
        index.computeIfPresent(where, (any, keys) -> keys.remove(key) && keys.isEmpty() ? null : keys);
    }

    /** Who gives way. There is somebody. */
    private PendingRequest dispensable() {
        var keys = crowding.isEmpty()
                ? strangers.keySet()
                : byStation.getOrDefault(crowding.iterator().next(), strangers.keySet());
        return Objects.requireNonNull(strangers.get(keys.iterator().next()));
    }

    private int count(Station station) {
        return byStation.getOrDefault(station, Set.of()).size();
    }

    private static int share(Policy policy) {
        return Math.max(1, policy.maxPending() / SHARES);
    }

    Stream<PendingRequest> of(Ipv4Address homeAddress) {
        return byHomeAddress.getOrDefault(homeAddress, Set.of()).stream()
                .map(requests::get)
                .filter(Objects::nonNull);
    }

    /** Those that were relayed to {@code homeAgent}. */
    Stream<PendingRequest> at(Ipv4Address homeAgent) {
        return requests.values().stream().filter(pending -> pending.homeAgent().equals(homeAgent));
    }

    /** Those with this home address, be it for a preparation or not. */
    private Stream<PendingRequest> of(Ipv4Address homeAddress, boolean prepares) {
        return of(homeAddress).filter(pending -> (pending.purpose() == Purpose.PREPARATION) == prepares);
    }

    /** Those that are given up at {@code now}. */
    List<PendingRequest> over(Ipv4Address homeAddress, boolean prepares, Instant now) {
        return of(homeAddress, prepares)
                .filter(pending -> !now.isBefore(pending.deadline()))
                .toList();
    }

    /** When the next one is to be given up. */
    Optional<Instant> deadline(Ipv4Address homeAddress, boolean prepares) {
        return of(homeAddress, prepares).map(PendingRequest::deadline).min(Comparator.naturalOrder());
    }

    /** In the order of home addresses. */
    List<PendingRequest> all() {
        return byHomeAddress.keySet().stream().sorted().flatMap(this::of).toList();
    }
}
