package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.foreign.Site.*;
import static org.mooring.protocol.handover.HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.foreign.Policy.Compatibility;
import org.mooring.foreign.Policy.NatTraversal;
import org.mooring.foreign.Policy.ReverseTunnel;
import org.mooring.protocol.revocation.RevocationTerms;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.ForeignAgentError;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.RevocationSupport;

@DisplayName("RFC 4636 Foreign Agent Error Extension for Mobile IPv4")
class Rfc4636Test {
    private static final Octets ERROR =
            RegistrationCodec.encode(List.of(new ForeignAgentError(ReplyCode.FA_INSUFFICIENT_RESOURCES)));

    private final Seal byForeignAgent = new Seal(Kind.MOBILE_FOREIGN, MOBILE_FOREIGN);

    @Test
    @DisplayName("§4: what the home agent has accepted and we refuse goes on as it is, with why")
    void leavesTheReplyAsItIs() {
        var agent = new ForeignAgent(POLICY);
        var visitor = accepted(agent, request());

        var refused = agent.handle(new Event.VisitorNotInstalled(NOW, visitor, "no memory"));

        assertEquals(
                List.of(toVisitor(Seal.encode(reply(request(), ReplyCode.ACCEPTED, 300), BY_HOME_AGENT)
                        .concat(ERROR))),
                deeds(refused));
        assertEquals(List.of(), agent.visitors());
        assertEquals("2d020042", ERROR.toString());
    }

    @Test
    @DisplayName("where there is an association, it covers the error as well")
    void isAuthenticated() {
        var agent = new ForeignAgent(with(Compatibility.RFC5944, Policy.Revocability.REFUSED, true));
        agent.handle(requestReceived(NOW, Seal.encode(request(), BY_MOBILE_NODE, byForeignAgent)));
        var installing = agent.handle(replyReceived(NOW, sealed(reply(request(), ReplyCode.ACCEPTED, 300))));

        var refused = agent.handle(new Event.VisitorNotInstalled(NOW, installed(installing), "no memory"));

        assertEquals(
                List.of(toVisitor(
                        byForeignAgent.appendTo(Seal.encode(reply(request(), ReplyCode.ACCEPTED, 300), BY_HOME_AGENT)
                                .concat(ERROR)))),
                deeds(refused));
    }

    @Test
    @DisplayName("before RFC 5944, a denial takes the reply's place")
    void asRfc3344HasIt() {
        var agent = old();
        var visitor = accepted(agent, request());

        var refused = agent.handle(new Event.VisitorNotInstalled(NOW, visitor, "no memory"));

        assertEquals(
                reply(request(), ReplyCode.FA_INSUFFICIENT_RESOURCES, 300),
                denial(refused).orElseThrow());
    }

    @Test
    @DisplayName("who is served already, and stays so, is denied its renewal")
    void deniesARenewal() {
        var agent = new ForeignAgent(POLICY);
        serve(agent, NOW, request(), 300);
        var renewal = request(HOME, 300, ID.next());
        var visitor = accepted(agent, renewal);

        var refused = agent.handle(new Event.VisitorNotInstalled(NOW, visitor, "no memory"));

        assertEquals(
                reply(renewal, ReplyCode.FA_INSUFFICIENT_RESOURCES, 300),
                denial(refused).orElseThrow());
        assertEquals(1, agent.visitors().size());
    }

    @Test
    @DisplayName("§6: the home agent is told by a revocation, if the two have agreed on that")
    void revokes() {
        var agent = new ForeignAgent(with(Compatibility.RFC5944, Policy.Revocability.OPTIONAL, false));
        agent.handle(requestReceived(NOW, sealed(request())));
        var support = RegistrationCodec.encode(List.of(new RevocationSupport(true, 1000)));
        var reply = FOR_FOREIGN_AGENT.appendTo(Seal.encode(reply(request(), ReplyCode.ACCEPTED, 300), BY_HOME_AGENT)
                .concat(support));
        var visitor = installed(agent.handle(replyReceived(NOW, reply)));

        var refused = agent.handle(new Event.VisitorNotInstalled(NOW, visitor, "no memory"));

        assertEquals(1000, visitor.revocation().map(RevocationTerms::heard).orElseThrow());
        assertEquals(new Action.StoreRevocation(visitor), deeds(refused).get(1));
    }

    @Test
    @DisplayName("§6: without that, it is not")
    void revokesNothing() {
        var agent = new ForeignAgent(POLICY);
        var visitor = accepted(agent, request());

        var refused = agent.handle(new Event.VisitorNotInstalled(NOW, visitor, "no memory"));

        assertEquals(1, deeds(refused).size());
    }

    private static Visitor accepted(ForeignAgent agent, RegistrationRequest request) {
        agent.handle(requestReceived(NOW, sealed(request)));
        return installed(agent.handle(replyReceived(NOW, sealed(reply(request, ReplyCode.ACCEPTED, 300)))));
    }

    private static Visitor installed(List<Action> actions) {
        return actions.stream()
                .filter(Action.InstallVisitor.class::isInstance)
                .map(action -> ((Action.InstallVisitor) action).visitor())
                .findFirst()
                .orElseThrow();
    }

    private static Policy with(Compatibility compatibility, Policy.Revocability revocation, boolean acquainted) {
        return new Policy(
                CARE_OF,
                POLICY.links(),
                Map.of(),
                MAX_LIFETIME,
                5,
                10,
                DEFAULT_ENTERPRISE_NUMBER,
                true,
                Set.of(),
                compatibility,
                Policy.ReservedBits.IGNORED,
                ReverseTunnel.OPTIONAL,
                true,
                revocation,
                Advertising.ON_SOLICITATION,
                NatTraversal.NONE,
                acquainted ? Map.of(HOME, List.of(MOBILE_FOREIGN)) : Map.of(),
                POLICY.homeAgents());
    }
}
