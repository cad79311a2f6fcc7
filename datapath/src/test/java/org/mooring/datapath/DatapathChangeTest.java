package org.mooring.datapath;

import static org.mooring.datapath.DatapathKind.EBPF;
import static org.mooring.datapath.DatapathKind.KERNEL;
import static org.mooring.datapath.DatapathKind.TUN;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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

    private static void changes(DatapathKind... kinds) throws Exception {
        try (Topology net = new Topology();
                Echo echo = new Echo(net.near.host());
                Probe correspondent = new Probe(net.correspondent)) {
            for (DatapathKind kind : kinds) {
                try (HomeDatapath home = home(net, kind);
                        VisitorDatapath near = visitors(net, kind)) {
                    int before = echo.received();
                    correspondent.exchange(GUEST, kind.word());
                    Behaviour.until(() -> echo.received() == before + 1
                            && Behaviour.traffic(home).packetsEncapsulated() == 1
                            && Behaviour.traffic(near).packetsDecapsulated() == 1);
                }
            }
        }
    }

    private static HomeDatapath home(Topology net, DatapathKind kind) throws Exception {
        var config = new HomeDatapathConfig(HOME_AGENT, HomeDatapathConfig.DEVICE, "lan", WAN, MtuPolicy.ICMP);
        List<HomeForwarding> installed = List.of(Behaviour.toVisitorAt(net.near));
        return net.home.router().run(() -> Datapaths.openHome(chosen(kind), config, installed, Waiting.UNHEARD));
    }

    private static VisitorDatapath visitors(Topology net, DatapathKind kind) throws Exception {
        var config = new VisitorDatapathConfig(
                net.near.careOfAddress(), VisitorDatapathConfig.DEVICE, LAN, WAN, MtuPolicy.ICMP);
        List<VisitorForwarding> installed = List.of(Behaviour.VISITOR);
        return net.near
                .router()
                .run(() -> Datapaths.openVisitors(chosen(kind), config, installed, List.of(), Waiting.UNHEARD));
    }

    private static Datapaths.Chosen chosen(DatapathKind kind) {
        return new Datapaths.Chosen(kind, "it is its turn");
    }
}
