package org.mooring.lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * A C program of the testbed that takes orders on its standard input and answers each with one line. It ends with its input, so with us,
 * too.
 */
final class Instrument implements AutoCloseable {
    private final List<String> words;
    private final Process process;
    private final BufferedReader answers;

    /** Starts a compiled program; what it complains of goes to {@code log}. */
    Instrument(List<String> words, Path log) {
        this.words = List.copyOf(words);
        try {
            process = new ProcessBuilder(words)
                    .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
        } catch (IOException e) {
            throw new LabException("cannot start " + String.join(" ", words), e);
        }
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
    }

    /** Compiles {@code sources/NAME.c}; returns the program. */
    static Path compile(RunDirectory run, Path sources, String name) {
        Path program = run.directory("instruments").resolve(name);
        Command.run(
                "gcc",
                "-std=gnu17",
                "-O2",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-o",
                program.toString(),
                sources.resolve(name + ".c").toString());
        return program;
    }

    /**
     * Gives an order.
     *
     * @param verb what the answer begins with
     * @return the rest of the answer
     */
    synchronized String order(String order, String verb) {
        try {
            process.getOutputStream().write((order + "\n").getBytes(StandardCharsets.US_ASCII));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new LabException("it has ended: " + String.join(" ", words), e);
        }
        return answer(verb);
    }

    /** The next line that it says, which has to begin with {@code verb}. */
    synchronized String answer(String verb) {
        try {
            String line = answers.readLine();
            if (line == null || !line.startsWith(verb)) {
                throw new LabException(String.join(" ", words) + " says: " + line);
            }
            return line.substring(verb.length()).strip();
        } catch (IOException e) {
            throw new LabException("it has ended: " + String.join(" ", words), e);
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}
