package org.mooring.lab;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.mooring.lab.report.JsonFile;

/** A run of {@code ./bench}. Whatever becomes of it, nothing that it made is left; its exit code says whether it has measured. */
final class BenchRun {
    static final int FAILED = 1;
    private static final int WRONG_USAGE = 2;

    private final RunDirectory run;
    private final PrintStream out;
    private volatile boolean ending;

    private BenchRun(RunDirectory run, PrintStream out) {
        this.run = run;
        this.out = out;
    }

    /** What is measured in a directory of its own. */
    interface Measurement {
        /**
         * Says on {@code out} what it finds; returns the exit code.
         *
         * @param out in UTF-8
         */
        int in(RunDirectory run, PrintStream out) throws IOException;
    }

    /**
     * Measures, and ends the program.
     *
     * @param arguments as the front door gives them; the first one is the run's directory
     * @param expected how many these should be
     */
    static void main(String[] arguments, int expected, Measurement measurement) {
        if (arguments.length != expected) {
            System.err.println("bench: this is started by ./bench");
            System.exit(WRONG_USAGE);
        }
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.exit(new BenchRun(RunDirectory.own(Path.of(arguments[0])), out).attempt(measurement));
    }

    private int attempt(Measurement measurement) {
        // Also on a signal: then the main thread's attempts fail one after the other, and nobody wants to read that.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            ending = true;
            run.remove();
        }));
        try {
            RunDirectory.sweep();
            return measurement.in(run, out);
        } catch (LabException | IOException e) {
            if (!ending) {
                System.err.println("bench: " + e.getMessage());
            }
            return FAILED;
        }
    }

    /**
     * Writes a report as JSON, and says so.
     *
     * @param file not if it is an empty word
     */
    static void write(Object report, String file, PrintStream out) throws IOException {
        if (!file.isEmpty()) {
            JsonFile.write(Path.of(file), report);
            out.println("written: " + file);
        }
    }
}
