package org.mooring.lab;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A running tcpdump. It has begun when the constructor returns, and all it saw is in the file after {@link #close}. */
final class Capture implements AutoCloseable {
    private final Path file;
    private final Process process;

    private Capture(RunDirectory run, String name, Namespace namespace, List<String> words) {
        file = run.directory("captures").resolve(name + ".pcap");
        Path log = run.resolve("captures").resolve(name + ".log");
        var command = new java.util.ArrayList<>(List.of(
                "tcpdump",
                "-n",
                "-U",
                "--immediate-mode",
                "-B",
                "16384",
                "-Z",
                "root",
                "--time-stamp-precision=nano",
                "-w",
                file.toString()));
        command.addAll(words);
        process = namespace.start(log.toFile(), command);
        Await.until("tcpdump " + name + " listens, see " + log, () -> {
            if (!process.isAlive()) {
                throw new LabException("tcpdump ended: " + Files.readString(log));
            }
            return Files.readString(log).contains("listening on");
        });
    }

    /** Captures what passes one interface, both ways. */
    static Capture on(RunDirectory run, String name, Namespace namespace, String device, int octets, String filter) {
        return new Capture(run, name, namespace, List.of("-i", device, "-s", Integer.toString(octets), filter));
    }

    /** Captures on every interface, those included that come later; each frame says on which one it was. */
    static Capture everywhere(RunDirectory run, String name, Namespace namespace, int octets, String filter) {
        return new Capture(
                run, name, namespace, List.of("-i", "any", "-y", "LINUX_SLL2", "-s", Integer.toString(octets), filter));
    }

    Path file() {
        return file;
    }

    /** What has been captured up to now. */
    List<CapturedFrame> frames() {
        return CapturedFrame.readAll(file);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
