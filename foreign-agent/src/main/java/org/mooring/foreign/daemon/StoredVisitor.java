package org.mooring.foreign.daemon;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mooring.foreign.Visitor;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/**
 * A {@link Visitor} as the store has it. What is here is a file format: names stay, new ones may be added.
 *
 * @param encapsulatesTo null for direct delivery
 * @param expiry null for an infinite lifetime
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
        long identification,
        @Nullable Instant expiry,
        @Nullable Ipv4Address previousCareOfAddress) {
    static StoredVisitor of(Visitor visitor) {
        return new StoredVisitor(
                visitor.homeAddress(),
                visitor.link(),
                visitor.linkAddress(),
                visitor.homeAgent(),
                visitor.careOfAddress(),
                visitor.reverseTunneling(),
                visitor.encapsulatesTo().orElse(null),
                visitor.identification().bits(),
                visitor.expiry().equals(Visitor.NEVER) ? null : visitor.expiry(),
                visitor.previousCareOfAddress().orElse(null));
    }

    Visitor toVisitor() {
        return new Visitor(
                homeAddress,
                link,
                linkAddress,
                homeAgent,
                careOfAddress,
                reverseTunneling,
                Optional.ofNullable(encapsulatesTo),
                new Identification(identification),
                expiry == null ? Visitor.NEVER : expiry,
                Optional.ofNullable(previousCareOfAddress));
    }
}
