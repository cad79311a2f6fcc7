package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.datapath.Topology.GUEST;

import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.linux.Ipv4;

/** Datapaths that are in the kernel outlive their agent. */
abstract class SurvivalTest extends Behaviour {
    SurvivalTest(DatapathTest test) {
        super(test);
    }

    /** In each encapsulation at once. */
    @Test
    void restartsUnderTrafficWithoutALoss() throws Exception {
        Map<Inet4Address, Encapsulation> guests = oneForEachEncapsulation();
        home(bound(guests));
        visitors(net.near, visiting(guests));
        List<Echo> echoes = echoes(guests);
        List<Flow> flows = flows(guests);
        for (int restart = 0; restart < 5; restart++) {
            awaitMoreAnswers(flows);
            close(HomeDatapath.class);
            home(bound(guests));
            awaitMoreAnswers(flows);
            close(VisitorDatapath.class);
            visitors(net.near, visiting(guests));
        }
        assertNothingLost(flows, echoes);
    }

    @Test
    void losesNothingWhenAgentsAreKilledAndStartedAgain() throws Exception {
        Map<Inet4Address, Encapsulation> guests = oneForEachEncapsulation();
        AgentProcess home = open(AgentProcess.home(test, net.home, net.near, guests));
        AgentProcess near = open(AgentProcess.foreign(test, net.near, guests));
        List<Echo> echoes = echoes(guests);
        List<Flow> flows = flows(guests);
        awaitMoreAnswers(flows);
        home.close();
        near.close();
        awaitMoreAnswers(flows);
        open(AgentProcess.home(test, net.home, net.near, guests));
        open(AgentProcess.foreign(test, net.near, guests));
        awaitMoreAnswers(flows);
        assertNothingLost(flows, echoes);
    }

    /** All of them are the same host. */
    private Map<Inet4Address, Encapsulation> oneForEachEncapsulation() {
        Map<Inet4Address, Encapsulation> guests = new LinkedHashMap<>();
        for (Encapsulation encapsulation : test.carries()) {
            Inet4Address guest = Ipv4.address("10.1.0." + (60 + guests.size()));
            guests.put(guest, encapsulation);
            net.near.host().ip("address replace " + guest.getHostAddress() + "/32 dev eth0");
        }
        return guests;
    }

    private HomeForwarding[] bound(Map<Inet4Address, Encapsulation> guests) {
        return AgentProcess.bound(guests, net.near.careOfAddress()).toArray(HomeForwarding[]::new);
    }

    private static VisitorForwarding[] visiting(Map<Inet4Address, Encapsulation> guests) {
        return AgentProcess.visiting(guests).toArray(VisitorForwarding[]::new);
    }

    private List<Echo> echoes(Map<Inet4Address, Encapsulation> guests) throws Exception {
        List<Echo> echoes = new ArrayList<>();
        for (Inet4Address guest : guests.keySet()) {
            echoes.add(open(new Echo(net.near.host(), guest)));
        }
        return echoes;
    }

    private List<Flow> flows(Map<Inet4Address, Encapsulation> guests) throws Exception {
        List<Flow> flows = new ArrayList<>();
        for (Inet4Address guest : guests.keySet()) {
            flows.add(open(new Flow(net.correspondent, guest)));
        }
        return flows;
    }

    private static void awaitMoreAnswers(List<Flow> flows) throws Exception {
        for (Callable<Boolean> answered :
                flows.stream().map(flow -> flow.moreAnswers(50)).toList()) {
            until(answered);
        }
    }

    private static void assertNothingLost(List<Flow> flows, List<Echo> echoes) throws Exception {
        for (int i = 0; i < flows.size(); i++) {
            Flow flow = flows.get(i);
            flow.stop();
            until(() -> flow.answered() == flow.sent());
            assertEquals(flow.sent(), echoes.get(i).received());
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
