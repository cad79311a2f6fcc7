package org.mooring.lab;

import java.io.File;
import java.io.IOException;
import java.util.List;

/** A session that a real client program holds; what it prints, it prints because something arrived. */
final class ProgramSession extends Session {
    private final Process process;

    private ProgramSession(String name, Namespace namespace, File errors, List<String> words) {
        super(name);
        try {
            process = new ProcessBuilder(namespace.inside(words))
                    .redirectInput(new File("/dev/null"))
                    .redirectError(ProcessBuilder.Redirect.appendTo(errors))
                    .start();
        } catch (IOException e) {
            throw new LabException("cannot start " + String.join(" ", words), e);
        }
        read(process.getInputStream());
    }

    /** A shell on the guest, reached by ssh, that prints a line each 100 ms. */
    static ProgramSession ssh(RunDirectory run, Namespace namespace, String guest) {
        return new ProgramSession(
                "ssh",
                namespace,
                run.resolve("ssh.log").toFile(),
                List.of("ssh", "root@" + guest, "while sleep 0.1; do echo tick; done"));
    }

    /** iperf3 receives from the guest at this rate, for longer than any run takes; it prints a line each 100 ms. */
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
                        "--forceflush"));
    }

    @Override
    void shut() {
        process.destroy();
    }
}
