package org.mooring.runtime.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.MissingOptionException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;
import org.mooring.runtime.Failure;

/**
 * A program and its verbs. Exit codes: 0 well, 1 failed, 2 wrong usage or configuration. Whatever fails says so in one
 * line on standard error, or one for each problem, with what to do about it.
 *
 * @param name as it is typed
 * @param summary what it is, in one line
 */
public record Program(String name, String summary, List<Verb> verbs) {
    /** So that the longest option and its argument fit. */
    private static final int SUMMARY_COLUMN = 24;

    public Program {
        verbs = List.copyOf(verbs);
    }

    /** Runs the program and ends the JVM with its exit code. */
    public void runAndExit(String... args) {
        // System.out uses the locale's character set; a unit file sets no locale.
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        int exitCode = run(new Console(out, err), args);
        out.flush();
        System.exit(exitCode);
    }

    /** Runs the program and returns its exit code. */
    public int run(Console console, String... args) {
        try {
            return dispatch(console, args);
        } catch (UsageException e) {
            print(e, console);
            console.err().println("Try '" + name + " --help'.");
            return e.exitCode();
        } catch (Failure e) {
            print(e, console);
            return e.exitCode();
        }
    }

    private void print(Failure failure, Console console) {
        failure.lines().forEach(line -> console.err().println(name + ": " + line));
    }

    private int dispatch(Console console, String... args) throws Failure {
        if (args.length == 0) {
            throw new UsageException("what to do? One of: " + verbNames());
        }
        String word = args[0];
        if (word.equals("--help") || word.equals("-h") || word.equals("help")) {
            help(console.out());
            return 0;
        }
        if (word.equals("--version")) {
            console.out().println(name + " " + Version.read());
            return 0;
        }
        Verb verb = verbs.stream()
                .filter(candidate -> candidate.name().equals(word))
                .findFirst()
                .orElseThrow(() -> new UsageException("'" + word + "' is none of: " + verbNames()));
        List<String> rest = Arrays.asList(args).subList(1, args.length);
        if (rest.contains("--help") || rest.contains("-h")) {
            help(verb, console.out());
            return 0;
        }
        return verb.run(parse(verb, rest), console);
    }

    private String verbNames() {
        return verbs.stream().map(Verb::name).collect(Collectors.joining(", "));
    }

    private static CommandLine parse(Verb verb, List<String> args) throws UsageException {
        CommandLine line;
        try {
            line = DefaultParser.builder()
                    .setAllowPartialMatching(false)
                    .get()
                    .parse(verb.options(), args.toArray(String[]::new));
        } catch (MissingOptionException e) {
            List<String> missing = new ArrayList<>();
            for (Object option : e.getMissingOptions()) {
                missing.add("--" + option);
            }
            throw new UsageException(verb.name() + " needs " + String.join(" and ", missing));
        } catch (MissingArgumentException e) {
            throw new UsageException("--" + e.getOption().getLongOpt() + " needs "
                    + e.getOption().getArgName());
        } catch (UnrecognizedOptionException e) {
            throw new UsageException(verb.name() + " has no option " + e.getOption());
        } catch (ParseException e) {
            throw new UsageException(verb.name() + ": " + e.getMessage());
        }
        long required = verb.arguments().stream()
                .filter(argument -> !argument.startsWith("["))
                .count();
        if (line.getArgs().length < required
                || line.getArgs().length > verb.arguments().size()) {
            String expected = verb.arguments().isEmpty() ? "no further words" : String.join(" and ", verb.arguments());
            throw new UsageException(verb.name() + " takes " + expected + ", found "
                    + (line.getArgs().length == 0 ? "nothing" : "'" + String.join(" ", line.getArgs()) + "'"));
        }
        return line;
    }

    private void help(PrintStream out) {
        out.println(name + " - " + summary);
        out.println();
        out.println("Usage:");
        verbs.forEach(verb -> out.println("  " + usage(verb)));
        out.println("  " + name + " --help | --version");
        out.println();
        verbs.forEach(verb -> out.println(row(verb.name(), verb.summary())));
        out.println();
        out.println("'" + name + " VERB --help' explains a verb.");
        out.println("Exit codes: 0 well, 1 failed, 2 wrong usage or configuration.");
    }

    private void help(Verb verb, PrintStream out) {
        out.println("Usage: " + usage(verb));
        out.println();
        out.println(verb.summary());
        verb.details().forEach(out::println);
        Options options = verb.options();
        if (!options.getOptions().isEmpty()) {
            out.println();
            options.getOptions().forEach(option -> out.println(row(spell(option), option.getDescription())));
        }
    }

    private String usage(Verb verb) {
        StringBuilder usage = new StringBuilder(name).append(' ').append(verb.name());
        verb.arguments().forEach(argument -> usage.append(' ').append(argument));
        for (Option option : verb.options().getOptions()) {
            usage.append(option.isRequired() ? " " + spell(option) : " [" + spell(option) + "]");
        }
        return usage.toString();
    }

    private static String spell(Option option) {
        return "--" + option.getLongOpt() + (option.hasArg() ? " " + option.getArgName() : "");
    }

    private static String row(String left, String right) {
        return "  " + left + " ".repeat(Math.max(1, SUMMARY_COLUMN - left.length())) + right;
    }
}
