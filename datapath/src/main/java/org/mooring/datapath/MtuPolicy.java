package org.mooring.datapath;

import java.util.Arrays;
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

    private static final int TCP_OVER_IP = 40;

    /**
     * The longest segment that TCP sessions may agree on, which fits into any tunnel; zero if that is theirs to find out.
     *
     * @param uplinkMtu the least of the uplinks'
     */
    int segment(int uplinkMtu) {
        int greatest = Arrays.stream(Encapsulation.values())
                .mapToInt(Encapsulation::overhead)
                .max()
                .orElseThrow();
        return this == CLAMP_AT_HOME ? uplinkMtu - greatest - TCP_OVER_IP : 0;
    }

    /** As {@code mtu} in the configuration has it. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
