package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.Interface;
import org.mooring.linux.MacAddress;
import org.mooring.linux.netlink.Filter.Direction;
import org.mooring.linux.netlink.Route;
import org.mooring.linux.packet.Ipv4Packet;

/**
 * A home agent's datapath in eBPF. A host route for each home address leads packets from all sides to the agent's device. A home address
 * that is only staged has none.
 */
public final class EbpfHomeDatapath extends EbpfDatapath<HomeForwarding> implements HomeDatapath {
    static final int PREFERENCE = 434;

    private final Interface homeLink;

    private EbpfHomeDatapath(AgentKernel kernel, Interface homeLink) {
        super(kernel, PREFERENCE);
        this.homeLink = homeLink;
    }

    /**
     * Takes over from a former process, or begins.
     *
     * @param installed what is forwarded from now on; what else a former process left goes
     * @param waiting hears of packets that wait
     */
    public static EbpfHomeDatapath open(
            HomeDatapathConfig config, Collection<HomeForwarding> installed, Waiting waiting) throws DatapathException {
        try {
            AgentKernel kernel = AgentKernel.open(
                    Role.HOME_AGENT,
                    config.address(),
                    config.device(),
                    config.uplinks(),
                    config.mtuPolicy(),
                    config.fastPath(),
                    Math.max(config.capacity(), Datapaths.capacity(installed.size())));
            try {
                Interface homeLink =
                        kernel.netlink().links().get(config.homeLink()).device();
                EbpfHomeDatapath datapath = new EbpfHomeDatapath(kernel, homeLink);
                datapath.restore(installed, waiting);
                return datapath;
            } catch (IOException | RuntimeException e) {
                kernel.close();
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
            kernel.slowPath().send(tunnel, packet);
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
    ForwardingEntry entry(Slots<HomeForwarding> wanted) {
        return ForwardingEntry.atHome(
                wanted,
                wanted.installed()
                        .map(forwarding -> kernel.routeMtu(forwarding.tunnels()))
                        .orElse(0));
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

    @Override
    List<Attachment> attachments() {
        Programs programs = kernel.programs();
        List<Attachment> attachments = new ArrayList<>();
        attachments.add(Attachment.encapsulate(kernel.device().link(), programs));
        kernel.uplinks().forEach(uplink -> attachments.add(Attachment.decapsulate(uplink, programs)));
        attachments.add(Attachment.decapsulate(kernel.device().link(), programs));
        attachments.add(Attachment.release(kernel.roomDevices().byNew().link(), programs));
        if (kernel.agent().fastPath()) {
            Stream.concat(Stream.of(homeLink), kernel.uplinks().stream())
                    .filter(link -> !link.mac().equals(MacAddress.NONE))
                    .forEach(link -> attachments.add(Attachment.encapsulateAtIngress(link, programs)));
        }
        if (kernel.agent().policy() == MtuPolicy.CLAMP_AT_HOME) {
            for (Direction direction : Direction.values()) {
                attachments.add(Attachment.clampAtHome(homeLink, direction, programs));
            }
        }
        return attachments;
    }
}
