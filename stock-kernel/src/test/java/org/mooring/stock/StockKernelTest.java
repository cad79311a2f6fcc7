package org.mooring.stock;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Tests of other modules, with the kernel that Debian ships: it has tunnel devices that others lack, and a verifier of its own mind about
 * our programs. Each test that ran there is one here. Emulated, all would take too long, so this is a selection:
 * {@code -Dstock-kernel.select=all} runs them all, and {@code -Dstock-kernel.select='datapath.EbpfDatapathTest$Mtu,datapath.HoldTest'} these.
 */
@Tag("e2e")
class StockKernelTest {
    private static final String ROOT = "org.mooring.";

    /** The agents as programs, killed and started once: each of them with either datapath. */
    private static final String KILLED = "lab.AgentsKilledTest#noPacketOfAVisitorIsLostBetweenBpfAndTheKernelsTunnels"
            + "(java.lang.String,java.lang.String,java.lang.String)";

    /** The agents as programs, with a guest that moves: some minutes. */
    private static final String AGENTS = "lab.AgentsKilledTest#noPacketIsLostInTheKernelsTunnels(java.lang.String)";

    private static final String PATHS =
            "lab.ForwardingPathTest#thoseInTheKernelsTunnelsCarryAndCountEveryPacket(org.mooring.datapath.Encapsulation)";

    /** Not those that send as fast as they can, nor those that start the agents as programs: emulated, they take minutes. */
    private static final List<String> SELECTION = List.of(
            "datapath.KernelDatapathTest$Headers",
            "datapath.KernelDatapathTest$Segments",
            "datapath.KernelDatapathTest$Mtu",
            "datapath.KernelDatapathTest$ClampedSegments",
            "datapath.KernelDatapathTest$Fragments",
            "datapath.KernelDatapathTest$Errors",
            "datapath.KernelDatapathTest$Forgery",
            "datapath.KernelDatapathTest$Drops",
            "datapath.KernelDatapathTest$Delivery",
            "datapath.KernelDatapathTest$SimultaneousBindings#sendsACopyToEachCareOfAddress"
                    + "(org.mooring.datapath.Encapsulation,org.mooring.datapath.Encapsulation)",
            "datapath.KernelDatapathTest$SimultaneousBindings#sendsCopiesOfTheSame(int)",
            "datapath.KernelDatapathTest$SimultaneousBindings#leaveNoRoutes",
            "datapath.KernelDatapathTest$SimultaneousBindings#takesNothingFromEachOther(boolean)",
            "datapath.KernelDatapathTest$SimultaneousBindings#goesFromOneToTwoAndBackWithoutALoss",
            "datapath.KernelDatapathTest$SimultaneousBindings#fragmentsWhatDoesNotFitIntoOneOfThem",
            "datapath.KernelDatapathTest$Redirect",
            "datapath.KernelDatapathTest$Survival#restartsUnderTrafficWithoutALoss",
            "datapath.KernelDatapathTest$Survival#losesNothingWhenAgentsAreKilledAndStartedAgain",
            "datapath.KernelDatapathTest$Survival#goesOnWithoutItsProcess(org.mooring.datapath.Encapsulation)",
            "datapath.KernelDatapathTest$Survival#copiesWithoutItsProcess(org.mooring.datapath.Encapsulation)",
            "datapath.KernelDatapathTest$Hold#goesOnInOrder(org.mooring.datapath.Encapsulation)",
            "datapath.KernelDatapathTest$Hold#holdsAtHomeFromTheReturnOn",
            "datapath.KernelDatapathTest$Hold#takesMarkersBackFromTheOldSite",
            "datapath.KernelDatapathTest$Hold#whatIsSentHomeEarlyDoesNotGoToAndFro",
            "datapath.KernelDatapathTest$Hold#whatIsSentHomeForNobodyGoesToNobody",
            "datapath.KernelDatapathTest$Hold#whatWaitsForAGuestThatIsHomeWithoutCommitGoesOn",
            "datapath.KernelDatapathTest$Hold#liftsMarkersOutOfTunnels",
            "datapath.KernelDatapathTest$Hold#theEndOfAForwardingEndsWhatIsHeld",
            "datapath.KernelDatapathTest$Hold#nothingIsHeldAfterARestart",
            "datapath.KernelDatapathTest$Hold#goesOnToWhereTheVisitorIsNow",
            "datapath.KernelDatapathTest$ReverseTunnels",
            "datapath.EbpfDatapathTest$Headers#carriesPacketsBothWays(org.mooring.datapath.Encapsulation)",
            "hook.daemon.GuestPortTest#aVisitorsPacketsGoToTheRouterWhateverItHasCached",
            "hook.daemon.GuestPortTest#aVisitorGetsUnicastIpv4");

    /** Takes the same classes as most of them. */
    private static final String REHEARSED =
            "datapath.EbpfDatapathTest$Headers#carriesPacketsBothWays(org.mooring.datapath.Encapsulation)";

    @TestFactory
    Stream<DynamicTest> passes() throws Exception {
        return new StockKernel(Path.of("target/stock-kernel").toAbsolutePath())
                .test(selectors(), List.of(selector(REHEARSED))).stream()
                        .map(result -> dynamicTest(result.name(), result::check));
    }

    private static List<String> selectors() {
        String wanted = System.getProperty("stock-kernel.select", "");
        if (wanted.equals("all")) {
            return List.of(
                    "--select-package=" + ROOT + "datapath", selector(PATHS), selector(KILLED), selector(AGENTS));
        }
        Stream<String> tests = wanted.isEmpty() ? SELECTION.stream() : Stream.of(wanted.split(",", -1));
        return tests.map(StockKernelTest::selector).toList();
    }

    private static String selector(String test) {
        return (test.contains("#") ? "--select-method=" : "--select-class=") + ROOT + test;
    }
}
