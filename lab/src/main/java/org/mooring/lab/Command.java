package org.mooring.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What a command that was run to its end printed, and its exit status. */
record Command(List<String> words, int status, String output, String errors) {

    /** Runs a command that must succeed; returns its standard output. */
    static String run(String... words) {
        return run(List.of(words), "");
    }

    static String run(List<String> words, String input) {
        Command command = attempt(words, input);
        if (command.status != 0) {
            throw new LabException(command.toString());
        }
        return command.output;
    }

    /** Runs a command that may fail. */
    static Command attempt(List<String> words, String input) {
        try {
            Process process = new ProcessBuilder(words).start();
            CompletableFuture<String> errors = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
            CompletableFuture<Void> written = CompletableFuture.runAsync(() -> write(process, input));
            String output = text(process.getInputStream());
            int status = process.waitFor();
            written.join();
            return new Command(List.copyOf(words), status, output, errors.join());
        } catch (IOException e) {
            throw new LabException("cannot run " + String.join(" ", words), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while running " + String.join(" ", words), e);
        }
    }

    private static String text(java.io.InputStream in) {
        try {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    private static void write(Process process, String input) {
        try (var out = process.getOutputStream()) {
            out.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It ended without reading all of it: its exit status says why.
        }
    }

    @Override
    public String toString() {
        return String.join(" ", words) + ": exit status " + status + "\n" + (errors + output).strip();
    }
}
