package org.mooring.foreign;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.mooring.foreign.PendingRequest.Purpose;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * The requests that wait for an answer (RFC 3344 §3.7.1): of each mobile node the latest, because it listens to the reply to that one
 * (§3.6.2.1). PREPARE comes from another host than the mobile node's registrations, and neither takes the other's place.
 */
final class PendingRequests {
    private final Map<Ipv4Address, PendingRequest> registrations = new TreeMap<>();
    private final Map<Ipv4Address, PendingRequest> preparations = new TreeMap<>();

    /** Takes the place of an older one. */
    void put(PendingRequest pending) {
        like(pending.purpose()).put(pending.request().homeAddress(), pending);
    }

    void remove(PendingRequest pending) {
        like(pending.purpose()).remove(pending.request().homeAddress(), pending);
    }

    /** That of the mobile node with the same purpose, preparation or not. */
    Optional<PendingRequest> find(Ipv4Address homeAddress, Purpose purpose) {
        return Optional.ofNullable(like(purpose).get(homeAddress));
    }

    Stream<PendingRequest> of(Ipv4Address homeAddress) {
        return Stream.concat(
                Stream.ofNullable(registrations.get(homeAddress)), Stream.ofNullable(preparations.get(homeAddress)));
    }

    /** In the order of home addresses. */
    List<PendingRequest> all() {
        return Stream.of(registrations, preparations)
                .flatMap(requests -> requests.keySet().stream())
                .distinct()
                .sorted()
                .flatMap(this::of)
                .toList();
    }

    int size() {
        return registrations.size() + preparations.size();
    }

    private Map<Ipv4Address, PendingRequest> like(Purpose purpose) {
        return purpose == Purpose.PREPARATION ? preparations : registrations;
    }
}
