package org.mooring.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.mooring.runtime.Failure;
import org.mooring.runtime.control.ControlClient;

/**
 * {@code show WHAT [--json]}: what the running daemon knows, as a table or as JSON.
 *
 * @param program who is asked
 * @param defaultSocket where it listens if its configuration doesn't say otherwise
 */
public record ShowVerb(String program, Path defaultSocket, List<View> views) implements Verb {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /**
     * Something to show.
     *
     * @param name the word for it
     * @param path where the control socket has it
     * @param summary one line for {@code show --help}
     * @param text the answer for people
     */
    public record View(String name, String path, String summary, Function<JsonNode, List<String>> text) {
        /** As a table. */
        public View(String name, String path, String summary) {
            this(name, path, summary, Table::lines);
        }
    }

    public ShowVerb {
        views = List.copyOf(views);
    }

    @Override
    public String name() {
        return "show";
    }

    @Override
    public List<String> arguments() {
        return List.of("WHAT");
    }

    @Override
    public String summary() {
        return "ask the running daemon: " + names();
    }

    @Override
    public List<String> details() {
        return views.stream()
                .map(view -> "  " + view.name() + ": " + view.summary())
                .toList();
    }

    private String names() {
        return views.stream().map(View::name).collect(Collectors.joining(", "));
    }

    @Override
    public Options options() {
        return new Options().addOption(StandardOptions.JSON).addOption(StandardOptions.SOCKET);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        String what = line.getArgs()[0];
        View view = views.stream()
                .filter(candidate -> candidate.name().equals(what))
                .findFirst()
                .orElseThrow(() -> new UsageException("show knows " + names() + ", not '" + what + "'"));
        Path socket = Path.of(line.getOptionValue(StandardOptions.SOCKET, defaultSocket.toString()));
        JsonNode answer = new ControlClient(program, socket, TIMEOUT).get(view.path());
        if (line.hasOption(StandardOptions.JSON)) {
            console.out().println(answer.toPrettyString());
        } else {
            view.text().apply(answer).forEach(console.out()::println);
        }
        return 0;
    }
}
