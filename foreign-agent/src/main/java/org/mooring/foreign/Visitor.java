package org.mooring.foreign;

import java.time.Instant;
import java.util.Optional;
import org.mooring.datapath.Encapsulation;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.revocation.RevocationTerms;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * An entry of the visitor list: a mobile node whose home agent has accepted its registration through us (RFC 3344
 * §3.7.1).
 *
 * @param link the interface on which the mobile node is
 * @param linkAddress its MAC address
 * @param homeAgent the other end of its tunnel
 * @param encapsulation of that tunnel
 * @param reverseTunneling whether its packets go back through the tunnel (RFC 3024 §3.2)
 * @param encapsulatesTo our address if only those do that it encapsulates to us (RFC 3024 §5.2): the one that it has the reply from
 * @param asked of the request that was accepted; empty if an older version has stored it
 * @param identification of the request that was accepted
 * @param expiry {@link #NEVER} for an infinite lifetime
 * @param udpTunnel what the home agent has assented to, if the tunnel is carried in UDP (RFC 3519)
 * @param revocation empty if neither agent can revoke its registration (RFC 3543 §4.2.1)
 * @param previousCareOfAddress from where packets may be redirected to here (docs/handover.md, "Foreign agent")
 */
public record Visitor(
        Ipv4Address homeAddress,
        String link,
        Octets linkAddress,
        Ipv4Address homeAgent,
        Ipv4Address careOfAddress,
        Encapsulation encapsulation,
        boolean reverseTunneling,
        Optional<Ipv4Address> encapsulatesTo,
        Optional<Asked> asked,
        Identification identification,
        Instant expiry,
        Optional<UdpTunnel> udpTunnel,
        Optional<RevocationTerms> revocation,
        Optional<Ipv4Address> previousCareOfAddress) {
    /**
     * What else §3.7.1 has an entry hold.
     *
     * @param destination where its IP packet went
     * @param sourcePort of its UDP datagram
     * @param lifetime that it asked for, in seconds
     */
    public record Asked(Ipv4Address destination, int sourcePort, int lifetime) {}

    public static final Instant NEVER = Instant.MAX;

    /** One whose registration can't be revoked. */
    public Visitor(
            Ipv4Address homeAddress,
            String link,
            Octets linkAddress,
            Ipv4Address homeAgent,
            Ipv4Address careOfAddress,
            Encapsulation encapsulation,
            boolean reverseTunneling,
            Optional<Ipv4Address> encapsulatesTo,
            Optional<Asked> asked,
            Identification identification,
            Instant expiry,
            Optional<UdpTunnel> udpTunnel,
            Optional<Ipv4Address> previousCareOfAddress) {
        this(
                homeAddress,
                link,
                linkAddress,
                homeAgent,
                careOfAddress,
                encapsulation,
                reverseTunneling,
                encapsulatesTo,
                asked,
                identification,
                expiry,
                udpTunnel,
                Optional.empty(),
                previousCareOfAddress);
    }

    boolean hasExpired(Instant now) {
        return !now.isBefore(expiry);
    }
}
