package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.netlink.Route;
import org.mooring.linux.netlink.Rule;
import org.mooring.linux.tun.Tun;

/**
 * A foreign agent's datapath in the agent itself. Each visitor has a host route to its link in a table for packets out of tunnels; once it is
 * installed, another one in the main table for packets from everywhere.
 */
public final class TunVisitorDatapath extends TunDatapath<VisitorForwarding> implements VisitorDatapath {
    private static final int TUNNEL_TABLE = 435;

    private final VisitorRouter router;

    private TunVisitorDatapath(TunKernel kernel, TunEngine engine, VisitorRouter router) {
        super(kernel, engine);
        this.router = router;
    }

    /**
     * Begins, or goes on where a former process ended.
     *
     * @param installed what is forwarded from now on; what else a former process left goes
     * @param waiting hears of packets that wait
     */
    public static VisitorDatapath open(
            VisitorDatapathConfig config, Collection<VisitorForwarding> installed, Waiting waiting)
            throws DatapathException {
        try {
            TunKernel kernel = TunKernel.open(
                    Role.FOREIGN_AGENT,
                    config.careOfAddress(),
                    Tun.openOffloading(config.device()),
                    config.uplinks(),
                    config.mtuPolicy());
            return open(
                    kernel,
                    List.of(),
                    (opened, engine) -> {
                        VisitorRouter router = VisitorRouter.of(opened.netlink(), config.visitorLinks());
                        router.prepare(
                                config.uplinks(), List.of(opened.device().link().name()));
                        opened.netlink()
                                .rules()
                                .ensure(Rule.lookup(TUNNEL_TABLE)
                                        .priority(TUNNEL_TABLE)
                                        .mark(TunEngine.TUNNEL_MARK));
                        return new TunVisitorDatapath(opened, engine, router);
                    },
                    installed,
                    waiting);
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
        return ForwardingEntry.abroad(wanted, router.link(wanted.foremost().orElseThrow()), 0);
    }

    /** What is written to the device has no mark: what came out of a tunnel for a visitor that has left follows it by the visitor table. */
    @Override
    Footprint footprint(Slots<VisitorForwarding> wanted) throws IOException {
        Optional<Route> away = wanted.redirected()
                .map(tunnel -> Route.to(wanted.foremost().orElseThrow().homeAddress())
                        .dev(kernel.device().link())
                        .mtu(kernel.routeMtu(List.of(tunnel))));
        return router.footprint(wanted, away, away);
    }

    @Override
    Optional<Inet4Address> oldSource(Slots<VisitorForwarding> wanted) {
        return VisitorRouter.oldSource(wanted);
    }

    /** There is no link any more that they could go on to. */
    @Override
    void abandon(Inet4Address homeAddress) throws IOException {
        engine.end(homeAddress);
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
        return router.leftovers();
    }
}
