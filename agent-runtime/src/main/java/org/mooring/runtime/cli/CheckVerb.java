package org.mooring.runtime.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.mooring.runtime.Failure;
import org.mooring.runtime.config.ConfigReader;
import org.mooring.runtime.config.Section;

/** {@code check --config FILE}: says what is wrong with a configuration, and does nothing else. */
public record CheckVerb(Function<Section, ?> config) implements Verb {
    @Override
    public String name() {
        return "check";
    }

    @Override
    public String summary() {
        return "check a configuration file";
    }

    @Override
    public Options options() {
        return new Options().addOption(StandardOptions.CONFIG);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        return check(Path.of(line.getOptionValue(StandardOptions.CONFIG)), config, console);
    }

    /** What {@code check} does with the file, for a program whose {@code check} looks at more than that. */
    public static int check(Path file, Function<Section, ?> config, Console console) throws Failure {
        List<String> warnings = new ArrayList<>();
        ConfigReader.read(file, config, warnings::add);
        warnings.forEach(console.out()::println);
        console.out().println(file + (warnings.isEmpty() ? ": no problems" : ": no other problems"));
        return 0;
    }
}
