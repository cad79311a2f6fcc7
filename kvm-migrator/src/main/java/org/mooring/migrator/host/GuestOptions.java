package org.mooring.migrator.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.mooring.migrator.host.Guest.Accelerator;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.StandardOptions;
import org.mooring.runtime.cli.UsageException;
import org.mooring.runtime.config.ConfigReader;
import org.mooring.runtime.logging.Logging;

/** Options that more than one verb takes, and what they mean. */
final class GuestOptions {
    static final String GUEST = "GUEST";

    static final Option CONFIG = Option.builder()
            .longOpt("config")
            .hasArg()
            .argName("FILE")
            .desc("the configuration, in TOML (" + MigratorConfig.RemoteHost.CONFIG + ")")
            .get();

    static final Option ACCEL = Option.builder()
            .longOpt("accel")
            .hasArg()
            .argName("kvm|tcg")
            .desc("how QEMU runs the guest, instead of what the configuration says; tcg emulates")
            .get();

    static final Option TLS = Option.builder()
            .longOpt("tls")
            .desc("encrypt the stream, with the certificates in the configured directory")
            .get();

    /** The configuration lacks something; how the words were spelt is right. */
    private static final class NotConfiguredFailure extends Failure {
        NotConfiguredFailure(String line) {
            super(line);
        }

        @Override
        public int exitCode() {
            return 2;
        }
    }

    private GuestOptions() {}

    /** Reads the configuration, and sets the log level if there is such an option. */
    static MigratorConfig config(CommandLine line) throws Failure {
        String level = line.getOptionValue(StandardOptions.LOG_LEVEL, "warn");
        if (!Logging.setLevel(level)) {
            throw new UsageException("--log-level takes " + StandardOptions.LOG_LEVEL.getDescription());
        }
        Path file = file(line);
        if (!Files.isReadable(file) && !Files.notExists(file)) {
            // Who may not read it couldn't do anything with it either.
            requireRoot();
        }
        return ConfigReader.read(file, MigratorConfig::read);
    }

    /** Where the configuration is. */
    static Path file(CommandLine line) {
        return Path.of(line.getOptionValue(CONFIG, MigratorConfig.RemoteHost.CONFIG));
    }

    /** The guest's name, whether it is configured or not. */
    static String guestName(CommandLine line) throws Failure {
        String name = line.getArgs()[0];
        if (!Guest.NAME.matcher(name).matches()) {
            throw new UsageException("'" + name + "' can't be a guest's name: expected letters, digits, - and _");
        }
        return name;
    }

    static int number(CommandLine line, Option option, int max) throws Failure {
        String text = line.getOptionValue(option);
        if (text.matches("[0-9]{1,9}")) {
            int number = Integer.parseInt(text);
            if (number >= 1 && number <= max) {
                return number;
            }
        }
        throw new UsageException("--" + option.getLongOpt() + " takes a whole number from 1 to " + max);
    }

    static Guest configuredGuest(CommandLine line, MigratorConfig config) throws Failure {
        String name = guestName(line);
        return config.guests().stream()
                .filter(guest -> guest.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new NotConfiguredFailure(
                        "guest " + name + " is unknown: add a [[guest]] with its name to " + file(line)));
    }

    static Guest withAccelerator(Guest guest, CommandLine line) throws Failure {
        if (!line.hasOption(ACCEL)) {
            return guest;
        }
        return guest.with(
                switch (line.getOptionValue(ACCEL).toLowerCase(Locale.ROOT)) {
                    case "kvm" -> Accelerator.KVM;
                    case "tcg" -> Accelerator.TCG;
                    default -> throw new UsageException("--accel takes kvm or tcg");
                });
    }

    static StreamSetup stream(CommandLine line, MigratorConfig config) throws Failure {
        if (line.hasOption(TLS) && config.migration().tls().isEmpty()) {
            throw new UsageException("--tls needs certificates: set 'tls' under [migration] to their directory");
        }
        return new StreamSetup(line.hasOption(TLS) ? config.migration().tls() : Optional.empty());
    }

    /** All that changes anything here takes root: taps, bridges, monitors. */
    static void requireRoot() throws Failure {
        try {
            if (!Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
                throw new Failure("this takes root: run it with sudo");
            }
        } catch (IOException e) {
            throw new Failure("cannot read /proc/self: is /proc mounted?", e);
        }
    }

    static void requireAccelerator(Guest guest) throws Failure {
        Path kvm = Path.of("/dev/kvm");
        if (guest.accel() == Accelerator.KVM && !(Files.isReadable(kvm) && Files.isWritable(kvm))) {
            throw new Failure("KVM can't be used, there is no " + kvm
                    + " to open: enable virtualisation (modprobe kvm-intel or kvm-amd), or emulate with --accel tcg");
        }
    }
}
