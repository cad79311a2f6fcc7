package org.mooring.migrator.host;

import java.util.List;
import org.mooring.runtime.cli.Program;

/** What {@code kvm-migrator} can be told to do. */
public final class Verbs {
    private Verbs() {}

    /** Ends the JVM with the exit code of the verb. */
    public static void runAndExit(String... args) {
        program().runAndExit(args);
    }

    static Program program() {
        return new Program(
                "kvm-migrator",
                "starts KVM guests and moves them to other hosts while they run",
                List.of(
                        new StartupVerb(),
                        new CheckVerb(),
                        new MigrateVerb(),
                        new ReportVerb(),
                        new TeardownVerb(),
                        new ResumeVerb(),
                        new ListenVerb(),
                        new InspectVerb(),
                        new HandoversVerb()));
    }
}
