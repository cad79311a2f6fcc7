package org.mooring.migrator.host;

/** Where a migration shows how far it is. */
interface MigrationDisplay {
    void show(Progress progress);

    /** Prints a line of its own. */
    void say(String line);

    /** Nothing more is shown. */
    void end();
}
