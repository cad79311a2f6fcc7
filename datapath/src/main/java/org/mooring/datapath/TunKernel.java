package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.Interface;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.tun.Tun;

/**
 * What an agent that carries packets itself has of the kernel, opened together and closed together.
 *
 * @param closing how it is closed, what was opened last first
 */
record TunKernel(
        Netlink netlink,
        TunnelDevice device,
        TunnelErrors errors,
        AgentEntry agent,
        List<Interface> uplinks,
        Deque<Runnable> closing)
        implements AutoCloseable {

    /** @param tun the agent's device, which is closed with this */
    static TunKernel open(Role role, Inet4Address address, Tun tun, List<String> uplinkNames, MtuPolicy policy)
            throws IOException {
        Deque<Runnable> closing = new ArrayDeque<>();
        closing.push(tun::close);
        try {
            Netlink netlink = Netlink.open();
            closing.push(netlink::close);
            List<Interface> uplinks = AgentKernel.interfaces(netlink, uplinkNames);
            int mtu = uplinks.stream().mapToInt(Interface::mtu).min().orElseThrow();
            tun.setPersistent(true);
            TunnelDevice device = TunnelDevice.prepare(netlink, tun, address);
            TunnelErrors errors = TunnelErrors.open(address, role == Role.HOME_AGENT);
            closing.push(errors::close);
            return new TunKernel(
                    netlink,
                    device,
                    errors,
                    new AgentEntry(address, device.link().index(), 0, 0, role, policy, mtu, false),
                    uplinks,
                    closing);
        } catch (IOException | RuntimeException e) {
            closing.forEach(Runnable::run);
            throw e;
        }
    }

    /** The MTU of a route into all of these tunnels. */
    int routeMtu(List<Tunnel> tunnels) {
        return agent.routeMtu(tunnels, errors);
    }

    @Override
    public void close() {
        closing.forEach(Runnable::run);
    }
}
