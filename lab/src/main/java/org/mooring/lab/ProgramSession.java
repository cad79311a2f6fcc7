package org.mooring.lab;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** A session that a real client program holds; a line that it prints says that something arrived. */
final class ProgramSession extends Session {
    private final Process process;

    /** @param tells whether a line that the program prints says that something arrived */
    private ProgramSession(String name, Namespace namespace, File errors, List<String> words, Predicate<String> tells) {
        super(name);
        try {
            process = new ProcessBuilder(namespace.inside(words))
                    .redirectInput(new File("/dev/null"))
                    .redirectError(ProcessBuilder.Redirect.appendTo(errors))
                    .start();
        } catch (IOException e) {
            throw new LabException("cannot start " + String.join(" ", words), e);
        }
        daemon(name, () -> {
            try (BufferedReader lines = process.inputReader()) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (tells.test(line)) {
                        arrived();
                    }
                }
                ended("the other side closed the connection");
            } catch (IOException e) {
                ended(String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT));
            }
        });
    }

    /** A shell on the guest, reached by ssh, that prints a line each 100 ms. */
    static ProgramSession ssh(RunDirectory run, Namespace namespace, String guest) {
        return new ProgramSession(
                "ssh",
                namespace,
                run.resolve("ssh.log").toFile(),
                List.of("ssh", "root@" + guest, "while sleep 0.1; do echo tick; done"),
                "tick"::equals);
    }

    /** iperf3 receives from the guest at this rate, for longer than any run takes; it prints each 100 ms how much has come since. */
    static ProgramSession iperf(RunDirectory run, Namespace namespace, String guest, int megabitsPerSecond) {
        return new ProgramSession(
                "iperf3",
                namespace,
                run.resolve("iperf3.log").toFile(),
                List.of(
                        "iperf3",
                        "-c",
                        guest,
                        "-R",
                        "-b",
                        megabitsPerSecond + "M",
                        "-t",
                        "86400",
                        "-i",
                        "0.1",
                        "--forceflush"),
                line -> line.contains("sec") && !line.contains(" 0.00 Bytes "));
    }

    @Override
    void shut() {
        process.destroy();
    }
}
