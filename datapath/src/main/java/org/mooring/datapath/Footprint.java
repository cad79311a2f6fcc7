package org.mooring.datapath;

import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mooring.linux.netlink.Neighbour;
import org.mooring.linux.netlink.Route;

/** The neighbours and routes that forwarding takes in the kernel. */
record Footprint(List<Neighbour> neighbours, List<Route> routes) {
    static final Footprint NONE = new Footprint(List.of(), List.of());

    Footprint {
        neighbours = List.copyOf(neighbours);
        routes = List.copyOf(routes);
    }

    static Footprint all(Collection<Footprint> footprints) {
        List<Neighbour> neighbours = new ArrayList<>();
        List<Route> routes = new ArrayList<>();
        for (Footprint footprint : footprints) {
            neighbours.addAll(footprint.neighbours);
            routes.addAll(footprint.routes);
        }
        return new Footprint(neighbours, routes);
    }

    Footprint and(Footprint other) {
        return new Footprint(
                Stream.concat(neighbours.stream(), other.neighbours.stream()).toList(),
                Stream.concat(routes.stream(), other.routes.stream()).toList());
    }

    /** The routes that are so. */
    Footprint only(Predicate<Route> so) {
        return new Footprint(List.of(), routes.stream().filter(so).toList());
    }

    /** The rest. */
    Footprint without(Predicate<Route> so) {
        return new Footprint(neighbours, routes.stream().filter(so.negate()).toList());
    }

    /** What of this would still be there if {@code other} was put in its place. */
    Footprint beside(Footprint other) {
        Set<NeighbourKey> neighbourKeys =
                other.neighbours.stream().map(NeighbourKey::of).collect(Collectors.toSet());
        Set<RouteKey> routeKeys = other.routes.stream().map(RouteKey::of).collect(Collectors.toSet());
        return new Footprint(
                neighbours.stream()
                        .filter(neighbour -> !neighbourKeys.contains(NeighbourKey.of(neighbour)))
                        .toList(),
                routes.stream()
                        .filter(route -> !routeKeys.contains(RouteKey.of(route)))
                        .toList());
    }

    private record NeighbourKey(int interfaceIndex, Inet4Address address) {
        static NeighbourKey of(Neighbour neighbour) {
            return new NeighbourKey(neighbour.interfaceIndex(), neighbour.address());
        }
    }

    private record RouteKey(int table, Inet4Address destination, int prefixLength) {
        static RouteKey of(Route route) {
            return new RouteKey(route.table(), route.destination(), route.prefixLength());
        }
    }
}
