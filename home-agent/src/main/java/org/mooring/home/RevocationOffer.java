package org.mooring.home;

import java.util.List;
import java.util.Optional;
import org.mooring.home.Policy.Revocability;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.RevocationSupport;

/**
 * What a request offers of revocation (RFC 3543 §3.2): by the foreign agent, behind the mobile node's part and under the foreign-home
 * authentication; or by a mobile node with a co-located care-of address that registers itself, under the mobile-home authentication. What
 * is protected by neither is no offer.
 */
final class RevocationOffer {
    private RevocationOffer() {}

    /** Empty also where the operator wants none. */
    static Optional<RevocationSupport> of(ReceivedRequest received, Policy policy) {
        // §4.2.4: who deregisters has nothing to be told of later. And a PREPARE registers nobody.
        if (policy.revocation() == Revocability.REFUSED
                || received.request().isDeregistration()
                || received.handover().prepare().isPresent()) {
            return Optional.empty();
        }
        return received.isDirect()
                ? first(HandoverRequest.covered(received.request().extensions()))
                : byForeignAgent(received, policy);
    }

    private static Optional<RevocationSupport> byForeignAgent(ReceivedRequest received, Policy policy) {
        var extensions = received.request().extensions();
        int begin = HandoverRequest.covered(extensions).size();
        int end = begin;
        while (end < extensions.size() && !isForeignHome(extensions.get(end))) {
            end++;
        }
        return first(extensions.subList(begin, end)).filter(offer -> isAuthenticated(received, policy));
    }

    /** §4.3.2: with a co-located care-of address, nobody knows that it is the foreign agent that the mobile node has chosen. */
    private static boolean isAuthenticated(ReceivedRequest received, Policy policy) {
        var associations = policy.associationsWith(received);
        return !received.request().flags().decapsulationByMobileNode()
                && Verifier.verify(received.message(), Kind.FOREIGN_HOME, associations) instanceof Verified.By;
    }

    private static boolean isForeignHome(Extension extension) {
        return extension instanceof Authentication authentication && authentication.kind() == Kind.FOREIGN_HOME;
    }

    private static Optional<RevocationSupport> first(List<Extension> extensions) {
        return extensions.stream()
                .filter(RevocationSupport.class::isInstance)
                .map(RevocationSupport.class::cast)
                .findFirst();
    }
}
