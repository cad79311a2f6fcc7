package org.mooring.foreign;

import java.util.List;
import java.util.Optional;
import org.mooring.foreign.Policy.Compatibility;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

/** What the reply to {@code request} must pass before it is relayed (RFC 3344 §3.7.3.1). */
record ReplyChecks(
        Policy policy,
        Ipv4Address from,
        Decoded.Message received,
        RegistrationReply reply,
        RegistrationRequest request) {
    /** The first check that fails: what the mobile node is told instead. */
    Optional<Denial> denial() {
        return foreignHomeAuthentication()
                .or(this::wellFormed)
                .or(this::criticalVendorExtensions)
                .or(this::homeAgent)
                .or(this::homeAddress)
                .or(this::nai);
    }

    /**
     * RFC 5944 §3.5.4: those with the home agent of the reply's Home Agent field. With whom it came from where none are shared with that one, or it
     * names nobody: nobody gets around them by a name.
     */
    static List<SecurityAssociation> associations(Policy policy, Ipv4Address from, RegistrationReply reply) {
        var named =
                reply.homeAgent().isUnicast() ? policy.foreignHome(reply.homeAgent()) : List.<SecurityAssociation>of();
        return named.isEmpty() ? policy.foreignHome(from) : named;
    }

    /** §3.7.3.1: where an association is shared, exactly one valid Foreign-Home extension. */
    private Optional<Denial> foreignHomeAuthentication() {
        var associations = associations(policy, from, reply);
        if (associations.isEmpty()) {
            return Optional.empty();
        }
        var verified = Verifier.verify(received, Kind.FOREIGN_HOME, associations);
        // RFC 5944 §3.5.4: none on the reply to a deregistration.
        boolean excused = policy.follows(Compatibility.RFC5944)
                && request.isDeregistration()
                && reply.lifetime() == 0
                && verified.equals(Verified.Not.MISSING);
        return Denial.when(
                !excused && !(verified instanceof Verified.By),
                ReplyCode.FA_HOME_AGENT_FAILED_AUTHENTICATION,
                "foreign-home authentication of " + reply.homeAgent() + " at " + from + ": " + verified);
    }

    /** §3.4: the mobile node could not tell who says so. */
    private Optional<Denial> wellFormed() {
        return Denial.when(
                reply.extensions().stream().noneMatch(Extension::isAuthorizationEnabling),
                ReplyCode.FA_POORLY_FORMED_REPLY,
                "no authorization-enabling extension in the reply");
    }

    /** RFC 3115 §2.4. */
    private Optional<Denial> criticalVendorExtensions() {
        return Denial.when(
                reply.extension(CriticalVendorSpecific.class).isPresent(),
                ReplyCode.FA_UNKNOWN_CVSE_FROM_HOME_AGENT,
                "unknown critical vendor extension in the reply");
    }

    // RFC 2794 §3 has the next three codes put into the reply itself, under an authenticator that then is wrong.

    private Optional<Denial> homeAgent() {
        return Denial.when(
                reply.homeAgent().isUnspecified(), ReplyCode.FA_MISSING_HOME_AGENT, "the reply names no home agent");
    }

    private Optional<Denial> homeAddress() {
        return Denial.when(
                reply.homeAddress().isUnspecified(),
                ReplyCode.FA_MISSING_HOME_ADDRESS,
                "the reply names no home address");
    }

    private Optional<Denial> nai() {
        return Denial.when(
                request.extension(Nai.class).isPresent()
                        && reply.extension(Nai.class).isEmpty(),
                ReplyCode.FA_MISSING_NAI,
                "the reply lacks the request's NAI");
    }
}
