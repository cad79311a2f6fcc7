package org.mooring.home;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.mooring.protocol.revocation.RevocationTerms;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationMessage;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

/**
 * A home address with its care-of address (RFC 3344 §3.8.1).
 *
 * @param careOfAddress as it was registered
 * @param peer where packets go: there, or to what a NAT has made of it
 * @param lifetime seconds granted; 0xffff never ends
 * @param grantedAt when the request arrived from which the lifetime counts
 * @param identification of the request that this binding rests on
 * @param spi of the association that authenticated it
 * @param from who sent it: the foreign agent, or the mobile node itself
 * @param generation grows with each change of the peer: what belongs to an older one is late and changes nothing
 * @param revocation empty if neither agent can revoke it (RFC 3543 §4.2.1)
 */
public record MobilityBinding(
        Ipv4Address homeAddress,
        Ipv4Address careOfAddress,
        Peer peer,
        Flags flags,
        int lifetime,
        Instant grantedAt,
        Identification identification,
        int spi,
        Endpoint from,
        long generation,
        Optional<RevocationTerms> revocation) {

    /** One that can't be revoked. */
    public MobilityBinding(
            Ipv4Address homeAddress,
            Ipv4Address careOfAddress,
            Peer peer,
            Flags flags,
            int lifetime,
            Instant grantedAt,
            Identification identification,
            int spi,
            Endpoint from,
            long generation) {
        this(
                homeAddress,
                careOfAddress,
                peer,
                flags,
                lifetime,
                grantedAt,
                identification,
                spi,
                from,
                generation,
                Optional.empty());
    }

    /** The same, whose tunnel ends there. */
    MobilityBinding withPeer(Peer other, long nextGeneration) {
        return new MobilityBinding(
                homeAddress,
                careOfAddress,
                other,
                flags,
                lifetime,
                grantedAt,
                identification,
                spi,
                from,
                nextGeneration,
                revocation);
    }

    /** {@link Instant#MAX} if the lifetime never ends. */
    public Instant expiry() {
        return isInfinite() ? Instant.MAX : grantedAt.plusSeconds(lifetime);
    }

    public boolean isInfinite() {
        return lifetime == RegistrationMessage.INFINITE_LIFETIME;
    }

    public boolean isExpired(Instant now) {
        return !now.isBefore(expiry());
    }

    /** What is left of the lifetime, never negative; of one that never ends, all of it. */
    public Duration remaining(Instant now) {
        if (isInfinite()) {
            return Duration.ofSeconds(lifetime);
        }
        var left = Duration.between(now, expiry());
        return left.isNegative() ? Duration.ZERO : left;
    }
}
