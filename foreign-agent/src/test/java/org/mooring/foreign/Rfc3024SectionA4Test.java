package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.foreign.Event.Timer.Purpose.NAMESAKE;
import static org.mooring.foreign.Site.*;
import static org.mooring.protocol.handover.HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.datapath.Encapsulation;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Policy.Compatibility;
import org.mooring.foreign.Policy.NatTraversal;
import org.mooring.foreign.Policy.NatTraversal.Asking;
import org.mooring.foreign.Policy.ReverseTunnel;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.revocation.RevocationTerms;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.ForeignAgentError;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.Revocation;
import org.mooring.protocol.wire.RevocationAcknowledgment;

@DisplayName(
        "RFC 3024 §A.4 Limited Private Address Scenario: two mobile nodes with one home address, of two home agents")
class Rfc3024SectionA4Test {
    private static final Ipv4Address OTHER_HOME_AGENT = Ipv4Address.of("10.9.0.1");
    private static final Octets OTHER_MAC = Octets.ofHex("525400090050");
    private static final Origin OTHER_ORIGIN = new Origin(LINK, OTHER_MAC, HOME, PORT, LINK_ADDRESS, 255);

    private final ForeignAgent agent = new ForeignAgent(policy(Asking.OFF));
    private final Visitor first = serve(agent, NOW, request(), 300);

    @Test
    @DisplayName("the second is served beside the first, and told so")
    void servesBoth() {
        var relayed = ask(NOW, second());
        var installing = accept(NOW, second(), 200);
        var second = installed(installing);
        var storing = agent.handle(new Event.VisitorInstalled(NOW, second));
        var telling = agent.handle(new Event.VisitorStored(NOW, second));

        assertEquals(
                List.of(OTHER_HOME_AGENT),
                relayed.stream()
                        .filter(Action.RelayToHomeAgent.class::isInstance)
                        .map(action -> ((Action.RelayToHomeAgent) action).homeAgent())
                        .toList());
        assertEquals(List.of(new Action.InstallNamesake(second)), deeds(installing));
        assertEquals(
                List.of(
                        new Action.ArmTimer(new Timer(NAMESAKE, HOME), NOW.plusSeconds(200)),
                        new Action.StoreNamesake(second)),
                deeds(storing));
        assertEquals(OTHER_MAC, ((Action.SendToVisitor) deeds(telling).get(0)).linkAddress());
        assertEquals(ReplyCode.ACCEPTED, denial(telling).orElseThrow().code());
        assertEquals(List.of(first, second), agent.visitors());
        assertEquals(OTHER_HOME_AGENT, second.homeAgent());
        assertEquals(OTHER_MAC, second.linkAddress());
    }

    @Test
    @DisplayName("§A.3: at one MAC address the two can't be told apart: 66")
    void atOneMacAddress() {
        assertEquals(
                Optional.of(ReplyCode.FA_INSUFFICIENT_RESOURCES),
                code(agent.handle(requestReceived(NOW, sealed(second())))));
    }

    @Test
    @DisplayName("without a reverse tunnel the second is denied with code 75")
    void withoutReverseTunnel() {
        assertEquals(
                Optional.of(ReplyCode.FA_REVERSE_TUNNEL_MANDATORY), code(ask(NOW, withFlags(second(), Flags.NONE))));
    }

    @Test
    @DisplayName("the second is not staged, and comes without preparation: 66")
    void isNotStaged() {
        var prepare = withExtensions(
                second(),
                DeviceId.ethernet(OTHER_MAC),
                new Prepare(new HandoverId(1), 30).toExtension(DEFAULT_ENTERPRISE_NUMBER));
        assertEquals(Optional.of(ReplyCode.FA_INSUFFICIENT_RESOURCES), code(ask(NOW, prepare)));
    }

    @Test
    @DisplayName("behind a NAT the second is denied with code 66: the care-of address is no public one")
    void behindNat() {
        var behind = new ForeignAgent(policy(Asking.BEHIND_NAT));
        serve(behind, NOW, request(), 300);

        assertEquals(
                Optional.of(ReplyCode.FA_INSUFFICIENT_RESOURCES),
                code(behind.handle(requestReceived(NOW, OTHER_ORIGIN, sealed(second())))));
    }

    @Test
    @DisplayName("a renewal finds the second where it is, also when the first has left")
    void renews() {
        serveSecond();
        deregisterFirst();

        ask(NOW.plusSeconds(10), renewal());
        var renewed = installed(accept(NOW.plusSeconds(10), renewal(), 300));
        var storing = agent.handle(new Event.VisitorInstalled(NOW.plusSeconds(10), renewed));

        assertEquals(List.of(renewed), agent.visitors());
        assertEquals(
                new Action.ArmTimer(new Timer(NAMESAKE, HOME), NOW.plusSeconds(310)),
                deeds(storing).get(0));
    }

    @Test
    @DisplayName("each deregistration ends the one that it is of")
    void deregisters() {
        var second = serveSecond();
        var leaving = asking(second(), 0, 2);
        ask(NOW, leaving);

        assertEquals(
                List.of(new Action.RemoveNamesake(second), new Action.ForgetNamesake(second)),
                deeds(accept(NOW, leaving, 0)).subList(0, 2));
        assertEquals(List.of(first), agent.visitors());

        var third = serveSecond();
        deregisterFirst();
        assertEquals(List.of(third), agent.visitors());
    }

    @Test
    @DisplayName("a deregistration with a home agent that serves nobody here ends nobody")
    void deregistersNobody() {
        var leaving = asking(second(), 0, 2);
        ask(NOW, leaving);

        accept(NOW, leaving, 0);

        assertEquals(List.of(first), agent.visitors());
    }

    @Test
    @DisplayName("RFC 3344 §3.7: the second expires by itself, and the first stays")
    void expires() {
        var second = serveSecond();

        assertEquals(
                List.of(new Action.ArmTimer(new Timer(NAMESAKE, HOME), NOW.plusSeconds(200))),
                deeds(agent.handle(new Event.TimerFired(NOW.plusSeconds(199), new Timer(NAMESAKE, HOME)))));
        assertEquals(
                List.of(new Action.RemoveNamesake(second), new Action.ForgetNamesake(second)),
                deeds(agent.handle(new Event.TimerFired(NOW.plusSeconds(200), new Timer(NAMESAKE, HOME)))));
        assertEquals(List.of(first), agent.visitors());
    }

    @Test
    @DisplayName("it does not expire while its renewal is with the kernel")
    void isRenewedInTime() {
        var second = serveSecond();
        ask(NOW.plusSeconds(199), renewal());
        var renewed = installed(accept(NOW.plusSeconds(199), renewal(), 300));

        var due = agent.handle(new Event.TimerFired(NOW.plusSeconds(200), new Timer(NAMESAKE, HOME)));

        assertEquals(List.of(new Action.ArmTimer(new Timer(NAMESAKE, HOME), NOW.plusSeconds(201))), deeds(due));
        assertEquals(List.of(first, second), agent.visitors());
        agent.handle(new Event.VisitorInstalled(NOW.plusSeconds(200), renewed));
        assertEquals(List.of(first, renewed), agent.visitors());
    }

    @Test
    @DisplayName("after a restart both are there, each as it was")
    void restarts() {
        var second = serveSecond();
        var restarted = new ForeignAgent(policy(Asking.OFF));
        var started = restarted.handle(new Event.Restored(NOW, List.of(first), List.of(second), List.of(), List.of()));

        assertEquals(List.of(first, second), restarted.visitors());
        assertEquals(
                List.of(new Action.ArmTimer(new Timer(NAMESAKE, HOME), NOW.plusSeconds(200))),
                started.stream()
                        .filter(action -> action instanceof Action.ArmTimer armed
                                && armed.timer().purpose() == NAMESAKE)
                        .toList());
        var late = new ForeignAgent(policy(Asking.OFF));
        assertEquals(
                List.of(new Action.ForgetNamesake(second)),
                late
                        .handle(new Event.Restored(
                                NOW.plusSeconds(200), List.of(first), List.of(second), List.of(), List.of()))
                        .stream()
                        .filter(Action.ForgetNamesake.class::isInstance)
                        .toList());
    }

    @Test
    @DisplayName("the second is denied with code 66 if the kernel refuses it, and the first stays")
    void kernelRefuses() {
        ask(NOW, second());
        var second = installed(accept(NOW, second(), 200));

        var refused = agent.handle(new Event.VisitorNotInstalled(NOW, second, "refused"));

        assertEquals(Optional.of(ReplyCode.FA_INSUFFICIENT_RESOURCES), error(refused));
        assertEquals(List.of(first), agent.visitors());
        assertEquals(
                List.of(),
                refused.stream().filter(Action.RemoveVisitor.class::isInstance).toList());
    }

    @Test
    @DisplayName("one that was asked for before the other was there is told apart when it is accepted")
    void racing() {
        var fresh = new ForeignAgent(policy(Asking.OFF));
        fresh.handle(requestReceived(NOW, OTHER_ORIGIN, sealed(second())));
        var one = serve(fresh, NOW, request(), 300);

        var actions = fresh.handle(accepted(NOW, second(), 200));

        assertEquals(OTHER_HOME_AGENT, installed(actions).homeAgent());
        assertEquals(List.of(one), fresh.visitors());
    }

    @Test
    @DisplayName(
            "one without a reverse tunnel that was asked for before the other was there is refused when it is accepted")
    void racingWithoutReverseTunnel() {
        var fresh = new ForeignAgent(policy(Asking.OFF));
        var plain = withFlags(second(), Flags.NONE);
        fresh.handle(requestReceived(NOW, OTHER_ORIGIN, sealed(plain)));
        serve(fresh, NOW, request(), 300);

        var actions = fresh.handle(accepted(NOW, plain, 200));

        assertEquals(
                List.of(),
                actions.stream()
                        .filter(Action.InstallNamesake.class::isInstance)
                        .toList());
        assertEquals(Optional.of(ReplyCode.FA_INSUFFICIENT_RESOURCES), error(actions));
        assertEquals(1, fresh.visitors().size());
    }

    @Test
    @DisplayName("RFC 3543 §4.2.2.2: a home agent revokes its own mobile node, and nobody else's")
    void isRevoked() {
        var second = revocable();
        var restarted = new ForeignAgent(policy(Asking.OFF));
        restarted.handle(new Event.Restored(NOW, List.of(first), List.of(second), List.of(), List.of()));
        var revocation =
                new Revocation(0, Revocation.FROM_HOME_AGENT, HOME, OTHER_HOME_AGENT, CARE_OF, 1001, List.of());

        var actions = restarted.handle(new Event.RevocationMessageReceived(
                NOW, OTHER_HOME_AGENT, 434, message(Seal.encode(revocation, FOR_FOREIGN_AGENT))));

        assertEquals(
                List.of(new Action.RemoveNamesake(second), new Action.ForgetNamesake(second)),
                deeds(actions).subList(0, 2));
        assertEquals(
                1,
                actions.stream()
                        .filter(Action.SendRevocationMessage.class::isInstance)
                        .count());
        assertEquals(
                List.of(),
                actions.stream().filter(Action.ForgetVisitor.class::isInstance).toList());
        assertEquals(List.of(first), restarted.visitors());
    }

    @Test
    @DisplayName(
            "RFC 3543 §4.2.3.1: what the operator revokes is all that is registered under a home address, each with its home agent")
    void revokesBoth() {
        var second = revocable();
        var restarted = new ForeignAgent(policy(Asking.OFF));
        restarted.handle(new Event.Restored(NOW, List.of(first), List.of(second), List.of(), List.of()));

        var actions = restarted.handle(new Event.RevocationOrdered(NOW, HOME));
        var sent = restarted.handle(new Event.RevocationStored(NOW.plusSeconds(5000), second));

        assertEquals(
                List.of(new Action.StoreRevocation(second, true)),
                actions.stream()
                        .filter(Action.StoreRevocation.class::isInstance)
                        .toList());
        assertEquals(List.of(), restarted.visitors());
        assertEquals(
                List.of(OTHER_HOME_AGENT),
                sent.stream()
                        .filter(Action.SendRevocationMessage.class::isInstance)
                        .map(action -> ((Action.SendRevocationMessage) action).homeAgent())
                        .toList());
        var revocation = (Revocation) message(sent.stream()
                        .filter(Action.SendRevocationMessage.class::isInstance)
                        .map(action -> ((Action.SendRevocationMessage) action).message())
                        .findFirst()
                        .orElseThrow())
                .message();
        var acknowledgment = new RevocationAcknowledgment(0, 0, HOME, revocation.identifier(), List.of());
        var acknowledged = restarted.handle(new Event.RevocationMessageReceived(
                NOW.plusSeconds(5001), OTHER_HOME_AGENT, 434, message(Seal.encode(acknowledgment, FOR_FOREIGN_AGENT))));
        assertEquals(List.of(new Action.ForgetRevocation(second)), deeds(acknowledged));
        assertEquals(List.of(), restarted.revocations());
    }

    private static Policy policy(Asking asking) {
        return new Policy(
                CARE_OF,
                POLICY.links(),
                Map.of(),
                MAX_LIFETIME,
                5,
                10,
                DEFAULT_ENTERPRISE_NUMBER,
                false,
                Set.of(),
                Compatibility.RFC5944,
                Policy.ReservedBits.IGNORED,
                ReverseTunnel.OPTIONAL,
                true,
                Policy.Revocability.OPTIONAL,
                Advertising.ON_SOLICITATION,
                new NatTraversal(asking, Duration.ofSeconds(30)),
                Map.of(),
                Map.of(HOME_AGENT, List.of(FOREIGN_HOME), OTHER_HOME_AGENT, List.of(FOREIGN_HOME)));
    }

    private static RegistrationRequest second() {
        return withHomeAgent(request(), OTHER_HOME_AGENT);
    }

    private static RegistrationRequest renewal() {
        return asking(second(), 300, 1);
    }

    private static RegistrationRequest asking(RegistrationRequest like, int lifetime, int later) {
        var id = ID;
        for (int i = 0; i < later; i++) {
            id = id.next();
        }
        return withHomeAgent(Site.request(like.homeAddress(), lifetime, id), like.homeAgent());
    }

    /** From the second one's station. */
    private List<Action> ask(Instant at, RegistrationRequest request) {
        return agent.handle(requestReceived(at, OTHER_ORIGIN, sealed(request)));
    }

    private List<Action> accept(Instant at, RegistrationRequest request, int lifetime) {
        return agent.handle(accepted(at, request, lifetime));
    }

    private static Event accepted(Instant at, RegistrationRequest request, int lifetime) {
        return new Event.ReplyReceived(
                at, OTHER_HOME_AGENT, message(sealed(reply(request, ReplyCode.ACCEPTED, lifetime))));
    }

    private Visitor serveSecond() {
        ask(NOW, second());
        var second = installed(accept(NOW, second(), 200));
        agent.handle(new Event.VisitorInstalled(NOW, second));
        agent.handle(new Event.VisitorStored(NOW, second));
        return second;
    }

    private void deregisterFirst() {
        var leaving = asking(request(), 0, 3);
        agent.handle(requestReceived(NOW, sealed(leaving)));
        agent.handle(replyReceived(NOW, sealed(reply(leaving, ReplyCode.ACCEPTED, 0))));
    }

    private static Visitor revocable() {
        return new Visitor(
                HOME,
                LINK,
                OTHER_MAC,
                OTHER_HOME_AGENT,
                CARE_OF,
                Encapsulation.IPIP,
                true,
                Optional.empty(),
                asked(300),
                ID,
                NOW.plusSeconds(100_000),
                Optional.empty(),
                Optional.of(new RevocationTerms(1000, 1000, true)),
                Optional.empty());
    }

    private static Visitor installed(List<Action> actions) {
        return actions.stream()
                .filter(Action.InstallNamesake.class::isInstance)
                .map(action -> ((Action.InstallNamesake) action).visitor())
                .findFirst()
                .orElseThrow();
    }

    private static Optional<ReplyCode> code(List<Action> actions) {
        return denial(actions).map(RegistrationReply::code);
    }

    private static Optional<ReplyCode> error(List<Action> actions) {
        return denial(actions)
                .flatMap(reply -> reply.extension(ForeignAgentError.class))
                .map(ForeignAgentError::code);
    }

    private static Decoded.Message message(Octets octets) {
        return (Decoded.Message) RegistrationCodec.decode(octets);
    }
}
