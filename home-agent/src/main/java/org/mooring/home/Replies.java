package org.mooring.home;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mooring.home.Policy.Compatibility;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;

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
     * @param mobileHome what the mobile node verifies the reply with
     */
    Action.SendReply reply(
            ReceivedRequest received,
            ReplyCode code,
            int lifetime,
            Identification identification,
            SecurityAssociation mobileHome,
            Optional<UdpTunnelChoice> tunnel,
            HandoverReply handover) {
        var request = received.request();
        var extensions = new ArrayList<Extension>();
        // RFC 2794 §2: who says an NAI gets it back.
        request.extension(Nai.class).ifPresent(extensions::add);
        extensions.addAll(udpTunnelReply(tunnel, false));
        extensions.addAll(extensions(handover.forMobileNode()));
        var reply = new RegistrationReply(
                code, lifetime, request.homeAddress(), policy.address(), identification, extensions);
        var forMobileNode = Seal.encode(reply, new Seal(Kind.MOBILE_HOME, mobileHome))
                .concat(RegistrationCodec.encode(udpTunnelReply(tunnel, true)));
        // What the foreign agent can't verify is left out: it must follow nothing else.
        var wire = foreignHome(received)
                .map(association -> new Seal(Kind.FOREIGN_HOME, association)
                        .appendTo(
                                forMobileNode.concat(RegistrationCodec.encode(extensions(handover.forForeignAgent())))))
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

    private List<Extension> extensions(List<HandoverExtension> handover) {
        return handover.stream()
                .map(extension -> extension.toExtension(policy.enterpriseNumber()))
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
