package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import org.mooring.linux.Interface;
import org.mooring.linux.Sysctl;
import org.mooring.linux.netlink.InterfaceAddress;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.tun.Tun;

/**
 * An agent's TUN device. What is routed to it leaves by a program at its egress, what came out of a tunnel arrives on it. It stays when
 * its agent ends.
 */
record TunnelDevice(Tun tun, Interface link) implements AutoCloseable {
    private static final int HOST_PREFIX = 32;

    /**
     * Opens the device, and creates it if it isn't there.
     *
     * @param address the agent's, which this device has as well: the source of what the router itself sends into the tunnel
     */
    static TunnelDevice open(Netlink netlink, String name, Inet4Address address) throws IOException {
        Tun tun = Tun.open(name, Tun.Layer.IP);
        try {
            tun.setPersistent(true);
            TunnelDevice device = prepare(netlink, tun, address);
            // For each packet, a filter asks the rules and routes once more.
            if (Sysctl.ipv4Device("all", "rp_filter").read().equals("0")) {
                Sysctl.ipv4Device(name, "rp_filter").ensure("0");
            }
            return device;
        } catch (IOException | RuntimeException e) {
            tun.close();
            throw e;
        }
    }

    /** Sets up a device that was just opened. */
    static TunnelDevice prepare(Netlink netlink, Tun tun, Inet4Address address) throws IOException {
        Interface link = netlink.links().get(tun.name()).device();
        raise(netlink, link, address);
        return new TunnelDevice(tun, link);
    }

    /** Sets up a device on which arrives what came out of tunnels. */
    static void raise(Netlink netlink, Interface link, Inet4Address address) throws IOException {
        String name = link.name();
        // Inner sources are routed elsewhere. A loose filter lets them pass, but only on a device that has an address.
        Sysctl.ipv4Device(name, "rp_filter").ensure("2");
        Sysctl.ipv4Device(name, "forwarding").ensure("1");
        // An outer packet that has to be fragmented comes back this way, with the agent's own source.
        Sysctl.ipv4Device(name, "accept_local").ensure("1");
        // From one guest to another, packets leave by the device that they arrived on. Either setting switches
        // redirects on.
        Sysctl.ipv4Device(name, "send_redirects").ensure("0");
        Sysctl.ipv4Device("all", "send_redirects").ensure("0");
        netlink.addresses().ensure(new InterfaceAddress(link.index(), address, HOST_PREFIX));
        netlink.links().setUp(link);
    }

    @Override
    public void close() {
        tun.close();
    }
}
