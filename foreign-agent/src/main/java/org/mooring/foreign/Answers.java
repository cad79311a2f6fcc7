package org.mooring.foreign;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mooring.foreign.VisitorList.HeldReply;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage.Redirected;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

/** What the foreign agent sends to mobile nodes and to those that speak for them (RFC 3344 §3.7.2.3, §3.7.3.2). Confined to the agent loop. */
final class Answers {
    /** Of UDP (RFC 3344 §3.3). */
    private static final int REGISTRATION_PORT = 434;

    private final DenialLimit denials = new DenialLimit();
    private final Supplier<Policy> policy;
    private final Consumer<Action> actions;

    Answers(Supplier<Policy> policy, Consumer<Action> actions) {
        this.policy = policy;
        this.actions = actions;
    }

    /** Tells whose request waited for the kernel that it refused, if anybody's did. */
    void refuse(Instant now, Optional<HeldReply> reply) {
        reply.map(HeldReply::answered)
                .ifPresent(answered -> deny(
                        now,
                        answered.origin(),
                        answered.request(),
                        new Denial(ReplyCode.FA_INSUFFICIENT_RESOURCES, "the kernel refused to forward its packets")));
    }

    /** Denies {@code request} (§3.7.2.3), unless the mobile node was denied less than a second ago. */
    void deny(Instant now, Origin origin, RegistrationRequest request, Denial denial) {
        boolean answered = denials.permits(request.homeAddress(), now);
        report(new Fact.RequestDenied(request.homeAddress(), origin.link(), denial.code(), denial.why(), answered));
        if (!answered) {
            return;
        }
        int lifetime = denial.code().equals(ReplyCode.FA_LIFETIME_TOO_LONG)
                ? policy.get().maxLifetime()
                : request.lifetime();
        var reply = new RegistrationReply(
                denial.code(),
                lifetime,
                request.homeAddress(),
                request.homeAgent(),
                request.identification(),
                List.of());
        sendToVisitor(origin, request, RegistrationCodec.encode(reply));
    }

    /** The addresses and ports of §3.7.2.3, which §3.7.3.2 uses as well. */
    private void sendToVisitor(Origin origin, RegistrationRequest request, Octets message) {
        var sealed = mobileForeignAssociation(request)
                .map(association -> new Seal(Kind.MOBILE_FOREIGN, association).appendTo(message))
                .orElse(message);
        actions.accept(new Action.SendToVisitor(
                origin.link(),
                origin.linkAddress(),
                policy.get().answersFrom(origin),
                destination(origin, request),
                origin.sourcePort(),
                sealed));
    }

    /**
     * §3.7.2.3: the home address. But a station that speaks for the mobile node from an address of its own does not have that one, and
     * might route the reply to where the mobile node still is.
     */
    private static Ipv4Address destination(Origin origin, RegistrationRequest request) {
        boolean speaksForAnother = DeviceAddress.of(request)
                .filter(device -> !device.equals(origin.linkAddress()))
                .isPresent();
        if (speaksForAnother && origin.source().isUnicast()) {
            return origin.source();
        }
        var home = request.homeAddress();
        return home.isUnspecified() ? Ipv4Address.LIMITED_BROADCAST : home;
    }

    /** The association that the request's own extension names, or else the first. */
    private Optional<SecurityAssociation> mobileForeignAssociation(RegistrationRequest request) {
        var associations = policy.get().mobileForeign(request.homeAddress());
        return associations.stream()
                .filter(association -> request.extensions().stream()
                        .anyMatch(extension -> extension instanceof Authentication authentication
                                && authentication.kind() == Kind.MOBILE_FOREIGN
                                && authentication.spi() == association.spi()))
                .findFirst()
                .or(() -> associations.stream().findFirst());
    }

    /** Relays a reply (§3.7.3.2). */
    void send(HeldReply ready) {
        var reply = ready.reply();
        sendToVisitor(ready.answered().origin(), ready.answered().request(), ready.message());
        report(new Fact.ReplyRelayed(reply.homeAddress(), reply.homeAgent(), reply.code(), reply.lifetime()));
    }

    /** Sends REDIRECTED to the hook of a visitor that has left (docs/handover.md, "Messages beside registration"). */
    void tellRedirected(Visitor visitor, HandoverId id) {
        actions.accept(new Action.SendToVisitor(
                visitor.link(),
                visitor.linkAddress(),
                policy.get().links().getOrDefault(visitor.link(), policy.get().careOfAddress()),
                visitor.homeAddress(),
                REGISTRATION_PORT,
                new Redirected(id).encode(policy.get().enterpriseNumber())));
    }

    private void report(Fact fact) {
        actions.accept(new Action.Report(fact));
    }
}
