package org.mooring.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One of the project's daemons, run as the real program in a namespace from its configuration file. */
final class Daemon {
    private static final String JAVA_OPTIONS = "MOORING_JAVA_OPTS";

    /** The program, what it is to do, and its configuration. */
    private static final int PROGRAM_WORDS = 4;

    private static final int LAST_LINES = 30;

    private static final Pattern OUR_CLASS = Pattern.compile("org\\.mooring\\.[\\w.$]+");

    private final Namespace namespace;
    private final List<String> words;
    private final Path log;
    private final Path socket;
    private @Nullable Process process;

    private Daemon(Namespace namespace, List<String> words, Path log, Path socket) {
        this.namespace = namespace;
        this.words = List.copyOf(words);
        this.log = log;
        this.socket = socket;
    }

    /** A program, to be run as its systemd unit would run it. */
    static Daemon of(Namespace namespace, RunDirectory run, String program, Path configuration, Path log, Path socket) {
        var words = new ArrayList<>(withOpenTun(run));
        words.addAll(SystemdUnit.of(run, program)
                .run(List.of(
                        run.resolve("mooring/bin/" + program).toString(),
                        "run",
                        "--config",
                        configuration.toString())));
        return new Daemon(namespace, words, log, socket);
    }

    /** Begins a command whose rest finds {@code /dev/net/tun} open to everyone, as udev has it on an installed machine, whatever it is here. */
    static List<String> withOpenTun(RunDirectory run) {
        return List.of(
                "sh",
                "-c",
                "mount -t tmpfs -o mode=755 devices \"$0\" && mknod -m 666 \"$0/tun\" c 10 200"
                        + " && mount --bind \"$0/tun\" /dev/net/tun && exec \"$@\"",
                run.directory("dev").toString());
    }

    /** The same daemon, started by way of a command that ends by executing the words after it. */
    Daemon by(List<String> wrapper) {
        var wrapped = new ArrayList<>(wrapper);
        wrapped.addAll(words);
        return new Daemon(namespace, wrapped, log, socket);
    }

    /** The same daemon on a machine whose clock is ahead by so much, or behind if it is negative; but for what the kernel stamps itself. */
    Daemon withClock(Duration ahead) {
        if (ahead.isZero()) {
            return this;
        }
        String options = System.getenv().getOrDefault(JAVA_OPTIONS, "");
        return by(List.of("env", JAVA_OPTIONS + "=" + options + " -Dmooring.clock-ahead-seconds=" + ahead.toSeconds()));
    }

    /** Starts it; {@link #awaitReady} waits for what it does then. */
    Daemon start() {
        // Where they are ignored here, as by nohup, a JVM would not heed them.
        var command = new ArrayList<>(List.of("env", "--default-signal=HUP,INT"));
        command.addAll(words);
        process = namespace.start(log.toFile(), command);
        return this;
    }

    /** Returns once it answers on its control socket. */
    Daemon awaitReady() {
        Await.until("a control socket is at " + socket, () -> {
            if (!isRunning()) {
                throw new LabException("it ended at once: " + String.join(" ", words) + "\n" + logged());
            }
            return control().isHealthy();
        });
        return this;
    }

    boolean isRunning() {
        return process != null && process.isAlive();
    }

    Path configuration() {
        return Path.of(words.get(words.size() - 1));
    }

    String program() {
        return Path.of(words.get(words.size() - 4)).getFileName().toString();
    }

    Namespace namespace() {
        return namespace;
    }

    Control control() {
        return new Control(words.get(words.size() - PROGRAM_WORDS), socket);
    }

    String logged() {
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new LabException("cannot read " + log, e);
        }
    }

    /** What it knows of guests, and the end of its log: for whoever has to find out what went wrong. */
    String account() {
        List<String> lines = logged().lines().toList();
        var account = new ArrayList<>(List.of(program() + " in " + namespace.name() + ": " + knowledge()));
        account.addAll(lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
        return String.join("\n", account);
    }

    private String knowledge() {
        String path = switch (program()) {
            case "home-agent" -> "/bindings";
            case "foreign-agent" -> "/visitors";
            default -> "/guests";
        };
        try {
            return control().get(path).toString();
        } catch (LabException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Those classes of the project that its JVM has loaded. */
    Set<String> loadedClasses() {
        if (process == null) {
            throw new LabException("it doesn't run: " + String.join(" ", words));
        }
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        try {
            return OUR_CLASS
                    .matcher(Command.run(jcmd, Long.toString(process.pid()), "VM.class_hierarchy"))
                    .results()
                    .map(MatchResult::group)
                    .collect(Collectors.toCollection(TreeSet::new));
        } finally {
            // What jcmd asks by. A JVM that is killed leaves it.
            delete(Path.of("/tmp/.java_pid" + process.pid()));
        }
    }

    /** SIGHUP: it reads its configuration again. */
    void reload() {
        if (process != null) {
            Command.run("kill", "-HUP", Long.toString(process.pid()));
        }
    }

    /** {@code kill -9}. */
    void kill() {
        if (process != null) {
            process.destroyForcibly();
            awaitEnd(process);
        }
    }

    /** SIGTERM, as systemd stops it. */
    void stop() {
        if (process != null) {
            process.destroy();
            awaitEnd(process);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new LabException("cannot delete " + file, e);
        }
    }

    private static void awaitEnd(Process process) {
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new LabException("a daemon did not end after SIGTERM: process " + process.pid());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
