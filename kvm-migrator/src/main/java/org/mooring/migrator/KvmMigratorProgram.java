package org.mooring.migrator;

import org.mooring.migrator.host.Verbs;

/** The program {@code kvm-migrator}. */
public final class KvmMigratorProgram {
    private KvmMigratorProgram() {}

    public static void main(String[] args) {
        Verbs.runAndExit(args);
    }
}
