package org.mooring.hook;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.ReplyCode;

/**
 * What is true of a guest now.
 *
 * @param registration none, requested, denied, refused or accepted
 * @param udpTunnel what the home agent has assented to, while the guest is registered so
 * @param expires when the registration at the foreign agent ends unless it is renewed
 * @param code of the latest reply
 * @param roundTrip of the latest reply
 * @param tunnelEnd who serves it here, or would, while it visits
 * @param homeAgent its address as far as it is known
 */
public record GuestStatus(
        Guest guest,
        Phase phase,
        String registration,
        Optional<UdpTunnel> udpTunnel,
        Optional<Instant> expires,
        Optional<ReplyCode> code,
        Optional<Duration> roundTrip,
        Optional<TunnelEnd> tunnelEnd,
        Ipv4Address homeAgent) {}
