package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.mooring.datapath.DatapathKind.EBPF;
import static org.mooring.datapath.DatapathKind.KERNEL;
import static org.mooring.datapath.DatapathKind.TUN;
import static org.mooring.datapath.Encapsulation.GRE;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mooring.datapath.Topology.Site;

/** Agents are started again with another datapath: what the former one has left is in nobody's way. */
@Timeout(120)
class DatapathChangeTest {
    private static final List<String> LAN = List.of("lan");
    private static final List<String> WAN = List.of("wan");

    @Test
    @Tag("netns")
    void fromProgramsToTheAgentsThemselvesAndBack() throws Exception {
        changes(EBPF, TUN, EBPF);
    }

    @Test
    @Tag("stock")
    void byTheKernelsTunnels() throws Exception {
        changes(EBPF, KERNEL, TUN, KERNEL, EBPF);
    }

    /** A former fast path would go on with what it knows, past all that is told to its successor. */
    @Test
    @Tag("netns")
    void fromAFastPathOfWhichNothingIsLeft() throws Exception {
        try (Topology net = new Topology();
                Echo near = new Echo(net.near.host());
                Echo far = new Echo(net.far.host());
                Probe correspondent = new Probe(net.correspondent)) {
            HomeForwarding first = Behaviour.toVisitorAt(net.near, GRE);
            try (HomeDatapath fast = home(net, EBPF, true, first);
                    VisitorDatapath datapath = visitors(net.near, EBPF, true, Behaviour.visitor(GRE))) {
                correspondent.exchange(GUEST, "fast");
                Behaviour.assertNothingDropped(fast);
                Behaviour.assertNothingDropped(datapath);
            }
            try (HomeDatapath home = home(net, TUN, false, first);
                    VisitorDatapath nearby = visitors(net.near, TUN, false, Behaviour.visitor(GRE));
                    VisitorDatapath beyond = visitors(net.far, TUN, false, Behaviour.visitor(GRE))) {
                int before = near.received();
                home.install(Behaviour.toVisitorAt(net.far, GRE));
                correspondent.exchange(GUEST, "moved");
                assertEquals(1, far.received());
                assertEquals(before, near.received());
                assertEquals(1, Behaviour.traffic(home).packetsEncapsulated());
                Behaviour.assertNothingDropped(nearby);
                Behaviour.assertNothingDropped(beyond);
            }
            for (Site site : List.of(net.home, net.near)) {
                assertEquals(
                        "",
                        Behaviour.ip(site, "-o link show type veth")
                                .lines()
                                .filter(line -> line.contains("mip-"))
                                .collect(Collectors.joining()));
                for (String link : List.of("lan", "wan", site.equals(net.home) ? "mip-ha" : "mip-fa")) {
                    assertEquals("", filters(site, link));
                }
            }
        }
    }

    /** What a datapath has rules for, its successor hasn't. */
    @Test
    @Tag("netns")
    void leavesNoRulesThatOthersHave() throws Exception {
        try (Topology net = new Topology()) {
            List<String> before = rules(net);
            home(net, EBPF, false).close();
            assertEquals(before, rules(net));
            home(net, TUN, false).close();
            assertNotEquals(before, rules(net));
            home(net, EBPF, false).close();
            assertEquals(before, rules(net));
        }
    }

    private static List<String> rules(Topology net) {
        return Behaviour.ip(net.home, "rule").lines().toList();
    }

    private static String filters(Site site, String link) {
        String all = "";
        for (String direction : List.of("ingress", "egress")) {
            all += site.router().exec("tc", "filter", "show", "dev", link, direction);
        }
        return all;
    }

    private static void changes(DatapathKind... kinds) throws Exception {
        Map<DatapathKind, List<String>> rules = new EnumMap<>(DatapathKind.class);
        try (Topology net = new Topology();
                Echo echo = new Echo(net.near.host());
                Probe correspondent = new Probe(net.correspondent)) {
            for (DatapathKind kind : kinds) {
                try (HomeDatapath home = home(net, kind, false, Behaviour.toVisitorAt(net.near));
                        VisitorDatapath near = visitors(net.near, kind, false, Behaviour.VISITOR)) {
                    assertEquals(rules.computeIfAbsent(kind, first -> rules(net)), rules(net));
                    int before = echo.received();
                    correspondent.exchange(GUEST, kind.word());
                    Behaviour.until(() -> echo.received() == before + 1
                            && Behaviour.traffic(home).packetsEncapsulated() == 1
                            && Behaviour.traffic(near).packetsDecapsulated() == 1);
                }
            }
        }
    }

    private static HomeDatapath home(Topology net, DatapathKind kind, boolean fastPath, HomeForwarding... installed)
            throws Exception {
        var config =
                new HomeDatapathConfig(HOME_AGENT, HomeDatapathConfig.DEVICE, "lan", WAN, MtuPolicy.ICMP, fastPath);
        return net.home
                .router()
                .run(() -> Datapaths.openHome(chosen(kind), config, List.of(installed), Waiting.UNHEARD));
    }

    private static VisitorDatapath visitors(Site site, DatapathKind kind, boolean fastPath, VisitorForwarding installed)
            throws Exception {
        var config = new VisitorDatapathConfig(
                site.careOfAddress(), VisitorDatapathConfig.DEVICE, LAN, WAN, MtuPolicy.ICMP, fastPath);
        return site.router()
                .run(() ->
                        Datapaths.openVisitors(chosen(kind), config, List.of(installed), List.of(), Waiting.UNHEARD));
    }

    private static Datapaths.Chosen chosen(DatapathKind kind) {
        return new Datapaths.Chosen(kind, "it is its turn");
    }
}
