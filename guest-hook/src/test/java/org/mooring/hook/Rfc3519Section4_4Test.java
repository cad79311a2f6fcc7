package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.datapath.Encapsulation;
import org.mooring.hook.Action.Agent;
import org.mooring.hook.Action.Forward;
import org.mooring.hook.Action.SendKeepalive;
import org.mooring.hook.Action.SendRequest;
import org.mooring.hook.Action.Sender;
import org.mooring.hook.NatTraversal.Asking;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.nat.EchoPacket;
import org.mooring.protocol.nat.EchoPacket.Kind;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.UdpTunnelReply;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.TunnelData;
import org.mooring.protocol.wire.UdpTunnelRequest;

@DisplayName("RFC 3519 §4.4 Mobile Node Considerations")
class Rfc3519Section4_4Test {
    private static final Duration K = Duration.ofSeconds(110);
    private static final UdpTunnelReply ASSENT = UdpTunnelReply.assenting(false, 110);
    private static final Forwarding IN_IP = new Forwarding.Install(Encapsulation.IPIP, Optional.empty());
    private static final Forwarding IN_UDP = new Forwarding.Install(Encapsulation.UDP, Optional.empty());

    /** An agent of the link that wants everybody registered through it, and that is behind a NAT. */
    private static final Advertised REQUIRING = Advertised.by("10.2.0.2", 7, "198.51.100.2")
            .with(MobilityAgent.REGISTRATION_REQUIRED)
            .with(MobilityAgent.UDP_TUNNELING);

    private Scene scene = scene(Asking.AUTO);

    @ParameterizedTest
    @DisplayName(
            "M19: asks under the mobile-home authentication, with D and T, if a care-of address of its own is registered")
    @CsvSource({"AUTO,0", "FORCE,128"})
    void asks(Asking asking, int flags) {
        scene = scene(asking);
        scene.happens(Happening.RUNNING);
        SendRequest request = scene.request();
        assertEquals(Sender.CARE_OF_ADDRESS, request.sender());
        assertTrue(request.request().flags().decapsulationByMobileNode());
        assertTrue(request.request().flags().reverseTunneling());
        assertEquals(Optional.of(new UdpTunnelRequest(flags, 0)), asked(request));
        assertEquals(
                List.of(Authentication.Kind.MOBILE_HOME),
                request.seals().stream().map(Seal::kind).toList(),
                "the seal comes behind it");
    }

    @Test
    @DisplayName("M19: never with a foreign agent's care-of address, nor at home")
    void asksNobodyElse() {
        for (Scene other : List.of(Scene.visiting(), Scene.home(), scene(Asking.OFF))) {
            other.happens(Happening.RUNNING);
            assertEquals(Optional.empty(), asked(other.request()));
        }
    }

    @Test
    void aDeregistrationAsksForNothing() {
        registered(ASSENT);
        scene.happensLater(Happening.ENDED);
        assertEquals(0, scene.request().request().lifetime());
        assertEquals(Optional.empty(), asked(scene.request()));
    }

    @Test
    @DisplayName("with an assent the tunnel is carried in UDP, and stays so")
    void followsAnAssent() {
        registered(ASSENT);
        assertEquals(List.of(IN_UDP), forwards());
        assertEquals(Optional.of(new UdpTunnel(K, false)), scene.status().udpTunnel());
        scene.fire(Timer.REGISTRATION);
        answer(scene.request(), ASSENT);
        assertEquals(List.of(), forwards(), "nothing changes");
    }

    @ParameterizedTest
    @DisplayName(
            "M19: a success without the extension, or with a declining one, leaves the tunnel in IP, be UDP forced")
    @EnumSource(Asking.class)
    void tunnelsInIpWithoutAnAssent(Asking asking) {
        scene = scene(asking);
        registered();
        assertEquals(List.of(), forwards());
        scene.fire(Timer.REGISTRATION);
        answer(scene.request(), UdpTunnelReply.declining());
        assertEquals(List.of(), forwards());
        assertEquals(Optional.empty(), scene.status().udpTunnel());
    }

    @Test
    @DisplayName("each reply decides: who leaves its NAT goes back to IP")
    void followsEachReply() {
        registered(ASSENT);
        scene.fire(Timer.REGISTRATION);
        answer(scene.request(), UdpTunnelReply.declining());
        assertEquals(List.of(IN_IP), forwards());
        assertFalse(scene.due(Timer.KEEPALIVE).isPresent());
    }

    @Test
    @DisplayName("what is behind the mobile-home authentication is not the home agent's word")
    void followsNoForgery() {
        scene.happens(Happening.RUNNING);
        SendRequest request = scene.request();
        var reply = Scene.reply(request, 0, 300, request.request().identification());
        var octets = Seal.encode(reply, Scene.homeSeal()).concat(RegistrationCodec.encode(List.of(ASSENT)));
        scene.handle(new Event.ReplyReceived(scene.now(), RegistrationCodec.decode(octets)));
        assertEquals("accepted", scene.status().registration());
        assertEquals(List.of(), forwards());
    }

    @Test
    @DisplayName("an assent that nobody asked for is not followed")
    void followsNoAssentUnasked() {
        scene = scene(Asking.OFF);
        registered(ASSENT);
        assertEquals(List.of(), forwards());
    }

    @Test
    @DisplayName("§4.9: keepalives go to the home agent as the guest's, each K seconds without a registration")
    void sendsKeepalives() {
        registered(ASSENT, 0xffff);
        assertEquals(scene.now().plus(K), scene.due(Timer.KEEPALIVE).orElseThrow());
        scene.fire(Timer.KEEPALIVE);
        EchoPacket sent = keepalive();
        assertEquals(new EchoPacket(Kind.REQUEST, Scene.HOME_ADDRESS, Scene.HOME_AGENT, 434, 1, Octets.EMPTY), sent);
        scene.wait(Scene.ROUND_TRIP);
        hear(sent.reply());
        assertEquals(scene.now().plus(K), scene.due(Timer.KEEPALIVE).orElseThrow());
    }

    @Test
    @DisplayName("§4.9: a registration is as good as a keepalive")
    void aRenewalPutsOffTheKeepalive() {
        registered(ASSENT, 200);
        scene.fire(Timer.REGISTRATION);
        answer(scene.request(), ASSENT);
        assertEquals(scene.now().plus(K), scene.due(Timer.KEEPALIVE).orElseThrow());
    }

    @Test
    @DisplayName(
            "§4.10: if nobody answers the guest is registered anew, and from then on twice as many keepalives are sent")
    void registersAnewIfTheMappingIsLost() {
        registered(ASSENT, 0xffff);
        List<SendKeepalive> sent = lose();
        assertEquals(4, sent.size());
        SendRequest again = scene.request();
        assertEquals(RequestKind.REGISTRATION, again.kind());
        assertTrue(scene.facts().get(0).line().contains("keepalive=55s"), scene.facts()::toString);
        answer(again, ASSENT);
        assertEquals(scene.now().plusSeconds(55), scene.due(Timer.KEEPALIVE).orElseThrow());
        assertTrue(scene.facts().contains(Fact.keepalivesAnswered(scene.guest())), scene.facts()::toString);
    }

    @Test
    @DisplayName("§4.10: never less than 10 seconds apart, however often it is lost")
    void doesNotSendThemTooOften() {
        registered(ASSENT, 0xffff);
        for (int i = 0; i < 6; i++) {
            lose();
            answer(scene.request(), ASSENT);
        }
        assertEquals(scene.now().plusSeconds(10), scene.due(Timer.KEEPALIVE).orElseThrow());
    }

    @Test
    @DisplayName("§4.10: a guest that comes again begins with the home agent's interval: this may be another NAT")
    void forgetsWhatItHasLearntOfTheNat() {
        registered(ASSENT, 0xffff);
        lose();
        answer(scene.request(), ASSENT);
        scene.happensLater(Happening.ENDED);
        scene.wait(Duration.ofSeconds(1));
        registered(ASSENT, 0xffff);
        assertEquals(scene.now().plus(K), scene.due(Timer.KEEPALIVE).orElseThrow());
    }

    @Test
    @DisplayName("RFC 5563 §4.4: a guest that stops for its migration is kept alive by nobody here")
    void sendsNoneForAGuestThatHasStopped() {
        registered(ASSENT, 0xffff);
        Instant due = scene.due(Timer.KEEPALIVE).orElseThrow();
        scene.happens(Happening.MIGRATION_STARTED, Happening.STOPPED);
        scene.handle(new Event.TimerFired(due, Scene.NAME, Timer.KEEPALIVE));
        assertEquals(List.of(), keepalives());
    }

    @Test
    @DisplayName("§4.3: other tunnel data changes nothing")
    void ignoresOtherTunnelData() {
        registered(ASSENT, 0xffff);
        scene.fire(Timer.KEEPALIVE);
        EchoPacket sent = keepalive();
        hear(new EchoPacket(Kind.REPLY, Ipv4Address.of("192.0.2.9"), Scene.HOME_ADDRESS, 434, 1, Octets.EMPTY));
        assertEquals(List.of(), scene.lastActions());
        hear(new EchoPacket(Kind.REPLY, Scene.HOME_AGENT, Ipv4Address.of("10.1.0.99"), 434, 1, Octets.EMPTY));
        assertEquals(List.of(), scene.lastActions());
        scene.handle(new Event.TunnelDataReceived(
                scene.now(),
                new TunnelData(TunnelData.MINIMAL, 0, sent.reply().encode().packet())));
        assertEquals(List.of(), scene.lastActions());
    }

    @Test
    @DisplayName("docs/handover.md: what is prepared here is prepared in UDP, if the home agent assents")
    void stagesInUdp() {
        scene.happens(Happening.ARRIVING);
        SendRequest prepare = scene.request();
        assertEquals(Optional.of(new UdpTunnelRequest(0, 0)), asked(prepare));
        var id = Scene.said(prepare, Prepare.class).orElseThrow().id();
        var previous = Ipv4Address.of("203.0.113.7");
        reply(
                prepare,
                60,
                List.of(ASSENT),
                new Staged(id, Ipv4Address.of("198.51.100.99"), 60),
                new Previous(previous));
        Forwarding stage = new Forwarding.Stage(Encapsulation.UDP, Optional.of(previous), EnumSet.allOf(Room.class));
        assertEquals(List.of(stage), forwards());
        scene.handle(new Event.Forwarded(scene.now(), Scene.NAME, stage, Optional.empty()));
        scene.happens(Happening.RUNNING);
        assertEquals(
                List.of(new Forwarding.Install(Encapsulation.UDP, Optional.of(previous))),
                forwards(),
                "the registration's reply is not waited for");
        answer(scene.request(), ASSENT);
        assertEquals(List.of(), forwards());
    }

    @ParameterizedTest
    @DisplayName(
            "M19, §3.1.2: through a foreign agent that requires that (R) and is behind a NAT (U): R, and F if UDP is forced; a keepalive follows each acceptance at once")
    @CsvSource({"AUTO,64", "FORCE,192"})
    void throughAnAgentBehindANatItAsksWithR(Asking asking, int flags) {
        scene = among(asking, REQUIRING);
        scene.happens(Happening.RUNNING);
        SendRequest request = scene.request();
        assertEquals(Agent.FOREIGN_AGENT, request.to());
        assertEquals(Scene.HOST, request.request().careOfAddress());
        assertTrue(request.request().flags().decapsulationByMobileNode());
        assertTrue(request.request().flags().reverseTunneling());
        assertEquals(Optional.of(new UdpTunnelRequest(flags, 0)), asked(request));
        answer(request, ASSENT);
        assertEquals(List.of(IN_UDP), forwards());
        EchoPacket first = keepalive();
        assertEquals(new EchoPacket(Kind.REQUEST, Scene.HOME_ADDRESS, Scene.HOME_AGENT, 434, 1, Octets.EMPTY), first);
        scene.wait(Scene.ROUND_TRIP);
        hear(first.reply());
        assertEquals(scene.now().plus(K), scene.due(Timer.KEEPALIVE).orElseThrow());

        // As if it had never been heard, the home agent waits for the next one (§4.6).
        scene.happensLater(Happening.MIGRATION_STARTED);
        assertEquals(RequestKind.ARM, scene.request().kind());
        assertEquals(Optional.of(new UdpTunnelRequest(flags, 0)), asked(scene.request()));
        answer(scene.request(), ASSENT);
        assertEquals(2, keepalive().sequence());
    }

    @Test
    @DisplayName("§4.10: the first keepalive is sent again until it is answered")
    void theFirstKeepaliveIsSentAgain() {
        scene = among(Asking.AUTO, REQUIRING);
        registered(ASSENT);
        for (int i = 2; i <= 4; i++) {
            scene.fire(Timer.KEEPALIVE);
            assertEquals(i, keepalive().sequence());
        }
        scene.fire(Timer.KEEPALIVE);
        assertEquals(RequestKind.REGISTRATION, scene.request().kind());
    }

    @ParameterizedTest
    @DisplayName("M19: through one that isn't behind a NAT (no U) it never asks for a UDP tunnel, and has none")
    @EnumSource(Asking.class)
    void throughAnAgentWithoutUItAsksForNothing(Asking asking) {
        scene = among(asking, REQUIRING.without(MobilityAgent.UDP_TUNNELING));
        scene.happens(Happening.RUNNING);
        SendRequest request = scene.request();
        assertEquals(Agent.FOREIGN_AGENT, request.to());
        assertTrue(request.request().flags().decapsulationByMobileNode());
        assertEquals(Optional.empty(), asked(request));
        answer(request, ASSENT);
        assertEquals("accepted", scene.status().registration());
        assertEquals(List.of(), forwards());
        assertEquals(List.of(), keepalives());
        assertEquals(Optional.empty(), scene.due(Timer.KEEPALIVE));
    }

    @Test
    @DisplayName("nor where it is configured not to, whatever the agent says")
    void throughAnAgentBehindANatItAsksForNothingThatIsOff() {
        scene = among(Asking.OFF, REQUIRING);
        registered(ASSENT);
        assertEquals(List.of(), forwards());
        assertEquals(List.of(), keepalives());
    }

    @Test
    @DisplayName("U alone changes nothing: it registers straight with its home agent, which sees where from")
    void straightWithItsHomeAgentItAsksWithoutR() {
        scene = among(Asking.AUTO, REQUIRING.without(MobilityAgent.REGISTRATION_REQUIRED));
        registered(ASSENT);
        assertEquals(List.of(), keepalives());
        assertEquals(scene.now().plus(K), scene.due(Timer.KEEPALIVE).orElseThrow());
    }

    @Test
    @DisplayName("a home agent that declines waits for no keepalive")
    void throughAnAgentNoKeepaliveFollowsADecliningReply() {
        scene = among(Asking.AUTO, REQUIRING);
        registered(UdpTunnelReply.declining());
        assertEquals(List.of(), keepalives());
        assertEquals(List.of(), forwards());
    }

    @Test
    @DisplayName("the check of a guest that runs here is a renewal: the home agent waits for a keepalive again")
    void aKeepaliveFollowsACheckOfAGuestThatRuns() {
        scene = among(Asking.AUTO, REQUIRING);
        registered(ASSENT);
        scene.wait(Duration.ofSeconds(2));
        scene.handle(new Event.CheckRequested(scene.now(), Scene.NAME));
        assertEquals(Optional.of(new UdpTunnelRequest(64, 0)), asked(scene.request()));
        answer(scene.request(), ASSENT);
        assertEquals(2, keepalive().sequence());
        assertTrue(scene.checked().isPresent());
    }

    @Test
    @DisplayName("docs/handover.md: what only a keepalive completes can't be prepared")
    void throughAnAgentBehindANatNothingIsPrepared() {
        scene = among(Asking.AUTO, REQUIRING);
        scene.happens(Happening.ARRIVING);
        assertEquals(List.of(), scene.requests());
        assertEquals(
                PreparationOutcome.Prepared.PLAIN,
                scene.prepared().orElseThrow().prepared());

        scene = among(Asking.AUTO, REQUIRING.without(MobilityAgent.UDP_TUNNELING));
        scene.happens(Happening.ARRIVING);
        assertEquals(RequestKind.PREPARE, scene.request().kind());
        Instant asked = scene.now();
        Instant again = scene.due(Timer.PREPARATION).orElseThrow();
        scene.handle(REQUIRING.at(asked));
        scene.wait(Duration.between(asked, again));
        scene.handle(new Event.TimerFired(again, Scene.NAME, Timer.PREPARATION));
        while (scene.prepared().isEmpty()) {
            scene.fire(Timer.PREPARATION);
            assertEquals(List.of(), scene.requests());
        }
        assertEquals(asked.plusSeconds(1), scene.now(), "before anybody has waited as long as for an answer");
        assertEquals(
                PreparationOutcome.Prepared.PLAIN,
                scene.prepared().orElseThrow().prepared());
    }

    private void registered(UdpTunnelReply... said) {
        registered(300, said);
    }

    private void registered(UdpTunnelReply said, int lifetime) {
        registered(lifetime, said);
    }

    private void registered(int lifetime, UdpTunnelReply... said) {
        scene.happens(Happening.RUNNING);
        SendRequest request = scene.request();
        reply(request, lifetime, List.of(said));
        assertEquals("accepted", scene.status().registration());
    }

    private void answer(SendRequest request, UdpTunnelReply said) {
        reply(request, request.request().lifetime(), List.of(said));
    }

    private void reply(SendRequest to, int lifetime, List<? extends Extension> said, HandoverExtension... saying) {
        List<Extension> extensions = new ArrayList<>(said);
        for (HandoverExtension extension : saying) {
            extensions.add(extension.toExtension(Scene.ENTERPRISE_NUMBER));
        }
        scene.replied(
                new RegistrationReply(
                        ReplyCode.ACCEPTED,
                        lifetime,
                        Scene.HOME_ADDRESS,
                        Scene.HOME_AGENT,
                        to.request().identification(),
                        extensions),
                Scene.homeSeal());
    }

    /** Answers no keepalive any more. What is sent until that is noticed. */
    private List<SendKeepalive> lose() {
        List<SendKeepalive> sent = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            scene.fire(Timer.KEEPALIVE);
            sent.addAll(keepalives());
        }
        return sent;
    }

    private void hear(EchoPacket echo) {
        scene.handle(new Event.TunnelDataReceived(scene.now(), echo.encode()));
    }

    private EchoPacket keepalive() {
        assertEquals(1, keepalives().size());
        SendKeepalive sent = keepalives().get(0);
        assertEquals(Scene.HOME_AGENT, sent.homeAgent());
        return TunnelData.decode(sent.message()).flatMap(EchoPacket::decode).orElseThrow();
    }

    private List<SendKeepalive> keepalives() {
        return scene.lastActions().stream()
                .filter(SendKeepalive.class::isInstance)
                .map(SendKeepalive.class::cast)
                .toList();
    }

    private List<Forwarding> forwards() {
        return scene.lastActions().stream()
                .filter(Forward.class::isInstance)
                .map(action -> ((Forward) action).forwarding())
                .toList();
    }

    private static Optional<UdpTunnelRequest> asked(SendRequest request) {
        return request.request().extension(UdpTunnelRequest.class);
    }

    private static Scene among(Asking asking, Advertised agent) {
        var among = Scene.coLocatedAmongAgents(new NatTraversal(asking, K));
        among.handle(agent.at(among.now()));
        return among;
    }

    private static Scene scene(Asking asking) {
        return Scene.coLocated(new NatTraversal(asking, K));
    }
}
