package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName(
        "RFC 4636 §5 Mobile Node Considerations: the foreign agent does not serve whom the home agent has registered")
class Rfc4636Section5Test {
    private final Scene scene = Scene.visiting();

    @Test
    @DisplayName("it is no registration, and the operator hears why")
    void isNoRegistration() {
        scene.happens(Happening.RUNNING);
        scene.foreignAgentRefuses(scene.request(), 66);

        assertEquals("denied", scene.status().registration());
        assertTrue(
                scene.facts().get(0).line().contains("66"), () -> scene.facts().toString());
    }

    @Test
    @DisplayName("the next request, a second later at least, is the deregistration; the one after asks anew")
    void deregisters() {
        scene.happens(Happening.RUNNING);
        var first = scene.request();
        var asked = scene.now();
        scene.foreignAgentRefuses(first, 66);
        assertFalse(scene.due(Timer.REGISTRATION).orElseThrow().isBefore(asked.plus(Duration.ofSeconds(1))));
        scene.fire(Timer.REGISTRATION);

        var second = scene.request();
        assertEquals(0, second.request().lifetime());
        assertEquals(first.request().careOfAddress(), second.request().careOfAddress());
        assertTrue(second.request().identification().isAfter(first.request().identification()));
        var told = scene.now();
        scene.homeAgentReplies(second, 0, 0);
        assertEquals("denied", scene.status().registration());
        assertFalse(scene.due(Timer.REGISTRATION).orElseThrow().isBefore(told.plus(Duration.ofSeconds(1))));
        scene.fire(Timer.REGISTRATION);

        var third = scene.request();
        assertTrue(third.request().lifetime() > 0);
        scene.homeAgentReplies(third, 0, 300);
        assertEquals("accepted", scene.status().registration());
    }

    @Test
    @DisplayName(
            "RFC 3344 §5.7.1: the home agent has accepted it, so that nothing later is older, whatever time it tells")
    void nothingLaterIsOlder() {
        scene.happens(Happening.RUNNING);
        var first = scene.request();
        scene.foreignAgentRefuses(first, 66);
        scene.fire(Timer.REGISTRATION);
        scene.homeAgentResynchronises(scene.request(), Duration.ofHours(-1));
        var later = scene.corrected(Timer.REGISTRATION).request().identification();
        assertTrue(later.isAfter(first.request().identification()));
    }

    @Test
    @DisplayName("one deregistration is enough, answered or not")
    void deregistersOnce() {
        scene.happens(Happening.RUNNING);
        scene.foreignAgentRefuses(scene.request(), 66);
        scene.fire(Timer.REGISTRATION);
        assertEquals(0, scene.request().request().lifetime());

        scene.firePastRepetitions(Timer.REGISTRATION);

        assertTrue(scene.request().request().lifetime() > 0);
    }

    @Test
    @DisplayName("where another foreign agent is known, the registration with that one takes the refused one's place")
    void goesToAnother() {
        var among = Scene.discovering();
        among.handle(Advertised.by("10.2.0.2", 7, "198.51.100.2").at(among.now()));
        among.handle(Advertised.by("10.2.0.3", 7, "198.51.100.3").at(among.now()));
        among.happens(Happening.RUNNING);
        assertEquals(Ipv4Address.of("10.2.0.2"), among.request().agent());
        among.foreignAgentRefuses(among.request(), 66);

        among.fire(Timer.REGISTRATION);

        assertEquals(Ipv4Address.of("10.2.0.3"), among.request().agent());
        assertTrue(among.request().request().lifetime() > 0);
    }

    @Test
    @DisplayName("a denial of the foreign agent's own, with no word of the home agent, asks for no deregistration")
    void anOrdinaryDenial() {
        scene.happens(Happening.RUNNING);
        scene.foreignAgentReplies(scene.request(), ReplyCode.FA_INSUFFICIENT_RESOURCES.value(), 300);
        scene.fire(Timer.REGISTRATION);

        assertTrue(scene.request().request().lifetime() > 0);
    }
}
