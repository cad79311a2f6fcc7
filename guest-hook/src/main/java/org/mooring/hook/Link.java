package org.mooring.hook;

import org.jspecify.annotations.Nullable;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * The link that the guests of this host are on.
 *
 * @param hostAddress this host's own on it
 * @param tunnelEnd absent where no guest may visit
 */
public record Link(Ipv4Address hostAddress, @Nullable TunnelEnd tunnelEnd) {
    /** Whom requests for {@code guest} go to, as in {@code foreign-agent 192.0.2.1}. */
    String agent(Guest guest) {
        return !guest.atHome() && tunnelEnd instanceof ForeignAgent foreignAgent
                ? "foreign-agent " + foreignAgent.address()
                : "home-agent " + guest.homeAgent();
    }
}
