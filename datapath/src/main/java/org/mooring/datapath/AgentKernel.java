package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.List;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.Interface;
import org.mooring.linux.netlink.Netlink;

/** What an agent of either role has of the kernel, opened together and closed together. */
record AgentKernel(Netlink netlink, TunnelDevice device, Programs programs, AgentEntry agent, List<Interface> uplinks)
        implements AutoCloseable {

    static AgentKernel open(
            Role role, Inet4Address address, String deviceName, List<String> uplinkNames, MtuPolicy mtuPolicy)
            throws IOException {
        Netlink netlink = Netlink.open();
        try {
            List<Interface> uplinks = interfaces(netlink, uplinkNames);
            TunnelDevice device = TunnelDevice.open(netlink, deviceName, address);
            try {
                int mtu = uplinks.stream().mapToInt(Interface::mtu).min().orElseThrow();
                AgentEntry agent = new AgentEntry(address, device.link().index(), 0, role, mtuPolicy, mtu);
                return new AgentKernel(netlink, device, Programs.load(agent), agent, uplinks);
            } catch (IOException | RuntimeException e) {
                device.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            netlink.close();
            throw e;
        }
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
        programs.close();
        device.close();
        netlink.close();
    }
}
