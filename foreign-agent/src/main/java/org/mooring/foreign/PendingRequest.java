package org.mooring.foreign;

import java.time.Instant;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;

/**
 * A request that was relayed and not answered yet (RFC 3344 §3.7.1).
 *
 * @param deadline when the mobile node is told that nobody answered
 */
public record PendingRequest(Origin origin, RegistrationRequest request, Purpose purpose, Instant deadline) {
    /** What its reply is about (docs/handover.md, "The requests"). */
    public enum Purpose {
        /** Also a deregistration, and what an agent of RFC 3344 takes for one of the two. */
        REGISTRATION,
        /** PREPARE: never a registration. */
        PREPARATION,
        /** COMMIT that was acted upon when it was relayed. */
        COMMIT
    }

    /**
     * Whether {@code reply}, received from {@code from}, answers this request. The low half of the Identification
     * decides; the high half is the home agent's to change (§3.7.3.1). A home agent answers from the address that it
     * was asked at (§3.8.3.1): anybody else is guessing.
     */
    boolean isAnsweredBy(RegistrationReply reply, Ipv4Address from) {
        return reply.identification().low() == request.identification().low() && from.equals(request.homeAgent());
    }
}
