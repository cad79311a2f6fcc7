package org.mooring.protocol.nat;

import java.time.Duration;
import java.util.Optional;
import org.mooring.protocol.wire.Extension.UdpTunnelReply;

/**
 * What a home agent has assented to (RFC 3519 §3.2).
 *
 * @param keepalive how long a NAT may see nothing of it
 * @param forced whether it was forced, be there a NAT or not
 */
public record UdpTunnel(Duration keepalive, boolean forced) {
    /** §4.9. */
    public static final Duration DEFAULT_KEEPALIVE = Duration.ofSeconds(110);

    /** §4.10. */
    public static final Duration SHORTEST_KEEPALIVE = Duration.ofSeconds(10);

    /**
     * None if the home agent declines, or knows nothing of it: there must be no UDP tunnel then (§4.4).
     *
     * @param configured what is used if the home agent leaves it to us, and instead of what is longer
     */
    public static Optional<UdpTunnel> of(Optional<UdpTunnelReply> reply, Duration configured) {
        return reply.filter(UdpTunnelReply::assents)
                .map(assent -> new UdpTunnel(keepalive(assent.keepalive(), configured), assent.isForced()));
    }

    private static Duration keepalive(int seconds, Duration configured) {
        var said = Duration.ofSeconds(seconds);
        var wanted = said.isZero() || said.compareTo(configured) > 0 ? configured : said;
        return wanted.compareTo(SHORTEST_KEEPALIVE) > 0 ? wanted : SHORTEST_KEEPALIVE;
    }
}
