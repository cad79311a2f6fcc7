package org.mooring.hook.daemon;

import java.util.List;
import org.mooring.datapath.MtuPolicy;
import org.mooring.hook.CoLocated;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.config.Section;

/**
 * {@code [co-located]}: this host is the end of its visitors' tunnels.
 *
 * @param careOfAddress the host's own
 * @param uplinks where tunnelled packets arrive
 */
record CoLocatedConfig(Ipv4Address careOfAddress, List<String> uplinks, MtuPolicy mtu) {
    CoLocatedConfig {
        uplinks = List.copyOf(uplinks);
    }

    /** @param bridge the uplink unless there are others */
    static CoLocatedConfig read(Section section, String bridge) {
        List<String> uplinks = section.has("uplinks") ? section.interfaceNames("uplinks") : List.of(bridge);
        return new CoLocatedConfig(section.address("care-of-address"), uplinks, section.choice("mtu", MtuPolicy.ICMP));
    }

    CoLocated tunnelEnd() {
        return new CoLocated(careOfAddress);
    }
}
