package org.mooring.conformance.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.protocol.wire.Octets;

/**
 * Has Jazzer look for octets that a decoder can't bear: an exception, something that it accepts and doesn't encode back, a hang, or more memory
 * than a small heap.
 *
 * <p>{@code -Dfuzz.runs=300000} has it try so many, {@code -Dfuzz.seconds=600} look that long, and keeps in {@code target/fuzz} what was worth trying;
 * {@code -Dfuzz.decoders=REGISTRATION} is for one decoder alone.
 */
@DisplayName("Fuzzing guided by coverage finds nothing that a decoder can't bear")
class DecoderFuzzTest {
    private static final int SEED = 3344;
    private static final String RUNS = System.getProperty("fuzz.runs", "30000");
    private static final String SECONDS = System.getProperty("fuzz.seconds", "");
    private static final String DECODERS = System.getProperty("fuzz.decoders", "");

    @ParameterizedTest
    @EnumSource
    void acceptsItsExamples(Decoder decoder) {
        for (var example : decoder.examples()) {
            assertTrue(decoder.accepts(example), example::toString);
        }
    }

    @Test
    void findsNothing() throws Exception {
        var decoders = DECODERS.isEmpty()
                ? List.of(Decoder.values())
                : Stream.of(DECODERS.split(",", -1)).map(Decoder::valueOf).toList();
        var directory = Files.createDirectories(Path.of("target/fuzz").toAbsolutePath());
        var corpus = corpus(directory, decoders);
        var log = directory.resolve("log");
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                // What Jazzer puts into its place can't bear how Netty uses it.
                "-Dio.netty.noUnsafe=true",
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + FuzzTarget.class.getName(),
                "--target_args="
                        + String.join(" ", decoders.stream().map(Enum::name).toList()),
                "--instrumentation_includes=org.mooring.**",
                "--reproducer_path=" + directory,
                "-artifact_prefix=" + directory + "/",
                "-seed=" + SEED,
                "-max_len=1500",
                "-timeout=30",
                SECONDS.isEmpty() ? "-runs=" + RUNS : "-max_total_time=" + SECONDS,
                corpus.toString()));

        int exit = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start()
                .waitFor();

        assertEquals(0, exit, () -> tail(log));
    }

    /** With the decoders' examples. Where it is searched for long, what was found before is there still. */
    private static Path corpus(Path directory, List<Decoder> decoders) throws IOException {
        var corpus = Files.createDirectories(directory.resolve("corpus"));
        if (SECONDS.isEmpty()) {
            try (var files = Files.list(corpus)) {
                for (var file : files.toList()) {
                    Files.delete(file);
                }
            }
        }
        for (int number = 0; number < decoders.size(); number++) {
            for (var example : decoders.get(number).examples()) {
                var input = Octets.of((byte) number).concat(example);
                Files.write(corpus.resolve(number + "-" + example.hashCode()), input.toByteArray());
            }
        }
        return corpus;
    }

    private static String tail(Path log) {
        try {
            var lines = Files.readAllLines(log, StandardCharsets.UTF_8);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
        } catch (IOException e) {
            return e.toString();
        }
    }
}
