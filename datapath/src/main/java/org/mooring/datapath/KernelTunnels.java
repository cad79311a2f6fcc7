package org.mooring.datapath;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.DeviceStatistics;
import org.mooring.linux.Interface;
import org.mooring.linux.MacAddress;
import org.mooring.linux.TransmitCounters;
import org.mooring.linux.netlink.Neighbour;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.netlink.Nftables;
import org.mooring.linux.netlink.Route;
import org.mooring.linux.netlink.Rule;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.RawIpv4Socket;

/**
 * What an agent has of a kernel that makes the tunnels itself. A device encapsulates to the gateway of the route that led a packet to it,
 * so that one device serves all tunnels of an encapsulation.
 *
 * @param devices by what they encapsulate in
 * @param queues where packets come that have to wait
 * @param sender of what an agent itself sends into tunnels
 * @param address where the tunnels begin
 * @param uplinkMtu the least of the uplinks'
 * @param closing how all is closed, what was opened last first
 */
record KernelTunnels(
        Netlink netlink,
        Nftables nftables,
        Map<Encapsulation, Interface> devices,
        List<DeviceStatistics> queues,
        RawIpv4Socket sender,
        TunnelErrors errors,
        KernelRules rules,
        WaitingRooms rooms,
        Inet4Address address,
        int uplinkMtu,
        Deque<Runnable> closing)
        implements AutoCloseable {
    private static final int TTL = 64;

    /** Of the rules and tables that lead packets to where they wait; one for each role and path, before all other rules of ours. */
    private static final int WAITING_TABLE = 431;

    /** Of the rules and tables that lead copies into tunnels; one for each encapsulation. */
    private static final int COPY_TABLE = 438;

    static KernelTunnels open(HomeDatapathConfig config) throws IOException {
        return open(
                Role.HOME_AGENT,
                config.address(),
                config.device(),
                config.uplinks(),
                List.of(),
                config.mtuPolicy(),
                List.of(config.homeLink()));
    }

    static KernelTunnels open(VisitorDatapathConfig config) throws IOException {
        return open(
                Role.FOREIGN_AGENT,
                config.careOfAddress(),
                config.device(),
                config.uplinks(),
                config.visitorLinks(),
                config.mtuPolicy(),
                List.of());
    }

    /** @param clamped names of interfaces where, beside the tunnels, TCP sessions are held to {@code policy} */
    private static KernelTunnels open(
            Role role,
            Inet4Address address,
            String name,
            List<String> uplinkNames,
            List<String> visitorLinkNames,
            MtuPolicy policy,
            List<String> clamped)
            throws IOException {
        Deque<Runnable> closing = new ArrayDeque<>();
        try {
            Netlink netlink = Netlink.open();
            closing.push(netlink::close);
            Nftables nftables = Nftables.open();
            closing.push(nftables::close);
            List<Interface> uplinks = AgentKernel.interfaces(netlink, uplinkNames);
            Map<Encapsulation, Interface> devices = new EnumMap<>(Encapsulation.class);
            devices.put(
                    Encapsulation.IPIP,
                    netlink.links().ensureIpip(name, address).device());
            devices.put(
                    Encapsulation.GRE,
                    netlink.links().ensureGre(gre(name), address).device());
            int mtu = uplinks.stream().mapToInt(Interface::mtu).min().orElseThrow();
            for (Map.Entry<Encapsulation, Interface> device : devices.entrySet()) {
                netlink.links().setMtu(device.getValue(), mtu - device.getKey().overhead());
                TunnelDevice.raise(netlink, device.getValue(), address);
                if (role == Role.HOME_AGENT) {
                    int table = copyTable(device.getKey());
                    netlink.rules()
                            .ensure(Rule.lookup(table)
                                    .priority(table)
                                    .outputInterface(device.getValue().name()));
                }
            }
            TunnelErrors errors = TunnelErrors.open(address, role == Role.HOME_AGENT);
            closing.push(errors::close);
            RoomDevices roomDevices = RoomDevices.open(netlink, name);
            closing.push(roomDevices::close);
            List<DeviceStatistics> queues = new ArrayList<>();
            for (Path path : Path.values()) {
                Interface room = roomDevices.by(path).link();
                DeviceStatistics queue = DeviceStatistics.open(room.name());
                closing.push(() -> close(queue));
                queues.add(queue);
                TunnelDevice.raise(netlink, room, address);
                int table = waitingTable(role, path);
                netlink.routes().ensure(Route.byDefault().dev(room).table(table));
                netlink.rules().ensure(Rule.lookup(table).priority(table).mark(KernelRules.mark(role, path)));
            }
            RawIpv4Socket sender = RawIpv4Socket.openSender(address);
            closing.push(sender::close);
            KernelRules rules = new KernelRules(
                    name,
                    role,
                    address,
                    devices,
                    uplinks,
                    AgentKernel.interfaces(netlink, visitorLinkNames),
                    clamping(policy, mtu, devices.values(), AgentKernel.interfaces(netlink, clamped)));
            WaitingRooms rooms = WaitingRooms.open(roomDevices, new KernelGate(nftables, name));
            closing.push(rooms::close);
            return new KernelTunnels(
                    netlink,
                    nftables,
                    Map.copyOf(devices),
                    List.copyOf(queues),
                    sender,
                    errors,
                    rules,
                    rooms,
                    address,
                    mtu,
                    closing);
        } catch (IOException | RuntimeException e) {
            closing.forEach(Runnable::run);
            throw e;
        }
    }

    private static Clamping clamping(MtuPolicy policy, int mtu, Collection<Interface> devices, List<Interface> others) {
        if (policy != MtuPolicy.CLAMP_AT_HOME) {
            return Clamping.NONE;
        }
        List<Interface> all = new ArrayList<>(devices);
        all.addAll(others);
        return new Clamping(all, policy.segment(mtu));
    }

    private static void close(DeviceStatistics queue) {
        try {
            queue.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int waitingTable(Role role, Path path) {
        return WAITING_TABLE + KernelRules.number(role, path);
    }

    static boolean isWaitingTable(int table, Role role) {
        return Arrays.stream(Path.values()).anyMatch(path -> waitingTable(role, path) == table);
    }

    private static int copyTable(Encapsulation encapsulation) {
        return COPY_TABLE + (encapsulation == Encapsulation.GRE ? 1 : 0);
    }

    static boolean isCopyTable(int table) {
        return table == copyTable(Encapsulation.IPIP) || table == copyTable(Encapsulation.GRE);
    }

    /** Takes away what {@link #open} has made, but for rules, which lead nowhere then. */
    static void remove(Netlink netlink, String name) throws IOException {
        try (Nftables nftables = Nftables.open()) {
            nftables.remove(name);
        }
        netlink.links().remove(name);
        netlink.links().remove(gre(name));
    }

    private static String gre(String name) {
        return name + "-gre";
    }

    /** How many packets have found no room to wait. */
    long withoutRoom() throws IOException {
        long dropped = rooms.dropped();
        for (DeviceStatistics queue : queues) {
            dropped += queue.transmitted().map(TransmitCounters::dropped).orElse(0L);
        }
        return dropped;
    }

    /** Sends a packet of the agent's own into {@code tunnel}. */
    void send(Tunnel tunnel, Ipv4Packet packet) throws IOException {
        Ipv4Packet outer =
                Ipv4Packet.of(address, tunnel.remote(), tunnel.encapsulation().protocol(), TTL, tunnel.payload(packet));
        sender.send(tunnel.remote(), outer.toOctets());
    }

    /** {@code route}, into this tunnel. */
    Route into(Tunnel tunnel, Route route) throws IOException {
        return route.dev(device(tunnel)).via(tunnel.remote()).onlink(true).mtu(mtu(tunnel));
    }

    /** Of what goes into this tunnel. */
    int mtu(Tunnel tunnel) {
        return Math.min(uplinkMtu, errors.mtuTo(tunnel.remote()).orElse(uplinkMtu))
                - tunnel.encapsulation().overhead();
    }

    /** Leads copies into this tunnel: without it, a packet that has to leave by the device would go to where its own address is. */
    Route forCopies(Tunnel tunnel) throws IOException {
        return into(tunnel, Route.to(tunnel.remote())).table(copyTable(tunnel.encapsulation()));
    }

    boolean isDevice(int interfaceIndex) {
        return devices.values().stream().anyMatch(device -> device.index() == interfaceIndex);
    }

    /** For a gre device the other end of a tunnel is a neighbour, whose link-layer address is an IPv4 address. */
    void prepare(Collection<Tunnel> tunnels) throws IOException {
        for (Tunnel tunnel : tunnels) {
            if (tunnel.encapsulation() == Encapsulation.GRE) {
                ByteBuffer link = ByteBuffer.allocate(MacAddress.LENGTH)
                        .put(tunnel.remote().getAddress())
                        .rewind();
                netlink.neighbours()
                        .ensure(Neighbour.permanent(device(tunnel), tunnel.remote(), MacAddress.read(link)));
            }
        }
    }

    private Interface device(Tunnel tunnel) throws IOException {
        Interface device = devices.get(tunnel.encapsulation());
        if (device == null) {
            throw new IOException("the kernel's own tunnels can't carry " + tunnel.encapsulation());
        }
        return device;
    }

    static <T> Set<T> without(Set<T> all, Set<T> some) {
        Set<T> rest = new HashSet<>(all);
        rest.removeAll(some);
        return rest;
    }

    /** Devices, routes and rules stay. */
    @Override
    public void close() {
        closing.forEach(Runnable::run);
    }
}
