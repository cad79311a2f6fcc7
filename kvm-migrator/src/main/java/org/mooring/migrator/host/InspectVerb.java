package org.mooring.migrator.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.cli.StandardOptions;
import org.mooring.runtime.cli.Verb;

/** {@code inspect GUEST}: what {@code check} runs at the destination. */
record InspectVerb() implements Verb {
    @Override
    public String name() {
        return "inspect";
    }

    @Override
    public List<String> arguments() {
        return List.of(GuestOptions.GUEST);
    }

    @Override
    public String summary() {
        return "look whether a guest could come here (what 'check' runs there)";
    }

    @Override
    public List<String> details() {
        return List.of("Prints what it finds as one line of JSON. Changes nothing.");
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(GuestOptions.CONFIG)
                .addOption(GuestOptions.ACCEL)
                .addOption(GuestOptions.TLS)
                .addOption(ListenVerb.FROM_SOURCE)
                .addOption(StandardOptions.LOG_LEVEL);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        MigratorConfig config = GuestOptions.config(line);
        Guest guest = ListenVerb.guest(line, config);
        GuestOptions.requireRoot();
        Examination examination = new HostExamination(config, guest)
                .examine(true, line.hasOption(GuestOptions.TLS), ListenVerb.address(config));
        try {
            console.out().println(examination.line());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        return 0;
    }
}
