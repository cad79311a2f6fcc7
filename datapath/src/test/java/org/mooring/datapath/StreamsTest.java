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
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.net.Inet4Address;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mooring.linux.Ipv4;
import org.mooring.linux.MacAddress;

/** TCP streams, whose segments travel as one: checksums and contents after they are cut. */
abstract class StreamsTest extends Behaviour {
    StreamsTest(DatapathTest test) {
        super(test);
    }

    /** Segments travel as one through both ends of the tunnel, or are cut there: each octet must arrive all the same. */
    @ParameterizedTest
    @MethodSource("streams")
    void carriesTcpStreams(Encapsulation encapsulation, boolean cutByRouters) throws Exception {
        HomeDatapath home = home(toVisitorAt(net.near, encapsulation));
        VisitorDatapath near = visitors(net.near, visitor(encapsulation));
        cutByRouters(cutByRouters);
        long length = 10_000_000;
        try (TcpStream stream = new TcpStream(net.correspondent, net.near.host(), GUEST)) {
            assertEquals(stream.checksum(length), stream.fromClient(length));
            assertEquals(stream.checksum(length), stream.fromServer(length));
        } finally {
            cutByRouters(false);
        }
        assertNothingDropped(home);
        assertNothingDropped(near);
        Traffic traffic = traffic(home);
        assertTrue(traffic.octetsEncapsulated() > length, traffic.toString());
        assertTrue(!test.countsSegments() || traffic.packetsEncapsulated() > length / 1500, traffic.toString());
        assertTrue(traffic.octetsDecapsulated() > length, traffic.toString());
        assertTrue(!test.countsSegments() || traffic.packetsDecapsulated() > length / 1500, traffic.toString());
    }

    Stream<Arguments> streams() {
        return carried(
                arguments(IPIP, false),
                arguments(IPIP, true),
                arguments(GRE, false),
                arguments(GRE, true),
                arguments(MINIMAL, false),
                arguments(MINIMAL, true),
                arguments(UDP, false),
                arguments(UDP, true));
    }

    /** A packet from one guest to another enters and leaves the home agent by the same device: no redirect. */
    @ParameterizedTest
    @MethodSource("pairs")
    void carriesPacketsBetweenGuestsOfOneHome(Encapsulation one, Encapsulation another) throws Exception {
        Inet4Address other = Ipv4.address("10.1.0.51");
        MacAddress otherMac = MacAddress.of("52:54:00:01:00:51");
        net.visit(net.far, other, otherMac);
        HomeDatapath home =
                home(toVisitorAt(net.near, one), new HomeForwarding(other, tunnel(net.far.careOfAddress(), another)));
        visitors(net.near, visitor(one));
        visitors(net.far, new VisitorForwarding(other, tunnel(HOME_AGENT, another), "lan", otherMac, true));
        net.near
                .host()
                .exec(
                        "ip",
                        "neigh",
                        "replace",
                        "10.1.0.51",
                        "lladdr",
                        net.near.gateway().toString(),
                        "dev",
                        "eth0");
        net.far
                .host()
                .exec(
                        "ip",
                        "neigh",
                        "replace",
                        "10.1.0.50",
                        "lladdr",
                        net.far.gateway().toString(),
                        "dev",
                        "eth0");
        open(new Echo(net.far.host()));
        Wire guest = open(new Wire(net.near.host(), "eth0"));
        Probe probe = open(new Probe(net.near.host()));
        for (int i = 0; i < 20; i++) {
            probe.exchange(other, "guest to guest " + i);
        }
        assertTrue(guest.soFar().stream().noneMatch(Packets::isIcmp));
        cutByRouters(true);
        long length = 3_000_000;
        try (TcpStream stream = new TcpStream(net.near.host(), net.far.host(), other)) {
            assertEquals(stream.checksum(length), stream.fromClient(length));
            assertEquals(stream.checksum(length), stream.fromServer(length));
        } finally {
            cutByRouters(false);
        }
        assertNothingDropped(home);
        net.visit(net.far, GUEST, GUEST_MAC);
    }

    Stream<Arguments> pairs() {
        return carried(
                arguments(IPIP, IPIP),
                arguments(GRE, GRE),
                arguments(UDP, UDP),
                arguments(MINIMAL, MINIMAL),
                arguments(IPIP, GRE),
                arguments(IPIP, UDP),
                arguments(GRE, UDP),
                arguments(MINIMAL, IPIP),
                arguments(MINIMAL, GRE),
                arguments(MINIMAL, UDP));
    }
}
