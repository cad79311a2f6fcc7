package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.hook.Action.SendRequest;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.AdvertisementExtension;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.AgentAdvertisement.Router;
import org.mooring.protocol.wire.Challenge;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;

@DisplayName("RFC 4721 §3.1, §3.5: a foreign agent's challenges")
class Rfc4721Section3_1Test {
    private static final Octets FIRST = Octets.ofHex("0102030405060708");
    private static final Octets SECOND = Octets.ofHex("1112131415161718");
    private static final String AGENT = "10.2.0.2";
    private static final Seal BY_FOREIGN_AGENT = new Seal(Kind.MOBILE_FOREIGN, Scene.MOBILE_FOREIGN);

    private final Scene scene = Scene.discoveringWithMobileForeignAssociation();
    private int sequence;

    private void hears(Scene where, String agent, Octets challenge) {
        where.handle(new Event.AdvertisementReceived(
                where.now(),
                Ipv4Address.of(agent),
                AgentAdvertisement.of(
                        AgentAdvertisement.NO_COMMON_TRAFFIC,
                        1800,
                        List.of(new Router(Ipv4Address.of(agent), 0)),
                        List.of(
                                new MobilityAgent(
                                        sequence++,
                                        1800,
                                        MobilityAgent.FOREIGN_AGENT | MobilityAgent.REVERSE_TUNNELING,
                                        List.of(Ipv4Address.of("198.51.100.2"))),
                                new AdvertisementExtension.Challenge(challenge)))));
    }

    private static Optional<Octets> answered(SendRequest request) {
        var message = assertInstanceOf(Decoded.Message.class, Scene.decoded(request));
        return message.message().extension(Challenge.class).map(Challenge::value);
    }

    private void replies(SendRequest to, int code, Octets challenge) {
        var reply = Scene.reply(to, code, 300, to.request().identification());
        replies(reply, challenge);
    }

    private void replies(RegistrationReply reply, Octets challenge) {
        var forMobileNode = reply.code().isFromForeignAgent()
                ? RegistrationCodec.encode(reply)
                : Seal.encode(reply, Scene.homeSeal());
        var octets = BY_FOREIGN_AGENT.appendTo(
                forMobileNode.concat(RegistrationCodec.encode(List.of(new Challenge(challenge)))));
        scene.wait(Scene.ROUND_TRIP);
        scene.handle(new Event.ReplyReceived(scene.now(), RegistrationCodec.decode(octets)));
    }

    @Test
    @DisplayName("§3.1: what was advertised is said again, behind mobile-home and under mobile-foreign authentication")
    void answersWhatIsAdvertised() {
        hears(scene, AGENT, FIRST);
        scene.happens(Happening.RUNNING);
        var message = assertInstanceOf(Decoded.Message.class, Scene.decoded(scene.request()));
        var types = message.message().extensions().stream().map(Extension::type).toList();
        assertEquals(List.of(32, 132, 33), types.subList(types.size() - 3, types.size()));
        assertEquals(Optional.of(FIRST), answered(scene.request()));
        assertEquals(
                new Verified.By(Scene.MOBILE_FOREIGN),
                Verifier.verify(message, Kind.MOBILE_FOREIGN, List.of(Scene.MOBILE_FOREIGN)));
    }

    @Test
    @DisplayName("§3.3: each reply has the one for the next request, also in a denial")
    void answersWhatTheLatestReplyTold() {
        hears(scene, AGENT, FIRST);
        scene.happens(Happening.RUNNING);
        replies(scene.request(), 0, SECOND);
        scene.fire(Timer.REGISTRATION);
        assertEquals(Optional.of(SECOND), answered(scene.request()));
    }

    @Test
    @DisplayName("the latest advertisement counts where a reply told none")
    void answersTheLatestAdvertisement() {
        hears(scene, AGENT, FIRST);
        scene.happens(Happening.RUNNING);
        var request = scene.request();
        scene.replied(
                Scene.reply(request, 0, 300, request.request().identification()), Scene.homeSeal(), BY_FOREIGN_AGENT);
        var due = scene.due(Timer.REGISTRATION).orElseThrow();
        hears(scene, AGENT, SECOND);
        scene.handle(new Event.TimerFired(due, Scene.NAME, Timer.REGISTRATION));
        assertEquals(Optional.of(SECOND), answered(scene.request()));
    }

    @ParameterizedTest(name = "code {0}")
    @ValueSource(ints = {104, 105, 106})
    @DisplayName("§3.5: who is denied for its challenge answers the one of the denial, a second after it asked")
    void answersTheDenial(int code) {
        hears(scene, AGENT, FIRST);
        scene.happens(Happening.RUNNING);
        replies(scene.request(), code, SECOND);
        assertEquals(
                List.of("foreign agent wants another challenge answered guest=web code=" + code + ": answering that"),
                scene.facts().stream().map(Fact::line).toList());
        assertEquals(Optional.of(SECOND), answered(scene.corrected(Timer.REGISTRATION)));
    }

    @Test
    @DisplayName("so it is with PREPARE")
    void answersTheDenialOfAPreparation() {
        hears(scene, AGENT, FIRST);
        scene.happens(Happening.ARRIVING);
        assertEquals(Optional.of(FIRST), answered(scene.request()));
        replies(scene.request(), 104, SECOND);
        assertEquals(Optional.of(SECOND), answered(scene.corrected(Timer.PREPARATION)));
    }

    @Test
    @DisplayName("again and again is no storm")
    void isNoStorm() {
        hears(scene, AGENT, FIRST);
        scene.happens(Happening.RUNNING);
        for (int i = 0; i < 4; i++) {
            replies(scene.request(), 106, SECOND);
            scene.corrected(Timer.REGISTRATION);
        }
    }

    @Test
    @DisplayName("what a stranger says in the agent's name is not answered")
    void isNotFooled() {
        hears(scene, AGENT, FIRST);
        scene.happens(Happening.RUNNING);
        var request = scene.request();
        var due = scene.due(Timer.REGISTRATION).orElseThrow();
        var forged = RegistrationCodec.encode(
                        Scene.reply(request, 104, 0, request.request().identification()))
                .concat(RegistrationCodec.encode(List.of(new Challenge(SECOND))));
        scene.handle(new Event.ReplyReceived(scene.now(), RegistrationCodec.decode(forged)));
        assertEquals(List.of(), scene.requests());
        scene.handle(new Event.TimerFired(due, Scene.NAME, Timer.REGISTRATION));
        assertEquals(Optional.of(FIRST), answered(scene.request()));
    }

    @Test
    @DisplayName("§3.1: without an association nobody is asked that has challenges, for only AAA could answer")
    void withoutAnAssociation() {
        var stranger = Scene.discovering();
        hears(stranger, AGENT, FIRST);
        stranger.happens(Happening.RUNNING);
        assertEquals(List.of(), stranger.requests());
        stranger.handle(Advertised.by("10.2.0.3", 0, "198.51.100.3").at(stranger.now()));
        assertEquals(Ipv4Address.of("10.2.0.3"), stranger.request().agent());
        assertEquals(Optional.empty(), answered(stranger.request()));
    }
}
