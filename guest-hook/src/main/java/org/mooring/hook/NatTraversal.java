package org.mooring.hook;

import java.time.Duration;
import java.util.Optional;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.wire.UdpTunnelRequest;

/**
 * Tunnels in UDP (RFC 3519).
 *
 * @param keepalive the longest time between keepalives, and the usual one where a home agent says none
 */
public record NatTraversal(Asking asking, Duration keepalive) {
    /** When home agents are asked for a UDP tunnel (RFC 3519 §4.4). */
    public enum Asking {
        OFF,
        /** If they see a NAT on the way. */
        AUTO,
        /** Always: nothing else passes. */
        FORCE
    }

    /** Whatever is on the way. */
    public static final NatTraversal NONE = new NatTraversal(Asking.OFF, UdpTunnel.DEFAULT_KEEPALIVE);

    /**
     * What is asked for, if anything is.
     *
     * @param throughForeignAgent whether the request goes through an agent that requires that (§3.1.2)
     */
    Optional<UdpTunnelRequest> request(boolean throughForeignAgent) {
        int required = throughForeignAgent ? UdpTunnelRequest.REGISTERED_THROUGH_FOREIGN_AGENT : 0;
        return switch (asking) {
            case OFF -> Optional.empty();
            case AUTO -> Optional.of(new UdpTunnelRequest(required, 0));
            case FORCE -> Optional.of(new UdpTunnelRequest(UdpTunnelRequest.FORCE | required, 0));
        };
    }
}
