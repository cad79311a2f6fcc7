package org.mooring.protocol.revocation;

/**
 * What two agents that can revoke a binding have told each other when it was last registered (RFC 3543 §4.2.1).
 *
 * @param told our timestamp: nothing that we revoke is older
 * @param heard the other agent's timestamp: nothing that it revokes is older
 * @param informs whether the home agent decides if the mobile node is told: both have set I
 */
public record RevocationTerms(int told, int heard, boolean informs) {
    /** Whether a revocation with {@code identifier} is about this registration, and not about one before it (§4.2.2.2, §4.2.3.2). */
    public boolean isRevokedBy(int identifier) {
        return RevocationClock.isAfter(identifier, heard);
    }
}
