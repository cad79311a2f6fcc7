package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mooring.datapath.Datapaths.Chosen;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Netlink;

/** Which datapath an agent gets, and what it says of it. */
class DatapathsTest {
    private static final Demands ANYTHING = demands(MtuPolicy.ICMP, false, Set.of());

    @Test
    void takesTheFirstOneThatWorks() throws Exception {
        assertEquals(new Chosen(DatapathKind.EBPF, "auto, the first choice"), choose(DatapathChoice.AUTO, Map.of()));
        assertEquals(
                new Chosen(DatapathKind.TUN, "auto, without ebpf: no bpf(2); kernel: no ipip"),
                choose(DatapathChoice.AUTO, Map.of(DatapathKind.EBPF, "no bpf(2)", DatapathKind.KERNEL, "no ipip")));
    }

    @Test
    void takesTheOneThatIsNamedOrNone() throws Exception {
        assertEquals(new Chosen(DatapathKind.TUN, "configured"), choose(DatapathChoice.TUN, Map.of()));
        var refused = assertThrows(
                DatapathException.class, () -> choose(DatapathChoice.KERNEL, Map.of(DatapathKind.KERNEL, "no ipip")));
        assertEquals("datapath: not to be had here: kernel: no ipip", refused.getMessage());
    }

    @Test
    void passesOverWhatCantKeepToTheConfiguration() {
        assertEquals(Optional.empty(), ANYTHING.beyond(DatapathKind.KERNEL));
        assertEquals(
                Optional.empty(),
                demands(MtuPolicy.CLAMP_AT_HOME, false, Set.of()).beyond(DatapathKind.KERNEL));
        assertEquals(
                Optional.of("it knows no mtu = \"fragment-outer\""),
                demands(MtuPolicy.FRAGMENT_OUTER, false, Set.of()).beyond(DatapathKind.KERNEL));
        assertEquals(
                Optional.of("it knows no fast-path = true"),
                demands(MtuPolicy.ICMP, true, Set.of()).beyond(DatapathKind.TUN));
        assertEquals(
                Optional.of("it knows no encapsulation = \"minimal\""),
                demands(MtuPolicy.ICMP, false, EnumSet.allOf(Encapsulation.class))
                        .beyond(DatapathKind.KERNEL));
        assertEquals(
                Optional.of("it has no tunnels in UDP: nat-traversal has to be \"off\""),
                demands(MtuPolicy.ICMP, false, Set.of(Encapsulation.UDP)).beyond(DatapathKind.KERNEL));
        assertEquals(
                Optional.empty(),
                demands(MtuPolicy.FRAGMENT_OUTER, true, EnumSet.allOf(Encapsulation.class))
                        .beyond(DatapathKind.EBPF));
    }

    @Test
    void leavesNothingUndoneUnlessADatapathIsNamed() {
        var duties = EnumSet.allOf(Duty.class);
        var all = new Demands(MtuPolicy.ICMP, false, Set.of(), duties);
        assertEquals(Optional.empty(), all.undone(DatapathChoice.AUTO, DatapathKind.EBPF));
        assertEquals(
                Optional.of(
                        "it knows no checksums in GRE (leave out \"gre\") and no two visitors with one home address (set"
                                + " reverse-tunnel = \"refused\"): name it to do without"),
                all.undone(DatapathChoice.AUTO, DatapathKind.KERNEL));
        assertEquals(
                Optional.of("it knows no two visitors with one home address (set reverse-tunnel = \"refused\"): name it"
                        + " to do without"),
                all.undone(DatapathChoice.AUTO, DatapathKind.TUN));
        assertEquals(Optional.empty(), all.undone(DatapathChoice.KERNEL, DatapathKind.KERNEL));
        assertEquals(Optional.empty(), all.undone(DatapathChoice.TUN, DatapathKind.TUN));
        assertEquals(Optional.empty(), ANYTHING.undone(DatapathChoice.AUTO, DatapathKind.KERNEL));
        var gre = new Demands(MtuPolicy.ICMP, false, Set.of(), Set.of(Duty.GRE_CHECKSUMS));
        assertEquals(Optional.empty(), gre.undone(DatapathChoice.AUTO, DatapathKind.TUN));
    }

    @Test
    @Tag("netns")
    void triesTheKernelAndLeavesNothing() throws Exception {
        try (var namespace = NetworkNamespace.create()) {
            assertEquals(
                    DatapathKind.EBPF,
                    namespace
                            .run(() -> Datapaths.choose(DatapathChoice.AUTO, ANYTHING))
                            .kind());
            assertEquals(
                    DatapathKind.TUN,
                    namespace
                            .run(() -> Datapaths.choose(DatapathChoice.TUN, ANYTHING))
                            .kind());
            try (Netlink netlink = namespace.run(Netlink::open)) {
                assertEquals(
                        0,
                        netlink.links().dump().stream()
                                .map(Link::name)
                                .filter(name -> name.startsWith("mip-"))
                                .count());
            }
        }
    }

    /** Which is more than the simplest program needs: without CAP_PERFMON, the verifier refuses ours. */
    @Test
    @Tag("netns")
    @Timeout(120)
    void doesWithoutWhatItMayNotHave() throws Exception {
        try (var namespace = NetworkNamespace.create()) {
            String may = "-sys_admin,-perfmon";
            String said = namespace.exec(
                    "setpriv",
                    "--bounding-set=" + may,
                    "--inh-caps=" + may,
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                    ChoosingProcess.class.getName());
            assertTrue(said.lines().anyMatch(line -> line.matches("(KERNEL|TUN) auto, without ebpf: .*")), said);
            assertTrue(said.contains("; kernel: it knows no checksums in GRE "), said);
            assertTrue(said.contains("; tun: it knows no two visitors with one home address "), said);
        }
    }

    static final class ChoosingProcess {
        private ChoosingProcess() {}

        public static void main(String... arguments) throws Exception {
            Chosen chosen = Datapaths.choose(DatapathChoice.AUTO, ANYTHING);
            System.out.println(chosen.kind() + " " + chosen.why());
            var all = new Demands(MtuPolicy.ICMP, false, Set.of(), EnumSet.allOf(Duty.class));
            try {
                System.out.println(Datapaths.choose(DatapathChoice.AUTO, all));
            } catch (DatapathException e) {
                System.out.println("none: " + e.getMessage());
            }
        }
    }

    private static Demands demands(MtuPolicy mtuPolicy, boolean fastPath, Set<Encapsulation> encapsulations) {
        return new Demands(mtuPolicy, fastPath, encapsulations, Set.of());
    }

    private static Chosen choose(DatapathChoice choice, Map<DatapathKind, String> troubles) throws DatapathException {
        return Datapaths.choose(choice, kind -> Optional.ofNullable(troubles.get(kind)));
    }
}
