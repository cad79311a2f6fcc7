package org.mooring.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a program's systemd unit grants it; there is no systemd in the testbed, but a program must do with just that.
 *
 * @param capabilities as setpriv(1) names them
 */
record SystemdUnit(boolean root, List<String> capabilities) {
    /** The user and group that stand for {@code mooring}. */
    static final int USER = 64434;

    private static final String CAPABILITIES = "CapabilityBoundingSet=";

    static SystemdUnit of(RunDirectory run, String program) {
        Path file = run.resolve("mooring/systemd/mooring-" + program + ".service");
        try {
            List<String> lines = Files.readAllLines(file);
            List<String> capabilities = lines.stream()
                    .filter(line -> line.startsWith(CAPABILITIES))
                    .flatMap(line ->
                            List.of(line.substring(CAPABILITIES.length()).split(" ", -1)).stream())
                    .map(name -> name.substring("CAP_".length()).toLowerCase(Locale.ROOT))
                    .toList();
            return new SystemdUnit(lines.contains("User=root"), capabilities);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    SystemdUnit without(String capability) {
        return new SystemdUnit(
                root, capabilities.stream().filter(c -> !c.equals(capability)).toList());
    }

    /** The command line that runs these words with what the unit grants. */
    List<String> run(List<String> words) {
        String set = capabilities.stream().map(c -> ",+" + c).collect(Collectors.joining("", "-all", ""));
        var command = new ArrayList<>(List.of("setpriv", "--no-new-privs", "--bounding-set", set));
        if (root) {
            command.addAll(List.of("--inh-caps", "-all"));
        } else {
            command.addAll(List.of("--reuid", "" + USER, "--regid", "" + USER, "--clear-groups"));
            command.addAll(List.of("--inh-caps", set, "--ambient-caps", set));
        }
        command.addAll(words);
        return command;
    }
}
