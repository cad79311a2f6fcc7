package org.mooring.migrator.host;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.mooring.migrator.Outcome;
import org.mooring.migrator.host.MigratorConfig.RemoteHost;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.cli.Signals;
import org.mooring.runtime.cli.StandardOptions;
import org.mooring.runtime.cli.UsageException;
import org.mooring.runtime.cli.Verb;

/** {@code migrate GUEST --to HOST}: moves a running guest to another host. */
record MigrateVerb() implements Verb {
    static final Option TO = Option.builder()
            .longOpt("to")
            .hasArg()
            .argName("HOST")
            .required()
            .desc("a [[host]] of the configuration, or an ssh destination")
            .get();

    static final Option SSH_OPTION = Option.builder()
            .longOpt("ssh-option")
            .hasArg()
            .argName("OPTION")
            .desc("handed to ssh as -o OPTION; may be repeated")
            .get();

    static final Option SHARED_DISKS = Option.builder()
            .longOpt("shared-disks")
            .desc("both hosts see the same disks, whatever the configuration says")
            .get();

    private static final Option BANDWIDTH = Option.builder()
            .longOpt("bandwidth")
            .hasArg()
            .argName("MIB")
            .desc("send at most this many MiB a second")
            .get();

    private static final Option DOWNTIME_LIMIT = Option.builder()
            .longOpt("downtime-limit")
            .hasArg()
            .argName("MS")
            .desc("how long the guest may be paused by plan, in milliseconds (300)")
            .get();

    /** With a worse idea of the other host's clock, the downtime would be a guess. */
    private static final Duration TRUSTED_CLOCK = Duration.ofMillis(50);

    @Override
    public String name() {
        return "migrate";
    }

    @Override
    public List<String> arguments() {
        return List.of(GuestOptions.GUEST);
    }

    @Override
    public String summary() {
        return "move a running guest to another host";
    }

    @Override
    public List<String> details() {
        return List.of(
                "Runs 'kvm-migrator listen' there over ssh. Ctrl-C cancels. Whatever fails, the guest goes on here, unless it runs there;",
                "where nobody can tell, it stays paused here and you are told what to look for.");
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(TO)
                .addOption(GuestOptions.CONFIG)
                .addOption(GuestOptions.ACCEL)
                .addOption(BANDWIDTH)
                .addOption(DOWNTIME_LIMIT)
                .addOption(GuestOptions.TLS)
                .addOption(SHARED_DISKS)
                .addOption(SSH_OPTION)
                .addOption(StandardOptions.LOG_LEVEL);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        MigratorConfig config = GuestOptions.config(line);
        String guest = GuestOptions.guestName(line);
        MigrationRun.Route route = route(line, config, guest);
        GuestOptions.requireRoot();
        ThisHost host = new ThisHost(config);
        GuestFiles files = host.files(guest);
        GuestRecord record = files.read()
                .orElseThrow(() -> new Failure(
                        "guest " + guest + " is not on this host: start it with 'kvm-migrator startup " + guest + "'"));
        refuseLocalDisks(record.guest(), line);
        ProgressDisplay display = new ProgressDisplay(console.err(), ProgressDisplay.standardErrorIsTerminal());
        try (MigrationRun run = new MigrationRun(host, files, record, route, display)) {
            for (String signal : List.of("INT", "TERM", "HUP")) {
                Signals.handle(signal, run::cancel);
            }
            Outcome outcome = run.await();
            display.end();
            return report(outcome, guest, run, console);
        }
    }

    private static MigrationRun.Route route(CommandLine line, MigratorConfig config, String guest) throws Failure {
        RemoteHost host = host(line, config);
        List<String> words = new ArrayList<>(List.of("listen", guest, "--" + ListenVerb.FROM_SOURCE.getLongOpt()));
        if (line.hasOption(GuestOptions.TLS)) {
            words.add("--" + GuestOptions.TLS.getLongOpt());
        }
        if (line.hasOption(GuestOptions.ACCEL)) {
            words.add("--" + GuestOptions.ACCEL.getLongOpt());
            words.add(line.getOptionValue(GuestOptions.ACCEL));
        }
        OptionalInt bandwidth = line.hasOption(BANDWIDTH)
                ? OptionalInt.of(number(line, BANDWIDTH, 1 << 20))
                : config.migration().maxBandwidth();
        Duration downtimeLimit = line.hasOption(DOWNTIME_LIMIT)
                ? Duration.ofMillis(number(line, DOWNTIME_LIMIT, 2_000_000))
                : config.migration().downtimeLimit();
        return new MigrationRun.Route(
                host.name(),
                host.tlsName(),
                new RemoteCommand(host, sshOptions(line), words),
                GuestOptions.stream(line, config),
                downtimeLimit,
                bandwidth);
    }

    static RemoteHost host(CommandLine line, MigratorConfig config) {
        String name = line.getOptionValue(TO);
        return config.hosts().stream()
                .filter(host -> host.name().equals(name))
                .findFirst()
                .orElseGet(() -> RemoteHost.of(name));
    }

    static List<String> sshOptions(CommandLine line) {
        List<String> options = new ArrayList<>();
        for (String option :
                Optional.ofNullable(line.getOptionValues(SSH_OPTION)).orElse(new String[0])) {
            options.add("-o");
            options.add(option);
        }
        return options;
    }

    private static int number(CommandLine line, Option option, int max) throws Failure {
        String text = line.getOptionValue(option);
        if (text.matches("[0-9]{1,9}")) {
            int number = Integer.parseInt(text);
            if (number >= 1 && number <= max) {
                return number;
            }
        }
        throw new UsageException("--" + option.getLongOpt() + " takes a whole number from 1 to " + max);
    }

    static void refuseLocalDisks(Guest guest, CommandLine line) throws Failure {
        for (Disk disk : guest.disks()) {
            if (disk.tiesGuestToHost() && !line.hasOption(SHARED_DISKS)) {
                throw new Failure(
                        "guest " + guest.name() + " writes to the disk " + disk.file()
                                + ", which the other host may not have: if both see the same file there, say so with 'shared = true' or --shared-disks");
            }
        }
    }

    private static int report(Outcome outcome, String guest, MigrationRun run, Console console) throws Failure {
        if (outcome instanceof Outcome.Moved moved) {
            console.out()
                    .println("guest " + guest + " runs at " + run.destination() + ": " + seconds(moved.total())
                            + " in all, paused for " + downtime(moved, run.clockOffset())
                            + run.progress()
                                    .map(end -> ", " + Progress.mebibytes(end.transferred()) + " MiB in " + end.pass()
                                            + (end.pass() == 1 ? " pass" : " passes"))
                                    .orElse(""));
            return 0;
        } else if (outcome instanceof Outcome.NotMoved left) {
            throw new Failure(explain(left, guest, run.destination()));
        }
        throw new AssertionError(outcome);
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }

    private static String downtime(Outcome.Moved moved, Optional<RemoteClock.Offset> clock) {
        Duration downtime = moved.downtime();
        if (downtime == null || clock.isEmpty() || clock.get().uncertainty().compareTo(TRUSTED_CLOCK) > 0) {
            return "n/a (the two clocks can't be compared)";
        }
        // Rounded up: it is never known to be exact.
        long uncertainty = clock.get().uncertainty().plusNanos(999_999).toMillis();
        return downtime.toMillis() + " ms (STOP to RESUME, give or take " + uncertainty + " ms)";
    }

    private static String explain(Outcome.NotMoved left, String guest, String host) {
        return switch (left.guest()) {
            case STAYED -> "guest " + guest + " stays here and goes on: " + left.reason();
            case STAYED_UNSEEN -> "guest " + guest + " stays here, but its QEMU doesn't answer: " + left.reason();
            case UNDECIDED ->
                "guest " + guest + " is paused here, and nobody knows whether it runs at " + host + ": "
                        + left.reason() + ". If it runs there, 'kvm-migrator teardown " + guest
                        + "' here; only if it surely doesn't, 'kvm-migrator resume " + guest + "' here";
            case TWICE ->
                "guest " + guest + " runs here and at " + host + ": " + left.reason()
                        + ". At once, 'kvm-migrator teardown " + guest + "' at " + host;
            case LOST ->
                "guest " + guest + " is lost, its QEMU ended here and it did not arrive at " + host + ": "
                        + left.reason() + ". 'kvm-migrator teardown " + guest + "' here, then 'startup' boots it anew";
        };
    }
}
