package org.mooring.home;

import java.util.Optional;
import org.mooring.protocol.discovery.AdvertisementInterval;

/**
 * What the home link is told of the agent, and how often (RFC 3344 §2.3).
 *
 * @param prefixLength of the home network; empty to say none, as no agent of a link may where another does not
 */
public record Advertising(AdvertisementInterval interval, Optional<Integer> prefixLength) {
    /** Nobody is told but who asks, and no prefix length. */
    public static final Advertising ON_SOLICITATION = new Advertising(AdvertisementInterval.ON_SOLICITATION);

    public Advertising(AdvertisementInterval interval) {
        this(interval, Optional.empty());
    }
}
