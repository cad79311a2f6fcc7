package org.mooring.hook;

/** Where a guest is in its life on this host. */
public enum Phase {
    /** Not here, or not known to be. */
    GONE,
    /** QEMU waits for it: until it runs, nothing may use its addresses, because it may still run elsewhere on this link. */
    ARRIVING,
    /** It runs here, or is paused here: its binding is kept. */
    RUNNING,
    /** Its migration has stopped it: it is nobody's until it runs, here or there. */
    STOPPED,
    /** It was handed over; what remains here of it doesn't run. */
    LEFT
}
