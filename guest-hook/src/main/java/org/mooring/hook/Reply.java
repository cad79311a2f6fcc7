package org.mooring.hook;

import java.util.List;
import org.mooring.hook.Action.Agent;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.RegistrationReply;

/** The validity checks of RFC 3344 §3.6.2.1 on what may answer a request, in their order. */
sealed interface Reply {
    /** To be acted on. */
    record Genuine(RegistrationReply reply) implements Reply {}

    /** To be discarded silently, and logged (§3.6.2.1). */
    record Unauthentic(RegistrationReply reply, String why) implements Reply {}

    /**
     * Checks a reply whose Identification is that of the request.
     *
     * @param agent whom the request was sent to
     */
    static Reply check(Guest guest, Agent agent, Decoded.Message received, RegistrationReply reply) {
        var foreignAssociation = guest.foreignAssociation();
        if (agent == Agent.FOREIGN_AGENT && foreignAssociation != null) {
            var verified = Verifier.verify(received, Kind.MOBILE_FOREIGN, List.of(foreignAssociation));
            if (verified instanceof Verified.Not not) {
                return new Unauthentic(reply, "mobile-foreign authentication: " + words(not));
            }
        }
        // The foreign agent can't authenticate for the home agent: its own codes come without (§3.6.2.1, G.2).
        if (agent == Agent.FOREIGN_AGENT && reply.code().isFromForeignAgent()) {
            return new Genuine(reply);
        }
        var verified = Verifier.verify(received, Kind.MOBILE_HOME, List.of(guest.association()));
        return verified instanceof Verified.Not not
                ? new Unauthentic(reply, "mobile-home authentication: " + words(not))
                : new Genuine(reply);
    }

    private static String words(Verified.Not not) {
        return switch (not) {
            case NO_ASSOCIATION -> "no association";
            case MISSING -> "missing";
            case MORE_THAN_ONE -> "more than one";
            case MISPLACED -> "not the first";
            case UNKNOWN_SPI -> "unknown SPI";
            case BAD_AUTHENTICATOR -> "wrong authenticator";
        };
    }
}
