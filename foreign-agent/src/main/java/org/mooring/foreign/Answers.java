package org.mooring.foreign;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mooring.foreign.Policy.Compatibility;
import org.mooring.foreign.VisitorList.HeldReply;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.Followed;
import org.mooring.protocol.handover.HandoverMessage.Held;
import org.mooring.protocol.handover.HandoverMessage.Redirected;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Challenge;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.ForeignAgentError;
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

    /** What is told if the kernel refuses. */
    static final Denial REFUSED_BY_KERNEL =
            new Denial(ReplyCode.FA_INSUFFICIENT_RESOURCES, "the kernel refused to forward its packets");

    private final DenialLimit denials = new DenialLimit();
    private final Supplier<Policy> policy;
    private final Challenges challenges;
    private final Consumer<Action> actions;

    Answers(Supplier<Policy> policy, Challenges challenges, Consumer<Action> actions) {
        this.policy = policy;
        this.challenges = challenges;
        this.actions = actions;
    }

    /** Denies what the home agent has accepted, with a denial in place of its reply. */
    void deny(Instant now, HeldReply reply, Denial denial) {
        deny(now, reply.answered().origin(), reply.answered().request(), denial);
    }

    /**
     * The same, but the home agent's reply goes on with it (RFC 4636 §4, §6), so that the mobile node knows that it is registered there.
     * RFC 3344 alone knows no such extension; but whose challenges are answered knows RFC 4721, §3.3 of which has 109 told so and not otherwise.
     *
     * @param denial with a code that RFC 4636 §4 allows
     */
    void refuse(Instant now, HeldReply reply, Denial denial) {
        if (policy.get().follows(Compatibility.RFC3344)
                && !denial.code().equals(ReplyCode.FA_WRONG_CHALLENGE_FROM_HOME_AGENT)) {
            deny(now, reply, denial);
            return;
        }
        var answered = reply.answered();
        var error = RegistrationCodec.encode(List.of(new ForeignAgentError(denial.code())));
        sendToVisitor(answered.origin(), answered.request(), reply.message().concat(error));
        report(new Fact.RequestDenied(
                answered.request().homeAddress(), answered.origin().link(), denial.code(), denial.why(), true));
    }

    /** Denies {@code request} (§3.7.2.3), unless the mobile node was denied less than a second ago. */
    void deny(Instant now, Origin origin, RegistrationRequest request, Denial denial) {
        boolean answered = denials.permits(origin, request, denial.code(), now);
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
        var challenging = message.concat(RegistrationCodec.encode(challenge(origin, request)));
        var sealed = mobileForeignAssociation(request)
                .map(association -> new Seal(Kind.MOBILE_FOREIGN, association).appendTo(challenging))
                .orElse(challenging);
        actions.accept(new Action.SendToVisitor(
                origin.link(),
                origin.linkAddress(),
                policy.get().answersFrom(origin),
                destination(origin, request),
                origin.sourcePort(),
                sealed));
    }

    /** RFC 4721 §3.3: in each reply, for the next request. */
    private List<Challenge> challenge(Origin origin, RegistrationRequest request) {
        return policy.get().advertising().challenges()
                ? List.of(new Challenge(challenges.tell(Station.of(origin), request.homeAddress())))
                : List.of();
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
        tell(visitor, new Redirected(id));
    }

    /** So many packets had to wait for the visitor, and none waits any more. */
    void tellHeld(Visitor visitor, HandoverId id, long packets) {
        tell(visitor, new Held(id, (int) packets));
    }

    /** So many packets were redirected that came for the visitor when it had left. */
    void tellFollowed(Visitor visitor, HandoverId id, long packets) {
        tell(visitor, new Followed(id, (int) packets));
    }

    private void tell(Visitor visitor, HandoverMessage message) {
        actions.accept(new Action.SendToVisitor(
                visitor.link(),
                visitor.linkAddress(),
                policy.get().links().getOrDefault(visitor.link(), policy.get().careOfAddress()),
                visitor.homeAddress(),
                REGISTRATION_PORT,
                message.encode(policy.get().enterpriseNumber())));
    }

    private void report(Fact fact) {
        actions.accept(new Action.Report(fact));
    }
}
