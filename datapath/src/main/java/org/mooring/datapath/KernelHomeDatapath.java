package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mooring.linux.netlink.NftTable.Element;
import org.mooring.linux.netlink.Route;
import org.mooring.linux.packet.Ipv4Packet;

/**
 * A home agent's datapath in the kernel's own tunnels. A host route for each home address has the care-of address as its gateway, or the first
 * of several.
 */
final class KernelHomeDatapath extends KernelDatapath<HomeForwarding> implements HomeDatapath {
    private final CopyRoutes copyRoutes;

    private KernelHomeDatapath(KernelTunnels tunnels) {
        super(tunnels);
        copyRoutes = new CopyRoutes(tunnels);
    }

    /** As {@link Datapaths#openHome}. */
    static KernelHomeDatapath open(HomeDatapathConfig config, Collection<HomeForwarding> installed, Waiting waiting)
            throws DatapathException {
        try {
            KernelTunnels tunnels = KernelTunnels.open(config);
            try {
                KernelHomeDatapath datapath = new KernelHomeDatapath(tunnels);
                datapath.restore(installed, waiting);
                return datapath;
            } catch (IOException | RuntimeException e) {
                tunnels.close();
                throw e;
            }
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
    public void send(Tunnel tunnel, Ipv4Packet packet) throws DatapathException {
        try {
            tunnels.send(tunnel, packet);
        } catch (IOException e) {
            throw new DatapathException(
                    "send into the tunnel to " + tunnel.remote().getHostAddress(), e);
        }
    }

    @Override
    Optional<Inet4Address> oldSource(Slots<HomeForwarding> wanted) {
        return HomeForwarding.oldSource(wanted);
    }

    /** Its mobile node is at home: to the home link they go once they may. */
    @Override
    void abandon(Inet4Address homeAddress) {}

    @Override
    Set<Tunnel> accepted(Slots<HomeForwarding> wanted) {
        return wanted.tunnels().collect(Collectors.toSet());
    }

    @Override
    Set<Element> further(Slots<HomeForwarding> wanted) throws IOException {
        if (wanted.installed().isEmpty()) {
            return wanted.retired()
                    ? wanted.tunnels()
                            .map(tunnel -> KernelRules.late(
                                    tunnel, wanted.staged().orElseThrow().homeAddress()))
                            .collect(Collectors.toSet())
                    : Set.of();
        }
        HomeForwarding installed = wanted.installed().get();
        for (Tunnel tunnel : installed.tunnels().subList(1, installed.tunnels().size())) {
            copyRoutes.ensure(installed.homeAddress(), tunnel);
        }
        return tunnels.rules().copies(installed);
    }

    @Override
    Set<Element> passing(Set<Element> present, Slots<HomeForwarding> wanted) {
        return KernelRules.copiesFromOthers(
                present,
                wanted.installed().map(forwarding -> forwarding.tunnels().get(0).remote()));
    }

    @Override
    void settle(Inet4Address homeAddress, Set<Element> present) throws IOException {
        copyRoutes.retain(homeAddress, tunnel -> tunnels.rules().copiesInto(tunnel, present));
    }

    @Override
    Footprint footprint(Slots<HomeForwarding> wanted) throws IOException {
        if (wanted.installed().isEmpty()) {
            return Footprint.NONE;
        }
        HomeForwarding installed = wanted.installed().get();
        Route first = tunnels.into(installed.tunnels().get(0), Route.to(installed.homeAddress()));
        int mtu = installed.tunnels().stream().mapToInt(tunnels::mtu).min().orElseThrow();
        return new Footprint(List.of(), List.of(first.mtu(mtu)));
    }

    @Override
    List<Route> sharedRoutes() throws IOException {
        return copyRoutes.all();
    }

    @Override
    Footprint leftovers() throws IOException {
        return routesIntoTunnels().and(copyRoutes.leftovers());
    }
}
