package org.mooring.migrator.host;

import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.cli.StandardOptions;
import org.mooring.runtime.cli.Verb;

/** {@code handovers [GUEST]}: what {@code report} runs at the other host. */
record HandoversVerb() implements Verb {
    @Override
    public String name() {
        return "handovers";
    }

    @Override
    public List<String> arguments() {
        return List.of("[" + GuestOptions.GUEST + "]");
    }

    @Override
    public String summary() {
        return "print what this host's hook knows of the latest handovers (what 'report' runs there)";
    }

    @Override
    public List<String> details() {
        return List.of("Prints one line of JSON. 'guest-hook show handovers' prints the same for people.");
    }

    @Override
    public Options options() {
        return new Options().addOption(GuestOptions.CONFIG).addOption(StandardOptions.LOG_LEVEL);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        HookRecords records = new Hook(GuestOptions.config(line).hookSocket()).handovers();
        console.out().println((line.getArgs().length == 0 ? records : records.of(GuestOptions.guestName(line))).line());
        return 0;
    }
}
