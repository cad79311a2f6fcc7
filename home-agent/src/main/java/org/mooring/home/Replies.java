package org.mooring.home;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mooring.home.Policy.Compatibility;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Challenge;
import org.mooring.protocol.wire.DynamicHomeAgent;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.RevocationSupport;

/** Registration Replies (RFC 3344 §3.8.3). */
final class Replies {
    private final Policy policy;

    Replies(Policy policy) {
        this.policy = policy;
    }

    /**
     * @param lifetime without meaning in a denial
     * @param tunnel what it says of a UDP tunnel
     * @param handover what else it says
     * @param revocation what it says of revocation (RFC 3543 §3.2)
     * @param mobileHome what the mobile node verifies the reply with
     */
    Action.SendReply reply(
            ReceivedRequest received,
            ReplyCode code,
            int lifetime,
            Identification identification,
            SecurityAssociation mobileHome,
            Optional<UdpTunnelChoice> tunnel,
            HandoverReply handover,
            Optional<RevocationSupport> revocation) {
        var request = received.request();
        var extensions = new ArrayList<Extension>();
        // RFC 2794 §2: who says an NAI gets it back.
        request.extension(Nai.class).ifPresent(extensions::add);
        // RFC 4433 §3.4
        policy.redirect()
                .filter(other -> code.equals(ReplyCode.HA_REDIRECT))
                .map(other -> new DynamicHomeAgent(DynamicHomeAgent.REDIRECTED, other))
                .ifPresent(extensions::add);
        extensions.addAll(udpTunnelReply(tunnel, false));
        extensions.addAll(extensions(handover.forMobileNode()));
        var forForeignAgent = new ArrayList<>(extensions(handover.forForeignAgent()));
        revocation.ifPresent(received.isDirect() ? extensions::add : forForeignAgent::add);
        var reply = new RegistrationReply(
                code, lifetime, request.homeAddress(), policy.address(), identification, extensions);
        var forMobileNode = Seal.encode(reply, new Seal(Kind.MOBILE_HOME, mobileHome))
                .concat(RegistrationCodec.encode(udpTunnelReply(tunnel, true)))
                .concat(RegistrationCodec.encode(challenge(received)));
        // What the foreign agent can't verify is left out: it must follow nothing else.
        var wire = foreignHome(received)
                .map(association -> new Seal(Kind.FOREIGN_HOME, association)
                        .appendTo(forMobileNode.concat(RegistrationCodec.encode(forForeignAgent))))
                .orElse(forMobileNode);
        return new Action.SendReply(received.from(), received.isDeregistrationFromHome(), wire);
    }

    /** RFC 3519 §4.6: for who asked. */
    private static List<Extension> udpTunnelReply(Optional<UdpTunnelChoice> tunnel, boolean forForeignAgent) {
        return tunnel.filter(choice -> choice.forForeignAgent() == forForeignAgent)
                .flatMap(UdpTunnelChoice::reply)
                .map(List::<Extension>of)
                .orElseGet(List::of);
    }

    /** RFC 4721 §3.4: the foreign agent gets back what it had made up. */
    private static List<Extension> challenge(ReceivedRequest received) {
        return received.request().extension(Challenge.class).stream()
                .map(Extension.class::cast)
                .toList();
    }

    private List<Extension> extensions(List<HandoverExtension> handover) {
        return handover.stream()
                .<Extension>map(extension -> extension.toExtension(policy.enterpriseNumber()))
                .toList();
    }

    /** §3.8.3.3: whatever the code, if there is an association; RFC 5944 §3.5.4: not on deregistrations. */
    private Optional<SecurityAssociation> foreignHome(ReceivedRequest received) {
        if (received.request().isDeregistration() && policy.compatibility() == Compatibility.RFC5944) {
            return Optional.empty();
        }
        return likelyKnown(received, Kind.FOREIGN_HOME, policy.associationsWith(received));
    }

    /** The association that the request's extension of this kind names, or else the first. */
    static Optional<SecurityAssociation> likelyKnown(
            ReceivedRequest received, Kind kind, List<SecurityAssociation> associations) {
        var named = received.request().extensions().stream()
                .filter(Authentication.class::isInstance)
                .map(Authentication.class::cast)
                .filter(authentication -> authentication.kind() == kind)
                .flatMap(authentication ->
                        associations.stream().filter(association -> association.spi() == authentication.spi()))
                .findFirst();
        return named.or(() -> associations.stream().findFirst());
    }
}
