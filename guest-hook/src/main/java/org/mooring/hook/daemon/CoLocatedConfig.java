package org.mooring.hook.daemon;

import java.util.List;
import java.util.Set;
import org.mooring.datapath.DatapathChoice;
import org.mooring.datapath.Demands;
import org.mooring.datapath.Duty;
import org.mooring.datapath.Encapsulation;
import org.mooring.datapath.MtuPolicy;
import org.mooring.hook.CoLocated;
import org.mooring.hook.Guest;
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
 * @param fastPath whether packets that need nothing but a tunnel go past the IP stack; in eBPF only
 * @param natTraversal whether they may arrive in UDP
 */
record CoLocatedConfig(
        Ipv4Address careOfAddress,
        List<String> uplinks,
        DatapathChoice datapath,
        MtuPolicy mtu,
        boolean fastPath,
        NatTraversal natTraversal) {
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
                section.choice("datapath", DatapathChoice.AUTO),
                section.choice("mtu", MtuPolicy.ICMP),
                section.bool("fast-path", false),
                new NatTraversal(
                        section.choice("nat-traversal", Asking.AUTO),
                        section.seconds("nat-keepalive", SHORTEST_KEEPALIVE, LONGEST_KEEPALIVE, DEFAULT_KEEPALIVE)));
    }

    /**
     * A home agent may answer any request with a tunnel in UDP, unless none is asked for.
     *
     * @param guests for whom others are asked for
     */
    Demands demands(List<Guest> guests) {
        boolean takesGre = guests.stream().anyMatch(guest -> guest.encapsulation() == Encapsulation.GRE);
        return new Demands(
                mtu,
                fastPath,
                natTraversal.asking() == Asking.OFF ? Set.of() : Set.of(Encapsulation.UDP),
                takesGre ? Set.of(Duty.GRE_CHECKSUMS) : Set.of());
    }

    CoLocated tunnelEnd() {
        return new CoLocated(careOfAddress, natTraversal);
    }
}
