package org.mooring.datapath;

import java.net.Inet4Address;
import java.util.ArrayDeque;
import java.util.Deque;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;
import org.mooring.linux.NetworkNamespace;

/**
 * A home site and two foreign ones, with reverse-path filtering strict everywhere.
 *
 * <pre>
 *   correspondent ── internet ──┬── home router ──────── neighbour 10.1.0.20
 *   203.0.113.2                 ├── site 2's router ──── guest, as it is when it visits there
 *                               └── site 3's router ──── guest, as it is when it visits there
 * </pre>
 *
 * Site n's router is 198.51.10n.2 outside ({@code wan}) and 10.n.0.1 inside ({@code lan}). The guest's two incarnations have the same
 * addresses, think that they are at home, and send everything to the router of their site.
 */
final class Topology implements AutoCloseable {
    static final Inet4Address CORRESPONDENT = Ipv4.address("203.0.113.2");
    static final Inet4Address HOME_AGENT = Ipv4.address("10.1.0.1");
    static final Inet4Address NEIGHBOUR = Ipv4.address("10.1.0.20");
    static final Inet4Address GUEST = Ipv4.address("10.1.0.50");
    static final MacAddress GUEST_MAC = MacAddress.of("52:54:00:01:00:50");

    private final Deque<NetworkNamespace> resources = new ArrayDeque<>();

    final NetworkNamespace internet;
    final NetworkNamespace correspondent;
    final Site home;
    final Site near;
    final Site far;

    Topology() throws Exception {
        try {
            internet = forwarding(namespace());
            correspondent = namespace();
            internet.connect("cn", correspondent, "eth0");
            internet.ip("address add 203.0.113.1/24 dev cn");
            correspondent.ip("address add 203.0.113.2/24 dev eth0", "route add default via 203.0.113.1");
            home = site(1);
            home.host.ip(
                    "address add " + NEIGHBOUR.getHostAddress() + "/24 dev eth0", "route add default via 10.1.0.1");
            near = site(2);
            visit(near, GUEST, GUEST_MAC);
            far = site(3);
            visit(far, GUEST, GUEST_MAC);
        } catch (Exception | Error e) {
            close();
            throw e;
        }
    }

    /** Where the correspondent sends what is for others. */
    MacAddress gateway() {
        return internet.device("cn").mac();
    }

    /** Makes the host of {@code site} a guest from the home site. */
    void visit(Site site, Inet4Address homeAddress, MacAddress mac) {
        String byRouter = " lladdr " + site.gateway() + " dev eth0 nud permanent";
        site.host.ip(
                "link set eth0 address " + mac,
                "address flush dev eth0",
                "address add " + homeAddress.getHostAddress() + "/24 dev eth0",
                "route replace default via 10.1.0.1",
                "neigh replace 10.1.0.1" + byRouter,
                "neigh replace 10.1.0.20" + byRouter);
    }

    @Override
    public void close() {
        while (!resources.isEmpty()) {
            resources.pop().close();
        }
    }

    private Site site(int number) throws Exception {
        Site site = new Site(forwarding(namespace()), namespace(), number);
        String uplink = "site" + number;
        internet.connect(uplink, site.router, "wan");
        String link = "198.51.10" + number;
        internet.ip(
                "address add " + link + ".1/24 dev " + uplink, "route add 10." + number + ".0.0/24 via " + link + ".2");
        site.router.connect("lan", site.host, "eth0");
        site.router.ip(
                "address add " + link + ".2/24 dev wan",
                "route add default via " + link + ".1",
                "address add 10." + number + ".0.1/24 dev lan");
        return site;
    }

    private NetworkNamespace namespace() throws Exception {
        NetworkNamespace namespace = NetworkNamespace.create();
        resources.push(namespace);
        for (String devices : new String[] {"all", "default"}) {
            namespace.sysctl("net.ipv4.conf." + devices + ".rp_filter", 1);
            namespace.sysctl("net.ipv6.conf." + devices + ".disable_ipv6", 1);
        }
        return namespace;
    }

    private static NetworkNamespace forwarding(NetworkNamespace namespace) {
        namespace.sysctl("net.ipv4.ip_forward", 1);
        return namespace;
    }

    /** A router, and the one host on its link. */
    record Site(NetworkNamespace router, NetworkNamespace host, int number) {
        /** Where the site's host sends what is for others. */
        MacAddress gateway() {
            return router.device("lan").mac();
        }

        /** Where the internet sends what is for the site. */
        MacAddress wan() {
            return router.device("wan").mac();
        }

        Inet4Address careOfAddress() {
            return Ipv4.address("198.51.10" + number + ".2");
        }
    }
}
