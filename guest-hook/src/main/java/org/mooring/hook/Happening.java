package org.mooring.hook;

/** What can become of a guest on this host. */
public enum Happening {
    /** A QEMU waits here for it. */
    ARRIVING,
    /** Its processors run: QEMU's RESUME, or it was found running. */
    RUNNING,
    /** Its migration away from here has begun; it still runs. */
    MIGRATION_STARTED,
    /** QEMU's STOP. On its own this is no more than a pause. */
    STOPPED,
    /** Its migration away from here is complete. */
    MIGRATION_COMPLETED,
    /** Its migration away from here failed or was cancelled: it is still here. */
    MIGRATION_FAILED,
    /** It was shut down. */
    ENDED
}
