package org.mooring.hook;

/** What a guest's timers are for. */
public enum Timer {
    /** The next Registration Request: a retransmission or a renewal. */
    REGISTRATION,
    /** The next gratuitous ARP. */
    ANNOUNCEMENT,
    /** The next request of a check, or the end of it. */
    CHECK,
    /** The next PREPARE, or ABORT, or the end of waiting for its answer. */
    PREPARATION,
    /** The next COMMIT. */
    COMMITMENT,
    /** The end of waiting for frames that come late. */
    RESCUE,
    /** The next END. */
    END,
    /** The end of the redirect of a guest that has left. */
    TUNNEL,
    /** The next keepalive of a UDP tunnel. */
    KEEPALIVE
}
