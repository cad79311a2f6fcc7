package org.mooring.lab;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.mooring.datapath.Datapath;
import org.mooring.datapath.DatapathChoice;
import org.mooring.datapath.DatapathException;
import org.mooring.datapath.Datapaths;
import org.mooring.datapath.Demands;
import org.mooring.datapath.EbpfHomeDatapath;
import org.mooring.datapath.EbpfVisitorDatapath;
import org.mooring.datapath.Encapsulation;
import org.mooring.datapath.Forwarding;
import org.mooring.datapath.HomeDatapathConfig;
import org.mooring.datapath.HomeForwarding;
import org.mooring.datapath.MtuPolicy;
import org.mooring.datapath.Traffic;
import org.mooring.datapath.TunHomeDatapath;
import org.mooring.datapath.TunVisitorDatapath;
import org.mooring.datapath.Tunnel;
import org.mooring.datapath.VisitorDatapathConfig;
import org.mooring.datapath.VisitorForwarding;
import org.mooring.datapath.Waiting;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;

/**
 * A way for packets through a {@link Chain} of its own, both ways.
 *
 * @param datapaths ours, of the home router and of the visited one; none where the kernel forwards without us
 */
record ForwardingPath(String name, Chain chain, List<Datapath<?>> datapaths) implements AutoCloseable {
    static final String PLAIN = "plain";
    static final String REDIRECT = "tc-redirect";
    static final String VXLAN = "vxlan";
    static final String EBPF = "ebpf";
    static final String FAST = "-fast";
    static final String TUN = "tun";
    static final String KERNEL = "kernel";

    private static final int PORT = 434;
    private static final int CAPACITY = 1_000_000;

    ForwardingPath {
        datapaths = List.copyOf(datapaths);
    }

    /** By the routers' routing tables. */
    static ForwardingPath plain(String prefix) {
        return new ForwardingPath(PLAIN, Chain.raise(prefix), List.of());
    }

    /** From one device of a router to the other one, past its IP stack. */
    static ForwardingPath redirect(String prefix) {
        Chain chain = Chain.raise(prefix);
        redirect(chain.home(), "lan", "wan");
        redirect(chain.visited(), "wan", "lan");
        return new ForwardingPath(REDIRECT, chain, List.of());
    }

    private static void redirect(Namespace router, String near, String far) {
        for (List<String> way : List.of(List.of(near, "dst", far), List.of(far, "src", near))) {
            tc(router, "qdisc add dev " + way.get(0) + " clsact");
            tc(
                    router,
                    "filter add dev " + way.get(0) + " ingress protocol ip u32 match ip " + way.get(1) + " "
                            + Chain.GUEST + " action mirred egress redirect dev " + way.get(2));
        }
    }

    private static void tc(Namespace router, String words) {
        Command.run(router.inside(("tc " + words).split(" ", -1)), "");
    }

    /** Through the kernel's VXLAN device. */
    static ForwardingPath vxlan(String prefix) {
        Chain chain = Chain.raise(prefix);
        vxlan(chain.home(), Chain.HOME_AGENT, Chain.CARE_OF_ADDRESS, "02:00:00:00:01:01", "02:00:00:00:01:02");
        vxlan(chain.visited(), Chain.CARE_OF_ADDRESS, Chain.HOME_AGENT, "02:00:00:00:01:02", "02:00:00:00:01:01");
        chain.home().ip("route add " + Chain.GUEST + " via 192.0.2.1 dev tunnel onlink");
        chain.visited().ip("route add default via 192.0.2.1 dev tunnel onlink table 100", "rule add iif lan table 100");
        return new ForwardingPath(VXLAN, chain, List.of());
    }

    private static void vxlan(Namespace router, String local, String remote, String mac, String peerMac) {
        router.ip(
                "link add tunnel address " + mac + " type vxlan id 1 dstport 4789 dev wan local " + local + " remote "
                        + remote,
                "link set tunnel up",
                "neigh add 192.0.2.1 lladdr " + peerMac + " dev tunnel nud permanent");
    }

    /** Through our tunnels in eBPF, both agents' with a fast path or without. */
    static ForwardingPath ebpf(String prefix, Encapsulation encapsulation, boolean fastPath) {
        String name = EBPF + "-" + encapsulation.name().toLowerCase(Locale.ROOT) + (fastPath ? FAST : "");
        return ebpf(name, prefix, encapsulation, fastPath, List.of());
    }

    /**
     * Through our IP-in-IP tunnels in eBPF.
     *
     * @param others how many home addresses the home agent has bindings for beside the guest's
     */
    static ForwardingPath crowded(String prefix, boolean fastPath, int others) {
        List<HomeForwarding> bindings =
                ControlPlane.bindings(others, tunnel(Chain.CARE_OF_ADDRESS, Encapsulation.IPIP));
        String name = EBPF + "-ipip" + (fastPath ? FAST : "") + "-" + others;
        return ebpf(name, prefix, Encapsulation.IPIP, fastPath, bindings);
    }

    /** Through our tunnels in the agents themselves. */
    static ForwardingPath tun(String prefix, Encapsulation encapsulation) {
        return ours(
                TUN + "-" + encapsulation.name().toLowerCase(Locale.ROOT),
                prefix,
                encapsulation,
                false,
                List.of(),
                TunHomeDatapath::open,
                TunVisitorDatapath::open);
    }

    /**
     * Through the kernel's own tunnels.
     *
     * @throws LabException if this kernel has none
     */
    static ForwardingPath kernel(String prefix, Encapsulation encapsulation) {
        var demands = new Demands(MtuPolicy.ICMP, false, Set.of(encapsulation), Set.of());
        return ours(
                KERNEL + "-" + encapsulation.name().toLowerCase(Locale.ROOT),
                prefix,
                encapsulation,
                false,
                List.of(),
                (config, installed, waiting) -> Datapaths.openHome(
                        Datapaths.choose(DatapathChoice.KERNEL, demands), config, installed, waiting),
                (config, installed, waiting) -> Datapaths.openVisitors(
                        Datapaths.choose(DatapathChoice.KERNEL, demands), config, installed, List.of(), waiting));
    }

    private static ForwardingPath ebpf(
            String name, String prefix, Encapsulation encapsulation, boolean fastPath, List<HomeForwarding> others) {
        return ours(name, prefix, encapsulation, fastPath, others, EbpfHomeDatapath::open, EbpfVisitorDatapath::open);
    }

    private static ForwardingPath ours(
            String name,
            String prefix,
            Encapsulation encapsulation,
            boolean fastPath,
            List<HomeForwarding> others,
            Opening<HomeDatapathConfig, HomeForwarding> atHome,
            Opening<VisitorDatapathConfig, VisitorForwarding> abroad) {
        Chain chain = Chain.raise(prefix);
        var installed = new ArrayList<>(others);
        installed.add(new HomeForwarding(Ipv4.address(Chain.GUEST), tunnel(Chain.CARE_OF_ADDRESS, encapsulation)));
        Datapath<?> home = chain.home().call(() -> atHome.open(homeAgent(fastPath), installed, Waiting.UNHEARD));
        var visitor = new VisitorForwarding(
                Ipv4.address(Chain.GUEST),
                tunnel(Chain.HOME_AGENT, encapsulation),
                "lan",
                MacAddress.of(Chain.GUEST_MAC),
                true);
        var config = new VisitorDatapathConfig(
                Ipv4.address(Chain.CARE_OF_ADDRESS),
                VisitorDatapathConfig.DEVICE,
                List.of("lan"),
                List.of("wan"),
                MtuPolicy.ICMP,
                fastPath,
                CAPACITY);
        Datapath<?> visited = chain.visited().call(() -> abroad.open(config, List.of(visitor), Waiting.UNHEARD));
        return new ForwardingPath(name, chain, List.of(home, visited));
    }

    private static Tunnel tunnel(String remote, Encapsulation encapsulation) {
        Inet4Address exit = Ipv4.address(remote);
        return encapsulation == Encapsulation.UDP ? Tunnel.udp(exit, PORT) : Tunnel.of(exit, encapsulation);
    }

    static EbpfHomeDatapath homeAgent(Chain chain, boolean fastPath, Collection<HomeForwarding> installed) {
        return chain.home().call(() -> EbpfHomeDatapath.open(homeAgent(fastPath), installed, Waiting.UNHEARD));
    }

    private static HomeDatapathConfig homeAgent(boolean fastPath) {
        return new HomeDatapathConfig(
                Ipv4.address(Chain.HOME_AGENT),
                HomeDatapathConfig.DEVICE,
                "lan",
                List.of("wan"),
                MtuPolicy.ICMP,
                fastPath,
                CAPACITY);
    }

    /** How a datapath is opened. */
    private interface Opening<C, F extends Forwarding> {
        Datapath<F> open(C config, Collection<F> installed, Waiting waiting) throws DatapathException;
    }

    /** Packets that the guest's tunnel took in at one end, or gave out at the other, as each of {@link #datapaths} counts them. */
    List<Long> tunnelled() {
        var counts = new ArrayList<Long>();
        try {
            for (Datapath<?> datapath : datapaths) {
                Traffic traffic = datapath.traffic().get(Ipv4.address(Chain.GUEST));
                if (traffic == null) {
                    throw new LabException(name + " doesn't count what it forwards");
                }
                counts.add(
                        datapath == datapaths.get(0) ? traffic.packetsEncapsulated() : traffic.packetsDecapsulated());
            }
        } catch (DatapathException e) {
            throw new LabException(name + ": " + e.getMessage(), e);
        }
        return counts;
    }

    @Override
    public void close() {
        for (Datapath<?> datapath : datapaths) {
            try {
                datapath.close();
            } catch (IOException e) {
                throw new LabException(name + ": " + e.getMessage(), e);
            }
        }
    }
}
