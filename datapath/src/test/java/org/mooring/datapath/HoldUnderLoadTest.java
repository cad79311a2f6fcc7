package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Packets.ipip;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.mooring.datapath.NumberedFlow.Numbered;
import org.mooring.datapath.Topology.Site;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.UdpPacket;

/** The same, and packets that wait while more come than one would like. */
abstract class HoldUnderLoadTest extends HoldTest {
    HoldUnderLoadTest(DatapathTest test) {
        super(test);
    }

    /** None lost, none doubled, none out of order, under a flow of 12,000 packets a second on each path; again and again. */
    @Tag("alone")
    @RepeatedTest(3)
    void keepsTheOrderOfAFlow() throws Exception {
        VisitorDatapath near = hearingVisitors(comingFromFar(GUEST));
        Wire path = open(new Wire(net.internet, "site2"));
        NumberedFlow flow = open(new NumberedFlow(
                path,
                nearRouter,
                payload -> tunnelledByOld(datagram(payload)),
                payload -> tunnelledByNew(datagram(payload))));
        assertOrderIsKept(near, flow, net.near);
    }

    /** What is sent home waits as well as what comes to the home network in no tunnel. */
    @Tag("alone")
    @RepeatedTest(3)
    void keepsTheOrderOfAFlowAtHome() throws Exception {
        HomeDatapath home = hearingHome(new HomeForwarding(GUEST, Tunnel.ipip(net.near.careOfAddress())));
        home.retire(GUEST);
        Wire path = open(new Wire(net.internet, "site1"));
        NumberedFlow flow = open(new NumberedFlow(
                path,
                homeRouter,
                payload -> ipip(net.near.careOfAddress(), HOME_AGENT, datagram(payload)),
                HoldUnderLoadTest::datagram));
        assertOrderIsKept(home, flow, net.home);
    }

    private void assertOrderIsKept(Datapath<?> datapath, NumberedFlow flow, Site site) throws Exception {
        Arrived<Numbered> guest = open(new Arrived<>(site.host(), "eth0", GUEST, PORT, Numbered::decode));
        flow.start(guest::count);
        int rounds = 5;
        int oldInRound = 2000;
        List<Integer> firstBehind = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            datapath.hold(GUEST, BOTH);
            firstBehind.add(flow.sentByNew() + 1);
            flow.sendByOld(oldInRound);
            until(flow::hasSentAllByOld);
            datapath.open(GUEST, Path.OLD);
            datapath.open(GUEST, Path.NEW);
            until(() -> passesBy(datapath, guest));
        }
        flow.stop();
        until(() -> guest.count() == flow.sent());

        int oldSoFar = 0;
        int newSoFar = 0;
        for (Numbered numbered : guest.all()) {
            if (numbered.path() == Path.OLD) {
                assertEquals(oldSoFar, numbered.number());
                oldSoFar++;
            } else {
                assertEquals(newSoFar, numbered.number());
                int round = oldSoFar / oldInRound;
                boolean early = round < rounds && newSoFar >= firstBehind.get(round);
                assertTrue(!early, () -> "overtook the old path: " + numbered);
                newSoFar++;
            }
        }
        assertEquals(rounds * oldInRound, oldSoFar);
        assertNothingDropped(datapath);
    }

    /** Whether packets on the new path don't go to wait any more. */
    private static boolean passesBy(Datapath<?> datapath, Arrived<Numbered> guest) throws Exception {
        long before = held(datapath, GUEST);
        int enough = guest.count() + 1000;
        until(() -> guest.count() > enough);
        return held(datapath, GUEST) == before;
    }

    private static Ipv4Packet datagram(ByteBuffer payload) {
        return new UdpPacket(CORRESPONDENT, 4000, GUEST, PORT, 60, payload).toIpv4();
    }
}
