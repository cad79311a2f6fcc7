package org.mooring.home;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Identification;
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
     * @param mobileHome what the mobile node verifies the reply with
     */
    Action.SendReply reply(
            ReceivedRequest received,
            ReplyCode code,
            int lifetime,
            Identification identification,
            SecurityAssociation mobileHome) {
        var request = received.request();
        var reply = new RegistrationReply(
                code, lifetime, request.homeAddress(), policy.address(), identification, forMobileNode(received));
        var seals = new ArrayList<Seal>();
        seals.add(new Seal(Kind.MOBILE_HOME, mobileHome));
        foreignHome(received).ifPresent(association -> seals.add(new Seal(Kind.FOREIGN_HOME, association)));
        return new Action.SendReply(
                received.from(), received.isDeregistrationFromHome(), Seal.encode(reply, seals.toArray(Seal[]::new)));
    }

    /** RFC 2794 §2: who says an NAI gets it back. */
    private static List<Extension> forMobileNode(ReceivedRequest received) {
        return received.request()
                .extension(Nai.class)
                .map(nai -> List.<Extension>of(nai))
                .orElse(List.of());
    }

    /** §3.8.3.3: whatever the code, if there is an association; RFC 5944 §3.5.4: not on deregistrations. */
    private Optional<SecurityAssociation> foreignHome(ReceivedRequest received) {
        if (received.request().isDeregistration()) {
            return Optional.empty();
        }
        return likelyKnown(
                received,
                Kind.FOREIGN_HOME,
                policy.associationsWith(received.from().address()));
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
