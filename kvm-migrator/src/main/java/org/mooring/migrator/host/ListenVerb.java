package org.mooring.migrator.host;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.cli.Signals;
import org.mooring.runtime.cli.StandardOptions;
import org.mooring.runtime.cli.UsageException;
import org.mooring.runtime.cli.Verb;

/** {@code listen GUEST}: awaits a guest from another host; {@code migrate} runs it there over ssh. */
record ListenVerb() implements Verb {
    static final Option FROM_SOURCE = Option.builder()
            .longOpt("from-source")
            .desc("take the guest's definition from the first line of the standard input")
            .get();

    @Override
    public String name() {
        return "listen";
    }

    @Override
    public List<String> arguments() {
        return List.of(GuestOptions.GUEST);
    }

    @Override
    public String summary() {
        return "await a guest from another host (what 'migrate' runs there)";
    }

    @Override
    public List<String> details() {
        return List.of(
                "Prints one JSON object a line: 'ready' with the URI to migrate to and what the hook has prepared, then 'running' or",
                "'gone'. Orders come on the standard input; if that ends before the guest runs, all is removed again and the exit code is 1.");
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(GuestOptions.CONFIG)
                .addOption(GuestOptions.ACCEL)
                .addOption(GuestOptions.TLS)
                .addOption(FROM_SOURCE)
                .addOption(StandardOptions.LOG_LEVEL);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        MigratorConfig config = GuestOptions.config(line);
        Guest guest = guest(line, config);
        StreamSetup setup = GuestOptions.stream(line, config);
        String address = address(config)
                .orElseThrow(() -> new Failure("where shall the stream arrive? Set 'address' under [migration]"));
        GuestOptions.requireRoot();
        GuestOptions.requireAccelerator(guest);
        ThisHost host = new ThisHost(config);
        QemuProcess qemu = host.start(guest, true);
        boolean asked = line.hasOption(FROM_SOURCE);
        try (ArrivalRun run = new ArrivalRun(host, qemu.files(), qemu, host.hook(), console.out(), asked)) {
            for (String signal : List.of("INT", "TERM", "HUP")) {
                Signals.handle(signal, run::abort);
            }
            ArrivalRun.Inlet inlet =
                    new ArrivalRun.Inlet(address, config.migration().ports(), setup);
            return run.await(inlet, guest.tap(), System.in) ? 0 : 1;
        }
    }

    /** The guest that is to come, as the source or this host's configuration defines it. */
    static Guest guest(CommandLine line, MigratorConfig config) throws Failure {
        Guest guest = line.hasOption(FROM_SOURCE)
                ? guestFromSource(GuestOptions.guestName(line), System.in)
                : GuestOptions.configuredGuest(line, config);
        return GuestOptions.withAccelerator(guest, line);
    }

    /** Where streams arrive: the configured address, or the one that ssh came to. */
    static Optional<String> address(MigratorConfig config) {
        // CLIENT-ADDRESS CLIENT-PORT OUR-ADDRESS OUR-PORT (ssh(1), ENVIRONMENT).
        String[] connection =
                Optional.ofNullable(System.getenv("SSH_CONNECTION")).orElse("").split(" ", -1);
        Optional<String> reached = connection.length == 4 ? Optional.of(connection[2]) : Optional.empty();
        return config.migration().address().map(Ipv4Address::toString).or(() -> reached);
    }

    private static Guest guestFromSource(String name, InputStream orders) throws Failure {
        Order first = Order.parse(firstLine(orders));
        if (first instanceof Order.Receive receive && receive.guest().name().equals(name)) {
            return receive.guest();
        }
        throw new UsageException("the first line of the standard input does not define guest " + name);
    }

    /** Octet by octet: what follows the line is for another reader. */
    private static String firstLine(InputStream orders) throws Failure {
        try {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int octet = orders.read(); octet >= 0 && octet != '\n'; octet = orders.read()) {
                line.write(octet);
            }
            return line.toString(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new Failure("cannot read the guest's definition: " + e.getMessage(), e);
        }
    }
}
