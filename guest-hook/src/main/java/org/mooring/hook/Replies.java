package org.mooring.hook;

import java.util.List;
import java.util.Optional;
import org.mooring.hook.Action.Agent;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.security.MobileNodeReplay;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Challenge;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.UdpTunnelReply;
import org.mooring.protocol.wire.RegistrationReply;

/** Reads the replies to one guest: the validity checks of RFC 3344 §3.6.2.1, in their order. */
record Replies(Attachment attachment, MobileNodeReplay replay, int enterpriseNumber) {
    /**
     * Checks a reply whose Identification is that of the request.
     *
     * @param agent whom the request was sent to
     */
    Reply check(Agent agent, Decoded.Message received, RegistrationReply reply) {
        Associations associations = attachment.associations();
        if (agent == Agent.FOREIGN_AGENT && !associations.mobileForeign().isEmpty()) {
            var verified = Verifier.verify(received, Kind.MOBILE_FOREIGN, associations.mobileForeign());
            if (verified instanceof Verified.Not not) {
                return new Reply.Unauthentic(reply, "mobile-foreign authentication: " + words(not));
            }
            attachment.challenged(reply.extension(Challenge.class).map(Challenge::value));
        }
        // The foreign agent can't authenticate for the home agent: its own codes come without (§3.6.2.1, G.2).
        if (agent == Agent.FOREIGN_AGENT && reply.code().isFromForeignAgent()) {
            return new Reply.Genuine(reply, false, List.of(), Optional.empty());
        }
        var verified = Verifier.verify(received, Kind.MOBILE_HOME, associations.mobileHome());
        if (verified instanceof Verified.Not not) {
            return new Reply.Unauthentic(reply, "mobile-home authentication: " + words(not));
        }
        replay.answered(reply.identification());
        return genuine(reply);
    }

    /** What stands before the Mobile-Home Authentication Extension is the home agent's, what follows is the foreign agent's. */
    private Reply genuine(RegistrationReply reply) {
        List<Extension> said = reply.extensions().stream()
                .takeWhile(extension -> !isMobileHomeAuthentication(extension))
                .toList();
        return new Reply.Genuine(
                reply,
                true,
                said.stream()
                        .flatMap(extension -> HandoverExtension.of(extension, enterpriseNumber).stream())
                        .toList(),
                said.stream()
                        .filter(UdpTunnelReply.class::isInstance)
                        .map(UdpTunnelReply.class::cast)
                        .findFirst());
    }

    private static boolean isMobileHomeAuthentication(Extension extension) {
        return extension instanceof Extension.Authentication authentication
                && authentication.kind() == Kind.MOBILE_HOME;
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
