package org.mooring.conformance.scenario;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.hook.Happening;

/**
 * Moves a guest to and fro between its home, two sites with a foreign agent and one without, while anybody is killed and started anew, and datagrams
 * are lost, come twice, or late.
 */
@DisplayName("docs/handover.md, Failures: whatever goes wrong, a guest is bound where it runs once all is well")
class FaultsTest {
    private static final String GUEST = "guest-1";
    private static final int MOVES = 100;
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final Duration STEP = Duration.ofMillis(50);

    /** Of bindings. */
    private static final int LIFETIME = 20;

    /** By host, the care-of address; empty at home. */
    private static final Map<String, String> SITES =
            Map.of("host-a", "", "host-b", "198.51.100.2", "host-c", "203.0.113.2", "host-d", "10.4.0.10");

    private enum State {
        INMIGRATE,
        RUNNING,
        SETUP,
        FINISH_MIGRATE,
        POSTMIGRATE
    }

    /** What a hook is told that finds a QEMU so. */
    private static final Map<State, List<Happening>> FOUND = new EnumMap<>(Map.of(
            State.INMIGRATE, List.of(Happening.ARRIVING),
            State.RUNNING, List.of(Happening.RUNNING),
            State.SETUP, List.of(Happening.RUNNING, Happening.MIGRATION_STARTED),
            State.FINISH_MIGRATE, List.of(Happening.STOPPED, Happening.MIGRATION_STARTED),
            State.POSTMIGRATE, List.of(Happening.STOPPED, Happening.MIGRATION_STARTED, Happening.MIGRATION_COMPLETED)));

    private final Map<String, State> qemus = new HashMap<>();
    private World world = new World();
    private Random random = new Random();
    private String at = "host-a";

    @TempDir
    Path folder;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void theGuestIsBoundWhereItRuns(long seed) throws Exception {
        random = new Random(seed);
        Files.writeString(
                folder.resolve("home-agent.toml"),
                "max-lifetime = " + LIFETIME + "\n"
                        + Files.readString(ScenarioTest.PARTIES.resolve("home-agent.toml")));
        world = ScenarioTest.world(folder);
        world.say("", "seed " + seed);
        tell(at, State.RUNNING, Happening.RUNNING);
        pass(5000);
        for (int i = 0; i < MOVES; i++) {
            world.transcript();
            var said = move(pick(SITES.keySet().stream()
                    .filter(host -> !host.equals(at))
                    .sorted()
                    .toList()));
            var end = world.now().plus(PATIENCE);
            while (!isBound() && world.now().isBefore(end)) {
                world.passUntil(world.now().plus(STEP));
            }
            assertBound(i, said);
            pass(random.nextInt(4) == 0 ? 1000 * random.nextInt(3 * LIFETIME) : random.nextInt(1500));
            assertBound(i, said);
        }
    }

    /** Returns what goes wrong. */
    private String move(String to) {
        String from = at;
        int setup = 100 + random.nextInt(700);
        int stop = setup + 100 + random.nextInt(300);
        int resume = stop + 15 + random.nextInt(200);
        String end = pick(List.of("completed", "completed", "completed", "completed", "cancelled", "failed"));
        String network = pick(List.of("calm", "calm", "calm", "lossy", "twice", "late"));
        String victim = pick(List.of("nobody", from, from, to, to, "home-agent", "foreign-agent-b", "foreign-agent-c"));
        int dies = random.nextInt(resume + 500);
        int down = random.nextInt(2000);

        world.carryBy(network(network));
        if (!victim.equals("nobody")) {
            later(dies, () -> world.party(victim).kill());
            later(dies + down, () -> revive(victim));
        }
        tell(to, State.INMIGRATE, Happening.ARRIVING);
        later(setup, () -> tell(from, State.SETUP, Happening.MIGRATION_STARTED));
        if (end.equals("cancelled")) {
            later(stop, () -> tell(from, State.RUNNING, Happening.MIGRATION_FAILED));
            later(stop, () -> quit(to));
        } else if (end.equals("failed")) {
            later(stop, () -> tell(from, State.FINISH_MIGRATE, Happening.STOPPED));
            later(resume, () -> quit(to));
            later(resume, () -> tell(from, State.RUNNING, Happening.RUNNING, Happening.MIGRATION_FAILED));
        } else {
            later(stop, () -> tell(from, State.FINISH_MIGRATE, Happening.STOPPED));
            later(resume, () -> tell(to, State.RUNNING, Happening.RUNNING));
            later(resume, () -> tell(from, State.POSTMIGRATE, Happening.MIGRATION_COMPLETED));
            later(resume + 200, () -> quit(from));
            at = to;
        }
        pass(Math.max(resume + 200, victim.equals("nobody") ? 0 : dies + down) + 1);
        world.carryBy(World::calm);
        return "from %s to %s: %s, %s network, at %d ms %s dies for %d ms"
                .formatted(from, to, end, network, dies, victim, down);
    }

    private Supplier<List<Duration>> network(String kind) {
        return switch (kind) {
            case "lossy" -> () -> random.nextBoolean() ? List.of() : List.of(way(30));
            case "twice" -> () -> random.nextBoolean() ? List.of(way(30), way(1000)) : List.of(way(30));
            case "late" -> () -> List.of(way(random.nextBoolean() ? 1000 : 30));
            default -> World::calm;
        };
    }

    private Duration way(int longest) {
        return Duration.ofMillis(1 + random.nextInt(longest));
    }

    private void tell(String host, State state, Happening... happenings) {
        qemus.put(host, state);
        if (world.party(host).isAlive()) {
            List.of(happenings).forEach(what -> host(host).happens(GUEST, what));
        }
    }

    private void quit(String host) {
        qemus.remove(host);
        if (world.party(host).isAlive()) {
            host(host).vanishes(GUEST);
        }
    }

    private void revive(String victim) {
        world.party(victim).revive();
        if (qemus.containsKey(victim)) {
            FOUND.get(qemus.get(victim)).forEach(what -> host(victim).happens(GUEST, what));
        }
    }

    private HostParty host(String name) {
        return (HostParty) world.party(name);
    }

    private boolean isBound() {
        var bindings = ((HomeAgentParty) world.party("home-agent")).bindings();
        return SITES.get(at).isEmpty()
                ? bindings.isEmpty()
                : bindings.size() == 1
                        && bindings.get(0).careOfAddress().toString().equals(SITES.get(at));
    }

    private void assertBound(int move, String said) {
        assertTrue(
                isBound(),
                () -> "not bound at " + at + " after move " + move + " " + said + "\n"
                        + String.join("\n", world.transcript()));
    }

    private void later(int milliseconds, Runnable what) {
        world.later(Duration.ofMillis(milliseconds), what);
    }

    private void pass(int milliseconds) {
        world.passUntil(world.now().plusMillis(milliseconds));
    }

    private <T> T pick(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }
}
