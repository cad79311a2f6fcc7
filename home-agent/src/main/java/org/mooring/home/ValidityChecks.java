package org.mooring.home;

import static org.mooring.protocol.wire.ReplyCode.HA_ADMINISTRATIVELY_PROHIBITED;
import static org.mooring.protocol.wire.ReplyCode.HA_ENCAPSULATION_UNAVAILABLE;
import static org.mooring.protocol.wire.ReplyCode.HA_FOREIGN_AGENT_FAILED_AUTHENTICATION;
import static org.mooring.protocol.wire.ReplyCode.HA_IDENTIFICATION_MISMATCH;
import static org.mooring.protocol.wire.ReplyCode.HA_PMIP_UNSUPPORTED;
import static org.mooring.protocol.wire.ReplyCode.HA_POORLY_FORMED_REQUEST;
import static org.mooring.protocol.wire.ReplyCode.HA_REDIRECT;
import static org.mooring.protocol.wire.ReplyCode.HA_REVERSE_TUNNEL_MANDATORY;
import static org.mooring.protocol.wire.ReplyCode.HA_REVERSE_TUNNEL_UNAVAILABLE;
import static org.mooring.protocol.wire.ReplyCode.HA_UNKNOWN_CVSE_FROM_FOREIGN_AGENT;
import static org.mooring.protocol.wire.ReplyCode.HA_UNKNOWN_CVSE_FROM_MOBILE_NODE;
import static org.mooring.protocol.wire.ReplyCode.HA_UNKNOWN_HOME_AGENT_ADDRESS;

import java.util.Optional;
import org.mooring.datapath.Encapsulation;
import org.mooring.home.Policy.Compatibility;
import org.mooring.home.Policy.ReservedBits;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.home.Policy.Revocability;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.security.ReplayGuard;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.DynamicHomeAgent;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.CriticalVendorSpecific;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.ProxyAuthenticationMethod;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

/**
 * The validity checks of RFC 3344 §3.8.2.1 (b) and after, and the refusals of §3.8.2.3, in the order of the text. The mobile node's
 * authenticator, (a), has been verified before. Nothing is changed here: a request that fails a later check leaves no trace of an earlier one.
 */
final class ValidityChecks {
    /** RFC 5563 §8.1: each mobile node has an association of its own here. */
    static final Verdict.Denial PROXY = new Verdict.Denial(
            HA_PMIP_UNSUPPORTED, "it is to be authenticated by who sends it, and not by the mobile node's association");

    private final Policy policy;

    ValidityChecks(Policy policy) {
        this.policy = policy;
    }

    Verdict check(ReceivedRequest received, ReplayGuard guard) {
        var tunnel = UdpTunnelChoice.of(received, policy);
        return identification(received, guard)
                .or(() -> foreignHomeAuthentication(received))
                .or(() -> homeAgentAddress(received))
                .or(() -> proxy(received.request()))
                .or(() -> form(received.request(), received.handover(), tunnel.peer()))
                .or(tunnel::denial)
                .or(() -> services(received.request(), tunnel.peer()))
                .or(() -> revocation(received))
                .or(() -> redirection(received.request()))
                .orElseGet(() -> new Verdict.Acceptable(codeOfAcceptance(received.request()), tunnel));
    }

    private static Optional<Verdict> identification(ReceivedRequest received, ReplayGuard guard) {
        var identification = received.request().identification();
        var handover = received.handover();
        boolean early = (handover.prepare().isPresent() || handover.arm())
                && guard.isAhead(identification, received.at(), HandoverExtension.MOST_AHEAD);
        if (!early && guard.isFresh(identification, received.at())) {
            return Optional.empty();
        }
        return deny(HA_IDENTIFICATION_MISMATCH, guard.reason(identification, received.at()));
    }

    /** §3.8.2.1 (c), (d): what becomes of a request that is not authenticated as it should be by who passes it on; empty: nothing is wrong. */
    Optional<Verdict> foreignHomeAuthentication(ReceivedRequest received) {
        var request = received.request();
        boolean authenticated = request.extensions().stream().anyMatch(ValidityChecks::isForeignHomeAuthentication);
        if (policy.isBroadcast(received.to()) && !authenticated) {
            // Who looks for a home agent can't know yet what it shares with it; it is denied in any case (§3.8.2.1).
            return Optional.empty();
        }
        var associations = policy.associationsWith(received);
        if (associations.isEmpty()) {
            return withoutAssociation(received);
        }
        // RFC 5944 §3.5.4, §3.8.1: foreign agents authenticate neither deregistrations nor care-of addresses of others.
        boolean needsNone = policy.compatibility() == Compatibility.RFC5944
                && (request.isDeregistration() || (isCoLocatedElsewhere(received) && !authenticated));
        if (needsNone) {
            return Optional.empty();
        }
        var verified = Verifier.verify(received.message(), Kind.FOREIGN_HOME, associations);
        return verified instanceof Verified.By
                ? Optional.empty()
                : deny(HA_FOREIGN_AGENT_FAILED_AUTHENTICATION, "foreign-home authentication: " + verified);
    }

    /**
     * Whether the care-of address is the mobile node's own, and no foreign agent's. §3.8.2.1 (c) has each request that a foreign agent with an
     * association relays authenticated by it, but §3.5.4 forbids it to do so for these.
     */
    private boolean isCoLocatedElsewhere(ReceivedRequest received) {
        var request = received.request();
        return request.flags().decapsulationByMobileNode()
                && !request.careOfAddress().equals(received.from().address())
                && policy.associationsWith(request.careOfAddress()).isEmpty();
    }

    /** (c) asks nothing of an agent without an association; that there is to be one is this site's policy, and nobody has failed to authenticate. */
    private Optional<Verdict> withoutAssociation(ReceivedRequest received) {
        var request = received.request();
        if (request.extensions().stream().anyMatch(ValidityChecks::isForeignHomeAuthentication)) {
            return Optional.of(new Verdict.Silence(Discard.UNKNOWN_FOREIGN_AGENT));
        }
        boolean throughForeignAgent =
                !request.isDeregistration() && !request.flags().decapsulationByMobileNode();
        return policy.requireAssociation() && throughForeignAgent
                ? deny(
                        HA_ADMINISTRATIVELY_PROHIBITED,
                        "no association with this foreign agent, and require-association is on")
                : Optional.empty();
    }

    private static boolean isForeignHomeAuthentication(Extension extension) {
        return extension instanceof Authentication authentication && authentication.kind() == Kind.FOREIGN_HOME;
    }

    private Optional<Verdict> homeAgentAddress(ReceivedRequest received) {
        // §3.8.2.1: whoever asked all home agents of the network learns this one's address from the reply.
        if (policy.isBroadcast(received.to())) {
            return deny(HA_UNKNOWN_HOME_AGENT_ADDRESS, "sent to the broadcast address");
        }
        // RFC 4433 §5.3
        var requested = HandoverRequest.covered(received.request().extensions()).stream()
                .filter(extension -> extension instanceof DynamicHomeAgent dynamic
                        && dynamic.subtype() == DynamicHomeAgent.REQUESTED
                        && !dynamic.homeAgent().equals(policy.address()))
                .findFirst();
        if (requested.isPresent()) {
            return deny(HA_UNKNOWN_HOME_AGENT_ADDRESS, "it requests " + requested.get());
        }
        // §3.8.3.2; RFC 4433 §5.3.1: who has none, and found its way here, may have one now.
        var request = received.request();
        return hasNoHomeAgent(request) || request.homeAgent().equals(policy.address())
                ? Optional.empty()
                : deny(HA_UNKNOWN_HOME_AGENT_ADDRESS, "its home agent is " + request.homeAgent());
    }

    /** RFC 4433 §2: it says ALL-ZERO-ONE-ADDR. */
    private static boolean hasNoHomeAgent(RegistrationRequest request) {
        return request.homeAgent().isUnspecified() || request.homeAgent().equals(Ipv4Address.LIMITED_BROADCAST);
    }

    /** RFC 4433 §5.3.1: only what would have been accepted. The reply says where to. */
    private Optional<Verdict> redirection(RegistrationRequest request) {
        return policy.redirect()
                .filter(other -> hasNoHomeAgent(request) && !request.isDeregistration())
                .flatMap(other -> deny(HA_REDIRECT, "it has no home agent, and is sent to " + other));
    }

    private static Optional<Verdict> proxy(RegistrationRequest request) {
        return request.extension(ProxyAuthenticationMethod.class).map(method -> PROXY);
    }

    /** §3.8.2.3. */
    private Optional<Verdict> form(RegistrationRequest request, HandoverRequest handover, Peer peer) {
        var extensions = request.extensions();
        int mobileHome = HandoverRequest.covered(extensions).size();
        if (policy.reservedBits() == ReservedBits.REFUSED && request.flags().reserved()) {
            return deny(HA_POORLY_FORMED_REQUEST, "flags=" + request.flags() + ", reserved bits are refused");
        }
        for (int i = 0; i < extensions.size(); i++) {
            // RFC 3115 §2.4. None but the mobile node's own PREPARE is known here, so that each other must be refused.
            if (extensions.get(i) instanceof CriticalVendorSpecific critical
                    && (i > mobileHome
                            || HandoverExtension.of(critical, policy.enterpriseNumber())
                                    .isEmpty())) {
                return deny(
                        i < mobileHome ? HA_UNKNOWN_CVSE_FROM_MOBILE_NODE : HA_UNKNOWN_CVSE_FROM_FOREIGN_AGENT,
                        "critical extension of vendor %d type %d".formatted(critical.vendor(), critical.vendorType()));
            }
        }
        if (handover.prepare().isPresent() && request.isDeregistration() && !request.isDeregistrationOfAll()) {
            return deny(HA_POORLY_FORMED_REQUEST, "it prepares the end of a binding");
        }
        if (handover.prepare().isPresent() && !peer.isKnown()) {
            return deny(HA_POORLY_FORMED_REQUEST, "it prepares a tunnel whose end only a keepalive tells");
        }
        if (request.isDeregistration()) {
            return Optional.empty();
        }
        if (!request.careOfAddress().isUnicast() || !isPossible(peer.address(), request.homeAddress())) {
            return deny(HA_POORLY_FORMED_REQUEST, "no tunnel can go to " + peer);
        }
        return Optional.empty();
    }

    /** A binding of an address to itself, or to this agent, would loop. */
    private boolean isPossible(Ipv4Address address, Ipv4Address homeAddress) {
        return address.isUnicast()
                && !address.equals(homeAddress)
                && !address.equals(policy.address())
                && !address.equals(policy.homeNetworkBroadcast());
    }

    /** RFC 3024 §4.3.1: the forward tunnel first, the reverse tunnel last. Without B the request is still good (RFC 3344 §3.8.2). */
    private Optional<Verdict> services(RegistrationRequest request, Peer peer) {
        if (request.isDeregistration()) {
            return Optional.empty();
        }
        var flags = request.flags();
        // RFC 3519 §3.1.4: what goes into UDP is another question.
        if (peer.encapsulation() != Encapsulation.UDP
                && policy.encapsulation(flags).isEmpty()) {
            return deny(HA_ENCAPSULATION_UNAVAILABLE, "flags=" + flags + ", that encapsulation isn't served");
        }
        if (policy.reverseTunnel() == ReverseTunnel.REQUIRED && !flags.reverseTunneling()) {
            return deny(HA_REVERSE_TUNNEL_MANDATORY, "flags=" + flags + ", reverse-tunnel is required");
        }
        return policy.reverseTunnel() == ReverseTunnel.REFUSED && flags.reverseTunneling()
                ? deny(HA_REVERSE_TUNNEL_UNAVAILABLE, "flags=" + flags + ", reverse-tunnel is refused")
                : Optional.empty();
    }

    /** RFC 3543 §4.2.1. */
    private Optional<Verdict> revocation(ReceivedRequest received) {
        boolean binds = !received.request().isDeregistration()
                && received.handover().prepare().isEmpty();
        return policy.revocation() == Revocability.REQUIRED
                        && binds
                        && RevocationOffer.of(received, policy).isEmpty()
                ? deny(HA_ADMINISTRATIVELY_PROHIBITED, "no revocation is offered, and revocation is required")
                : Optional.empty();
    }

    /** §3.8.2.2: 1 tells who asked for simultaneous bindings that the others are gone. */
    private ReplyCode codeOfAcceptance(RegistrationRequest request) {
        return request.flags().simultaneousBindings() && !request.isDeregistration() && !policy.keepsOthers(request)
                ? ReplyCode.ACCEPTED_WITHOUT_SIMULTANEOUS_BINDINGS
                : ReplyCode.ACCEPTED;
    }

    private static Optional<Verdict> deny(ReplyCode code, String reason) {
        return Optional.of(new Verdict.Denial(code, reason));
    }
}
