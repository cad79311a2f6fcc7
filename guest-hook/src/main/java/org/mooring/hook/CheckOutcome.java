package org.mooring.hook;

import java.time.Duration;
import java.util.Optional;
import org.mooring.protocol.wire.ReplyCode;

/**
 * Whether a guest could register from here, as a dry run through the agents found out.
 *
 * @param foreignAgent through which it was tried; absent at home, and with a co-located care-of address
 * @param code the last reply's; absent if nobody answered
 * @param clockSkew how far the home agent's clock is ahead of this host's; absent where it never told
 * @param roundTrip of the last exchange
 */
public record CheckOutcome(
        Optional<ForeignAgent> foreignAgent,
        Optional<ReplyCode> code,
        Optional<Duration> clockSkew,
        Optional<Duration> roundTrip,
        String verdict) {
    public boolean isWell() {
        return code.filter(ReplyCode::isAccepted).isPresent();
    }
}
