package org.mooring.datapath;

import java.net.Inet4Address;
import java.util.List;

/**
 * Where a foreign agent's datapath has its place on the router.
 *
 * @param careOfAddress where its tunnels begin
 * @param device name of the agent's own TUN device; it is created if it isn't there
 * @param visitorLinks names of the interfaces where visitors may be
 * @param uplinks names of the interfaces where tunnelled packets arrive
 * @param fastPath whether packets that need nothing but a tunnel go past the IP stack and netfilter
 * @param capacity how many home addresses it has room for at least, for good ({@link Datapaths#capacity})
 */
public record VisitorDatapathConfig(
        Inet4Address careOfAddress,
        String device,
        List<String> visitorLinks,
        List<String> uplinks,
        MtuPolicy mtuPolicy,
        boolean fastPath,
        int capacity) {
    public static final String DEVICE = "mip-fa";

    public VisitorDatapathConfig {
        visitorLinks = List.copyOf(visitorLinks);
        uplinks = List.copyOf(uplinks);
    }

    public VisitorDatapathConfig(
            Inet4Address careOfAddress,
            String device,
            List<String> visitorLinks,
            List<String> uplinks,
            MtuPolicy mtuPolicy,
            boolean fastPath) {
        this(careOfAddress, device, visitorLinks, uplinks, mtuPolicy, fastPath, Datapaths.capacity(0));
    }
}
