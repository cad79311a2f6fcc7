package org.mooring.foreign;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mooring.protocol.wire.Ipv4Address;

/** At most one denial a second to a mobile node (RFC 3344 §3.7.2). Confined to the agent loop. */
final class DenialLimit {
    private static final Duration SPACING = Duration.ofSeconds(1);

    /** A flood of requests, each from another home address, must not fill the memory. */
    private static final int MOST_REMEMBERED = 4096;

    /** In the order of time. */
    private final Map<Ipv4Address, Instant> denied = new LinkedHashMap<>();

    /** Whether {@code homeAddress} may be denied at {@code now}; if so, it was. */
    boolean permits(Ipv4Address homeAddress, Instant now) {
        var oldestFirst = denied.values().iterator();
        while (oldestFirst.hasNext() && isPast(oldestFirst.next(), now)) {
            oldestFirst.remove();
        }
        if (denied.containsKey(homeAddress) || denied.size() == MOST_REMEMBERED) {
            return false;
        }
        denied.put(homeAddress, now);
        return true;
    }

    /** A time that is yet to come is from before the clock was set back. */
    private static boolean isPast(Instant denial, Instant now) {
        return Duration.between(denial, now).abs().compareTo(SPACING) >= 0;
    }
}
