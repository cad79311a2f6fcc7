package org.mooring.lab;

import java.util.List;

/**
 * The networks that a forwarding path has to itself:
 *
 * <pre>
 *   client ──────────── home router ──────────── internet ──────────── visited router ──────── guest
 *   203.0.113.2      lan           wan 198.51.101.2       198.51.102.2 wan           lan    10.1.0.50
 * </pre>
 *
 * Routed plainly, all neighbours known. A frame towards the guest has the same destination MAC on every link, and so has one towards the
 * client: who forwards it without a look at its headers need not write any.
 */
record Chain(Namespace client, Namespace home, Namespace internet, Namespace visited, Namespace guest) {
    static final String GUEST = "10.1.0.50";
    static final String HOME_AGENT = "198.51.101.2";
    static final String CARE_OF_ADDRESS = "198.51.102.2";
    static final String GUEST_MAC = "02:00:00:00:00:0f";

    private static final String CLIENT_MAC = "02:00:00:00:00:0c";

    /** @param prefix what the namespaces' names begin with */
    static Chain raise(String prefix) {
        var chain = new Chain(
                Namespace.create(prefix + "c"),
                router(prefix + "h"),
                router(prefix + "i"),
                router(prefix + "v"),
                Namespace.create(prefix + "g"));
        connect(chain.client, "eth0", "203.0.113.2", chain.home, "lan", "203.0.113.1");
        connect(chain.home, "wan", HOME_AGENT, chain.internet, "home", "198.51.101.1");
        connect(chain.internet, "visited", "198.51.102.1", chain.visited, "wan", CARE_OF_ADDRESS);
        connect(chain.visited, "lan", "10.2.0.1", chain.guest, "eth0", GUEST);
        chain.client.ip("route add default via 203.0.113.1");
        chain.home.ip("route add default via 198.51.101.1");
        chain.internet.ip(
                "route add 203.0.113.0/24 via " + HOME_AGENT, "route add " + GUEST + " via " + CARE_OF_ADDRESS);
        chain.visited.ip("route add default via 198.51.102.1", "route add " + GUEST + " dev lan");
        chain.guest.ip("route add default via 10.2.0.1 dev eth0 onlink");
        return chain;
    }

    private static Namespace router(String name) {
        Namespace router = Namespace.create(name);
        router.sysctl("net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0");
        return router;
    }

    /** The first of the two is nearer to the client. */
    private static void connect(
            Namespace near, String nearDevice, String nearAddress, Namespace far, String farDevice, String farAddress) {
        Command.run(
                List.of(("ip link add name " + nearDevice + " address " + CLIENT_MAC + " netns " + near.name()
                                + " type veth peer name " + farDevice + " address " + GUEST_MAC + " netns "
                                + far.name())
                        .split(" ", -1)),
                "");
        equip(near, nearDevice, nearAddress, farAddress, GUEST_MAC);
        equip(far, farDevice, farAddress, nearAddress, CLIENT_MAC);
    }

    private static void equip(Namespace end, String device, String address, String peer, String peerMac) {
        end.ip(
                "address add " + address + "/24 dev " + device,
                "link set " + device + " up",
                "neigh replace " + peer + " lladdr " + peerMac + " dev " + device + " nud permanent");
    }
}
