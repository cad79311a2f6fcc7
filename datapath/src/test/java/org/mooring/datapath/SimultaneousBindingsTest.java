package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.mooring.datapath.Encapsulation.GRE;
import static org.mooring.datapath.Encapsulation.IPIP;
import static org.mooring.datapath.Encapsulation.MINIMAL;
import static org.mooring.datapath.Encapsulation.UDP;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.GUEST_MAC;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Copies to several care-of addresses (RFC 3344 §4.2.3). */
abstract class SimultaneousBindingsTest extends Behaviour {
    SimultaneousBindingsTest(DatapathTest test) {
        super(test);
    }

    /** RFC 3344 §4.2.3: with simultaneous bindings, a copy to each care-of address; what comes back from either is taken. */
    @ParameterizedTest
    @MethodSource("copies")
    void sendsACopyToEachCareOfAddress(Encapsulation one, Encapsulation another) throws Exception {
        Tunnel toNear = tunnel(net.near.careOfAddress(), one);
        Tunnel toFar = tunnel(net.far.careOfAddress(), another);
        HomeDatapath home = home(new HomeForwarding(GUEST, List.of(toNear, toFar)));
        visitors(net.near, visitor(one));
        visitors(net.far, visitor(another));
        Echo near = open(new Echo(net.near.host()));
        Echo far = open(new Echo(net.far.host()));
        try (Flow flow = new Flow(net.correspondent, GUEST)) {
            until(flow.moreAnswers(200));
            flow.stop();
            until(() -> near.received() == flow.sent() && far.received() == flow.sent());
            int sent = flow.sent();
            until(() -> traffic(home).packetsDecapsulated() == 2L * sent);
            assertEquals(2L * sent, traffic(home).packetsEncapsulated());
        }
        home.install(new HomeForwarding(GUEST, toFar));
        int before = near.received();
        open(new Probe(net.correspondent)).exchange(GUEST, "to the second one only");
        assertEquals(before, near.received());
        assertNothingDropped(home);
    }

    Stream<Arguments> copies() {
        return carried(arguments(IPIP, IPIP), arguments(GRE, UDP), arguments(UDP, MINIMAL), arguments(MINIMAL, IPIP));
    }

    /** The segments of a stream are copied, too; what the second guest doesn't expect, it resets in vain. */
    @ParameterizedTest
    @MethodSource("copiedSegments")
    void copiesSegmentsThatTravelAsOne(Encapsulation one, Encapsulation another) throws Exception {
        HomeDatapath home = home(new HomeForwarding(
                GUEST, List.of(tunnel(net.far.careOfAddress(), one), tunnel(net.near.careOfAddress(), another))));
        visitors(net.near, visitor(another));
        VisitorDatapath far = visitors(net.far, visitor(one));
        net.far.host().exec("ip", "address", "del", GUEST.getHostAddress() + "/24", "dev", "eth0");
        long length = 10_000_000;
        try (TcpStream stream = new TcpStream(net.correspondent, net.near.host(), GUEST)) {
            assertEquals(stream.checksum(length), stream.fromClient(length));
        } finally {
            net.visit(net.far, GUEST, GUEST_MAC);
        }
        assertTrue(traffic(far).octetsDecapsulated() > length, traffic(far).toString());
        assertEquals(2 * traffic(far).octetsDecapsulated(), traffic(home).octetsEncapsulated());
        assertNothingDropped(home);
    }

    Stream<Arguments> copiedSegments() {
        return carried(arguments(IPIP, IPIP), arguments(UDP, GRE));
    }
}
