package org.mooring.datapath;

import java.util.Locale;

/** What becomes of packets that don't fit into the tunnel (RFC 2003 §5.1). */
public enum MtuPolicy {
    /**
     * Their sender is told the tunnel's MTU by ICMP; packets that may be fragmented are, before they are encapsulated.
     */
    ICMP,

    /** The outer packet is fragmented, also where the inner one says don't, and reassembled at the tunnel's exit. */
    FRAGMENT_OUTER,

    /** As {@link #ICMP}, and TCP sessions that are opened while the mobile node is at home agree on segments that fit. */
    CLAMP_AT_HOME;

    /** As {@code mtu} in the configuration has it. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
