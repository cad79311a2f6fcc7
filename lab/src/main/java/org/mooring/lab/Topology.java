package org.mooring.lab;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The networks of the testbed, MTU 1500 everywhere:
 *
 * <pre>
 *   cn 203.0.113.2 ── inet ─┬─ ra 192.0.2.2    10.1.0.1 ── sa ─┬─ ka 10.1.0.10 (KVM host)
 *   correspondent           │  site A's router                 └─ na 10.1.0.20 (neighbour)
 *                           ├─ rb 198.51.100.2 10.2.0.1 ── sb ─┬─ kb 10.2.0.10
 *                           │  site B's router                 └─ nb 10.2.0.20
 *                           └─ rc 198.18.3.2   10.3.0.1 ── sc ─┬─ kc 10.3.0.10
 *                              site C's, if asked for          └─ nc 10.3.0.20
 * </pre>
 *
 * The routers route, and nothing more: their agents are the programs under test.
 */
final class Topology {
    static final String CORRESPONDENT_ADDRESS = "203.0.113.2";

    private final String prefix;
    private final Map<String, Namespace> namespaces = new TreeMap<>();

    /** Raises the networks of these sites; the namespaces' names all begin with {@code prefix}. */
    Topology(String prefix, List<Site> sites) {
        this.prefix = prefix;
        for (String name : new String[] {"cn", "inet"}) {
            add(name);
        }
        for (Site site : sites) {
            add(site.router());
            add(site.lan());
            add(site.host());
            add(site.neighbour());
        }
        internet();
        for (Site site : sites) {
            raise(site);
        }
    }

    private void add(String name) {
        namespaces.put(name, Namespace.create(prefix + name));
    }

    Namespace namespace(String name) {
        Namespace namespace = namespaces.get(name);
        if (namespace == null) {
            throw new IllegalArgumentException("no namespace " + name);
        }
        return namespace;
    }

    private void internet() {
        connect("cn", "eth0", "inet", "cn");
        namespace("cn").ip("addr add " + CORRESPONDENT_ADDRESS + "/24 dev eth0", "route add default via 203.0.113.1");
        namespace("inet").ip("addr add 203.0.113.1/24 dev cn");
        route("inet", "cn");
    }

    private void raise(Site site) {
        String router = site.router();
        connect("inet", router, router, "wan");
        namespace("inet")
                .ip(
                        "addr add " + site.internetAddress() + "/24 dev " + router,
                        "route add " + site.network() + " via " + site.careOfAddress());
        strictReversePath("inet", router);

        connect(router, "lan", site.lan(), router);
        namespace(router)
                .ip(
                        "link set lan address " + site.routerMac(),
                        "addr add " + site.careOfAddress() + "/24 dev wan",
                        "addr add " + site.routerAddress() + "/24 dev lan",
                        "addr add " + site.foreignAgentAddress() + "/24 dev lan",
                        "route add default via " + site.internetAddress());
        route(router, "wan", "lan");

        connect(site.lan(), site.host(), site.host(), "up0");
        connect(site.lan(), site.neighbour(), site.neighbour(), "eth0");
        namespace(site.lan())
                .ip(
                        "link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
                        "link set br0 up",
                        "link set " + router + " master br0",
                        "link set " + site.host() + " master br0",
                        "link set " + site.neighbour() + " master br0");
        namespace(site.neighbour())
                .ip(
                        "addr add " + site.neighbourAddress() + "/24 dev eth0",
                        "route add default via " + site.routerAddress());
        raiseHost(site, site.host(), site.hostMac(), site.hostAddress());
    }

    /** One more KVM host at a site. */
    void addHost(Site site) {
        String host = site.secondHost();
        add(host);
        connect(site.lan(), host, host, "up0");
        namespace(site.lan()).ip("link set " + host + " master br0");
        raiseHost(site, host, site.secondHostMac(), site.secondHostAddress());
    }

    private void raiseHost(Site site, String host, String mac, String address) {
        namespace(host)
                .ip(
                        "link add br0 address " + mac + " type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
                        "link set up0 master br0",
                        "link set br0 up",
                        "addr add " + address + "/24 dev br0",
                        "route add default via " + site.routerAddress());
    }

    private void connect(String one, String oneDevice, String other, String otherDevice) {
        Command.run(
                "ip",
                "link",
                "add",
                "name",
                oneDevice,
                "mtu",
                "1500",
                "netns",
                namespace(one).name(),
                "type",
                "veth",
                "peer",
                "name",
                otherDevice,
                "mtu",
                "1500",
                "netns",
                namespace(other).name());
        namespace(one).ip("link set " + oneDevice + " up");
        namespace(other).ip("link set " + otherDevice + " up");
    }

    private void route(String router, String... devices) {
        namespace(router)
                .sysctl("net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.default.rp_filter=1");
        strictReversePath(router, devices);
    }

    /** RFC 3704 §2.2 on every device: what an operator's router does, and what tunnelled packets must pass. */
    private void strictReversePath(String router, String... devices) {
        for (String device : devices) {
            namespace(router).sysctl("net.ipv4.conf." + device + ".rp_filter=1");
        }
    }
}
