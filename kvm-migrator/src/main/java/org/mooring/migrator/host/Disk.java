package org.mooring.migrator.host;

/**
 * A disk of a guest.
 *
 * @param format such as {@code raw} or {@code qcow2}; never guessed, since a guest could write another format's header into a raw disk
 * @param shared both hosts see the same file under this path
 */
record Disk(String file, String format, boolean shared, boolean readOnly) {
    /** Whether the guest would find another disk, or an older one, at the other host. */
    boolean tiesGuestToHost() {
        return !shared && !readOnly;
    }
}
