package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.hook.Action.Announce;
import org.mooring.hook.Action.ArmTimer;
import org.mooring.hook.Action.SendRequest;
import org.mooring.hook.Action.SetPort;

@DisplayName("RFC 3344 §4.6 ARP, Proxy ARP, and Gratuitous ARP")
class Section4_6Test {
    @Test
    void aGuestThatIsHomeAnswersArpThenAnnouncesItselfThenDeregisters() {
        var scene = Scene.home();
        scene.happens(Happening.ARRIVING);
        var actions = scene.happens(Happening.RUNNING);
        assertEquals(scene.port(PortRule.HOME, PortRule.HOME), actions.get(0));
        assertEquals(new Announce(scene.guest()), actions.get(1));
        assertEquals(
                Timer.ANNOUNCEMENT,
                assertInstanceOf(ArmTimer.class, actions.get(2)).timer());
        assertInstanceOf(SendRequest.class, actions.get(3));
    }

    @Test
    void theAnnouncementIsRepeatedASmallNumberOfTimes() {
        var scene = Scene.home();
        scene.happens(Happening.RUNNING);
        scene.fire(Timer.ANNOUNCEMENT);
        assertEquals(new Announce(scene.guest()), scene.fire(Timer.ANNOUNCEMENT).get(0));
        assertEquals(Optional.empty(), scene.due(Timer.ANNOUNCEMENT));
    }

    @Test
    void aGuestThatIsOnItsWayAgainIsAnnouncedNoMore() {
        var scene = Scene.home();
        scene.happens(Happening.RUNNING);
        var due = scene.due(Timer.ANNOUNCEMENT).orElseThrow();
        scene.happens(Happening.MIGRATION_STARTED, Happening.STOPPED);
        assertEquals(List.of(), scene.handle(new Event.TimerFired(due, Scene.NAME, Timer.ANNOUNCEMENT)));
    }

    @Test
    void aGuestThatStartsAwayFromHomeAnswersNoArpBeforeItRegisters() {
        var scene = Scene.visiting();
        var actions = scene.happens(Happening.RUNNING);
        int request = IntStream.range(0, actions.size())
                .filter(i -> actions.get(i) instanceof SendRequest)
                .findFirst()
                .orElseThrow();
        assertEquals(
                List.of(scene.port(PortRule.VISITING, PortRule.VISITING)),
                actions.subList(0, request).stream()
                        .filter(SetPort.class::isInstance)
                        .toList());
    }

    @Test
    void aGuestThatComesHasAnsweredNoneSinceItsPortIsReady() {
        var scene = Scene.visiting();
        var prepared = scene.happens(Happening.ARRIVING);
        assertEquals(scene.port(PortRule.VISITING, PortRule.ARRIVING), prepared.get(0));
        assertInstanceOf(SendRequest.class, scene.happens(Happening.RUNNING).get(0));
    }

    @Test
    void aVisitorIsAnnouncedToNobody() {
        var scene = Scene.visiting();
        var actions = scene.happens(Happening.ARRIVING, Happening.RUNNING);
        assertEquals(
                List.of(), actions.stream().filter(Announce.class::isInstance).toList());
    }
}
