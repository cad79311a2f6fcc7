package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.Interface;
import org.mooring.linux.MacAddress;
import org.mooring.linux.Sysctl;
import org.mooring.linux.netlink.Neighbour;
import org.mooring.linux.netlink.Route;
import org.mooring.linux.netlink.Rule;

/**
 * A foreign agent's datapath in eBPF. Each visitor has a host route to its link in a table for packets out of tunnels; once it is
 * installed, another one in the main table for packets from everywhere.
 */
public final class EbpfVisitorDatapath extends EbpfDatapath<VisitorForwarding> implements VisitorDatapath {
    private static final int PREFERENCE = 435;
    private static final int TUNNEL_MARK = 0x1b3;
    private static final int TUNNEL_TABLE = 435;
    private static final int VISITOR_TABLE = 436;

    private final Map<String, Interface> visitorLinks;

    private EbpfVisitorDatapath(AgentKernel kernel, Map<String, Interface> visitorLinks) {
        super(kernel, PREFERENCE);
        this.visitorLinks = visitorLinks;
    }

    /**
     * Takes over from a former process, or begins.
     *
     * @param installed what is forwarded from now on; what else a former process left goes
     * @param waiting hears of packets that wait
     */
    public static EbpfVisitorDatapath open(
            VisitorDatapathConfig config, Collection<VisitorForwarding> installed, Waiting waiting)
            throws DatapathException {
        try {
            AgentKernel kernel = AgentKernel.open(
                    Role.FOREIGN_AGENT, config.careOfAddress(), config.device(), config.uplinks(), config.mtuPolicy());
            try {
                Map<String, Interface> links = AgentKernel.interfaces(kernel.netlink(), config.visitorLinks()).stream()
                        .collect(Collectors.toMap(Interface::name, Function.identity()));
                EbpfVisitorDatapath datapath = new EbpfVisitorDatapath(kernel, links);
                datapath.prepareRouter();
                datapath.restore(installed, waiting);
                return datapath;
            } catch (IOException | RuntimeException e) {
                kernel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new DatapathException(
                    "open the datapath of foreign agent "
                            + config.careOfAddress().getHostAddress(),
                    e);
        }
    }

    @Override
    public void redirect(Inet4Address homeAddress, Tunnel tunnel) throws DatapathException {
        change("redirect", homeAddress, present -> present.redirect(tunnel));
    }

    @Override
    public void sendHome(Inet4Address homeAddress) throws DatapathException {
        change("send home", homeAddress, Slots::sendHome);
    }

    @Override
    public void recall(Inet4Address homeAddress) throws DatapathException {
        change("recall", homeAddress, Slots::recall);
    }

    @Override
    ForwardingEntry entry(Slots<VisitorForwarding> wanted) throws IOException {
        VisitorForwarding visitor = wanted.foremost().orElseThrow();
        Set<Tunnel> accepted = wanted.all()
                .flatMap(forwarding -> Stream.concat(
                        Stream.of(forwarding.tunnel()), forwarding.previousCareOfAddress().map(Tunnel::ipip).stream()))
                .collect(Collectors.toCollection(LinkedHashSet::new));
        return new ForwardingEntry(
                wanted.redirected().map(Set::of).orElseGet(Set::of),
                Optional.of(visitor.tunnel()).filter(homeAgent -> visitor.reverseTunnel()),
                accepted,
                visitor.encapsulatesTo(),
                link(visitor).index(),
                visitor.mac());
    }

    @Override
    Footprint footprint(Slots<VisitorForwarding> wanted) throws IOException {
        VisitorForwarding visitor = wanted.foremost().orElseThrow();
        Interface link = link(visitor);
        Route delivery = Route.to(visitor.homeAddress()).dev(link);
        Route fromSite = wanted.redirected()
                .map(tunnel -> Route.to(visitor.homeAddress())
                        .dev(kernel.device().link())
                        .mtu(kernel.routeMtu(List.of(tunnel))))
                .orElse(delivery);
        // The visitor table leads to the link even if the visitor has left: redirected packets out of tunnels have a
        // mark and
        // don't come there, but strict reverse-path filters ask it where the visitor is. A sweep goes by that table, so
        // it has
        // a route whenever the main table has.
        List<Route> routes = new ArrayList<>();
        routes.add(delivery.table(VISITOR_TABLE));
        wanted.installed().ifPresent(installed -> routes.add(fromSite));
        return new Footprint(List.of(Neighbour.permanent(link, visitor.homeAddress(), visitor.mac())), routes);
    }

    @Override
    Optional<Inet4Address> oldSource(Slots<VisitorForwarding> wanted) {
        return wanted.all()
                .flatMap(forwarding -> forwarding.previousCareOfAddress().stream())
                .findFirst();
    }

    /** There is no link any more that they could go on to. */
    @Override
    void abandon(Inet4Address homeAddress) throws IOException {
        kernel.rooms().end(homeAddress);
    }

    /** One route for the tunnels to all home agents, so it has the least of their MTUs. */
    @Override
    List<Route> sharedRoutes() {
        Encapsulation greatest = used().stream()
                .max(Comparator.comparing(Encapsulation::overhead))
                .orElse(Encapsulation.IPIP);
        return List.of(Route.byDefault()
                .dev(kernel.device().link())
                .mtu(kernel.agent().routeMtu(greatest, kernel.errors().least()))
                .table(TUNNEL_TABLE));
    }

    @Override
    Footprint leftovers() throws IOException {
        List<Route> routes = new ArrayList<>();
        List<Neighbour> neighbours = new ArrayList<>();
        for (Route left : kernel.netlink().routes().dumpTable(VISITOR_TABLE)) {
            routes.add(left.table(Route.MAIN_TABLE));
            routes.add(left);
            for (Interface link : visitorLinks.values()) {
                neighbours.add(Neighbour.permanent(link, left.destination(), MacAddress.NONE));
            }
        }
        return new Footprint(neighbours, routes);
    }

    @Override
    List<Attachment> attachments() {
        Programs programs = kernel.programs();
        List<Attachment> attachments = new ArrayList<>();
        attachments.add(Attachment.encapsulate(kernel.device().link(), programs));
        visitorLinks.values().forEach(link -> attachments.add(Attachment.markVisitor(link, programs)));
        kernel.uplinks().forEach(uplink -> attachments.add(Attachment.decapsulate(uplink, programs)));
        attachments.add(Attachment.decapsulate(kernel.device().link(), programs));
        attachments.add(Attachment.release(kernel.roomDevices().byNew().link(), programs));
        return attachments;
    }

    /** What is there for all visitors together. */
    private void prepareRouter() throws IOException {
        for (String link : visitorLinks.keySet()) {
            // A neighbour's packet for a visitor arrives and leaves by the link: "go there directly" would be wrong.
            Sysctl.ipv4Device(link, "send_redirects").ensure("0");
            // What a visitor had not read when it left comes back by the link, from senders that are anywhere.
            loosenReversePathFilter(link);
        }
        // What a visitor sends to a host of this site comes back from its home network by the uplink, but its home
        // address
        // is routed to the visitor link.
        for (Interface uplink : kernel.uplinks()) {
            loosenReversePathFilter(uplink.name());
        }
        kernel.netlink()
                .rules()
                .ensure(Rule.lookup(TUNNEL_TABLE).priority(TUNNEL_TABLE).mark(TUNNEL_MARK));
        kernel.netlink()
                .rules()
                .ensure(Rule.lookup(VISITOR_TABLE)
                        .priority(VISITOR_TABLE)
                        .inputInterface(kernel.device().link().name()));
    }

    /** The stricter of two settings is in force. */
    private static void loosenReversePathFilter(String device) throws IOException {
        Sysctl own = Sysctl.ipv4Device(device, "rp_filter");
        if (own.read().equals("1")
                || Sysctl.ipv4Device("all", "rp_filter").read().equals("1")) {
            own.ensure("2");
        }
    }

    private Interface link(VisitorForwarding visitor) throws IOException {
        Interface link = visitorLinks.get(visitor.link());
        if (link == null) {
            throw new IOException(visitor.link() + " is not one of the visitor links " + visitorLinks.keySet());
        }
        return link;
    }
}
