package org.mooring.foreign;

import java.util.Optional;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.wire.AuthorizedPart;
import org.mooring.protocol.wire.RegistrationRequest;

/**
 * What a request says of a handover (docs/handover.md, "Octets"). Only what the home agent will see too, under the mobile-home
 * authentication, counts: the rest is stripped when the request is relayed.
 */
record HandoverRequest(Optional<Prepare> prepare, Optional<Commit> commit, Optional<Abort> abort) {
    static HandoverRequest of(RegistrationRequest request, int enterpriseNumber) {
        var authorized = request.extensions().subList(0, AuthorizedPart.extensions(request));
        return new HandoverRequest(
                HandoverExtension.first(Prepare.class, authorized, enterpriseNumber),
                HandoverExtension.first(Commit.class, authorized, enterpriseNumber),
                HandoverExtension.first(Abort.class, authorized, enterpriseNumber));
    }
}
