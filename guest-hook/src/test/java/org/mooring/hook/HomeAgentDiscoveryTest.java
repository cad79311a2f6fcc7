package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.hook.Action.Agent;
import org.mooring.hook.Action.ResolveAgent;
import org.mooring.hook.Action.SendRequest;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("RFC 3344 §3.6.1.2, §3.6.2.3: a home agent tells its address")
class HomeAgentDiscoveryTest {
    private static final Ipv4Address OTHER = Ipv4Address.of("10.1.0.7");

    @ParameterizedTest(name = "at home: {0}")
    @ValueSource(booleans = {false, true})
    @DisplayName("M18: it is asked for by the home network's broadcast address, and registered with as it answers")
    void itIsFoundByABroadcast(boolean atHome) {
        Scene scene = Scene.findingItsHomeAgent(atHome);
        scene.happens(Happening.RUNNING);
        SendRequest first = scene.request();
        assertEquals(Scene.HOME_BROADCAST, first.request().homeAgent());
        assertEquals(atHome ? Scene.HOME_BROADCAST : Scene.FOREIGN_AGENT.address(), first.agent());
        tells(scene, first, 136, OTHER, Scene.homeSeal());
        assertEquals(List.of(Fact.homeAgentTold(scene.guest(), OTHER)), scene.facts());
        var resolved = atHome
                ? new ResolveAgent(scene.guest(), Agent.HOME_AGENT, OTHER)
                : new ResolveAgent(scene.guest(), Agent.FOREIGN_AGENT, Scene.FOREIGN_AGENT.address());
        assertTrue(scene.lastActions().contains(resolved), () -> "no " + resolved);
        SendRequest second = scene.corrected(Timer.REGISTRATION);
        assertEquals(OTHER, second.request().homeAgent());
        assertEquals(atHome ? OTHER : Scene.FOREIGN_AGENT.address(), second.agent());
        scene.homeAgentReplies(second, 0, atHome ? 0 : 300);
        assertEquals("accepted", scene.status().registration());
        assertEquals(OTHER, scene.status().homeAgent());
    }

    @Test
    @DisplayName("M13c: what was meant for another is asked again of who answers")
    void itsWordCorrectsTheConfiguration() {
        Scene scene = Scene.visiting();
        scene.happens(Happening.RUNNING);
        tells(scene, scene.request(), 136, OTHER, Scene.homeSeal());
        assertEquals(Fact.Severity.WARNING, scene.facts().get(0).severity());
        assertEquals(OTHER, scene.corrected(Timer.REGISTRATION).request().homeAgent());
    }

    @ParameterizedTest(name = "prepared for: {0}")
    @ValueSource(booleans = {false, true})
    @DisplayName("M13d: its time, too, is taken from its reply, where that isn't the request's")
    void itsTimeIsTakenAsWell(boolean arriving) {
        Scene scene = Scene.visiting();
        scene.happens(arriving ? Happening.ARRIVING : Happening.RUNNING);
        Identification asked = scene.request().request().identification();
        Duration ahead = Duration.ofSeconds(60);
        Identification its =
                asked.withHigh(Identification.of(scene.now().plus(ahead)).high());
        tells(scene, scene.request(), 136, OTHER, its, Scene.homeSeal());
        Identification next = scene.corrected(arriving ? Timer.PREPARATION : Timer.REGISTRATION)
                .request()
                .identification();
        Duration off = Duration.between(scene.now().plus(ahead), next.toInstant(scene.now()));
        assertTrue(off.abs().compareTo(Duration.ofSeconds(1)) <= 0, off::toString);
    }

    @Test
    @DisplayName("M13d: and so is its nonce")
    void itsNonceIsTakenAsWell() {
        Scene scene = Scene.visitingWithNonces();
        scene.happens(Happening.RUNNING);
        Identification its = scene.request().request().identification().withHigh(0x5eed_1234);
        tells(scene, scene.request(), 136, OTHER, its, new Seal(Kind.MOBILE_HOME, Scene.NONCES));
        assertEquals(
                its.high(),
                scene.corrected(Timer.REGISTRATION).request().identification().high());
    }

    @Test
    @DisplayName("M13d: the request's own time in it tells nothing")
    void theRequestsOwnTimeTellsNothing() {
        Scene scene = Scene.visiting();
        scene.happens(Happening.RUNNING);
        tells(scene, scene.request(), 136, OTHER, Scene.homeSeal());
        Identification next = scene.corrected(Timer.REGISTRATION).request().identification();
        assertEquals(scene.now(), next.toInstant(scene.now()).truncatedTo(ChronoUnit.MILLIS));
    }

    @Test
    @DisplayName("§3.6.2.1: only if it is authenticated")
    void whoeverElseSaysSoIsNotBelieved() {
        Scene scene = Scene.findingItsHomeAgent(false);
        scene.happens(Happening.RUNNING);
        SendRequest first = scene.request();
        scene.fire(Timer.REGISTRATION);
        SendRequest second = scene.request();
        assertTrue(second.request().identification().isAfter(first.request().identification()));
        tells(scene, second, 136, OTHER, new Seal(Kind.MOBILE_HOME, Scene.OTHER_KEY));
        assertEquals(List.of(), scene.requests());
        assertEquals(Scene.HOME_BROADCAST, scene.status().homeAgent());
    }

    @Test
    void otherDenialsOfAKnownHomeAgentChangeNoAddress() {
        Scene scene = Scene.visiting();
        scene.happens(Happening.RUNNING);
        tells(scene, scene.request(), 130, OTHER, Scene.homeSeal());
        scene.fire(Timer.REGISTRATION);
        assertEquals(Scene.HOME_AGENT, scene.request().request().homeAgent());
    }

    @Test
    void itsOwnOrNoAddressIsNone() {
        for (Ipv4Address no : List.of(Ipv4Address.UNSPECIFIED, Ipv4Address.LIMITED_BROADCAST, Scene.HOME_ADDRESS)) {
            Scene scene = Scene.findingItsHomeAgent(false);
            scene.happens(Happening.RUNNING);
            tells(scene, scene.request(), 136, no, Scene.homeSeal());
            assertEquals(List.of(), scene.requests());
        }
    }

    @Test
    void twoThatPointAtEachOtherAreNoStorm() {
        Scene scene = Scene.findingItsHomeAgent(false);
        scene.happens(Happening.RUNNING);
        Ipv4Address next = OTHER;
        for (int i = 0; i < 10; i++) {
            Instant asked = scene.now();
            tells(scene, scene.request(), 136, next, Scene.homeSeal());
            next = next.equals(OTHER) ? Scene.HOME_AGENT : OTHER;
            assertEquals(List.of(), scene.requests());
            scene.firePastRepetitions(Timer.REGISTRATION);
            assertFalse(scene.now().isBefore(asked.plusSeconds(1)));
        }
    }

    @Test
    void whoIsSilentIsSearchedAnew() {
        Scene scene = Scene.findingItsHomeAgent(false);
        scene.happens(Happening.RUNNING);
        tells(scene, scene.request(), 136, OTHER, Scene.homeSeal());
        scene.homeAgentReplies(scene.corrected(Timer.REGISTRATION), 0, 300);
        scene.fire(Timer.REGISTRATION);
        assertEquals(OTHER, scene.request().request().homeAgent());
        scene.firePastRepetitions(Timer.REGISTRATION);
        scene.firePastRepetitions(Timer.REGISTRATION);
        assertEquals(Scene.HOME_BROADCAST, scene.request().request().homeAgent());
    }

    @Test
    void aGuestIsPreparedFor() {
        Scene scene = Scene.findingItsHomeAgent(false);
        scene.happens(Happening.ARRIVING);
        tells(scene, scene.request(), 136, OTHER, Scene.homeSeal());
        assertTrue(Scene.said(scene.corrected(Timer.PREPARATION), Prepare.class).isPresent());
        assertEquals(OTHER, scene.request().request().homeAgent());
    }

    @Test
    void aCheckFindsItToo() {
        Scene scene = Scene.findingItsHomeAgent(false);
        scene.handle(new Event.CheckRequested(scene.now(), Scene.NAME));
        tells(scene, scene.request(), 136, OTHER, Scene.homeSeal());
        scene.fire(Timer.CHECK);
        assertEquals(OTHER, scene.request().request().homeAgent());
        scene.homeAgentReplies(scene.request(), 0, 0);
        assertTrue(scene.checked().orElseThrow().isWell());
    }

    private static void tells(Scene scene, SendRequest to, int code, Ipv4Address homeAgent, Seal seal) {
        tells(scene, to, code, homeAgent, to.request().identification(), seal);
    }

    private static void tells(
            Scene scene, SendRequest to, int code, Ipv4Address homeAgent, Identification identification, Seal seal) {
        scene.replied(
                new RegistrationReply(new ReplyCode(code), 0, Scene.HOME_ADDRESS, homeAgent, identification, List.of()),
                seal);
    }
}
