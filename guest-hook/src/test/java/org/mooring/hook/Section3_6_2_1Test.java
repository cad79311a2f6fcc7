package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("RFC 3344 §3.6.2.1 Validity Checks on a Registration Reply")
class Section3_6_2_1Test {
    private final Scene scene = Scene.visiting();

    @Test
    void aReplyWithAnotherLowHalfIsDiscarded() {
        scene.happens(Happening.RUNNING);
        var request = scene.request();
        var identification = request.request().identification();
        scene.replied(
                Scene.reply(request, 0, 300, Identification.of(identification.high(), identification.low() + 1)),
                Scene.homeSeal());
        assertEquals(List.of(Fact.unexpectedReply(scene.guest())), scene.facts());
        assertEquals("requested", scene.status().registration());
    }

    @Test
    void theHighHalfIsNotCompared() {
        scene.happens(Happening.RUNNING);
        var request = scene.request();
        scene.replied(
                Scene.reply(request, 0, 300, request.request().identification().withHigh(7)), Scene.homeSeal());
        assertEquals("accepted", scene.status().registration());
    }

    @Test
    void onlyTheMostRecentRequestIsAnswered() {
        scene.happens(Happening.RUNNING);
        var first = scene.request();
        scene.fire(Timer.REGISTRATION);
        var second = scene.request();
        scene.homeAgentReplies(first, 0, 300);
        assertEquals("requested", scene.status().registration());
        scene.homeAgentReplies(second, 0, 300);
        assertEquals("accepted", scene.status().registration());
    }

    @Test
    void aSuccessWithoutMobileHomeAuthenticationIsDiscarded() {
        scene.happens(Happening.RUNNING);
        scene.foreignAgentReplies(scene.request(), 0, 300);
        assertUnauthentic(0, "mobile-home authentication: missing");
    }

    @Test
    void aSuccessWithAnotherKeyIsDiscarded() {
        scene.happens(Happening.RUNNING);
        var request = scene.request();
        scene.replied(
                Scene.reply(request, 0, 300, request.request().identification()),
                new Seal(Kind.MOBILE_HOME, Scene.OTHER_KEY));
        assertUnauthentic(0, "mobile-home authentication: wrong authenticator");
    }

    @Test
    @DisplayName("§5.7.1: the clock is not set by a reply that isn't authentic")
    void aResynchronisationWithoutAuthenticationIsDiscarded() {
        scene.happens(Happening.RUNNING);
        var request = scene.request();
        scene.foreignAgentReplies(request, 133, 0);
        assertUnauthentic(133, "mobile-home authentication: missing");
        scene.handle(new Event.TimerFired(
                request.request().identification().toInstant(scene.now()).plusSeconds(1),
                Scene.NAME,
                Timer.REGISTRATION));
        assertEquals(
                Identification.of(Scene.START.plusSeconds(1), 0x123).high(),
                scene.request().request().identification().high());
    }

    @Test
    @DisplayName("§5.7.1, T23: nor by one whose low half is another request's, be it authentic")
    void aResynchronisationWithAnotherLowHalfMovesNoClock() {
        scene.happens(Happening.RUNNING);
        Instant due = scene.due(Timer.REGISTRATION).orElseThrow();
        var identification = scene.request().request().identification();
        scene.replied(
                Scene.reply(
                        scene.request(),
                        133,
                        0,
                        Identification.of(identification.high() + 3600, identification.low() + 1)),
                Scene.homeSeal());
        assertEquals(List.of(Fact.unexpectedReply(scene.guest())), scene.facts());
        scene.handle(new Event.TimerFired(due, Scene.NAME, Timer.REGISTRATION));
        assertEquals(
                Identification.of(due, 0).high(),
                scene.request().request().identification().high());
    }

    @Test
    @DisplayName("§3.6.2.1: of mobile-foreign authentication there is exactly one, and it is right")
    void aWrongOrSecondMobileForeignAuthenticationIsDiscarded() {
        var shared = Scene.visitingWithMobileForeignAssociation();
        shared.happens(Happening.RUNNING);
        var request = shared.request();
        var reply = Scene.reply(request, 0, 300, request.request().identification());
        var right = new Seal(Kind.MOBILE_FOREIGN, Scene.MOBILE_FOREIGN);
        shared.replied(reply, Scene.homeSeal(), new Seal(Kind.MOBILE_FOREIGN, Scene.OTHER_KEY));
        shared.replied(reply, Scene.homeSeal(), right, right);
        assertEquals("requested", shared.status().registration());
        shared.replied(reply, Scene.homeSeal(), Scene.homeSeal(), right);
        assertEquals("requested", shared.status().registration(), "nor a second mobile-home authentication");
        shared.replied(reply, Scene.homeSeal(), right);
        assertEquals("accepted", shared.status().registration());
    }

    @Test
    @DisplayName("G.2: the foreign agent's own codes come without mobile-home authentication")
    void aForeignAgentsDenialNeedsNone() {
        scene.happens(Happening.RUNNING);
        scene.foreignAgentReplies(scene.request(), 66, 0);
        assertEquals("denied", scene.status().registration());
    }

    @Test
    void whereAnAssociationIsSharedEvenTheForeignAgentsDenialsAreAuthenticated() {
        var shared = Scene.visitingWithMobileForeignAssociation();
        shared.happens(Happening.RUNNING);
        var request = shared.request();
        shared.foreignAgentReplies(request, 66, 0);
        assertEquals("requested", shared.status().registration());
        shared.replied(
                Scene.reply(request, 66, 0, request.request().identification()),
                new Seal(Kind.MOBILE_FOREIGN, Scene.MOBILE_FOREIGN));
        assertEquals("denied", shared.status().registration());
    }

    @Test
    void whereAnAssociationIsSharedASuccessNeedsBoth() {
        var shared = Scene.visitingWithMobileForeignAssociation();
        shared.happens(Happening.RUNNING);
        var request = shared.request();
        shared.homeAgentReplies(request, 0, 300);
        assertEquals("requested", shared.status().registration());
        shared.replied(
                Scene.reply(request, 0, 300, request.request().identification()),
                Scene.homeSeal(),
                new Seal(Kind.MOBILE_FOREIGN, Scene.MOBILE_FOREIGN));
        assertEquals("accepted", shared.status().registration());
    }

    @Test
    void atHomeAForeignAgentsCodeIsNobodysWithoutAuthentication() {
        var home = Scene.home();
        home.happens(Happening.RUNNING);
        home.foreignAgentReplies(home.request(), 66, 0);
        assertEquals("requested", home.status().registration());
    }

    @Test
    void aReplyForAnotherHomeAddressIsNobodys() {
        scene.happens(Happening.RUNNING);
        var request = scene.request();
        scene.replied(
                new RegistrationReply(
                        new ReplyCode(0),
                        300,
                        Scene.HOME_AGENT,
                        Scene.HOME_AGENT,
                        request.request().identification(),
                        List.of()),
                Scene.homeSeal());
        assertEquals("requested", scene.status().registration());
    }

    private void assertUnauthentic(int code, String why) {
        assertEquals(List.of(Fact.unauthenticReply(scene.guest(), new ReplyCode(code), why)), scene.facts());
        assertEquals("requested", scene.status().registration());
    }
}
