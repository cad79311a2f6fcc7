package org.mooring.runtime.cli;

import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.mooring.runtime.Failure;

/** What a program can be told to do: the first word of its command line. */
public interface Verb {
    String name();

    /** The words that follow the verb, each in capitals, such as {@code GUEST}. All must be given but those in brackets. */
    default List<String> arguments() {
        return List.of();
    }

    /** One line for {@code --help}. */
    String summary();

    /** Further lines for {@code VERB --help}. */
    default List<String> details() {
        return List.of();
    }

    default Options options() {
        return new Options();
    }

    /**
     * Does it.
     *
     * @param line holds the options, and in {@code getArgs()} the words that were given for {@link #arguments()}
     * @return the exit code: 0 well, 1 failed
     */
    int run(CommandLine line, Console console) throws Failure;
}
