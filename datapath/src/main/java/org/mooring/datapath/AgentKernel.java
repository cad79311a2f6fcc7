package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.Interface;
import org.mooring.linux.netlink.Netlink;

/**
 * What an agent has of the kernel, opened together and closed together.
 *
 * @param closing how it is closed, what was opened last first
 */
record AgentKernel(
        Netlink netlink,
        TunnelDevice device,
        SlowPath slowPath,
        TunnelErrors errors,
        RoomDevices roomDevices,
        Programs programs,
        WaitingRooms rooms,
        AgentEntry agent,
        List<Interface> uplinks,
        Deque<Runnable> closing)
        implements AutoCloseable {

    static AgentKernel open(
            Role role,
            Inet4Address address,
            String deviceName,
            List<String> uplinkNames,
            MtuPolicy mtuPolicy,
            boolean fastPath,
            int capacity)
            throws IOException {
        Deque<Runnable> closing = new ArrayDeque<>();
        try {
            Netlink netlink = Netlink.open();
            closing.push(netlink::close);
            List<Interface> uplinks = interfaces(netlink, uplinkNames);
            int mtu = uplinks.stream().mapToInt(Interface::mtu).min().orElseThrow();

            TunnelDevice device = TunnelDevice.open(netlink, deviceName, address);
            closing.push(device::close);
            SlowPath slowPath = SlowPath.open(address, device);
            closing.push(slowPath::close);
            TunnelErrors errors = TunnelErrors.open(address, role == Role.HOME_AGENT);
            closing.push(errors::close);
            RoomDevices roomDevices = RoomDevices.open(netlink, deviceName);
            closing.push(roomDevices::close);
            AgentEntry agent = new AgentEntry(
                    address,
                    device.link().index(),
                    roomDevices.byOld().link().index(),
                    roomDevices.byNew().link().index(),
                    role,
                    mtuPolicy,
                    mtu,
                    fastPath);
            Programs programs = Programs.load(agent, capacity);
            closing.push(programs::close);
            WaitingRooms rooms = WaitingRooms.open(roomDevices, programs);
            closing.push(rooms::close);
            return new AgentKernel(
                    netlink, device, slowPath, errors, roomDevices, programs, rooms, agent, uplinks, closing);
        } catch (IOException | RuntimeException e) {
            closing.forEach(Runnable::run);
            throw e;
        }
    }

    /** The MTU of a route into all of these tunnels. */
    int routeMtu(List<Tunnel> tunnels) {
        return agent.routeMtu(tunnels, errors);
    }

    static List<Interface> interfaces(Netlink netlink, List<String> names) throws IOException {
        List<Interface> found = new ArrayList<>();
        for (String name : names) {
            found.add(netlink.links().get(name).device());
        }
        return List.copyOf(found);
    }

    /** Filters, and through them programs and maps, stay. */
    @Override
    public void close() {
        closing.forEach(Runnable::run);
    }
}
