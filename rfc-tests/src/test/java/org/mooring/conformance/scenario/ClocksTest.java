package org.mooring.conformance.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.hook.Happening;

/** Moves a guest from home, between foreign sites, and home, while the clocks of both hosts and of the home agent differ by up to six seconds. */
@DisplayName(
        "docs/handover.md, Identification: no 133 is in a handover's way, however the clocks of its source, its destination and the home agent differ")
class ClocksTest {
    private static final String GUEST = "guest-1";
    private static final int[] SECONDS = {-6, -3, -1, 0, 1, 3, 6};
    private static final int MOST = 6;

    /** Home, two sites with a foreign agent, and back. */
    private static final List<String> WAY = List.of("host-a", "host-b", "host-c", "host-b", "host-a");

    private World world = new World();

    /** How far the one and the other are ahead of the home agent, where they are no farther from each other. */
    static Stream<Arguments> clocks() {
        return IntStream.of(SECONDS)
                .boxed()
                .flatMap(one -> IntStream.of(SECONDS)
                        .filter(another -> Math.abs(one - another) <= MOST)
                        .mapToObj(another -> Arguments.of(one, another)));
    }

    /** Hosts take turns to be source and destination, so that each pair is tried either way. */
    @ParameterizedTest(name = "{0} s, {1} s")
    @MethodSource("clocks")
    void noRequestIsDeniedFromStopOn(int one, int another) throws Exception {
        world = ScenarioTest.world(ScenarioTest.PARTIES);
        for (String host : List.of("host-a", "host-c")) {
            world.party(host).setAhead(Duration.ofSeconds(one));
        }
        world.party("host-b").setAhead(Duration.ofSeconds(another));
        happens(WAY.get(0), Happening.RUNNING);
        for (int i = 1; i < WAY.size(); i++) {
            // What a clock that is ahead has dated by then lies behind all others.
            pass(2000 * MOST + 3000);
            move(WAY.get(i - 1), WAY.get(i));
        }
    }

    private void move(String from, String to) {
        happens(to, Happening.ARRIVING);
        pass(5000);
        happens(from, Happening.MIGRATION_STARTED);
        pass(2500);
        world.transcript();
        happens(from, Happening.STOPPED);
        pass(200);
        happens(to, Happening.RUNNING);
        happens(from, Happening.MIGRATION_COMPLETED);
        pass(1000);
        var said = world.transcript();
        assertEquals(
                List.of(),
                said.stream().filter(line -> line.contains("code 133")).toList(),
                () -> String.join("\n", said));
        assertTrue(said.stream().anyMatch(line -> line.endsWith("COMMIT for " + GUEST)), said::toString);
        assertEquals(to.equals("host-a") ? 0 : 1, bindings(), () -> String.join("\n", said));
    }

    private int bindings() {
        return ((HomeAgentParty) world.party("home-agent")).bindings().size();
    }

    private void happens(String host, Happening what) {
        ((HostParty) world.party(host)).happens(GUEST, what);
        world.settle();
    }

    private void pass(int milliseconds) {
        world.passUntil(world.now().plusMillis(milliseconds));
    }
}
