package org.mooring.foreign;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.mooring.foreign.Policy.Compatibility;
import org.mooring.foreign.Policy.ReservedBits;
import org.mooring.foreign.Policy.ReverseTunnel;
import org.mooring.foreign.Policy.Revocability;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.AuthorizedPart;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.EncapsulatingDelivery;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

/** What a request must pass before it is relayed (RFC 3344 §3.7.2.1, RFC 3024 §4.2.1). */
final class RequestChecks {
    /** So that only a neighbour can ask for a reverse tunnel (RFC 3024 §4.2.1). */
    private static final int TTL_OF_A_NEIGHBOUR = 255;

    private final Policy policy;
    private final Decoded.Message received;
    private final RegistrationRequest request;
    private final Origin origin;
    private final Supplier<Optional<Denial>> challenge;
    private final Ipv4Address homeAgent;

    /** @param challenge what is wrong with the request's challenge */
    RequestChecks(
            Policy policy,
            Decoded.Message received,
            RegistrationRequest request,
            Origin origin,
            Supplier<Optional<Denial>> challenge) {
        this.policy = policy;
        this.received = received;
        this.request = request;
        this.origin = origin;
        this.challenge = challenge;
        this.homeAgent = AskedHomeAgent.of(request);
    }

    /** The first check that fails. */
    Optional<Denial> denial() {
        return Stream.<Supplier<Optional<Denial>>>of(
                        this::mobileForeignAuthentication,
                        challenge,
                        this::wellFormed,
                        this::homeAddress,
                        this::homeAgent,
                        this::association,
                        this::careOfAddress,
                        this::coLocated,
                        this::lifetime,
                        this::encapsulation,
                        this::deliveryStyle,
                        this::distance,
                        this::reverseTunnel)
                .map(Supplier::get)
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** §3.7.2.1: where an association is shared, exactly one valid Mobile-Foreign extension. */
    private Optional<Denial> mobileForeignAuthentication() {
        var associations = policy.mobileForeign(request.homeAddress());
        if (associations.isEmpty()) {
            return Optional.empty();
        }
        var verified = Verifier.verify(received, Kind.MOBILE_FOREIGN, associations);
        return Denial.when(
                !(verified instanceof Verified.By),
                ReplyCode.FA_MOBILE_NODE_FAILED_AUTHENTICATION,
                "mobile-foreign authentication: " + verified);
    }

    /** §3.7.2.1, RFC 3115 §2.4. */
    private Optional<Denial> wellFormed() {
        return Denial.when(
                        request.extensions().stream().noneMatch(Extension::isAuthorizationEnabling),
                        ReplyCode.FA_POORLY_FORMED_REQUEST,
                        "no authorization-enabling extension")
                .or(() -> Denial.when(
                        policy.reservedBits() == ReservedBits.REFUSED
                                && request.flags().reserved(),
                        ReplyCode.FA_POORLY_FORMED_REQUEST,
                        "reserved bits are refused, flags " + request.flags()))
                .or(this::criticalVendorExtensions)
                .or(() -> Denial.when(
                        handover().prepare().isPresent()
                                && DeviceAddress.of(request).isEmpty(),
                        ReplyCode.FA_POORLY_FORMED_REQUEST,
                        "PREPARE without a Device Id: there is no telling which station will come"));
    }

    /** RFC 3115 §2.4: all but a PREPARE that the home agent will see, too. */
    private Optional<Denial> criticalVendorExtensions() {
        long critical = request.extensions().stream()
                .filter(CriticalVendorSpecific.class::isInstance)
                .count();
        long known = handover().prepare().stream().count();
        return Denial.when(
                critical > known, ReplyCode.FA_UNKNOWN_CVSE_FROM_MOBILE_NODE, "unknown critical vendor extension");
    }

    private HandoverRequest handover() {
        return HandoverRequest.of(request, policy.enterpriseNumber());
    }

    /** RFC 2794 §3: replies could not be told apart. And what is an agent's address is no mobile node's. */
    private Optional<Denial> homeAddress() {
        return Denial.when(
                        !request.homeAddress().isUnicast(),
                        ReplyCode.FA_NONZERO_HOME_ADDRESS_REQUIRED,
                        "no home address is assigned through this agent")
                .or(() -> Denial.when(
                        policy.isOwn(request.homeAddress())
                                || request.homeAddress().equals(homeAgent),
                        ReplyCode.FA_POORLY_FORMED_REQUEST,
                        "the home address is an agent's"));
    }

    /**
     * §3.7.2 as RFC 5944 and its erratum 3116 have it, RFC 4433 §5.2: nowhere to relay to. An address of this router with which there is an
     * association is that of a home agent which runs here, too (Appendix G).
     */
    private Optional<Denial> homeAgent() {
        return Denial.when(
                        !homeAgent.isUnicast()
                                || AskedHomeAgent.requested(request)
                                        .filter(requested -> !requested.isUnicast())
                                        .isPresent(),
                        ReplyCode.FA_NONZERO_HOME_AGENT_REQUIRED,
                        "no home agent is assigned through this agent")
                .or(() -> Denial.when(
                        policy.isOwn(homeAgent) && policy.foreignHome(homeAgent).isEmpty(),
                        policy.follows(Compatibility.RFC3344)
                                ? ReplyCode.HA_UNKNOWN_HOME_AGENT_ADDRESS
                                : ReplyCode.FA_INVALID_HOME_AGENT_ADDRESS,
                        "the home agent's address is this agent's own"));
    }

    private Optional<Denial> association() {
        return Denial.when(
                policy.requireAssociation()
                        && policy.mobileForeign(request.homeAddress()).isEmpty()
                        && policy.foreignHome(homeAgent).isEmpty(),
                ReplyCode.FA_ADMINISTRATIVELY_PROHIBITED,
                "no association with the mobile node or with home agent " + homeAgent);
    }

    /** §3.7.2.1; RFC 5944 §3.7.2.1 lets deregistrations of any care-of address pass. */
    private Optional<Denial> careOfAddress() {
        return Denial.when(
                !(request.isDeregistration() && policy.follows(Compatibility.RFC5944))
                        && !request.flags().decapsulationByMobileNode()
                        && !request.careOfAddress().equals(policy.careOfAddress()),
                ReplyCode.FA_INVALID_CARE_OF_ADDRESS,
                "care-of address " + request.careOfAddress() + " is not offered, " + policy.careOfAddress() + " is");
    }

    /** RFC 3543 §4.3.1: R would have it registered here, where it can't be revoked (§4.3.2). */
    private Optional<Denial> coLocated() {
        return Denial.when(
                request.flags().decapsulationByMobileNode()
                        && !request.isDeregistration()
                        && policy.revocation() != Revocability.REFUSED
                        && policy.requiresRegistration(),
                ReplyCode.FA_ADMINISTRATIVELY_PROHIBITED,
                "a registration with a co-located care-of address can't be revoked");
    }

    /** §3.7.2.1: the lifetime may not be changed in passing, so it is refused. */
    private Optional<Denial> lifetime() {
        return Denial.when(
                request.lifetime() > policy.maxLifetime(),
                ReplyCode.FA_LIFETIME_TOO_LONG,
                "lifetime " + request.lifetime() + " above the maximum of " + policy.maxLifetime());
    }

    /** §3.4: with a co-located care-of address the encapsulation is none of our business. */
    private Optional<Denial> encapsulation() {
        var flags = request.flags();
        return Denial.when(
                !flags.decapsulationByMobileNode()
                        && policy.encapsulation(flags).isEmpty(),
                ReplyCode.FA_ENCAPSULATION_UNAVAILABLE,
                "the encapsulation is not available, flags " + flags);
    }

    /** RFC 3024 §3.3, §4.2.1. What the mobile node's authenticator covers could not be kept from the home agent. */
    private Optional<Denial> deliveryStyle() {
        if (!asksForEncapsulatingDelivery(request.extensions())) {
            return Optional.empty();
        }
        var covered = request.extensions().subList(0, AuthorizedPart.extensions(request));
        return Denial.when(
                        !policy.encapsulatingDelivery(),
                        ReplyCode.FA_DELIVERY_STYLE_NOT_SUPPORTED,
                        "only direct delivery is available")
                .or(() -> Denial.when(
                        !request.flags().reverseTunneling() || asksForEncapsulatingDelivery(covered),
                        ReplyCode.FA_POORLY_FORMED_REQUEST,
                        "encapsulating delivery without a reverse tunnel, or where it is not this agent's to read"));
    }

    private static boolean asksForEncapsulatingDelivery(List<Extension> extensions) {
        return extensions.stream().anyMatch(extension -> extension.type() == EncapsulatingDelivery.TYPE);
    }

    /** RFC 3024 §4.2.1. */
    private Optional<Denial> distance() {
        return Denial.when(
                request.flags().reverseTunneling() && origin.ttl() != TTL_OF_A_NEIGHBOUR,
                ReplyCode.FA_MOBILE_NODE_TOO_DISTANT,
                "reverse tunnel requested with TTL " + origin.ttl());
    }

    /** RFC 3024 §3.4; last of all, because the code tells who asks that the rest was right (§4.2.1). */
    private Optional<Denial> reverseTunnel() {
        boolean asked = request.flags().reverseTunneling();
        boolean registersWithout = !asked && !request.isDeregistration();
        return Denial.when(
                        registersWithout && policy.reverseTunnel() == ReverseTunnel.REQUIRED,
                        ReplyCode.FA_REVERSE_TUNNEL_MANDATORY,
                        "reverse-tunnel is required")
                // RFC 3519 §4.5: a NAT translates all that isn't in a tunnel.
                .or(() -> Denial.when(
                        registersWithout && policy.natTraversal().isBehindNat(),
                        ReplyCode.FA_REVERSE_TUNNEL_MANDATORY,
                        "behind a NAT a reverse tunnel is required"))
                .or(() -> Denial.when(
                        asked && policy.reverseTunnel() == ReverseTunnel.REFUSED,
                        ReplyCode.FA_REVERSE_TUNNEL_UNAVAILABLE,
                        "reverse-tunnel is refused"));
    }
}
