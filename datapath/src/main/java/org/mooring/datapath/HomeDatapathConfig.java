package org.mooring.datapath;

import java.net.Inet4Address;
import java.util.List;

/**
 * Where a home agent's datapath has its place on the router.
 *
 * @param address the home agent's address, where its tunnels begin
 * @param device name of the agent's own TUN device; it is created if it isn't there
 * @param homeLink name of the interface where mobile nodes are when at home
 * @param uplinks names of the interfaces where tunnelled packets arrive
 * @param fastPath whether packets that need nothing but a tunnel go past the IP stack and netfilter
 * @param capacity how many home addresses it has room for at least, for good ({@link Datapaths#capacity})
 */
public record HomeDatapathConfig(
        Inet4Address address,
        String device,
        String homeLink,
        List<String> uplinks,
        MtuPolicy mtuPolicy,
        boolean fastPath,
        int capacity) {
    public static final String DEVICE = "mip-ha";

    public HomeDatapathConfig {
        uplinks = List.copyOf(uplinks);
    }

    public HomeDatapathConfig(
            Inet4Address address,
            String device,
            String homeLink,
            List<String> uplinks,
            MtuPolicy mtuPolicy,
            boolean fastPath) {
        this(address, device, homeLink, uplinks, mtuPolicy, fastPath, Datapaths.capacity(0));
    }
}
