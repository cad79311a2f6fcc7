package org.mooring.home;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

/**
 * Where a mobile node may go next (docs/handover.md, "Home agent").
 *
 * @param id who knows it may commit this
 * @param careOfAddress as it would be registered; the home address if the mobile node may come home
 * @param peer the far end of the tunnel; none if it may come home
 * @param flags of the request that staged this
 * @param from who sent it: the new foreign agent, or the host at home
 * @param end of the hold time
 */
public record StagedEntry(
        Ipv4Address homeAddress,
        HandoverId id,
        Ipv4Address careOfAddress,
        Optional<Peer> peer,
        Flags flags,
        Endpoint from,
        Duration holdTime,
        Instant end) {

    /** Where packets that come late may follow the mobile node to. */
    Ipv4Address destination() {
        return peer.map(Peer::address).orElse(homeAddress);
    }

    /** As an answer at {@code at} tells it. */
    Staged told(Instant at) {
        long left = Math.max(0, Duration.between(at, end).toSeconds());
        return new Staged(id, destination(), (int) left);
    }

    /** Whether {@code request} registers the mobile node at this place, or as being at home. */
    boolean isFor(RegistrationRequest request) {
        return peer.isPresent()
                ? !request.isDeregistration() && careOfAddress.equals(request.careOfAddress())
                : request.isDeregistrationOfAll();
    }
}
