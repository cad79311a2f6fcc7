package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mooring.linux.Interface;
import org.mooring.linux.MacAddress;
import org.mooring.linux.Sysctl;
import org.mooring.linux.netlink.Neighbour;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.netlink.Route;
import org.mooring.linux.netlink.Rule;

/**
 * What a foreign agent has of its router's routing. Each visitor has a host route to its link in a table for packets out of tunnels; once it
 * is installed, another one in the main table for packets from everywhere.
 *
 * @param links where visitors may be, by name
 */
record VisitorRouter(Netlink netlink, Map<String, Interface> links) {
    private static final int VISITOR_TABLE = 436;

    static boolean isVisitorTable(int table) {
        return table == VISITOR_TABLE;
    }

    static VisitorRouter of(Netlink netlink, List<String> visitorLinks) throws IOException {
        return new VisitorRouter(
                netlink,
                AgentKernel.interfaces(netlink, visitorLinks).stream()
                        .collect(Collectors.toMap(Interface::name, Function.identity())));
    }

    /**
     * Makes ready.
     *
     * @param devices where packets come out of tunnels
     */
    void prepare(List<String> uplinks, List<String> devices) throws IOException {
        for (String link : links.keySet()) {
            // A neighbour's packet for a visitor arrives and leaves by the link: "go there directly" would be wrong.
            Sysctl.ipv4Device(link, "send_redirects").ensure("0");
            // What a visitor had not read when it left comes back by the link, from senders that are anywhere.
            loosenReversePathFilter(link);
        }
        // What a visitor sends to a host of this site comes back from its home network by the uplink, but its home
        // address is routed to the visitor link.
        for (String uplink : uplinks) {
            loosenReversePathFilter(uplink);
        }
        for (String device : devices) {
            netlink.rules()
                    .ensure(Rule.lookup(VISITOR_TABLE).priority(VISITOR_TABLE).inputInterface(device));
        }
    }

    /** The stricter of two settings is in force. */
    private static void loosenReversePathFilter(String device) throws IOException {
        Sysctl own = Sysctl.ipv4Device(device, "rp_filter");
        if (own.read().equals("1")
                || Sysctl.ipv4Device("all", "rp_filter").read().equals("1")) {
            own.ensure("2");
        }
    }

    Interface link(VisitorForwarding visitor) throws IOException {
        Interface link = links.get(visitor.link());
        if (link == null) {
            throw new IOException(visitor.link() + " is not one of the visitor links " + links.keySet());
        }
        return link;
    }

    /**
     * Leads packets to the visitor.
     *
     * @param away where they go instead that come from the site, if it has left
     * @param awayOutOfTunnels where those go that come out of tunnels
     */
    Footprint footprint(Slots<VisitorForwarding> wanted, Optional<Route> away, Optional<Route> awayOutOfTunnels)
            throws IOException {
        VisitorForwarding visitor = wanted.foremost().orElseThrow();
        Interface link = link(visitor);
        Route delivery = Route.to(visitor.homeAddress()).dev(link);
        List<Route> routes = new ArrayList<>();
        // A sweep goes by the visitor table, so it has a route whenever the main table has.
        routes.add(awayOutOfTunnels.orElse(delivery).table(VISITOR_TABLE));
        wanted.installed().ifPresent(installed -> routes.add(away.orElse(delivery)));
        return new Footprint(List.of(Neighbour.permanent(link, visitor.homeAddress(), visitor.mac())), routes);
    }

    /** From which tunnels a visitor's packets are taken. */
    static Set<Tunnel> accepted(Slots<VisitorForwarding> wanted) {
        return wanted.all()
                .flatMap(forwarding -> Stream.concat(
                        Stream.of(forwarding.tunnel()), forwarding.previousCareOfAddress().map(Tunnel::ipip).stream()))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    static Optional<Inet4Address> oldSource(Slots<VisitorForwarding> wanted) {
        return wanted.all()
                .flatMap(forwarding -> forwarding.previousCareOfAddress().stream())
                .findFirst();
    }

    /** What a former process left of visitors, wanted or not. */
    Footprint leftovers() throws IOException {
        List<Route> routes = new ArrayList<>();
        List<Neighbour> neighbours = new ArrayList<>();
        for (Route left : netlink.routes().dumpTable(VISITOR_TABLE)) {
            routes.add(left.table(Route.MAIN_TABLE));
            routes.add(left);
            for (Interface link : links.values()) {
                neighbours.add(Neighbour.permanent(link, left.destination(), MacAddress.NONE));
            }
        }
        return new Footprint(neighbours, routes);
    }
}
