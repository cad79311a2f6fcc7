package org.mooring.migrator.host;

import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.cli.StandardOptions;
import org.mooring.runtime.cli.Verb;

/** {@code startup GUEST}: connects a guest to the bridge and starts it. */
record StartupVerb() implements Verb {
    @Override
    public String name() {
        return "startup";
    }

    @Override
    public List<String> arguments() {
        return List.of(GuestOptions.GUEST);
    }

    @Override
    public String summary() {
        return "start a guest on this host";
    }

    @Override
    public List<String> details() {
        return List.of(
                "Makes the bridge if there is none (with the configured uplink as its port), a tap for the guest, and starts QEMU.",
                "The hook needs this host's address on the bridge: where startup makes the bridge, add it and start the hook then.",
                "'teardown' undoes it.");
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(GuestOptions.CONFIG)
                .addOption(GuestOptions.ACCEL)
                .addOption(StandardOptions.LOG_LEVEL);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        MigratorConfig config = GuestOptions.config(line);
        Guest guest = GuestOptions.withAccelerator(GuestOptions.configuredGuest(line, config), line);
        GuestOptions.requireRoot();
        GuestOptions.requireAccelerator(guest);
        QemuProcess qemu = new ThisHost(config).start(guest, false);
        console.out()
                .println("guest " + guest.name() + " runs: QEMU is process " + qemu.pid() + ", tap " + guest.tap()
                        + " is on bridge " + config.network().bridge() + ", its console goes to "
                        + qemu.files().console());
        return 0;
    }
}
