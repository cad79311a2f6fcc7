package org.mooring.hook;

import java.util.List;
import java.util.Optional;
import org.mooring.protocol.security.ReplayProtection;
import org.mooring.protocol.security.SecurityAssociation;

/**
 * What a guest shares with the agents that serve it. The first of each signs, and replies may be under any: so keys roll over.
 *
 * @param mobileHome with its home agent, one at least, all of them with the same replay protection
 * @param mobileForeign with the foreign agent of this link, where there are any
 */
public record Associations(List<SecurityAssociation> mobileHome, List<SecurityAssociation> mobileForeign) {
    public Associations {
        mobileHome = List.copyOf(mobileHome);
        mobileForeign = List.copyOf(mobileForeign);
    }

    /** One with its home agent alone. */
    public static Associations with(SecurityAssociation mobileHome) {
        return new Associations(List.of(mobileHome), List.of());
    }

    SecurityAssociation signing() {
        return mobileHome.get(0);
    }

    Optional<SecurityAssociation> signingForForeignAgent() {
        return mobileForeign.stream().findFirst();
    }

    ReplayProtection replayProtection() {
        return signing().replayProtection();
    }
}
