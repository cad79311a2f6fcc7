package org.mooring.foreign;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

/**
 * At most one denial a second to a mobile node (RFC 3344 §3.7.2), and one with code 76 to any (RFC 3024 §4.2.1). When more mobile nodes were
 * denied within a second than can be remembered, others still are, at a rate for all of them together. Confined to the agent loop.
 */
final class DenialLimit {
    private static final Duration SPACING = Duration.ofSeconds(1);

    /** A flood of requests, each from another mobile node, must not fill the memory. */
    private static final int MOST_REMEMBERED = 4096;

    /** Denials a second to mobile nodes that aren't remembered. */
    private static final int MOST_TO_OTHERS = 1000;

    /**
     * Whom two mobile nodes are not both: not every one has a home address yet, and two of two home agents may have the same (RFC 3024 §A.4).
     *
     * @param nai of one without a home address, if it has told one
     */
    private record Asker(Ipv4Address homeAddress, Station station, Optional<Nai> nai) {
        static Asker of(Origin origin, RegistrationRequest request) {
            var home = request.homeAddress();
            return new Asker(
                    home, Station.of(origin), home.isUnspecified() ? request.extension(Nai.class) : Optional.empty());
        }
    }

    /** In the order of time. */
    private final Map<Asker, Instant> denied = new LinkedHashMap<>();

    private Instant tooDistant = Instant.EPOCH;

    /** When the second began of which {@link #toOthers} is the count. */
    private Instant othersSince = Instant.EPOCH;

    private int toOthers;

    /** Whether who has sent {@code request} may be denied with this code at {@code now}; if so, it was. */
    boolean permits(Origin origin, RegistrationRequest request, ReplyCode code, Instant now) {
        boolean distant = code.equals(ReplyCode.FA_MOBILE_NODE_TOO_DISTANT);
        if ((distant && !isPast(tooDistant, now)) || !permits(Asker.of(origin, request), now)) {
            return false;
        }
        if (distant) {
            tooDistant = now;
        }
        return true;
    }

    private boolean permits(Asker asker, Instant now) {
        var oldestFirst = denied.values().iterator();
        while (oldestFirst.hasNext() && isPast(oldestFirst.next(), now)) {
            oldestFirst.remove();
        }
        if (denied.containsKey(asker)) {
            return false;
        }
        if (denied.size() == MOST_REMEMBERED) {
            return permitsAnother(now);
        }
        denied.put(asker, now);
        return true;
    }

    private boolean permitsAnother(Instant now) {
        if (isPast(othersSince, now)) {
            othersSince = now;
            toOthers = 0;
        }
        return toOthers++ < MOST_TO_OTHERS;
    }

    /** A time that is yet to come is from before the clock was set back. */
    private static boolean isPast(Instant denial, Instant now) {
        return Duration.between(denial, now).abs().compareTo(SPACING) >= 0;
    }
}
