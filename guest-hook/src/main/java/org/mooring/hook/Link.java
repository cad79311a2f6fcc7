package org.mooring.hook;

import org.jspecify.annotations.Nullable;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * The link that the guests of this host are on.
 *
 * @param hostAddress this host's own on it
 * @param tunnelEnd as configured; absent where no guest may visit, or agents are discovered
 * @param discoverable absent where none is
 */
public record Link(
        Ipv4Address hostAddress,
        @Nullable TunnelEnd tunnelEnd,
        @Nullable Discoverable discoverable) {
    /** One where no agent is discovered. */
    public Link(Ipv4Address hostAddress, @Nullable TunnelEnd tunnelEnd) {
        this(hostAddress, tunnelEnd, null);
    }
}
