package org.mooring.conformance.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.mooring.runtime.config.ConfigException;

/**
 * Plays each folder of {@code src/test/resources/scenarios}. Its {@code NN-in-WORDS.toml} happen one after the other, and what the parties do
 * about each must be what {@code NN-out.txt} says. The parties are those whose configuration files are in the folder, or else in {@code parties}.
 *
 * <p>{@code -Dscenarios.update} writes the expected files anew, for you to read; not where CI is set.
 */
@DisplayName("The cores play the scenarios")
class ScenarioTest {
    private static final Path SCENARIOS = Path.of("src/test/resources/scenarios");
    static final Path PARTIES = SCENARIOS.resolve("parties");
    private static final Pattern INPUT = Pattern.compile("([0-9]{2})-in-[a-z0-9-]+\\.toml");
    private static final boolean UPDATE = System.getProperty("scenarios.update") != null;

    @TestFactory
    Stream<DynamicTest> scenarios() throws IOException {
        assertFalse(UPDATE && System.getenv("CI") != null, "expected files are not to be written where CI is set");
        return files(SCENARIOS)
                .filter(folder -> Files.isDirectory(folder) && !folder.equals(PARTIES))
                .map(folder -> dynamicTest(folder.getFileName().toString(), folder.toUri(), () -> play(folder)));
    }

    private static void play(Path folder) throws IOException, ConfigException {
        var world = world(folder);
        var inputs = files(folder)
                .map(file -> INPUT.matcher(file.getFileName().toString()))
                .filter(matcher -> matcher.matches())
                .toList();
        assertFalse(inputs.isEmpty(), () -> "nothing happens in " + folder);
        for (var input : inputs) {
            var step = Step.read(folder.resolve(input.group()));
            world.passUntil(step.at());
            for (var what : step.inputs()) {
                what.happen(world, folder);
            }
            world.settle();
            compare(folder.resolve(input.group(1) + "-out.txt"), world.transcript());
        }
    }

    private static void compare(Path expected, List<String> said) throws IOException {
        var text = String.join("\n", said) + "\n";
        if (UPDATE) {
            Files.writeString(expected, text);
        }
        assertEquals(Files.readString(expected), text, () -> expected + " (-Dscenarios.update writes it anew)");
    }

    /** With the parties of {@code folder}, and others as they usually are. */
    static World world(Path folder) throws IOException, ConfigException {
        var world = new World();
        for (var common : files(PARTIES).toList()) {
            var name = common.getFileName().toString().replace(".toml", "");
            var own = folder.resolve(common.getFileName());
            var file = Files.exists(own) ? own : common;
            world.add(
                    name.startsWith("home-agent")
                            ? new HomeAgentParty(name, world, file)
                            : name.startsWith("foreign-agent")
                                    ? new ForeignAgentParty(name, world, file)
                                    : new HostParty(name, world, file));
        }
        return world;
    }

    private static Stream<Path> files(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.sorted().toList().stream();
        }
    }
}
