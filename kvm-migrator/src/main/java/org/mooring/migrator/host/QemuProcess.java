package org.mooring.migrator.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.mooring.migrator.host.Guest.Accelerator;
import org.mooring.runtime.Failure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A guest's QEMU, a process of its own which outlives us. */
record QemuProcess(GuestFiles files, long pid) {
    private static final Logger log = LoggerFactory.getLogger(QemuProcess.class);
    private static final Duration POLITE = Duration.ofSeconds(5);
    private static final Duration FINAL = Duration.ofSeconds(10);
    private static final Duration GLANCE = Duration.ofMillis(10);

    /** Starts QEMU; it answers on its monitors when this returns. */
    static QemuProcess start(QemuCommand command) throws Failure {
        List<String> arguments = command.arguments();
        log.debug("starting {}", arguments);
        try {
            Process parent = new ProcessBuilder(arguments)
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
            // The parent ends when its child has daemonized (qemu(1), -daemonize).
            String said = new String(parent.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (parent.waitFor() != 0) {
                // Where there is a log, that is where it complains, from the start.
                throw new Failure(
                        refusal(command, said.isEmpty() ? command.files().lastWords() : said));
            }
            return new QemuProcess(
                    command.files(),
                    Long.parseLong(Files.readString(command.files().pid()).strip()));
        } catch (IOException e) {
            throw new Failure(
                    "cannot start " + command.qemu() + ": " + e.getMessage()
                            + "; install QEMU, or name it by 'qemu' in the configuration",
                    e);
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts this thread", e);
        }
    }

    /** The QEMU that its pid file names, if it still runs. */
    static Optional<QemuProcess> find(GuestFiles files) {
        try {
            QemuProcess process = new QemuProcess(
                    files, Long.parseLong(Files.readString(files.pid()).strip()));
            return process.alive() ? Optional.of(process) : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Whether the process lives and is the guest's QEMU, not another that got its number. A zombie has no command line. */
    boolean alive() {
        try {
            String commandLine =
                    Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"), StandardCharsets.UTF_8);
            return List.of(commandLine.split("\0", -1)).contains(files.pid().toString());
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    /** Ends it and returns when it is gone: first asks (it may have been asked to quit already), then insists. */
    void end(boolean asked) throws Failure {
        if (asked && gone(POLITE)) {
            return;
        }
        signal(false);
        if (gone(POLITE)) {
            return;
        }
        log.warn("QEMU does not end when asked, killing it guest={} pid={}", files.guest(), pid);
        signal(true);
        if (!gone(FINAL)) {
            throw new Failure("QEMU of guest " + files.guest() + " (process " + pid
                    + ") can't be killed; it may hang in its storage: see 'ps -o stat,wchan " + pid + "'");
        }
    }

    /** Waits until it is gone. It isn't our child, and the JDK has no event for other processes that end. */
    boolean gone(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (alive()) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            try {
                TimeUnit.NANOSECONDS.sleep(GLANCE.toNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return !alive();
            }
        }
        return true;
    }

    private void signal(boolean kill) {
        if (alive()) {
            ProcessHandle.of(pid).ifPresent(kill ? ProcessHandle::destroyForcibly : ProcessHandle::destroy);
        }
    }

    private static String refusal(QemuCommand command, String said) {
        String last = said.lines().reduce((first, second) -> second).orElse("it gives no reason");
        String advice = command.guest().accel() == Accelerator.KVM && said.contains("KVM")
                ? "; without KVM, '--accel tcg' emulates"
                : "";
        return "QEMU refuses to start guest " + command.guest().name() + ": " + last + advice;
    }
}
