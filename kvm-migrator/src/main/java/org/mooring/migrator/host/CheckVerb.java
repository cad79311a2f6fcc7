package org.mooring.migrator.host;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.mooring.migrator.host.Finding.Level;
import org.mooring.migrator.host.MigratorConfig.RemoteHost;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.cli.StandardOptions;
import org.mooring.runtime.cli.UsageException;
import org.mooring.runtime.cli.Verb;

/** {@code check GUEST --to HOST}: whether a migration would go well, without doing any of it; {@code check}: what is wrong with the configuration. */
record CheckVerb() implements Verb {
    /** As {@link MigrateVerb#TO}, but the configuration alone can be checked without it. */
    private static final Option TO = Option.builder()
            .longOpt(MigrateVerb.TO.getLongOpt())
            .hasArg()
            .argName(MigrateVerb.TO.getArgName())
            .desc(MigrateVerb.TO.getDescription())
            .get();

    /** Which say something of a migration. */
    private static final List<Option> OF_A_MIGRATION =
            List.of(GuestOptions.ACCEL, GuestOptions.TLS, MigrateVerb.SHARED_DISKS, MigrateVerb.SSH_OPTION);

    private static final int PATIENCE_SECONDS = 120;

    @Override
    public String name() {
        return "check";
    }

    @Override
    public List<String> arguments() {
        return List.of("[" + GuestOptions.GUEST + "]");
    }

    @Override
    public String summary() {
        return "look whether a guest could be moved to another host, or check the configuration file; changes nothing";
    }

    @Override
    public List<String> details() {
        return List.of(
                "With GUEST and --to, looks at both hosts: programs, bridge, memory, ports, files, the hook and, through it, the agents (UDP port 434, keys,",
                "clocks), and at the way between (IP protocol 4, MTU, forwarding). Exit code 1 if anything is FAIL.",
                "Without them, lists all that is wrong in the configuration, with its lines. Exit code 2 if anything is.");
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(TO)
                .addOption(GuestOptions.CONFIG)
                .addOption(GuestOptions.ACCEL)
                .addOption(GuestOptions.TLS)
                .addOption(MigrateVerb.SHARED_DISKS)
                .addOption(MigrateVerb.SSH_OPTION)
                .addOption(StandardOptions.LOG_LEVEL);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        refuseContradictions(line);
        if (!line.hasOption(TO)) {
            return org.mooring.runtime.cli.CheckVerb.check(GuestOptions.file(line), MigratorConfig::read, console);
        }
        MigratorConfig config = GuestOptions.config(line);
        RemoteHost destination = MigrateVerb.host(line, config);
        GuestFiles files = new ThisHost(config).files(GuestOptions.guestName(line));
        GuestOptions.requireRoot();
        Findings here = new Findings();
        Optional<GuestRecord> record = files.read();
        Guest guest = record.isPresent() ? record.get().guest() : GuestOptions.configuredGuest(line, config);
        running(files, record, config.hookSocket(), here);
        disks(guest, line, here);
        Examination source =
                new HostExamination(config, guest).examine(false, line.hasOption(GuestOptions.TLS), Optional.empty());
        Findings there = new Findings();
        Optional<Examination> found = ask(line, destination, GuestOptions.withAccelerator(guest, line), there);
        if (found.isPresent()) {
            compare(source, found.get(), there);
            // What the home agent's own host can try of the way that packets will take.
            if (Boolean.TRUE.equals(found.get().visiting()) && found.get().careOfAddress() != null) {
                HostExamination.tunnel("foreign agent", found.get().careOfAddress(), source.mtu(), here);
            }
        }
        List<Finding> all = new ArrayList<>();
        all.addAll(print(console.out(), "here", here.all()));
        all.addAll(print(console.out(), "here", source.findings()));
        all.addAll(print(console.out(), destination.name(), there.all()));
        if (found.isPresent()) {
            all.addAll(print(console.out(), destination.name(), found.get().findings()));
        }
        return all.stream().anyMatch(finding -> finding.level() == Level.FAIL) ? 1 : 0;
    }

    private static void refuseContradictions(CommandLine line) throws UsageException {
        boolean guest = line.getArgs().length > 0;
        if (guest && !line.hasOption(TO)) {
            throw new UsageException("check of a guest needs --to");
        }
        if (!guest && line.hasOption(TO)) {
            throw new UsageException("--to goes with a guest");
        }
        for (Option option : OF_A_MIGRATION) {
            if (!guest && line.hasOption(option)) {
                throw new UsageException("--" + option.getLongOpt() + " goes with a guest and --to");
            }
        }
    }

    private static void running(GuestFiles files, Optional<GuestRecord> record, Path hook, Findings findings) {
        if (record.isEmpty()) {
            findings.fail("guest: " + files.guest() + " is not on this host", "start it with 'kvm-migrator startup'");
            return;
        }
        EventLoopGroup epoll = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (Monitor monitor = Monitor.connect(epoll, files, new Inattentive())) {
            String status = monitor.ask("query-status").path("status").asText();
            if (status.equals("running")) {
                findings.ok("guest: " + files.guest() + " runs");
                new HookExamination(hook).runs(files.guest(), findings);
            } else {
                findings.fail("guest: QEMU says '" + status + "'", "only a running guest is migrated");
            }
        } catch (Failure e) {
            findings.fail("guest: " + e.getMessage());
        } finally {
            epoll.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private static void disks(Guest guest, CommandLine line, Findings findings) {
        try {
            MigrateVerb.refuseLocalDisks(guest, line);
            findings.ok(guest.disks().isEmpty() ? "disks: none" : "disks: none that binds the guest to this host");
        } catch (Failure e) {
            findings.fail("disks: " + e.getMessage());
        }
    }

    private static void compare(Examination source, Examination destination, Findings findings) {
        if (!source.version().equals(destination.version())) {
            findings.fail(
                    "version: kvm-migrator is " + destination.version() + ", here it is " + source.version(),
                    "install the same on both hosts");
        }
        if (!source.qemu().isEmpty() && !destination.qemu().isEmpty()) {
            qemu(QemuVersion.of(source.qemu()), QemuVersion.of(destination.qemu()), findings);
        }
        if (source.mtu() != 0 && destination.mtu() != 0 && source.mtu() != destination.mtu()) {
            findings.warn(
                    "mtu: guests have " + destination.mtu() + " there, " + source.mtu() + " here",
                    "the guest goes on with what it has; make them equal");
        }
    }

    private static void qemu(QemuVersion source, QemuVersion destination, Findings findings) {
        if (destination.isOlderThan(source)) {
            findings.fail("qemu: older than here", "a guest can't move to an older QEMU: update it");
        } else if (source.isOlderThan(destination)) {
            findings.warn("qemu: newer than here", "the guest can't be moved back while that is so");
        }
    }

    private static Optional<Examination> ask(CommandLine line, RemoteHost destination, Guest guest, Findings findings) {
        List<String> words =
                new ArrayList<>(List.of("inspect", guest.name(), "--" + ListenVerb.FROM_SOURCE.getLongOpt()));
        if (line.hasOption(GuestOptions.TLS)) {
            words.add("--" + GuestOptions.TLS.getLongOpt());
        }
        RemoteCommand command = new RemoteCommand(destination, MigrateVerb.sshOptions(line), words);
        try {
            Examination examination =
                    RemoteAnswer.to(command, List.of(new Order.Receive(guest)), Examination::parse, PATIENCE_SECONDS);
            findings.ok("ssh: " + destination.ssh() + " can be reached");
            return Optional.of(examination);
        } catch (Failure e) {
            findings.fail("ssh: " + e.getMessage());
            return Optional.empty();
        }
    }

    private static List<Finding> print(PrintStream out, String host, List<Finding> findings) {
        for (Finding finding : findings) {
            out.printf("%-4s  %-8s  %s%n", finding.level(), host, finding.text());
        }
        return findings;
    }
}
