package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mooring.linux.Interface;
import org.mooring.linux.netlink.NftTable.Element;
import org.mooring.linux.netlink.Route;
import org.mooring.linux.netlink.Rule;

/**
 * A foreign agent's datapath in the kernel's own tunnels. A visitor's packets get the mark of its reverse tunnel, and each of these has a
 * table with one route: there are as many as home agents.
 */
final class KernelVisitorDatapath extends KernelDatapath<VisitorForwarding> implements VisitorDatapath {
    /** The first one's. */
    private static final int TUNNEL_TABLE = 0x1b3_0001;

    private static final int TUNNEL_PRIORITY = 435;

    private final VisitorRouter router;
    private final TunnelNumbers numbers = new TunnelNumbers();

    private KernelVisitorDatapath(KernelTunnels tunnels, VisitorRouter router) {
        super(tunnels);
        this.router = router;
    }

    /** As {@link Datapaths#openVisitors}. */
    static KernelVisitorDatapath open(
            VisitorDatapathConfig config, Collection<VisitorForwarding> installed, Waiting waiting)
            throws DatapathException {
        try {
            KernelTunnels tunnels = KernelTunnels.open(config);
            try {
                VisitorRouter router = VisitorRouter.of(tunnels.netlink(), config.visitorLinks());
                List<String> devices = new ArrayList<>(
                        tunnels.devices().values().stream().map(Interface::name).toList());
                devices.add(RoomDevices.byNew(config.device()));
                router.prepare(config.uplinks(), devices);
                KernelVisitorDatapath datapath = new KernelVisitorDatapath(tunnels, router);
                datapath.findNumbers(installed);
                datapath.restore(installed, waiting);
                datapath.removeStaleWays();
                return datapath;
            } catch (IOException | RuntimeException e) {
                tunnels.close();
                throw e;
            }
        } catch (IOException e) {
            throw new DatapathException(
                    "open the datapath of foreign agent "
                            + config.careOfAddress().getHostAddress(),
                    e);
        }
    }

    static boolean isTunnelTable(int table) {
        return table >= TUNNEL_TABLE && table < TUNNEL_TABLE + TunnelNumbers.MOST;
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
    Set<Tunnel> accepted(Slots<VisitorForwarding> wanted) {
        return VisitorRouter.accepted(wanted);
    }

    @Override
    Set<Element> further(Slots<VisitorForwarding> wanted) throws IOException {
        VisitorForwarding visitor = wanted.foremost().orElseThrow();
        if (visitor.encapsulatesTo().isPresent()) {
            throw new IOException("the kernel's own tunnels can't take what a visitor encapsulates");
        }
        return visitor.reverseTunnel() ? Set.of(KernelRules.reverse(visitor, number(visitor.tunnel()))) : Set.of();
    }

    @Override
    Footprint footprint(Slots<VisitorForwarding> wanted) throws IOException {
        Optional<Route> away = Optional.empty();
        if (wanted.redirected().isPresent()) {
            Route home = Route.to(wanted.foremost().orElseThrow().homeAddress());
            away = Optional.of(tunnels.into(wanted.redirected().get(), home));
        }
        return router.footprint(wanted, away, away);
    }

    @Override
    Optional<Inet4Address> oldSource(Slots<VisitorForwarding> wanted) {
        return VisitorRouter.oldSource(wanted);
    }

    /** There is no link any more that they could go on to. */
    @Override
    void abandon(Inet4Address homeAddress) throws IOException {
        rooms().end(homeAddress);
    }

    @Override
    List<Route> sharedRoutes() throws IOException {
        List<Route> routes = new ArrayList<>();
        for (Map.Entry<Tunnel, Integer> numbered : numbers.all()) {
            routes.add(reverse(numbered.getKey(), numbered.getValue()));
        }
        return routes;
    }

    @Override
    Footprint leftovers() throws IOException {
        return router.leftovers();
    }

    /** A former process's, so that no packet is marked for another tunnel while this one begins. */
    private void findNumbers(Collection<VisitorForwarding> installed) throws IOException {
        Set<Tunnel> wanted = installed.stream().map(VisitorForwarding::tunnel).collect(Collectors.toSet());
        for (Route route : netlink().routes().dumpProtocol(Route.PROTOCOL)) {
            int number = route.table() - TUNNEL_TABLE;
            Inet4Address homeAgent = route.gateway();
            if (!isTunnelTable(route.table()) || homeAgent == null) {
                continue;
            }
            for (Map.Entry<Encapsulation, Interface> device : tunnels.devices().entrySet()) {
                Tunnel tunnel = Tunnel.of(homeAgent, device.getKey());
                if (device.getValue().index() == route.interfaceIndex() && wanted.contains(tunnel)) {
                    numbers.put(tunnel, number);
                }
            }
        }
    }

    /** Makes the way there if there is none yet. */
    private int number(Tunnel tunnel) throws IOException {
        Optional<Integer> known = numbers.of(tunnel);
        if (known.isPresent()) {
            return known.get();
        }
        int number = numbers.free();
        netlink().routes().ensure(reverse(tunnel, number));
        netlink().rules().ensure(rule(number));
        numbers.put(tunnel, number);
        return number;
    }

    /** The way of those that nobody is left who has them goes. */
    @Override
    void settle(Collection<Set<Element>> present) throws IOException {
        Set<Integer> used = present.stream()
                .flatMap(Set::stream)
                .flatMap(element -> KernelRules.tunnel(element).stream())
                .collect(Collectors.toSet());
        for (Map.Entry<Tunnel, Integer> unused : numbers.unused(used)) {
            netlink().rules().remove(rule(unused.getValue()));
            netlink().routes().remove(reverse(unused.getKey(), unused.getValue()));
            numbers.remove(unused.getKey());
        }
    }

    /** A former process's, of tunnels that nobody has any more. */
    private void removeStaleWays() throws IOException {
        for (Rule rule : netlink().rules().dump()) {
            if (isTunnelTable(rule.table()) && !numbers.has(rule.table() - TUNNEL_TABLE)) {
                netlink().rules().remove(rule);
                netlink().routes().remove(netlink().routes().dumpTable(rule.table()));
            }
        }
    }

    private static Rule rule(int number) {
        return Rule.lookup(TUNNEL_TABLE + number).priority(TUNNEL_PRIORITY).mark(KernelRules.mark(number));
    }

    private Route reverse(Tunnel tunnel, int number) throws IOException {
        return tunnels.into(tunnel, Route.byDefault()).table(TUNNEL_TABLE + number);
    }
}
