package org.mooring.hook.daemon;

import java.util.List;
import org.mooring.datapath.MtuPolicy;
import org.mooring.hook.CoLocated;
import org.mooring.hook.NatTraversal;
import org.mooring.hook.NatTraversal.Asking;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.config.Section;

/**
 * {@code [co-located]}: this host is the end of its visitors' tunnels.
 *
 * @param careOfAddress the host's own
 * @param uplinks where tunnelled packets arrive
 * @param natTraversal whether they may arrive in UDP
 */
record CoLocatedConfig(Ipv4Address careOfAddress, List<String> uplinks, MtuPolicy mtu, NatTraversal natTraversal) {
    private static final int SHORTEST_KEEPALIVE = (int) UdpTunnel.SHORTEST_KEEPALIVE.toSeconds();
    private static final int LONGEST_KEEPALIVE = 0xffff;
    private static final int DEFAULT_KEEPALIVE = (int) UdpTunnel.DEFAULT_KEEPALIVE.toSeconds();

    CoLocatedConfig {
        uplinks = List.copyOf(uplinks);
    }

    /** @param bridge the uplink unless there are others */
    static CoLocatedConfig read(Section section, String bridge) {
        List<String> uplinks = section.has("uplinks") ? section.interfaceNames("uplinks") : List.of(bridge);
        return new CoLocatedConfig(
                section.address("care-of-address"),
                uplinks,
                section.choice("mtu", MtuPolicy.ICMP),
                new NatTraversal(
                        section.choice("nat-traversal", Asking.AUTO),
                        section.seconds("nat-keepalive", SHORTEST_KEEPALIVE, LONGEST_KEEPALIVE, DEFAULT_KEEPALIVE)));
    }

    CoLocated tunnelEnd() {
        return new CoLocated(careOfAddress, natTraversal);
    }
}
