package org.mooring.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The configuration is read again without losing a guest")
class ConfiguredTest {
    private final Scene scene = Scene.visiting();

    @Test
    void aGuestThatIsHereKeepsItsConfigurationAndItsRegistration() {
        scene.happens(Happening.RUNNING);
        scene.homeAgentReplies(scene.request(), 0, 300);
        configure(withLifetime(60));
        assertEquals(List.of(Fact.keepsItsConfiguration(scene.guest())), scene.facts());
        assertEquals("accepted", scene.status().registration());
        configure();
        assertEquals(Phase.RUNNING, scene.status().phase(), "nor is it forgotten");
    }

    @Test
    void aGuestThatIsElsewhereTakesTheNewOne() {
        configure(withLifetime(60));
        assertEquals(List.of(), scene.facts());
        scene.happens(Happening.RUNNING);
        assertEquals(60, scene.request().request().lifetime());
    }

    @Test
    void whatDidNotChangeGoesOn() {
        scene.happens(Happening.RUNNING);
        assertEquals(List.of(), configure(scene.guest()));
        assertEquals("requested", scene.status().registration());
    }

    @Test
    void aGuestThatIsGoneFromTheConfigurationIsNobodys() {
        configure();
        scene.happens(Happening.RUNNING);
        assertEquals(List.of(Fact.notConfigured(Scene.NAME)), scene.facts());
        configure(scene.guest());
        scene.happens(Happening.RUNNING);
        assertEquals(1, scene.requests().size());
        assertTrue(scene.facts().contains(Fact.phase(scene.guest(), Phase.RUNNING)));
    }

    private List<Action> configure(Guest... guests) {
        return scene.handle(new Event.Configured(scene.now(), List.of(guests)));
    }

    private Guest withLifetime(int lifetime) {
        Guest guest = scene.guest();
        return new Guest(
                guest.name(),
                guest.mac(),
                guest.homeAddress(),
                guest.homeAgent(),
                guest.findsHomeAgent(),
                guest.homeGateway(),
                guest.atHome(),
                guest.broadcast(),
                lifetime,
                guest.associations(),
                guest.dhcpServer());
    }
}
