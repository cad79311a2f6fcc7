package org.mooring.foreign.daemon;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mooring.datapath.DatapathChoice;
import org.mooring.datapath.DatapathKind;
import org.mooring.datapath.Datapaths;
import org.mooring.datapath.Demands;
import org.mooring.datapath.Duty;
import org.mooring.datapath.Encapsulation;
import org.mooring.datapath.MtuPolicy;
import org.mooring.foreign.Advertising;
import org.mooring.foreign.Policy;
import org.mooring.foreign.Policy.Compatibility;
import org.mooring.foreign.Policy.NatTraversal;
import org.mooring.foreign.Policy.NatTraversal.Asking;
import org.mooring.foreign.Policy.ReservedBits;
import org.mooring.foreign.Policy.ReverseTunnel;
import org.mooring.foreign.Policy.Revocability;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationMessage;
import org.mooring.runtime.Failure;
import org.mooring.runtime.config.Section;
import org.mooring.runtime.discovery.AdvertisementTimes;

/**
 * What {@code foreign-agent.toml} says.
 *
 * @param uplinks the interfaces where tunnelled packets arrive; none: all but the visitor links
 * @param fastPath whether packets that need nothing but a tunnel go past the IP stack; in eBPF only
 */
record ProgramConfiguration(
        Policy policy,
        List<String> uplinks,
        DatapathChoice datapath,
        MtuPolicy mtu,
        boolean fastPath,
        Path stateDirectory,
        Path controlSocket) {
    static final String DEFAULT_CONTROL_SOCKET = "/run/mooring/foreign-agent.sock";
    private static final String DEFAULT_STATE_DIRECTORY = "/var/lib/mooring/foreign-agent";

    private static final int DEFAULT_MAX_LIFETIME = 1800;
    private static final int DEFAULT_MAX_PENDING = 1000;
    private static final int MOST_PENDING = 100_000;
    private static final int DEFAULT_MAX_VISITORS = 10_000;
    private static final int MOST_VISITORS = 1_000_000;

    private static final int SHORTEST_KEEPALIVE = (int) UdpTunnel.SHORTEST_KEEPALIVE.toSeconds();
    private static final int LONGEST_KEEPALIVE = 0xffff;
    private static final int DEFAULT_KEEPALIVE = (int) UdpTunnel.DEFAULT_KEEPALIVE.toSeconds();

    /** The high-order octet of the four is zero (RFC 3115 §2.1). */
    private static final int LARGEST_ENTERPRISE_NUMBER = 0xff_ffff;

    ProgramConfiguration {
        uplinks = List.copyOf(uplinks);
    }

    static ProgramConfiguration read(Section root) {
        return new ProgramConfiguration(
                policy(root),
                root.interfaceNames("uplinks"),
                root.choice("datapath", DatapathChoice.AUTO),
                root.choice("mtu", MtuPolicy.ICMP),
                root.bool("fast-path", false),
                root.file("state-directory", DEFAULT_STATE_DIRECTORY),
                root.file("control-socket", DEFAULT_CONTROL_SOCKET));
    }

    ProgramConfiguration keptBy(DatapathKind kind) {
        return new ProgramConfiguration(
                policy.keptBy(kind), uplinks, datapath, mtu, fastPath, stateDirectory, controlSocket);
    }

    /** What it asks of a datapath. */
    Demands demands() {
        var duties = EnumSet.noneOf(Duty.class);
        if (policy.encapsulations().contains(Encapsulation.GRE)) {
            duties.add(Duty.GRE_CHECKSUMS);
        }
        if (policy.reverseTunnel() != ReverseTunnel.REFUSED) {
            duties.add(Duty.NAMESAKES);
        }
        return new Demands(mtu, fastPath, Set.of(), duties);
    }

    /**
     * Refuses to go on with {@code next} where something differs that is fixed while the program runs.
     *
     * @param kind the datapath that there is
     */
    void requireSameFixtures(ProgramConfiguration next, DatapathKind kind) throws Failure {
        var changed = new ArrayList<String>();
        note(changed, "care-of-address", policy.careOfAddress(), next.policy.careOfAddress());
        note(changed, "link", policy.links(), next.policy.links());
        note(changed, "uplinks", uplinks, next.uplinks);
        note(changed, "datapath", datapath, next.datapath);
        note(changed, "mtu", mtu, next.mtu);
        note(changed, "fast-path", fastPath, next.fastPath);
        note(changed, "state-directory", stateDirectory, next.stateDirectory);
        note(changed, "control-socket", controlSocket, next.controlSocket);
        int capacity = Datapaths.capacity(policy.maxVisitors());
        if (next.policy.maxVisitors() > capacity) {
            changed.add("max-visitors is now " + next.policy.maxVisitors() + ", beyond " + capacity
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

    private static Policy policy(Section root) {
        var careOfAddress = root.address("care-of-address");
        var prefixLengths = new LinkedHashMap<String, Integer>();
        return new Policy(
                careOfAddress,
                links(root, careOfAddress, prefixLengths),
                Map.of(),
                root.integer("max-lifetime", 1, RegistrationMessage.INFINITE_LIFETIME, DEFAULT_MAX_LIFETIME),
                root.integer("max-pending", 1, MOST_PENDING, DEFAULT_MAX_PENDING),
                root.integer("max-visitors", 1, MOST_VISITORS, DEFAULT_MAX_VISITORS),
                root.integer(
                        "enterprise-number", 1, LARGEST_ENTERPRISE_NUMBER, HandoverExtension.DEFAULT_ENTERPRISE_NUMBER),
                root.bool("require-association", true),
                root.choices("encapsulations", List.of(Encapsulation.GRE, Encapsulation.MINIMAL)),
                root.choice("compatibility", Compatibility.RFC5944),
                root.choice("reserved-bits", ReservedBits.IGNORED),
                root.choice("reverse-tunnel", ReverseTunnel.OPTIONAL),
                root.bool("encapsulating-delivery", true),
                root.choice("revocation", Revocability.OPTIONAL),
                advertising(root, prefixLengths),
                new NatTraversal(
                        root.choice("nat-traversal", Asking.AUTO),
                        root.seconds("nat-keepalive", SHORTEST_KEEPALIVE, LONGEST_KEEPALIVE, DEFAULT_KEEPALIVE)),
                associations(root, "mobile-node", "home-address"),
                associations(root, "home-agent", "address"));
    }

    private static Advertising advertising(Section root, Map<String, Integer> prefixLengths) {
        var section = root.table("advertisement");
        return new Advertising(
                AdvertisementTimes.interval(section),
                section.map(table -> table.bool("registration-required", false)).orElse(false),
                section.map(table -> table.bool("challenges", false)).orElse(false),
                prefixLengths);
    }

    private static Map<String, Ipv4Address> links(
            Section root, Ipv4Address careOfAddress, Map<String, Integer> prefixLengths) {
        var links = new LinkedHashMap<String, Ipv4Address>();
        for (var section : root.tables("link")) {
            var name = section.interfaceName("interface");
            var address = section.address("address");
            if (address.equals(careOfAddress)) {
                section.problem("address", "the agent's own address on the link, not the care-of address " + address);
            } else if (links.containsValue(address)) {
                section.problem("address", "there is another link with address " + address + " above");
            }
            section.optionalInteger("prefix-length", 1, 32).ifPresent(length -> prefixLengths.put(name, length));
            if (links.put(name, address) != null) {
                section.problem("interface", "there is another link on " + name + " above");
            }
        }
        if (links.isEmpty()) {
            root.problem("link", "missing: expected a [[link]] with the interface where visitors may be");
        }
        return links;
    }

    /** The associations of each of {@code [[peer]]}, by the address at {@code key}. */
    private static Map<Ipv4Address, List<SecurityAssociation>> associations(Section root, String peer, String key) {
        var byAddress = new LinkedHashMap<Ipv4Address, List<SecurityAssociation>>();
        for (var section : root.tables(peer)) {
            var address = section.address(key);
            var associations = section.associations("association");
            if (associations.isEmpty()) {
                section.problem("association", "missing: expected at least one, with its spi and key");
            }
            if (byAddress.put(address, associations) != null) {
                section.problem(key, "there is another " + peer + " " + address + " above");
            }
        }
        return byAddress;
    }
}
