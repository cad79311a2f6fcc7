package org.mooring.home;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Clock;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.RegistrationRequest;

/**
 * What a request asks for beyond RFC 3344 (docs/handover.md, "Octets").
 *
 * @param abort the handover that ends before it began
 * @param clock it asks for the home agent's time
 */
record HandoverRequest(
        Optional<Prepare> prepare,
        boolean arm,
        Optional<HandoverId> commit,
        Optional<HandoverId> abort,
        boolean clock) {

    /** Reads only what the mobile node's authenticator covers. */
    static HandoverRequest of(RegistrationRequest request, int enterpriseNumber) {
        var covered = covered(request.extensions());
        return new HandoverRequest(
                HandoverExtension.first(Prepare.class, covered, enterpriseNumber),
                HandoverExtension.first(Arm.class, covered, enterpriseNumber).isPresent(),
                HandoverExtension.first(Commit.class, covered, enterpriseNumber).map(Commit::id),
                HandoverExtension.first(Abort.class, covered, enterpriseNumber).map(Abort::id),
                HandoverExtension.first(Clock.class, covered, enterpriseNumber).isPresent());
    }

    /** Those before the authorization-enabling extension. */
    static List<Extension> covered(List<Extension> extensions) {
        int end = IntStream.range(0, extensions.size())
                .filter(i -> extensions.get(i).isAuthorizationEnabling())
                .findFirst()
                .orElse(extensions.size());
        return extensions.subList(0, end);
    }

    /** Whether the sender is to be told the home agent's time: it knows handovers, or asks for that alone. */
    boolean asksTheTime() {
        return prepare.isPresent() || arm || commit.isPresent() || abort.isPresent() || clock;
    }
}
