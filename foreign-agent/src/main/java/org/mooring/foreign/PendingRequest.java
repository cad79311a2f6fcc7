package org.mooring.foreign;

import java.time.Instant;
import java.util.Optional;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

/**
 * A request that was relayed and not answered yet (RFC 3344 §3.7.1).
 *
 * @param offered the time that was told with an offer of revocation (RFC 3543 §3.2), if there was one
 * @param deadline when the mobile node is told that nobody answered
 * @param known whether its sender is not just anybody, and must not have to make room for others
 */
public record PendingRequest(
        Origin origin,
        RegistrationRequest request,
        Purpose purpose,
        Optional<Integer> offered,
        Instant deadline,
        boolean known) {
    /** What its reply is about (docs/handover.md, "The requests"). */
    public enum Purpose {
        /** Also a deregistration, and what an agent of RFC 3344 takes for one of the two. */
        REGISTRATION,
        /** PREPARE: never a registration. */
        PREPARATION,
        /** COMMIT that was acted upon when it was relayed. */
        COMMIT
    }

    /** To whom it was relayed. */
    public Ipv4Address homeAgent() {
        return AskedHomeAgent.of(request);
    }

    /**
     * Whether {@code reply}, received from {@code from}, answers this request. The low half of the Identification
     * decides; the high half is the home agent's to change (§3.7.3.1). A home agent answers from the address that it
     * was asked at (§3.8.3.1): anybody else is guessing. But one that was asked by its network's broadcast address says 136, and its own.
     * Where both have an NAI, it says which of those with one home address is meant (RFC 5944 §3.7.3.1).
     */
    boolean isAnsweredBy(RegistrationReply reply, Ipv4Address from) {
        boolean tellsItsAddress =
                reply.code().equals(ReplyCode.HA_UNKNOWN_HOME_AGENT_ADDRESS) && from.equals(reply.homeAgent());
        var requests = request.extension(Nai.class);
        boolean meansAnother = requests.isPresent()
                && reply.extension(Nai.class)
                        .filter(nai -> !nai.equals(requests.get()))
                        .isPresent();
        return reply.identification().low() == request.identification().low()
                && !meansAnother
                && (from.equals(homeAgent()) || tellsItsAddress);
    }
}
