package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.hook.Action.SendRequest;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.ReplayProtection;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Extension.Authentication.Kind;

@DisplayName("Keys roll over while a guest is registered")
class RolloverTest {
    private static final SecurityAssociation OLD = Scene.MOBILE_HOME;
    private static final SecurityAssociation NEW = Scene.NEXT_MOBILE_HOME;

    private final Scene scene = Scene.visiting();
    private Instant renewal = Instant.MAX;

    @Test
    @DisplayName("the first association signs from then on, and the registration holds")
    void theFirstSigns() {
        register();
        configure(NEW, OLD);
        assertEquals(List.of(Fact.associationsChanged(with(NEW, OLD))), scene.facts());
        assertEquals("accepted", scene.status().registration());
        renew();
        assertSigned(NEW, scene.request());
        replied(scene.request(), NEW);
        assertEquals("accepted", scene.status().registration());
        assertEquals(List.of(Fact.renewed(scene.guest(), Scene.LIFETIME)), scene.facts());
    }

    @Test
    @DisplayName("a reply may be under any of them")
    void anyVerifies() {
        register();
        configure(OLD, NEW);
        renew();
        assertSigned(OLD, scene.request());
        replied(scene.request(), NEW);
        assertEquals("accepted", scene.status().registration());
    }

    @Test
    @DisplayName("what was asked before is answered under the key that it was asked under")
    void isAnsweredAsItWasAsked() {
        scene.happens(Happening.RUNNING);
        SendRequest asked = scene.request();
        configure(NEW, OLD);
        replied(asked, OLD);
        assertEquals("accepted", scene.status().registration());
    }

    @Test
    @DisplayName("a key that was taken away verifies nothing, and nothing is asked under it")
    void theOldOneIsForgotten() {
        scene.happens(Happening.RUNNING);
        SendRequest asked = scene.request();
        configure(NEW);
        replied(asked, OLD);
        assertEquals("requested", scene.status().registration());
        configure(NEW);
        assertEquals(List.of(), scene.facts(), "no news");
        scene.handle(new Event.TimerFired(scene.now().plusSeconds(2), Scene.NAME, Timer.REGISTRATION));
        assertSigned(NEW, scene.request());
    }

    @Test
    @DisplayName("with nonces, a request is repeated octet for octet, but under no key that signs no more")
    void withNonces() {
        Scene nonces = Scene.visitingWithNonces();
        nonces.happens(Happening.RUNNING);
        SendRequest asked = nonces.request();
        nonces.firePastRepetitions(Timer.REGISTRATION);
        assertEquals(asked, nonces.request());
        Instant due = nonces.due(Timer.REGISTRATION).orElseThrow();
        SecurityAssociation next =
                new SecurityAssociation(NEW.spi(), NEW.key(), Algorithm.HMAC_MD5, new ReplayProtection.Nonces());
        nonces.handle(new Event.Configured(
                nonces.now(),
                List.of(nonces.guest().withAssociations(new Associations(List.of(next, Scene.NONCES), List.of())))));
        nonces.handle(new Event.TimerFired(due, Scene.NAME, Timer.REGISTRATION));
        while (nonces.requests().isEmpty()) {
            nonces.fire(Timer.REGISTRATION);
        }
        assertSigned(next, nonces.request());
    }

    @Test
    @DisplayName("it is the same with the foreign agent's")
    void withTheForeignAgent() {
        Scene foreign = Scene.visitingWithMobileForeignAssociation();
        foreign.happens(Happening.RUNNING);
        SendRequest asked = foreign.request();
        foreign.handle(new Event.Configured(
                foreign.now(),
                List.of(foreign.guest()
                        .withAssociations(new Associations(List.of(OLD), List.of(NEW, Scene.MOBILE_FOREIGN))))));
        foreign.replied(
                Scene.reply(asked, 0, 300, asked.request().identification()),
                Scene.homeSeal(),
                new Seal(Kind.MOBILE_FOREIGN, Scene.MOBILE_FOREIGN));
        assertEquals("accepted", foreign.status().registration());
        foreign.fire(Timer.REGISTRATION);
        assertEquals(
                List.of(Scene.homeSeal(), new Seal(Kind.MOBILE_FOREIGN, NEW)),
                foreign.request().seals());
    }

    @Test
    @DisplayName("another replay protection waits until the guest is gone, as all else does")
    void anotherReplayProtection() {
        register();
        configure(Scene.NONCES);
        assertEquals(List.of(Fact.keepsItsConfiguration(scene.guest())), scene.facts());
        renew();
        assertSigned(OLD, scene.request());
        scene.happens(Happening.ENDED);
        configure(Scene.NONCES);
        scene.happens(Happening.RUNNING);
        assertSigned(Scene.NONCES, scene.request());
    }

    @Test
    @DisplayName("a guest that another host serves has the new one when it comes")
    void elsewhere() {
        configure(NEW, OLD);
        scene.happens(Happening.RUNNING);
        assertSigned(NEW, scene.request());
    }

    private void register() {
        scene.happens(Happening.RUNNING);
        replied(scene.request(), OLD);
        renewal = scene.due(Timer.REGISTRATION).orElseThrow();
        assertTrue(scene.status().expires().isPresent());
    }

    private void renew() {
        scene.wait(Duration.between(scene.now(), renewal));
        scene.handle(new Event.TimerFired(scene.now(), Scene.NAME, Timer.REGISTRATION));
    }

    private void configure(SecurityAssociation... mobileHome) {
        scene.handle(new Event.Configured(scene.now(), List.of(with(mobileHome))));
    }

    private Guest with(SecurityAssociation... mobileHome) {
        return scene.guest().withAssociations(new Associations(List.of(mobileHome), List.of()));
    }

    private void replied(SendRequest to, SecurityAssociation association) {
        scene.replied(
                Scene.reply(to, 0, Scene.LIFETIME, to.request().identification()),
                new Seal(Kind.MOBILE_HOME, association));
    }

    private static void assertSigned(SecurityAssociation association, SendRequest request) {
        assertEquals(List.of(new Seal(Kind.MOBILE_HOME, association)), request.seals());
    }
}
