package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.netlink.Route;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.tun.Tun;

/**
 * A home agent's datapath in the agent itself. A host route for each home address leads packets from all sides to the agent's device. A home address that
 * is only staged has none.
 */
public final class TunHomeDatapath extends TunDatapath<HomeForwarding> implements HomeDatapath {
    private TunHomeDatapath(TunKernel kernel, TunEngine engine) {
        super(kernel, engine);
    }

    /**
     * Begins, or goes on where a former process ended.
     *
     * @param installed what is forwarded from now on; what else a former process left goes
     * @param waiting hears of packets that wait
     */
    public static HomeDatapath open(HomeDatapathConfig config, Collection<HomeForwarding> installed, Waiting waiting)
            throws DatapathException {
        try {
            TunKernel kernel = TunKernel.open(
                    Role.HOME_AGENT,
                    config.address(),
                    Tun.openOffloading(config.device()),
                    config.uplinks(),
                    config.mtuPolicy());
            List<String> clamped =
                    config.mtuPolicy() == MtuPolicy.CLAMP_AT_HOME ? List.of(config.homeLink()) : List.of();
            return open(
                    kernel,
                    AgentKernel.interfaces(kernel.netlink(), clamped),
                    TunHomeDatapath::new,
                    installed,
                    waiting);
        } catch (IOException e) {
            throw new DatapathException(
                    "open the datapath of home agent " + config.address().getHostAddress(), e);
        }
    }

    @Override
    public void retire(Inet4Address homeAddress) throws DatapathException {
        change("retire", homeAddress, Slots::retire);
    }

    @Override
    public void send(Tunnel tunnel, Ipv4Packet packet) {
        engine.send(tunnel, packet);
    }

    @Override
    Optional<Inet4Address> oldSource(Slots<HomeForwarding> wanted) {
        return HomeForwarding.oldSource(wanted);
    }

    /** Its mobile node is at home: to the home link they go once they may. */
    @Override
    void abandon(Inet4Address homeAddress) {}

    @Override
    ForwardingEntry entry(Slots<HomeForwarding> wanted) {
        return ForwardingEntry.atHome(wanted, 0);
    }

    @Override
    Footprint footprint(Slots<HomeForwarding> wanted) {
        List<Route> routes = wanted.installed().stream()
                .map(forwarding -> Route.to(forwarding.homeAddress())
                        .dev(kernel.device().link())
                        .mtu(kernel.routeMtu(forwarding.tunnels())))
                .toList();
        return new Footprint(List.of(), routes);
    }

    @Override
    List<Route> sharedRoutes() {
        return List.of();
    }

    @Override
    Footprint leftovers() throws IOException {
        return routesIntoTunnels();
    }
}
