package org.mooring.foreign.daemon;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mooring.datapath.Encapsulation;
import org.mooring.foreign.Visitor;
import org.mooring.foreign.Visitor.Asked;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.revocation.RevocationTerms;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * A {@link Visitor} as the store has it. What is here is a file format: names stay, new ones may be added.
 *
 * @param encapsulatesTo null for direct delivery
 * @param asked left out by older versions
 * @param expiry null for an infinite lifetime
 * @param udpKeepalive seconds between keepalives of a tunnel that is carried in UDP; left out for any other
 * @param udpForced left out without {@code udpKeepalive}
 * @param revocation left out for one that can't be revoked
 * @param encapsulation null for IP in IP
 * @param previousCareOfAddress null for none
 */
record StoredVisitor(
        Ipv4Address homeAddress,
        String link,
        Octets linkAddress,
        Ipv4Address homeAgent,
        Ipv4Address careOfAddress,
        boolean reverseTunneling,
        @Nullable Ipv4Address encapsulatesTo,
        @JsonInclude(Include.NON_NULL) @Nullable Asked asked,
        long identification,
        @Nullable Instant expiry,
        @JsonInclude(Include.NON_NULL) @Nullable Long udpKeepalive,
        @JsonInclude(Include.NON_NULL) @Nullable Boolean udpForced,
        @JsonInclude(Include.NON_NULL) @Nullable Terms revocation,
        @Nullable Ipv4Address previousCareOfAddress,
        @JsonInclude(Include.NON_NULL) @Nullable Encapsulation encapsulation) {
    /** What the agents agreed on of the registration's revocation: timestamps in seconds, unsigned. */
    record Terms(long told, long heard, boolean informs) {
        static Terms of(RevocationTerms terms) {
            return new Terms(
                    Integer.toUnsignedLong(terms.told()), Integer.toUnsignedLong(terms.heard()), terms.informs());
        }

        RevocationTerms toTerms() {
            return new RevocationTerms((int) told, (int) heard, informs);
        }
    }

    static StoredVisitor of(Visitor visitor) {
        return new StoredVisitor(
                visitor.homeAddress(),
                visitor.link(),
                visitor.linkAddress(),
                visitor.homeAgent(),
                visitor.careOfAddress(),
                visitor.reverseTunneling(),
                visitor.encapsulatesTo().orElse(null),
                visitor.asked().orElse(null),
                visitor.identification().bits(),
                visitor.expiry().equals(Visitor.NEVER) ? null : visitor.expiry(),
                visitor.udpTunnel()
                        .map(tunnel -> tunnel.keepalive().toSeconds())
                        .orElse(null),
                visitor.udpTunnel().map(UdpTunnel::forced).orElse(null),
                visitor.revocation().map(Terms::of).orElse(null),
                visitor.previousCareOfAddress().orElse(null),
                visitor.encapsulation());
    }

    Visitor toVisitor() {
        return new Visitor(
                homeAddress,
                link,
                linkAddress,
                homeAgent,
                careOfAddress,
                encapsulation == null ? Encapsulation.IPIP : encapsulation,
                reverseTunneling,
                Optional.ofNullable(encapsulatesTo),
                Optional.ofNullable(asked),
                new Identification(identification),
                expiry == null ? Visitor.NEVER : expiry,
                Optional.ofNullable(udpKeepalive)
                        .map(seconds -> new UdpTunnel(Duration.ofSeconds(seconds), Boolean.TRUE.equals(udpForced))),
                Optional.ofNullable(revocation).map(Terms::toTerms),
                Optional.ofNullable(previousCareOfAddress));
    }
}
