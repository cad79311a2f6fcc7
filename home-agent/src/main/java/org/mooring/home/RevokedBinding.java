package org.mooring.home;

import org.mooring.protocol.revocation.RevocationTerms;
import org.mooring.protocol.revocation.UnacknowledgedRevocation;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * A binding that is over, while the other end of its tunnel has not acknowledged that.
 *
 * @param informs whether the mobile node should be told
 * @param seal of the revocations, and of their acknowledgment
 */
record RevokedBinding(MobilityBinding binding, boolean informs, Seal seal, UnacknowledgedRevocation sending) {
    Ipv4Address careOfAddress() {
        return binding.careOfAddress();
    }

    /** What was agreed on: without that no binding comes here. */
    static RevocationTerms terms(MobilityBinding binding) {
        return binding.revocation().orElseThrow(() -> new AssertionError("not to be revoked: " + binding));
    }
}
