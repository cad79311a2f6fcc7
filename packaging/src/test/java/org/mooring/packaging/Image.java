package org.mooring.packaging;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the build assembled. */
record Image(Path root) {
    /** What a process said, and how it ended. */
    record Outcome(int exitCode, String out, String err) {}

    static Image built() {
        return new Image(Path.of(System.getProperty("mooring.programs", "target/mooring"))
                .toAbsolutePath());
    }

    Path program(String name) {
        return root.resolve("bin").resolve(name);
    }

    Path example(String program) {
        return root.resolve("examples").resolve(program + ".toml");
    }

    Outcome run(String program, String... arguments) throws IOException, InterruptedException {
        return run(Map.of(), program(program), arguments);
    }

    static Outcome run(Map<String, String> environment, Path program, String... arguments)
            throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(program.toString()));
        words.addAll(List.of(arguments));
        Path out = Files.createTempFile("out", null);
        Path err = Files.createTempFile("err", null);
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(words).redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().close();
            int exitCode = process.waitFor();
            return new Outcome(
                    exitCode,
                    Files.readString(out, StandardCharsets.UTF_8),
                    Files.readString(err, StandardCharsets.UTF_8));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }
}
