package org.mooring.foreign;

import java.time.Duration;
import java.util.Map;
import org.mooring.protocol.discovery.AdvertisementInterval;

/**
 * How the agent advertises itself (RFC 3344 §2.1).
 *
 * @param registrationRequired R: also mobile nodes with a co-located care-of address are to register here
 * @param challenges whether requests must say something that was made up lately (RFC 4721)
 * @param prefixLengths of the visitor links, by interface name; empty to say none, as no agent of a link may where another does not
 */
public record Advertising(
        AdvertisementInterval interval,
        boolean registrationRequired,
        boolean challenges,
        Map<String, Integer> prefixLengths) {
    static final Advertising ON_SOLICITATION = new Advertising(Duration.ZERO, false, Map.of());

    public Advertising {
        prefixLengths = Map.copyOf(prefixLengths);
    }

    /** Without challenges. */
    Advertising(Duration interval, boolean registrationRequired, Map<String, Integer> prefixLengths) {
        this(new AdvertisementInterval(interval), registrationRequired, false, prefixLengths);
    }
}
