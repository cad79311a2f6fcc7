package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.datapath.Topology.GUEST;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Datapaths that are in the kernel outlive their agent. */
abstract class SurvivalTest extends Behaviour {
    SurvivalTest(DatapathTest test) {
        super(test);
    }

    @Test
    void restartsUnderTrafficWithoutALoss() throws Exception {
        home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        Echo echo = open(new Echo(net.near.host()));
        try (Flow flow = new Flow(net.correspondent, GUEST)) {
            for (int restart = 0; restart < 5; restart++) {
                until(flow.moreAnswers(50));
                close(HomeDatapath.class);
                home(toVisitorAt(net.near));
                until(flow.moreAnswers(50));
                close(VisitorDatapath.class);
                visitors(net.near, VISITOR);
            }
            flow.stop();
            until(() -> flow.answered() == flow.sent());
            assertEquals(flow.sent(), echo.received());
        }
    }

    @Test
    void losesNothingWhenAgentsAreKilledAndStartedAgain() throws Exception {
        AgentProcess home = open(AgentProcess.home(test, net.home, net.near));
        AgentProcess near = open(AgentProcess.foreign(test, net.near));
        Echo echo = open(new Echo(net.near.host()));
        try (Flow flow = new Flow(net.correspondent, GUEST)) {
            until(flow.moreAnswers(50));
            home.close();
            near.close();
            until(flow.moreAnswers(50));
            open(AgentProcess.home(test, net.home, net.near));
            open(AgentProcess.foreign(test, net.near));
            until(flow.moreAnswers(50));
            flow.stop();
            until(() -> flow.answered() == flow.sent());
            assertEquals(flow.sent(), echo.received());
        }
    }

    /** As after {@code kill -9}: descriptors gone, nothing else said. */
    @Test
    void goesOnWithoutItsProcess() throws Exception {
        home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        close(HomeDatapath.class);
        close(VisitorDatapath.class);
        open(new Echo(net.near.host()));
        open(new Probe(net.correspondent)).exchange(GUEST, "nobody is there");
    }

    /** As with one care-of address. What its store doesn't know any more gets no copies. */
    @Test
    void copiesWithoutItsProcess() throws Exception {
        HomeForwarding both = new HomeForwarding(
                GUEST, List.of(Tunnel.ipip(net.near.careOfAddress()), Tunnel.ipip(net.far.careOfAddress())));
        home(both);
        visitors(net.near, VISITOR);
        visitors(net.far, VISITOR);
        Echo near = open(new Echo(net.near.host()));
        Echo far = open(new Echo(net.far.host()));
        try (Flow flow = new Flow(net.correspondent, GUEST)) {
            until(flow.moreAnswers(50));
            close(HomeDatapath.class);
            until(flow.moreAnswers(50));
            home(both);
            until(flow.moreAnswers(50));
            flow.stop();
            until(() -> near.received() == flow.sent() && far.received() == flow.sent());
        }
        close(HomeDatapath.class);
        home(toVisitorAt(net.near));
        int before = far.received();
        open(new Probe(net.correspondent)).exchange(GUEST, "to the first one only");
        assertEquals(before, far.received());
    }

    /** Nobody is there who could let them go. */
    @Test
    void nothingWaitsWithoutItsProcess() throws Exception {
        home(toVisitorAt(net.near));
        VisitorDatapath near = visitors(net.near, VISITOR);
        near.hold(GUEST, Set.of(Path.NEW));
        close(VisitorDatapath.class);
        open(new Echo(net.near.host()));
        open(new Probe(net.correspondent)).exchange(GUEST, "nobody holds it");
    }
}
