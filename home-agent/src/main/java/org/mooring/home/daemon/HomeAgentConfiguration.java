package org.mooring.home.daemon;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mooring.datapath.DatapathChoice;
import org.mooring.datapath.DatapathKind;
import org.mooring.datapath.Datapaths;
import org.mooring.datapath.Demands;
import org.mooring.datapath.Duty;
import org.mooring.datapath.Encapsulation;
import org.mooring.datapath.HomeForwarding;
import org.mooring.datapath.MtuPolicy;
import org.mooring.home.Advertising;
import org.mooring.home.MobileNode;
import org.mooring.home.Policy;
import org.mooring.home.Policy.Compatibility;
import org.mooring.home.Policy.NatTraversal;
import org.mooring.home.Policy.ReservedBits;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.home.Policy.Revocability;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Extension.Nai;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.Failure;
import org.mooring.runtime.config.Ipv4Prefix;
import org.mooring.runtime.config.Section;
import org.mooring.runtime.discovery.AdvertisementTimes;

/**
 * What {@code home-agent.toml} says.
 *
 * @param homeLink the interface where the mobile nodes are when at home
 * @param maxBroadcasts how many of the home link's broadcasts may go into tunnels each second; zero: none ever
 * @param uplinks the interfaces where tunnelled packets arrive; none: all but the home link
 * @param fastPath whether packets that need nothing but a tunnel go past the IP stack; in eBPF only
 */
record HomeAgentConfiguration(
        Policy policy,
        String homeLink,
        Ipv4Prefix homeNetwork,
        int maxBroadcasts,
        List<String> uplinks,
        DatapathChoice datapath,
        MtuPolicy mtu,
        boolean fastPath,
        Path stateDirectory,
        Path controlSocket) {
    static final String DEFAULT_CONTROL_SOCKET = "/run/mooring/home-agent.sock";
    private static final String DEFAULT_STATE_DIRECTORY = "/var/lib/mooring/home-agent";

    private static final int DEFAULT_MAX_LIFETIME = 600;
    private static final int LONGEST_LIFETIME = 0xffff;
    private static final int LONGEST_KEEPALIVE = 0xffff;
    private static final int DEFAULT_MAX_BINDINGS = 10_000;
    private static final int MOST_BINDINGS = 1_000_000;

    /** Where a mobile node was, and where it is: what bicasting is for (RFC 3344 §3.8.2.2). */
    private static final int DEFAULT_MAX_SIMULTANEOUS_BINDINGS = 2;

    /** For what hosts say to each other by broadcast, DHCP above all; not for what is streamed. */
    private static final int DEFAULT_MAX_BROADCASTS = 100;

    private static final int MOST_BROADCASTS = 10_000;

    /** RFC 3115 §2.1: three octets. */
    private static final int LAST_ENTERPRISE_NUMBER = 0xff_ffff;

    HomeAgentConfiguration {
        uplinks = List.copyOf(uplinks);
    }

    static HomeAgentConfiguration read(Section root) {
        var homeNetwork = root.prefix("home-network");
        var broadcast = homeNetwork.broadcast();
        var address = root.address("address");
        if (!homeNetwork.contains(address)) {
            root.problem("address", "not in home-network " + homeNetwork);
        }
        return new HomeAgentConfiguration(
                new Policy(
                        address,
                        broadcast,
                        root.integer("max-lifetime", 1, LONGEST_LIFETIME, DEFAULT_MAX_LIFETIME),
                        root.integer("max-bindings", 1, MOST_BINDINGS, DEFAULT_MAX_BINDINGS),
                        root.integer(
                                "max-simultaneous-bindings",
                                1,
                                HomeForwarding.MOST_TUNNELS,
                                DEFAULT_MAX_SIMULTANEOUS_BINDINGS),
                        root.bool("require-association", true),
                        root.choices("encapsulations", List.of(Encapsulation.GRE, Encapsulation.MINIMAL)),
                        root.choice("compatibility", Compatibility.RFC5944),
                        root.choice("reserved-bits", ReservedBits.IGNORED),
                        root.choice("reverse-tunnel", ReverseTunnel.OPTIONAL),
                        natTraversal(root),
                        root.choice("revocation", Revocability.OPTIONAL),
                        redirect(root, address),
                        advertising(root.table("advertisement"), homeNetwork),
                        root.integer(
                                "enterprise-number",
                                1,
                                LAST_ENTERPRISE_NUMBER,
                                HandoverExtension.DEFAULT_ENTERPRISE_NUMBER),
                        mobileNodes(root, homeNetwork, Set.of(address, broadcast, homeNetwork.network())),
                        foreignAgents(root)),
                root.interfaceName("home-link"),
                homeNetwork,
                root.integer("max-broadcasts", 0, MOST_BROADCASTS, DEFAULT_MAX_BROADCASTS),
                root.interfaceNames("uplinks"),
                root.choice("datapath", DatapathChoice.AUTO),
                root.choice("mtu", MtuPolicy.ICMP),
                root.bool("fast-path", false),
                root.file("state-directory", DEFAULT_STATE_DIRECTORY),
                root.file("control-socket", DEFAULT_CONTROL_SOCKET));
    }

    HomeAgentConfiguration keptBy(DatapathKind kind) {
        return new HomeAgentConfiguration(
                policy.keptBy(kind),
                homeLink,
                homeNetwork,
                maxBroadcasts,
                uplinks,
                datapath,
                mtu,
                fastPath,
                stateDirectory,
                controlSocket);
    }

    /** What it asks of a datapath. */
    Demands demands() {
        var duties = policy.encapsulations().contains(Encapsulation.GRE) ? Set.of(Duty.GRE_CHECKSUMS) : Set.<Duty>of();
        return new Demands(mtu, fastPath, Set.of(), duties);
    }

    /**
     * Refuses to go on with {@code next} where something differs that is fixed while the program runs.
     *
     * @param kind the datapath that there is
     */
    void requireSameFixtures(HomeAgentConfiguration next, DatapathKind kind) throws Failure {
        var changed = new ArrayList<String>();
        note(changed, "address", policy.address(), next.policy.address());
        note(changed, "home-link", homeLink, next.homeLink);
        note(changed, "home-network", homeNetwork, next.homeNetwork);
        note(changed, "max-broadcasts", maxBroadcasts, next.maxBroadcasts);
        note(changed, "uplinks", uplinks, next.uplinks);
        note(changed, "datapath", datapath, next.datapath);
        note(changed, "mtu", mtu, next.mtu);
        note(changed, "fast-path", fastPath, next.fastPath);
        note(changed, "state-directory", stateDirectory, next.stateDirectory);
        note(changed, "control-socket", controlSocket, next.controlSocket);
        int capacity = Datapaths.capacity(policy.maxBindings());
        if (next.policy.maxBindings() > capacity) {
            changed.add("max-bindings is now " + next.policy.maxBindings() + ", beyond " + capacity
                    + ", for which the datapath has room: restart the program to change it");
        }
        next.demands()
                .undone(datapath, kind)
                .ifPresent(undone ->
                        changed.add("datapath is " + kind.word() + ": " + undone + ", and restart the program"));
        if (!changed.isEmpty()) {
            throw new Failure(changed);
        }
    }

    private static void note(List<String> changed, String key, Object before, Object after) {
        if (!before.equals(after)) {
            changed.add(key + " is now " + after + ", was " + before + ": restart the program to change it");
        }
    }

    private static Optional<Ipv4Address> redirect(Section root, Ipv4Address address) {
        var redirect = root.optionalAddress("redirect");
        if (redirect.filter(other -> other.equals(address) || !other.isUnicast())
                .isPresent()) {
            root.problem("redirect", "expected the address of another home agent");
        }
        return redirect;
    }

    private static Advertising advertising(Optional<Section> table, Ipv4Prefix homeNetwork) {
        var prefixLength = table.flatMap(section -> section.optionalInteger("prefix-length", 1, 32));
        if (prefixLength.filter(length -> length != homeNetwork.length()).isPresent()) {
            table.orElseThrow().problem("prefix-length", "not that of home-network " + homeNetwork);
        }
        return new Advertising(AdvertisementTimes.interval(table), prefixLength);
    }

    private static NatTraversal natTraversal(Section root) {
        var usual = NatTraversal.DEFAULT;
        int keepalive = root.integer("nat-keepalive", 0, LONGEST_KEEPALIVE, usual.keepalive());
        if (keepalive != 0 && keepalive < UdpTunnel.SHORTEST_KEEPALIVE.toSeconds()) {
            root.problem("nat-keepalive", "no mobile node may send one more often than every 10 seconds");
        }
        return new NatTraversal(
                root.choice("nat-traversal", usual.permission()),
                keepalive,
                root.integer("nat-max-lifetime", 1, LONGEST_LIFETIME, usual.maxLifetime()));
    }

    private static List<MobileNode> mobileNodes(Section root, Ipv4Prefix homeNetwork, Set<Ipv4Address> taken) {
        var seen = new HashSet<>(taken);
        var identified = new HashSet<Nai>();
        var mobileNodes = new ArrayList<MobileNode>();
        for (var section : root.tables("mobile-node")) {
            var homeAddress = section.address("home-address");
            if (!homeNetwork.contains(homeAddress)) {
                section.problem("home-address", homeAddress + " is not in home-network " + homeNetwork);
            } else if (!seen.add(homeAddress)) {
                section.problem(
                        "home-address",
                        homeAddress + " is another mobile node's, the home agent's or the network's own address");
            }
            var nai = section.optionalParsed("nai", "a name such as \"vm42@site-a.example\"", Nai.of("?"), Nai::of);
            if (nai.isPresent() && !identified.add(nai.get())) {
                section.problem("nai", "there is another mobile-node with this NAI above");
            }
            mobileNodes.add(new MobileNode(homeAddress, nai, section.optionalMac("mac"), associations(section)));
        }
        return mobileNodes;
    }

    private static Map<Ipv4Address, List<SecurityAssociation>> foreignAgents(Section root) {
        var foreignAgents = new LinkedHashMap<Ipv4Address, List<SecurityAssociation>>();
        for (var section : root.tables("foreign-agent")) {
            var address = section.address("address");
            if (foreignAgents.put(address, associations(section)) != null) {
                section.problem("address", "there is another foreign-agent " + address + " above");
            }
        }
        return foreignAgents;
    }

    private static List<SecurityAssociation> associations(Section section) {
        var associations = section.associations("association");
        if (associations.isEmpty()) {
            section.problem("association", "missing: expected at least one, with its spi and key");
        }
        return associations;
    }
}
