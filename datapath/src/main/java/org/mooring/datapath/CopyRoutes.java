package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.mooring.linux.netlink.Route;

/** The routes that lead copies into tunnels: one for each tunnel that some home address's copies go into. */
final class CopyRoutes {
    private final KernelTunnels tunnels;
    private final Map<Inet4Address, Set<Tunnel>> ofHomeAddresses = new HashMap<>();
    private final Map<Tunnel, Integer> users = new HashMap<>();

    CopyRoutes(KernelTunnels tunnels) {
        this.tunnels = tunnels;
    }

    /** Copies of the home address's packets shall go into {@code tunnel}, too. */
    void ensure(Inet4Address homeAddress, Tunnel tunnel) throws IOException {
        tunnels.netlink().routes().ensure(tunnels.forCopies(tunnel));
        if (ofHomeAddresses
                .computeIfAbsent(homeAddress, unknown -> new HashSet<>())
                .add(tunnel)) {
            users.merge(tunnel, 1, Integer::sum);
        }
    }

    /** Copies of the home address's packets go into no other tunnels than {@code used} ones any more. */
    void retain(Inet4Address homeAddress, Predicate<Tunnel> used) throws IOException {
        Set<Tunnel> present = ofHomeAddresses.getOrDefault(homeAddress, Set.of());
        for (Tunnel tunnel : List.copyOf(present)) {
            if (used.test(tunnel)) {
                continue;
            }
            boolean last = users.getOrDefault(tunnel, 0) == 1;
            if (last) {
                // What the kernel refuses is tried again with the next change.
                tunnels.netlink().routes().remove(tunnels.forCopies(tunnel));
            }
            users.computeIfPresent(tunnel, (same, count) -> last ? null : count - 1);
            present.remove(tunnel);
        }
        if (present.isEmpty()) {
            ofHomeAddresses.remove(homeAddress);
        }
    }

    List<Route> all() throws IOException {
        List<Route> routes = new ArrayList<>();
        for (Tunnel tunnel : users.keySet()) {
            routes.add(tunnels.forCopies(tunnel));
        }
        return routes;
    }

    /** What a former process left. */
    Footprint leftovers() throws IOException {
        List<Route> left = tunnels.netlink().routes().dumpProtocol(Route.PROTOCOL).stream()
                .filter(route -> KernelTunnels.isCopyTable(route.table()))
                .toList();
        return new Footprint(List.of(), left).beside(new Footprint(List.of(), all()));
    }
}
