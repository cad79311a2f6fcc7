package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.foreign.Site.BY_HOME_AGENT;
import static org.mooring.foreign.Site.FOREIGN_HOME;
import static org.mooring.foreign.Site.FOR_FOREIGN_AGENT;
import static org.mooring.foreign.Site.HOME;
import static org.mooring.foreign.Site.HOME_AGENT;
import static org.mooring.foreign.Site.ID;
import static org.mooring.foreign.Site.LINK;
import static org.mooring.foreign.Site.NOW;
import static org.mooring.foreign.Site.deeds;
import static org.mooring.foreign.Site.denial;
import static org.mooring.foreign.Site.facts;
import static org.mooring.foreign.Site.policy;
import static org.mooring.foreign.Site.replyReceived;
import static org.mooring.foreign.Site.request;
import static org.mooring.foreign.Site.requestReceived;
import static org.mooring.foreign.Site.sealed;
import static org.mooring.foreign.Site.toVisitor;
import static org.mooring.foreign.Site.withExtensions;
import static org.mooring.foreign.Site.withFlags;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.foreign.Event.Timer;
import org.mooring.foreign.Policy.NatTraversal.Asking;
import org.mooring.protocol.nat.EchoPacket;
import org.mooring.protocol.nat.EchoPacket.Kind;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.UdpTunnelReply;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.TunnelData;
import org.mooring.protocol.wire.UdpTunnelRequest;

@DisplayName("RFC 3519 §4.5 Foreign Agent Considerations")
class Rfc3519Section4_5Test {
    private static final Duration K = Duration.ofSeconds(110);
    private static final Timer KEEPALIVE = new Timer(Timer.Purpose.KEEPALIVE, HOME);
    private static final UdpTunnelReply ASSENT = UdpTunnelReply.assenting(false, 110);

    private ForeignAgent agent = new ForeignAgent(policy(Asking.AUTO, K));

    @ParameterizedTest
    @DisplayName("asks behind the mobile node's part and under the foreign-home extension, which covers it")
    @CsvSource({"AUTO,0", "BEHIND_NAT,0", "FORCE,128"})
    void asks(Asking asking, int flags) {
        agent = new ForeignAgent(policy(asking, K));
        var message = relayed(request());
        var extensions = message.message().extensions();
        assertEquals(3, extensions.size(), extensions::toString);
        assertEquals(
                Authentication.Kind.MOBILE_HOME,
                assertInstanceOf(Authentication.class, extensions.get(0)).kind());
        assertEquals(new UdpTunnelRequest(flags, 0), extensions.get(1));
        assertEquals(
                new Verified.By(FOREIGN_HOME),
                Verifier.verify(message, Authentication.Kind.FOREIGN_HOME, List.of(FOREIGN_HOME)));
    }

    @Test
    @DisplayName("asks for nothing if it is off, or ends something")
    void asksForNothing() {
        agent = new ForeignAgent(policy(Asking.OFF, K));
        assertEquals(Optional.empty(), asked(relayed(request())));
        agent = new ForeignAgent(policy(Asking.FORCE, K));
        assertEquals(Optional.empty(), asked(relayed(request(HOME, 0, ID))));
    }

    @Test
    @DisplayName(
            "the mobile node's own, with a co-located care-of address, is passed on, and none is added: the tunnel would come here")
    void passesOnTheMobileNodesOwn() {
        var own = new UdpTunnelRequest(UdpTunnelRequest.REGISTERED_THROUGH_FOREIGN_AGENT, 0);
        var coLocated = withExtensions(
                withFlags(request(), Flags.DECAPSULATION_BY_MOBILE_NODE.plus(Flags.REVERSE_TUNNELING)), own);
        assertEquals(
                List.of(own),
                relayed(coLocated).message().extensions().stream()
                        .filter(UdpTunnelRequest.class::isInstance)
                        .toList());
        assertEquals(Optional.empty(), asked(relayed(withExtensions(coLocated))));

        var reply = new RegistrationReply(
                ReplyCode.ACCEPTED, 60, HOME, HOME_AGENT, request().identification(), List.of(ASSENT));
        var actions = agent.handle(replyReceived(NOW, sealed(reply)));
        assertTrue(actions.contains(toVisitor(Seal.encode(reply, BY_HOME_AGENT))));
    }

    @Test
    @DisplayName("follows what is said to it: the tunnel is carried in UDP, and the mobile node hears nothing of it")
    void followsAnAssent() {
        var visitor = served(ASSENT).orElseThrow();
        assertEquals(Optional.of(new UdpTunnel(K, false)), visitor.udpTunnel());
        var accepted = Site.reply(request(), ReplyCode.ACCEPTED, 300);
        var actions = agent.handle(new Event.VisitorStored(NOW, visitor));
        assertEquals(List.of(toVisitor(Seal.encode(accepted, BY_HOME_AGENT))), deeds(actions));
    }

    @ParameterizedTest
    @DisplayName("§4.4: without an assent there is no UDP tunnel, be it forced")
    @EnumSource(Asking.class)
    void tunnelsInIpWithoutAnAssent(Asking asking) {
        for (var said : List.of(List.<Extension>of(), List.<Extension>of(UdpTunnelReply.declining()))) {
            agent = new ForeignAgent(policy(asking, K));
            assertEquals(
                    Optional.empty(),
                    served(said.toArray(Extension[]::new)).orElseThrow().udpTunnel());
        }
    }

    @Test
    @DisplayName("an assent that nobody asked for, or that is for the mobile node, is not followed")
    void followsNoOthersAssent() {
        agent = new ForeignAgent(policy(Asking.OFF, K));
        assertEquals(Optional.empty(), served(ASSENT).orElseThrow().udpTunnel());
        agent = new ForeignAgent(policy(Asking.AUTO, K));
        agent.handle(requestReceived(NOW, sealed(request())));
        var forMobileNode = new RegistrationReply(
                ReplyCode.ACCEPTED, 60, HOME, HOME_AGENT, request().identification(), List.of(ASSENT));
        var installed = installed(
                agent.handle(replyReceived(NOW, Seal.encode(forMobileNode, BY_HOME_AGENT, FOR_FOREIGN_AGENT))));
        assertEquals(Optional.empty(), installed.orElseThrow().udpTunnel());
    }

    @Test
    @DisplayName("an assent that was not covered by the foreign-home extension is a reply that fails authentication")
    void followsNoForgery() {
        agent.handle(requestReceived(NOW, sealed(request())));
        var forged = Seal.encode(Site.reply(request(), ReplyCode.ACCEPTED, 300), BY_HOME_AGENT, FOR_FOREIGN_AGENT)
                .concat(RegistrationCodec.encode(List.of(ASSENT)));
        assertEquals(
                Optional.empty(),
                installed(agent.handle(replyReceived(NOW, forged))).flatMap(Visitor::udpTunnel));
    }

    @Test
    @DisplayName("§4.9: sends keepalives as the mobile node's, each K seconds, from when the registration is answered")
    void sendsKeepalives() {
        var installed = serve(ASSENT, NOW);
        assertEquals(NOW.plus(K), armed(installed));
        var sent = keepalives(agent.handle(new Event.TimerFired(NOW.plus(K), KEEPALIVE)));
        assertEquals(List.of(new EchoPacket(Kind.REQUEST, HOME, HOME_AGENT, 434, 1, Octets.EMPTY)), sent);
        Instant answered = NOW.plus(K).plusMillis(30);
        assertEquals(answered.plus(K), armed(answer(sent.get(0), answered)));
    }

    @Test
    @DisplayName("§4.9: what the home agent suggests is bounded by what is configured")
    void sendsThemMoreOftenThanSuggested() {
        agent = new ForeignAgent(policy(Asking.AUTO, Duration.ofSeconds(25)));
        assertEquals(NOW.plusSeconds(25), armed(serve(ASSENT, NOW)));
    }

    @Test
    @DisplayName("§4.9: a renewal is traffic, too")
    void waitsFromARenewalOn() {
        serve(ASSENT, NOW);
        assertEquals(NOW.plusSeconds(30).plus(K), armed(serve(ASSENT, NOW.plusSeconds(30))));
        assertEquals(List.of(), keepalives(agent.handle(new Event.TimerFired(NOW.plus(K), KEEPALIVE))));
    }

    @Test
    @DisplayName(
            "§4.10: a foreign agent can't register anew; it says that the mapping is lost, and that it is there again")
    void tellsThatTheMappingIsLost() {
        Instant due = armed(serve(ASSENT, NOW));
        var told = new ArrayList<Fact>();
        var sent = new ArrayList<EchoPacket>();
        for (int i = 0; i < 6; i++) {
            var actions = agent.handle(new Event.TimerFired(due, KEEPALIVE));
            told.addAll(facts(actions));
            sent.addAll(keepalives(actions));
            due = armed(actions);
        }
        assertEquals(List.of(new Fact.KeepalivesUnanswered(HOME)), told);
        assertEquals(5, sent.size());
        assertEquals(List.of(new Fact.KeepalivesAnswered(HOME)), facts(answer(sent.get(4), due)));
    }

    @Test
    @DisplayName("no keepalives for a visitor that has left, or whose tunnel is an ordinary one by now")
    void endsWithTheTunnel() {
        serve(ASSENT, NOW);
        serve(UdpTunnelReply.declining(), NOW.plusSeconds(30));
        assertEquals(List.of(), deeds(agent.handle(new Event.TimerFired(NOW.plus(K), KEEPALIVE))));

        serve(ASSENT, NOW.plusSeconds(60));
        agent.handle(new Event.TimerFired(NOW.plusSeconds(360), new Timer(Timer.Purpose.VISITOR, HOME)));
        assertEquals(List.of(), deeds(agent.handle(new Event.TimerFired(NOW.plusSeconds(360), KEEPALIVE))));
    }

    @Test
    @DisplayName("after a restart the first keepalive is sent at once: the NAT may have forgotten all")
    void sendsOneAfterARestart() {
        serve(ASSENT, NOW);
        var visitor = agent.visitors().get(0);
        agent = new ForeignAgent(policy(Asking.AUTO, K));
        Instant restarted = NOW.plusSeconds(20);
        assertEquals(restarted, armed(agent.handle(new Event.Restored(restarted, List.of(visitor)))));
        assertEquals(
                1,
                keepalives(agent.handle(new Event.TimerFired(restarted, KEEPALIVE)))
                        .size());
    }

    @Test
    @DisplayName("§4.3: other tunnel data is discarded")
    void discardsOtherTunnelData() {
        serve(ASSENT, NOW);
        var echo = keepalives(agent.handle(new Event.TimerFired(NOW.plus(K), KEEPALIVE)))
                .get(0);
        var others = List.of(
                echo.encode(),
                new TunnelData(TunnelData.GRE, 0, echo.reply().encode().packet()),
                new EchoPacket(Kind.REPLY, HOME_AGENT, Ipv4Address.of("10.1.0.77"), 434, 1, Octets.EMPTY).encode());
        for (var other : others) {
            assertEquals(
                    List.of(new Fact.Discarded(HOME_AGENT.toString(), Fact.Discard.TUNNEL_DATA)),
                    facts(agent.handle(new Event.TunnelDataReceived(NOW.plus(K), HOME_AGENT, other))));
        }
    }

    @ParameterizedTest
    @DisplayName("§3.4: U is advertised by who is known to be behind a NAT, and by nobody else")
    @EnumSource(Asking.class)
    void advertisesU(Asking asking) {
        agent = new ForeignAgent(policy(asking, K));
        var flags = agent.handle(new Event.AdvertisementDue(NOW, LINK)).stream()
                .filter(Action.Advertise.class::isInstance)
                .map(action -> ((Action.Advertise) action)
                        .advertisement()
                        .mobilityAgent()
                        .orElseThrow()
                        .flags())
                .findFirst()
                .orElseThrow();
        assertEquals(asking == Asking.BEHIND_NAT, (flags & MobilityAgent.UDP_TUNNELING) != 0);
    }

    @ParameterizedTest
    @DisplayName("§4.5: behind a NAT, who asks for no reverse tunnel is denied with code 75; a deregistration is not")
    @CsvSource({"BEHIND_NAT,300,75", "BEHIND_NAT,0,", "AUTO,300,", "FORCE,300,"})
    void requiresAReverseTunnel(Asking asking, int lifetime, Integer code) {
        agent = new ForeignAgent(policy(asking, K));
        var actions = agent.handle(requestReceived(NOW, sealed(withFlags(request(HOME, lifetime, ID), Flags.NONE))));
        assertEquals(
                Optional.ofNullable(code),
                denial(actions).map(reply -> reply.code().value()));
    }

    /** What is sent to the home agent for {@code request}. */
    private Decoded.Message relayed(RegistrationRequest request) {
        return agent.handle(requestReceived(NOW, sealed(request))).stream()
                .filter(Action.RelayToHomeAgent.class::isInstance)
                .map(action -> RegistrationCodec.decode(((Action.RelayToHomeAgent) action).message()))
                .map(Decoded.Message.class::cast)
                .findFirst()
                .orElseThrow();
    }

    private static Optional<Extension> asked(Decoded.Message relayed) {
        return relayed.message().extensions().stream()
                .filter(UdpTunnelRequest.class::isInstance)
                .findFirst();
    }

    /** The visitor whose registration is accepted with these extensions for the foreign agent; the kernel has it, the store not yet. */
    private Optional<Visitor> served(Extension... forForeignAgent) {
        agent.handle(requestReceived(NOW, sealed(request())));
        var visitor = installed(agent.handle(replyReceived(NOW, accepted(request(), forForeignAgent))));
        visitor.ifPresent(served -> agent.handle(new Event.VisitorInstalled(NOW, served)));
        return visitor;
    }

    /** Registers the mobile node at {@code at}, wholly. What was done when the kernel had it. */
    private List<Action> serve(UdpTunnelReply said, Instant at) {
        var request = request(HOME, 300, Identification.of(at));
        agent.handle(requestReceived(at, sealed(request)));
        var visitor = installed(agent.handle(replyReceived(at, accepted(request, said))))
                .orElseThrow();
        var actions = agent.handle(new Event.VisitorInstalled(at, visitor));
        agent.handle(new Event.VisitorStored(at, visitor));
        return actions;
    }

    private static Octets accepted(RegistrationRequest request, Extension... forForeignAgent) {
        return FOR_FOREIGN_AGENT.appendTo(Seal.encode(Site.reply(request, ReplyCode.ACCEPTED, 300), BY_HOME_AGENT)
                .concat(RegistrationCodec.encode(List.of(forForeignAgent))));
    }

    private static Optional<Visitor> installed(List<Action> actions) {
        return actions.stream()
                .filter(Action.InstallVisitor.class::isInstance)
                .map(action -> ((Action.InstallVisitor) action).visitor())
                .findFirst();
    }

    private List<Action> answer(EchoPacket keepalive, Instant at) {
        return agent.handle(
                new Event.TunnelDataReceived(at, HOME_AGENT, keepalive.reply().encode()));
    }

    /** When the next keepalive is due. */
    private static Instant armed(List<Action> actions) {
        return actions.stream()
                .filter(action ->
                        action instanceof Action.ArmTimer armed && armed.timer().equals(KEEPALIVE))
                .map(action -> ((Action.ArmTimer) action).at())
                .reduce((first, last) -> last)
                .orElseThrow();
    }

    private static List<EchoPacket> keepalives(List<Action> actions) {
        return actions.stream()
                .filter(Action.SendKeepalive.class::isInstance)
                .map(Action.SendKeepalive.class::cast)
                .peek(sent -> assertEquals(HOME_AGENT, sent.homeAgent()))
                .map(sent -> TunnelData.decode(sent.message())
                        .flatMap(EchoPacket::decode)
                        .orElseThrow())
                .toList();
    }
}
