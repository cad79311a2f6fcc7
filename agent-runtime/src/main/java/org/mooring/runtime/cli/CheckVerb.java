package org.mooring.runtime.cli;

import java.nio.file.Path;
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
        ConfigReader.read(file, config);
        console.out().println(file + ": no problems");
        return 0;
    }
}
