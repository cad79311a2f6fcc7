package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.Interface;
import org.mooring.linux.MacAddress;
import org.mooring.linux.netlink.Filter.Direction;
import org.mooring.linux.netlink.Route;
import org.mooring.linux.packet.Ipv4Packet;

/**
 * A home agent's datapath in eBPF. A host route for each home address leads packets from all sides to the agent's device. A home address
 * that is only staged has none, so its mobile node is reached on the home link.
 *
 * <p>Packets that wait are those for a mobile node that comes home. Its old path is the tunnel that is installed, or has been
 * until {@link #retire}; what comes by the uplinks in no tunnel, or in another mobile node's, is on the new path.
 */
public final class EbpfHomeDatapath extends EbpfDatapath<HomeForwarding> {
    private static final int PREFERENCE = 434;

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
                    Role.HOME_AGENT, config.address(), config.device(), config.uplinks(), config.mtuPolicy());
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

    /**
     * The mobile node has come home: nothing is sent into its tunnel any more, and what comes out of it, from the mobile node or late
     * for it, is still taken. The tunnel is staged from then on.
     *
     * @throws IllegalStateException if the home address is not installed
     */
    public void retire(Inet4Address homeAddress) throws DatapathException {
        change("retire", homeAddress, Slots::retire);
    }

    /** Sends a packet into a tunnel, whether one is installed or not, behind what the kernel has sent into it. */
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
        return wanted.foremost().map(forwarding -> forwarding.tunnels().get(0).remote());
    }

    /** Its mobile node is at home: to the home link they go once they may. */
    @Override
    void abandon(Inet4Address homeAddress) {}

    @Override
    ForwardingEntry entry(Slots<HomeForwarding> wanted) {
        Set<Tunnel> toHome = wanted.installed()
                .map(forwarding -> Set.copyOf(forwarding.tunnels()))
                .orElseGet(Set::of);
        Set<Tunnel> accepted = wanted.tunnels().collect(Collectors.toCollection(LinkedHashSet::new));
        return new ForwardingEntry(toHome, Optional.empty(), accepted, Optional.empty(), 0, MacAddress.NONE);
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
        List<Route> routes = kernel.netlink().routes().dumpProtocol(Route.PROTOCOL).stream()
                .filter(route ->
                        route.interfaceIndex() == kernel.device().link().index())
                .toList();
        return new Footprint(List.of(), routes);
    }

    @Override
    List<Attachment> attachments() {
        Programs programs = kernel.programs();
        List<Attachment> attachments = new ArrayList<>();
        attachments.add(Attachment.encapsulate(kernel.device().link(), programs));
        kernel.uplinks().forEach(uplink -> attachments.add(Attachment.decapsulate(uplink, programs)));
        attachments.add(Attachment.decapsulate(kernel.device().link(), programs));
        attachments.add(Attachment.release(kernel.roomDevices().byNew().link(), programs));
        if (kernel.agent().policy() == MtuPolicy.CLAMP_AT_HOME) {
            for (Direction direction : Direction.values()) {
                attachments.add(Attachment.clampAtHome(homeLink, direction, programs));
            }
        }
        return attachments;
    }
}
