package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.hook.Action.SendRequest;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.security.NonceGuard;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;

/** The home agent's side is {@link NonceGuard}, keyed MD5 its algorithm. */
@DisplayName("RFC 3344 §5.7.2 Replay Protection using Nonces")
class Section5_7_2Test {
    private final Scene scene = Scene.visitingWithNonces();
    private int random = 0x5eed;
    private final NonceGuard homeAgent = new NonceGuard(() -> random += 0x1357_9bdf);

    @Test
    @DisplayName("§3.6.2.3: the first request is denied with the nonce that the second one has")
    void theFirstNonceComesByADenial() {
        scene.happens(Happening.RUNNING);
        SendRequest first = scene.request();
        assertFalse(answers(first));
        SendRequest second = scene.corrected(Timer.REGISTRATION);
        assertEquals(first.request().lifetime(), second.request().lifetime());
        assertTrue(answers(second));
        assertEquals("accepted", scene.status().registration());
    }

    @Test
    void eachRequestHasTheNonceOfTheAnswerBefore() {
        register();
        for (int i = 0; i < 5; i++) {
            scene.fire(Timer.REGISTRATION);
            assertTrue(answers(scene.request()));
        }
    }

    @Test
    @DisplayName("§3.6.3: what isn't answered is sent again, octet for octet")
    void retransmissionsAreTheSame() {
        register();
        scene.fire(Timer.REGISTRATION);
        SendRequest renewal = scene.request();
        scene.fire(Timer.REGISTRATION);
        assertSame(renewal.request(), scene.request().request());
        assertTrue(answers(scene.request()));
        scene.fire(Timer.REGISTRATION);
        assertNotEquals(
                renewal.request().identification().low(),
                scene.request().request().identification().low());
    }

    @Test
    void aDenialForAnotherReasonHasANonceToo() {
        register();
        scene.fire(Timer.REGISTRATION);
        SendRequest renewal = scene.request();
        reply(renewal, 130, homeAgent.denied(renewal.request().identification(), scene.now()));
        scene.fire(Timer.REGISTRATION);
        assertTrue(answers(scene.request()));
    }

    @Test
    void aForeignAgentsDenialHasNone() {
        register();
        scene.fire(Timer.REGISTRATION);
        SendRequest renewal = scene.request();
        scene.replied(
                Scene.reply(renewal, 66, 0, renewal.request().identification().withHigh(1)));
        scene.fire(Timer.REGISTRATION);
        assertTrue(answers(scene.request()));
    }

    @Test
    void aForgedNonceIsNotTaken() {
        register();
        scene.fire(Timer.REGISTRATION);
        SendRequest renewal = scene.request();
        Instant due = scene.due(Timer.REGISTRATION).orElseThrow();
        scene.replied(
                Scene.reply(renewal, 133, 0, renewal.request().identification().withHigh(1)),
                new Seal(Kind.MOBILE_HOME, Scene.OTHER_KEY));
        scene.wait(Duration.between(scene.now(), due));
        scene.handle(new Event.TimerFired(due, Scene.NAME, Timer.REGISTRATION));
        assertTrue(answers(scene.request()));
    }

    @Test
    @DisplayName(
            "where another host has asked since, the request is corrected a second after it, and that is no matter of clocks")
    void anotherHostsRequestCostsASecond() {
        register();
        homeAgent.accepted(Identification.of(0, 7));
        scene.happensLater(Happening.MIGRATION_STARTED);
        assertFalse(answers(scene.request()));
        assertEquals(Fact.Severity.INFO, scene.facts().get(0).severity());
        assertTrue(answers(scene.corrected(Timer.REGISTRATION)));
    }

    @Test
    void aGuestIsPreparedFor() {
        scene.happens(Happening.ARRIVING);
        assertFalse(answers(scene.request()));
        SendRequest second = scene.corrected(Timer.PREPARATION);
        assertTrue(Scene.said(second, Prepare.class).isPresent());
        assertTrue(answers(second));
        assertEquals(List.of(), scene.requests());
    }

    @Test
    @DisplayName("§3.6.3: a preparation that isn't answered is sent again, octet for octet, too")
    void aPreparationIsTheSameAgain() {
        scene.happens(Happening.ARRIVING);
        SendRequest first = scene.request();
        scene.firePastRepetitions(Timer.PREPARATION);
        assertSame(first.request(), scene.request().request());
    }

    private void register() {
        scene.happens(Happening.RUNNING);
        assertFalse(answers(scene.request()));
        assertTrue(answers(scene.corrected(Timer.REGISTRATION)));
    }

    /** Whether the home agent has found the request fresh, and accepted it. */
    private boolean answers(SendRequest request) {
        Identification id = request.request().identification();
        boolean fresh = homeAgent.isFresh(id, scene.now());
        reply(request, fresh ? 0 : 133, fresh ? homeAgent.accepted(id) : homeAgent.denied(id, scene.now()));
        return fresh;
    }

    private void reply(SendRequest to, int code, Identification identification) {
        scene.replied(
                Scene.reply(to, code, to.request().lifetime(), identification),
                new Seal(Kind.MOBILE_HOME, Scene.NONCES));
    }
}
