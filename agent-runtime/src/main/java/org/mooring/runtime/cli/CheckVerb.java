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
        Path file = Path.of(line.getOptionValue(StandardOptions.CONFIG));
        List<String> warnings = new ArrayList<>();
        ConfigReader.read(file, config, warnings::add);
        warnings.forEach(console.out()::println);
        console.out().println(file + (warnings.isEmpty() ? ": no problems" : ": no other problems"));
        return 0;
    }
}
