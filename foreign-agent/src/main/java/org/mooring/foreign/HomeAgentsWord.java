package org.mooring.foreign;

import java.util.List;
import java.util.Optional;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Ipv4Address;

/** What a reply tells the foreign agent itself about a handover (docs/handover.md, "Octets"). */
record HomeAgentsWord(Optional<Previous> previous, Optional<Staged> staged) {
    static HomeAgentsWord of(Decoded.Message received, Ipv4Address homeAgent, Policy policy) {
        var extensions = authenticated(received, homeAgent, policy);
        return new HomeAgentsWord(
                HandoverExtension.first(Previous.class, extensions, policy.enterpriseNumber()),
                HandoverExtension.first(Staged.class, extensions, policy.enterpriseNumber()));
    }

    /** Those behind the mobile node's part and under a foreign-home authentication that is right; none without an association. */
    private static List<Extension> authenticated(Decoded.Message received, Ipv4Address homeAgent, Policy policy) {
        if (!(Verifier.verify(received, Kind.FOREIGN_HOME, policy.foreignHome(homeAgent)) instanceof Verified.By)) {
            return List.of();
        }
        var extensions = received.message().extensions();
        int from = AuthorizedPart.extensions(received.message());
        int to = 0;
        while (!(extensions.get(to) instanceof Authentication authentication)
                || authentication.kind() != Kind.FOREIGN_HOME) {
            to++;
        }
        return from > 0 && from <= to ? extensions.subList(from, to) : List.of();
    }
}
