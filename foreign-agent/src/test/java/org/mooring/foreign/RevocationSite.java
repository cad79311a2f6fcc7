package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.mooring.foreign.Site.*;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Policy.Compatibility;
import org.mooring.foreign.Policy.ReverseTunnel;
import org.mooring.foreign.Policy.Revocability;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.Revocation;
import org.mooring.protocol.wire.RevocationAcknowledgment;
import org.mooring.protocol.wire.RevocationMessage;
import org.mooring.protocol.wire.RevocationSupport;

/** A foreign agent that supports revocation, and a home agent that does, with a clock of its own (RFC 3543). */
abstract class RevocationSite {
    static final int PORT_OF_HOME_AGENT = 40_000;

    /** The home agent's clock is an hour ahead. */
    static final int OFFSET = 3600;

    ForeignAgent agent = new ForeignAgent(policy(Revocability.OPTIONAL, Advertising.ON_SOLICITATION));
    Identification id = ID;
    Instant now = NOW;

    /** What the agent wanted since this was cleared last. */
    final List<Action> done = new ArrayList<>();

    static Policy policy(Revocability revocation, Advertising advertising) {
        return policy(revocation, advertising, POLICY.homeAgents());
    }

    static Policy policy(
            Revocability revocation, Advertising advertising, Map<Ipv4Address, List<SecurityAssociation>> homeAgents) {
        return new Policy(
                CARE_OF,
                POLICY.links(),
                Map.of(),
                MAX_LIFETIME,
                5,
                10,
                POLICY.enterpriseNumber(),
                true,
                POLICY.encapsulations(),
                Compatibility.RFC5944,
                Policy.ReservedBits.IGNORED,
                ReverseTunnel.OPTIONAL,
                true,
                revocation,
                advertising,
                Policy.NatTraversal.NONE,
                POLICY.mobileNodes(),
                homeAgents);
    }

    int now() {
        return (int) now.getEpochSecond();
    }

    int nowAtHome() {
        return now() + OFFSET;
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    /** Has the kernel and the store do at once what they are asked. */
    void handle(Event event) {
        for (var action : agent.handle(event)) {
            done.add(action);
            if (action instanceof Action.InstallVisitor install) {
                handle(new Event.VisitorInstalled(now, install.visitor()));
            } else if (action instanceof Action.StoreVisitor store) {
                handle(new Event.VisitorStored(now, store.visitor()));
            } else if (action instanceof Action.ForgetVisitor forget) {
                handle(new Event.VisitorForgotten(now, forget.homeAddress()));
            } else if (action instanceof Action.StoreRevocation store) {
                handle(new Event.RevocationStored(now, store.visitor()));
            }
        }
    }

    RegistrationRequest ask(int lifetime, Extension... extensions) {
        id = id.next();
        var request = withExtensions(Site.request(HOME, lifetime, id), extensions);
        handle(requestReceived(now, sealed(request)));
        return request;
    }

    /** The home agent's answer, with what it says of revocation. */
    void answer(RegistrationRequest request, int lifetime, RevocationSupport... support) {
        var reply = Seal.encode(Site.reply(request, ReplyCode.ACCEPTED, lifetime), BY_HOME_AGENT);
        handle(replyReceived(
                now, FOR_FOREIGN_AGENT.appendTo(reply.concat(RegistrationCodec.encode(List.of(support))))));
    }

    void serve() {
        serve(300, true);
    }

    /** A visitor whose registration either agent can revoke. */
    void serve(int lifetime, boolean informs) {
        answer(ask(lifetime), lifetime, new RevocationSupport(informs, nowAtHome()));
        assertEquals(1, agent.visitors().size());
    }

    void revoke() {
        handle(new Event.RevocationOrdered(now, HOME));
    }

    void fire(Timer.Purpose purpose) {
        handle(new Event.TimerFired(now, new Timer(purpose, HOME)));
    }

    void receive(Octets message) {
        var decoded = assertInstanceOf(Decoded.Message.class, RegistrationCodec.decode(message));
        handle(new Event.RevocationMessageReceived(now, HOME_AGENT, PORT_OF_HOME_AGENT, decoded));
    }

    Octets revocationByHomeAgent(boolean informs) {
        return revocation(
                Revocation.FROM_HOME_AGENT | (informs ? Revocation.INFORM : 0), HOME_AGENT, nowAtHome(), FOREIGN_HOME);
    }

    static Octets revocation(int flags, Ipv4Address homeAgent, int identifier, SecurityAssociation association) {
        return Seal.encode(
                new Revocation(0, flags, HOME, homeAgent, CARE_OF, identifier, List.of()),
                new Seal(Kind.FOREIGN_HOME, association));
    }

    static Octets acknowledgment(int identifier, boolean informs) {
        return Seal.encode(
                new RevocationAcknowledgment(
                        0, informs ? RevocationAcknowledgment.INFORM : 0, HOME, identifier, List.of()),
                FOR_FOREIGN_AGENT);
    }

    <A extends Action> List<A> all(Class<A> kind) {
        return done.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** The only message that was sent to {@code port}, without its seal. Forgets all that was done. */
    <M extends RevocationMessage> M sent(Class<M> kind, int port) {
        var sent = all(Action.SendRevocationMessage.class);
        assertEquals(1, sent.size(), done::toString);
        assertEquals(HOME_AGENT, sent.get(0).homeAgent());
        assertEquals(port, sent.get(0).port());
        done.clear();
        var message = assertInstanceOf(
                Decoded.Message.class, RegistrationCodec.decode(sent.get(0).message()));
        assertEquals(new Verified.By(FOREIGN_HOME), Verifier.verify(message, Kind.FOREIGN_HOME, List.of(FOREIGN_HOME)));
        int seal = message.message().offsetOf(message.message().extensions().size() - 1);
        return assertInstanceOf(
                kind, ((Decoded.Message) RegistrationCodec.decode(message.wire().slice(0, seal))).message());
    }

    Revocation revocationSent() {
        return sent(Revocation.class, 434);
    }

    RevocationAcknowledgment acknowledgmentSent() {
        return sent(RevocationAcknowledgment.class, PORT_OF_HOME_AGENT);
    }

    /** The advertisement that told the mobile node, and nobody else, that it is not registered any more. */
    Optional<MobilityAgent> told() {
        return all(Action.Advertise.class).stream()
                .filter(advertise -> advertise.linkAddress().equals(Optional.of(MAC))
                        && advertise.destination().equals(HOME))
                .flatMap(advertise -> advertise.advertisement().extensions().stream())
                .filter(MobilityAgent.class::isInstance)
                .map(MobilityAgent.class::cast)
                .findFirst();
    }

    List<Fact.Discard> discards() {
        return all(Action.Report.class).stream()
                .map(Action.Report::fact)
                .filter(Fact.Discarded.class::isInstance)
                .map(fact -> ((Fact.Discarded) fact).reason())
                .toList();
    }

    List<Fact.VisitorLeft.Why> left() {
        return all(Action.Report.class).stream()
                .map(Action.Report::fact)
                .filter(Fact.VisitorLeft.class::isInstance)
                .map(fact -> ((Fact.VisitorLeft) fact).why())
                .toList();
    }

    RegistrationReply replyToVisitor() {
        var sent = all(Action.SendToVisitor.class);
        return (RegistrationReply) ((Decoded.Message)
                        RegistrationCodec.decode(sent.get(sent.size() - 1).message()))
                .message();
    }
}
