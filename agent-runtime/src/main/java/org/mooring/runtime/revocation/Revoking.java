package org.mooring.runtime.revocation;

import java.util.List;
import java.util.Optional;
import org.mooring.protocol.wire.Ipv4Address;

/** What a {@link RevokeVerb} is told. */
public record Revoking(List<Registration> revoked) {
    /**
     * What ends.
     *
     * @param told whom the revocation is sent to, until it is acknowledged; none if the agents agreed on none
     */
    public record Registration(Ipv4Address homeAddress, Ipv4Address careOfAddress, Optional<Ipv4Address> told) {}
}
