package org.mooring.conformance.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.LocalTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.hook.Happening;
import org.mooring.hook.Timer;

@DisplayName("RFC 5563 §4.4: two hosts that speak for one guest, and its home agent")
class Rfc5563Section4_4Test {
    private static final String GUEST = "guest-1";
    private static final String SOURCE = "host-b";
    private static final String DESTINATION = "host-c";

    private World world = new World();

    @BeforeEach
    void bringTogether() throws Exception {
        world = ScenarioTest.world(ScenarioTest.PARTIES);
    }

    private void happens(String time, String host, Happening what) {
        world.passUntil(World.DAY.plusNanos(LocalTime.parse(time).toNanoOfDay()));
        ((HostParty) world.party(host)).happens(GUEST, what);
        world.settle();
    }

    /** Until the guest runs at the destination. */
    private void migrate() {
        happens("12:00:00", SOURCE, Happening.RUNNING);
        happens("12:01:00", DESTINATION, Happening.ARRIVING);
        happens("12:01:05", SOURCE, Happening.MIGRATION_STARTED);
        world.transcript();
        happens("12:01:05.500", SOURCE, Happening.STOPPED);
        happens("12:01:05.700", DESTINATION, Happening.RUNNING);
    }

    private List<String> careOfAddresses() {
        return ((HomeAgentParty) world.party("home-agent"))
                .bindings().stream()
                        .map(binding -> binding.careOfAddress().toString())
                        .toList();
    }

    @ParameterizedTest(name = "{0} ms")
    @ValueSource(ints = {-3000, 3000, -300_000, 300_000})
    @DisplayName("T91: the destination's clock is not the source's: no 133 once the guest has stopped")
    void clocksDiffer(int ahead) {
        world.party(DESTINATION).setAhead(Duration.ofMillis(ahead));
        migrate();
        var said = world.transcript();
        assertEquals(
                List.of(),
                said.stream().filter(line -> line.contains("code 133")).toList());
        assertTrue(said.stream().anyMatch(line -> line.contains("registration accepted guest=" + GUEST)));
        assertEquals(List.of("203.0.113.2"), careOfAddresses());
    }

    @ParameterizedTest(name = "{0} ms")
    @ValueSource(ints = {1000, 6000})
    @DisplayName(
            "docs/handover.md, Identification: the source's clock is ahead, which ARM is the first to hear of: the guest is committed all the same, half a second later")
    void sourceIsAhead(int ahead) {
        world.party(SOURCE).setAhead(Duration.ofMillis(ahead));
        migrate();
        var said = world.transcript();
        assertEquals(
                List.of(),
                said.stream().filter(line -> line.contains("code 133")).toList());
        assertTrue(said.stream().anyMatch(line -> line.endsWith("COMMIT for " + GUEST)), said::toString);
        assertEquals(List.of("203.0.113.2"), careOfAddresses());
    }

    @Test
    @DisplayName(
            "T92: the source sends nothing more, though nobody tells it that the guest is gone, and its timers go on")
    void sourceGoesOn() {
        migrate();
        world.passUntil(world.now().plusSeconds(2));
        world.transcript();
        for (int minute = 0; minute < 30; minute++) {
            for (var timer : Timer.values()) {
                ((HostParty) world.party(SOURCE)).fires(GUEST, timer);
            }
            world.passUntil(world.now().plusSeconds(60));
            assertEquals(List.of("203.0.113.2"), careOfAddresses());
        }
        var said = world.transcript();
        assertEquals(List.of(), said.stream().filter(this::isRequestOfSource).toList());
        assertTrue(said.stream().anyMatch(line -> line.contains(DESTINATION) && line.endsWith(" for " + GUEST)));
    }

    private boolean isRequestOfSource(String line) {
        return line.contains(" " + SOURCE + " ") && line.contains(" for " + GUEST);
    }
}
