package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.datapath.Topology.GUEST;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Datapaths that are in the kernel outlive their agent. */
abstract class SurvivalTest extends Behaviour {
    SurvivalTest(DatapathTest test) {
        super(test);
    }

    @ParameterizedTest
    @MethodSource("encapsulations")
    void restartsUnderTrafficWithoutALoss(Encapsulation encapsulation) throws Exception {
        HomeForwarding bound = toVisitorAt(net.near, encapsulation);
        VisitorForwarding visitor = visitor(encapsulation);
        home(bound);
        visitors(net.near, visitor);
        Echo echo = open(new Echo(net.near.host()));
        try (Flow flow = new Flow(net.correspondent, GUEST)) {
            for (int restart = 0; restart < 5; restart++) {
                until(flow.moreAnswers(50));
                close(HomeDatapath.class);
                home(bound);
                until(flow.moreAnswers(50));
                close(VisitorDatapath.class);
                visitors(net.near, visitor);
            }
            flow.stop();
            until(() -> flow.answered() == flow.sent());
            assertEquals(flow.sent(), echo.received());
        }
    }

    @ParameterizedTest
    @MethodSource("encapsulations")
    void losesNothingWhenAgentsAreKilledAndStartedAgain(Encapsulation encapsulation) throws Exception {
        AgentProcess home = open(AgentProcess.home(test, net.home, net.near, encapsulation));
        AgentProcess near = open(AgentProcess.foreign(test, net.near, encapsulation));
        Echo echo = open(new Echo(net.near.host()));
        try (Flow flow = new Flow(net.correspondent, GUEST)) {
            until(flow.moreAnswers(50));
            home.close();
            near.close();
            until(flow.moreAnswers(50));
            open(AgentProcess.home(test, net.home, net.near, encapsulation));
            open(AgentProcess.foreign(test, net.near, encapsulation));
            until(flow.moreAnswers(50));
            flow.stop();
            until(() -> flow.answered() == flow.sent());
            assertEquals(flow.sent(), echo.received());
        }
    }

    /** As after {@code kill -9}: descriptors gone, nothing else said. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void goesOnWithoutItsProcess(Encapsulation encapsulation) throws Exception {
        home(toVisitorAt(net.near, encapsulation));
        visitors(net.near, visitor(encapsulation));
        close(HomeDatapath.class);
        close(VisitorDatapath.class);
        open(new Echo(net.near.host()));
        open(new Probe(net.correspondent)).exchange(GUEST, "nobody is there");
    }

    /** As with one care-of address. What its store doesn't know any more gets no copies. */
    @ParameterizedTest
    @MethodSource("encapsulations")
    void copiesWithoutItsProcess(Encapsulation encapsulation) throws Exception {
        HomeForwarding both = new HomeForwarding(
                GUEST,
                List.of(
                        tunnel(net.near.careOfAddress(), encapsulation),
                        tunnel(net.far.careOfAddress(), encapsulation)));
        home(both);
        visitors(net.near, visitor(encapsulation));
        visitors(net.far, visitor(encapsulation));
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
        home(toVisitorAt(net.near, encapsulation));
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
