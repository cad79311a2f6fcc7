package org.mooring.lab;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mooring.lab.report.Move;
import org.mooring.lab.report.Report;
import org.mooring.runtime.preflight.DiskFull;

/** What {@code ./demo} runs: moves a real guest away and home while sessions to it run, and reports what happened to them. */
public final class Demo {
    private static final int FAILED = 1;
    private static final int WRONG_USAGE = 2;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final int moves;
    private final Path report;
    private final long begun = System.nanoTime();
    private volatile boolean ending;

    private Demo(int moves, Path report) {
        this.moves = moves;
        this.report = report;
    }

    /** {@code --directory DIR --moves N --report DIR --image SCRIPT}, as the front door gives them. */
    public static void main(String[] arguments) {
        if (arguments.length != 8) {
            System.err.println("demo: this is started by ./demo");
            System.exit(WRONG_USAGE);
        }
        RunDirectory run = RunDirectory.own(Path.of(arguments[1]));
        System.exit(new Demo(Integer.parseInt(arguments[3]), Path.of(arguments[5])).run(run, Path.of(arguments[7])));
    }

    private int run(RunDirectory run, Path imageScript) {
        // Also on a signal: then the main thread's attempts fail one after the other, and nobody wants to read that.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            ending = true;
            run.remove();
        }));
        try {
            RunDirectory.sweep();
            step("raising the networks: correspondent, internet, two sites");
            try (Lab lab = Lab.raise(run, imageScript)) {
                return demonstrate(lab);
            }
        } catch (LabException | IOException e) {
            if (!ending) {
                System.err.println("demo: " + e.getMessage());
            }
            return FAILED;
        }
    }

    private int demonstrate(Lab lab) throws IOException {
        step("starting the agents on both routers and the hooks on both KVM hosts");
        lab.startDaemons();
        step("booting the guest at site A, its home");
        Guest guest = Guest.ONE;
        lab.start(guest);
        step("opening sessions to and from the guest");
        var measured = new ArrayList<Mover.Measured>();
        var finished = new ArrayList<Move>();
        try (var sessions = new Sessions(lab, guest)) {
            var mover = new Mover(lab, guest, sessions);
            Site at = guest.home();
            for (int i = 1; i <= moves; i++) {
                step("move " + i + " of " + moves + ": from " + at + " to " + at.other());
                measured.add(mover.move(at, at.other()));
                at = at.other();
                say(sessions.broken().isEmpty() ? "all sessions live" : broken(sessions));
            }
            if (at != guest.home()) {
                step("bringing the guest home for the control");
                var unused = mover.move(at, guest.home());
            }
            step("control: pausing the guest at home for as long as each move did");
            for (Mover.Measured move : measured) {
                finished.add(move.report(mover.control(move.copying(), move.downtime())));
            }
            step("looking at the sessions once more");
            sessions.awaitLife(Clock.now());
            // A session may break long after what broke it.
            finished.add(finished.remove(finished.size() - 1).withBroken(mover.newlyBroken()));
            var result = new Report(environment(), finished);
            out.println();
            out.print(result.summary());
            write(result, report);
            if (!sessions.broken().isEmpty()) {
                System.err.println("demo: " + broken(sessions));
                return FAILED;
            }
            return 0;
        }
    }

    static void write(Report result, Path directory) {
        try {
            result.write(directory);
        } catch (IOException e) {
            String reason = String.valueOf(e.getMessage());
            throw new LabException(
                    "the report can't be written, " + (DiskFull.is(reason) ? "no space left" : reason)
                            + ": make room there, or name another directory by --report",
                    e);
        }
    }

    private static String broken(Sessions sessions) {
        List<String> words = sessions.broken().stream()
                .map(s -> s.name() + " (" + s.end() + ")")
                .toList();
        return "broken: " + String.join("; ", words);
    }

    private static Map<String, String> environment() throws IOException {
        var environment = new LinkedHashMap<String, String>();
        environment.put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        environment.put(
                "kernel",
                Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip());
        environment.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        environment.put(
                "QEMU",
                Command.run("qemu-system-x86_64", "--version")
                        .lines()
                        .findFirst()
                        .orElse(""));
        environment.put("accelerator", "TCG");
        environment.put("Java", Runtime.version().toString());
        return environment;
    }

    private void step(String what) {
        out.printf(Locale.ROOT, "[%5.1f s] %s%n", (System.nanoTime() - begun) / 1e9, what);
    }

    private void say(String what) {
        out.println("          " + what);
    }
}
