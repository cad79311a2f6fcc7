package org.mooring.migrator.host;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.mooring.migrator.Evacuation;
import org.mooring.migrator.host.MigratorConfig.RemoteHost;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.cli.Signals;
import org.mooring.runtime.cli.StandardOptions;
import org.mooring.runtime.cli.UsageException;
import org.mooring.runtime.cli.Verb;

/** {@code migrate GUEST --to HOST}: moves a running guest to another host; {@code migrate --all --to HOST}, all of them. */
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

    static final Option FORCE = Option.builder()
            .longOpt("force")
            .desc("move even where the guest would not be registered, which cuts it off")
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

    private static final Option ALL = Option.builder()
            .longOpt("all")
            .desc("move every guest that runs here, instead of one")
            .get();

    private static final Option PARALLEL = Option.builder()
            .longOpt("parallel")
            .hasArg()
            .argName("N")
            .desc("with --all: move at most N guests at once (2)")
            .get();

    private static final Option FAIL_FAST = Option.builder()
            .longOpt("fail-fast")
            .desc("with --all: begin no other once a guest has not moved")
            .get();

    private static final int MOST_PARALLEL = 64;
    private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");

    @Override
    public String name() {
        return "migrate";
    }

    @Override
    public List<String> arguments() {
        return List.of("[" + GuestOptions.GUEST + "]");
    }

    @Override
    public String summary() {
        return "move a running guest, or all of them, to another host";
    }

    @Override
    public List<String> details() {
        return List.of(
                "Runs 'kvm-migrator listen' there over ssh. Ctrl-C cancels. Whatever fails, the guest goes on here, unless it runs there;",
                "where nobody can tell, it stays paused here and you are told what to look for.",
                "With --all, one that fails doesn't stop the others; Ctrl-C begins no more, cancels those that still run here and waits for",
                "those that are stopped already. Exit code 0: all have moved.");
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(TO)
                .addOption(ALL)
                .addOption(PARALLEL)
                .addOption(FAIL_FAST)
                .addOption(GuestOptions.CONFIG)
                .addOption(GuestOptions.ACCEL)
                .addOption(BANDWIDTH)
                .addOption(DOWNTIME_LIMIT)
                .addOption(GuestOptions.TLS)
                .addOption(SHARED_DISKS)
                .addOption(FORCE)
                .addOption(SSH_OPTION)
                .addOption(StandardOptions.LOG_LEVEL);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        refuseContradictions(line);
        MigratorConfig config = GuestOptions.config(line);
        return line.hasOption(ALL) ? moveAll(line, config, console) : moveOne(line, config, console);
    }

    private static void refuseContradictions(CommandLine line) throws Failure {
        if (line.hasOption(ALL) && line.getArgs().length > 0) {
            throw new UsageException(
                    "migrate takes a guest or --all, found both: leave out '" + line.getArgs()[0] + "' or --all");
        } else if (!line.hasOption(ALL) && line.getArgs().length == 0) {
            throw new UsageException("migrate takes a guest, or --all");
        }
        for (Option option : List.of(PARALLEL, FAIL_FAST)) {
            if (line.hasOption(option) && !line.hasOption(ALL)) {
                throw new UsageException("--" + option.getLongOpt() + " goes with --all");
            }
        }
    }

    private static int moveOne(CommandLine line, MigratorConfig config, Console console) throws Failure {
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
            SIGNALS.forEach(signal -> Signals.handle(signal, run::cancel));
            MigrationRun.End end = run.await();
            display.end();
            new MigrationRecords(config.stateDirectory()).keep(end.record());
            MigrationResult result = end.result();
            if (!result.moved()) {
                throw new Failure(result.sentence());
            }
            console.out().println(result.sentence());
            return 0;
        }
    }

    private static int moveAll(CommandLine line, MigratorConfig config, Console console) throws Failure {
        int parallel = line.hasOption(PARALLEL) ? GuestOptions.number(line, PARALLEL, MOST_PARALLEL) : 2;
        RemoteHost destination = host(line, config);
        // What is wrong with the options is wrong for each guest.
        GuestOptions.stream(line, config);
        GuestOptions.requireRoot();
        ThisHost host = new ThisHost(config);
        Departures departures = Departures.of(host, record -> refuseLocalDisks(record.guest(), line));
        departures.refused().forEach((guest, reason) -> console.err().println(guest + " can't move: " + reason));
        if (departures.isEmpty()) {
            console.out().println("no guest is on this host");
            return 0;
        }
        Evacuation evacuation =
                new Evacuation(departures.guests().keySet(), departures.refused(), parallel, line.hasOption(FAIL_FAST));
        EvacuationDisplay display = new EvacuationDisplay(
                console.err(), ProgressDisplay.standardErrorIsTerminal(), departures.longestName());
        EvacuationRun.Departure departure = (guest, row) ->
                new MigrationRun(host, host.files(guest), departures.record(guest), route(line, config, guest), row);
        MigrationRecords kept = new MigrationRecords(config.stateDirectory());
        try (EvacuationRun run =
                new EvacuationRun(destination.name(), evacuation, parallel, departure, kept, display)) {
            SIGNALS.forEach(signal -> Signals.handle(signal, run::cancel));
            List<MigrationResult> results = run.await();
            display.end();
            Accounts accounts = Accounts.of(config, sshOptions(line));
            EvacuationTable.lines(results, accounts.byGuest(run.records())).forEach(console.out()::println);
            return results.stream().allMatch(MigrationResult::moved) ? 0 : 1;
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
                ? OptionalInt.of(GuestOptions.number(line, BANDWIDTH, 1 << 20))
                : config.migration().maxBandwidth();
        Duration downtimeLimit = line.hasOption(DOWNTIME_LIMIT)
                ? Duration.ofMillis(GuestOptions.number(line, DOWNTIME_LIMIT, 2_000_000))
                : config.migration().downtimeLimit();
        return new MigrationRun.Route(
                host.name(),
                host.tlsName(),
                new RemoteCommand(host, sshOptions(line), words),
                GuestOptions.stream(line, config),
                downtimeLimit,
                bandwidth,
                line.hasOption(FORCE));
    }

    static RemoteHost host(CommandLine line, MigratorConfig config) {
        return RemoteHost.find(line.getOptionValue(TO), config.hosts());
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

    static void refuseLocalDisks(Guest guest, CommandLine line) throws Failure {
        if (line.hasOption(SHARED_DISKS)) {
            return;
        }
        for (Disk disk : guest.disks()) {
            if (disk.tiesGuestToHost()) {
                throw new Failure(
                        "guest " + guest.name() + " writes to the disk " + disk.file()
                                + ", which the other host may not have: if both see the same file there, say so with 'shared = true' or --shared-disks");
            }
        }
        Optional<String> drive = guest.driveArgument();
        if (drive.isPresent()) {
            throw new Failure(
                    "guest " + guest.name() + " may have a disk by " + drive.get()
                            + " in 'extra-args', which the other host may not have: name it under 'disks', or say --shared-disks if both see the same file there");
        }
    }
}
