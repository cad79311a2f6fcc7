package org.mooring.datapath;

/** Why the datapath dropped a packet. It never answers with ICMP (RFC 3344 §4.2.2). */
public enum Drop {
    // In the order of enum drop in mip.bpf.c.

    /** Out of a tunnel, for or from a home address that nothing is installed for. */
    UNLISTED,
    /** Out of a tunnel whose other end is not the one that the home address's packets come from (RFC 3024 §4.3.2). */
    FOREIGN_TUNNEL,
    /** Out of a tunnel, and not IPv4 in IPv4 without damage. */
    MALFORMED,
    /** Out of a tunnel with a time to live of zero (RFC 2003 §3.1). */
    EXPIRED,
    /** Out of a tunnel that was congested, to a transport that can't be told but by a loss (RFC 6040 §4.2). */
    CONGESTION,
    /** Into a tunnel, from its exit (RFC 2003 §3.2). */
    LOOP,
    /** Into a tunnel, with no route to its exit. */
    NO_ROUTE,
    /** Into a tunnel, and too big for the link that leads to its exit. */
    TOO_BIG,
    /** The kernel refused to change the packet's headers. */
    REFUSED,
    /** It had to wait, and too many did. */
    NO_ROOM
}
