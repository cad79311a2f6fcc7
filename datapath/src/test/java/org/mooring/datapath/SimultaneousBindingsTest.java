package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.mooring.datapath.Encapsulation.GRE;
import static org.mooring.datapath.Encapsulation.IPIP;
import static org.mooring.datapath.Encapsulation.MINIMAL;
import static org.mooring.datapath.Encapsulation.UDP;
import static org.mooring.datapath.Packets.ipip;
import static org.mooring.datapath.Packets.marked;
import static org.mooring.datapath.Packets.text;
import static org.mooring.datapath.Packets.udp;
import static org.mooring.datapath.Packets.withTtl;
import static org.mooring.datapath.Topology.CORRESPONDENT;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.GUEST_MAC;
import static org.mooring.datapath.Topology.HOME_AGENT;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.datapath.Topology.Site;
import org.mooring.linux.packet.Ipv4Packet;

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
        return carried(
                arguments(IPIP, IPIP),
                arguments(GRE, IPIP),
                arguments(GRE, UDP),
                arguments(UDP, MINIMAL),
                arguments(MINIMAL, IPIP));
    }

    /** RFC 3344 §4.2.3: what one care-of address has sent goes to none of them, be it in its tunnel or not. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void takesNothingFromEachOther(boolean tunnelled) throws Exception {
        HomeDatapath home = home(toBoth(IPIP, GRE));
        Wire internet = open(new Wire(net.internet, "site1"));
        Wire toNear = open(new Wire(net.internet, "site2"));
        Wire toFar = open(new Wire(net.internet, "site3"));
        for (Site site : List.of(net.near, net.far)) {
            Ipv4Packet sent = tunnelled
                    ? ipip(site.careOfAddress(), GUEST, udp(CORRESPONDENT, GUEST, 64, "tunnelled once"))
                    : udp(site.careOfAddress(), GUEST, 64, "from a care-of address");
            internet.send(sent, net.home.wan());
        }
        until(() -> dropped(home, Drop.LOOP) == 2);
        internet.send(udp(CORRESPONDENT, GUEST, 64, "from elsewhere"), net.home.wan());
        for (Wire wire : List.of(toNear, toFar)) {
            Ipv4Packet first = Encapsulated.inner(wire.await(Encapsulated::is));
            assertEquals(CORRESPONDENT, first.source());
        }
    }

    /** Every packet arrives at one site at least, and at both while it is bound to both. */
    @Test
    void goesFromOneToTwoAndBackWithoutALoss() throws Exception {
        HomeForwarding both = toBoth(IPIP, IPIP);
        HomeDatapath home = home(toVisitorAt(net.near));
        visitors(net.near, VISITOR);
        visitors(net.far, VISITOR);
        Echo near = open(new Echo(net.near.host()));
        Echo far = open(new Echo(net.far.host()));
        try (Flow flow = new Flow(net.correspondent, GUEST)) {
            for (int round = 0; round < 5; round++) {
                for (HomeForwarding next : List.of(both, toVisitorAt(net.far), both, toVisitorAt(net.near))) {
                    until(flow.moreAnswers(20));
                    home.install(next);
                }
            }
            until(flow.moreAnswers(20));
            flow.stop();
            until(() -> {
                Set<Integer> arrived = new HashSet<>(near.numbers());
                arrived.addAll(far.numbers());
                return arrived.size() == flow.sent();
            });
            until(() -> near.received() + far.received() == traffic(home).packetsEncapsulated());
            assertTrue(near.received() < flow.sent() && far.received() < flow.sent());
        }
    }

    /** Copies are alike, be there three: only the second router has changed a thing, and none of them says that it can't be fragmented if it can. */
    @ParameterizedTest
    @ValueSource(ints = {0, Ipv4Packet.DONT_FRAGMENT})
    void sendsCopiesOfTheSame(int fragment) throws Exception {
        HomeDatapath home = home(new HomeForwarding(
                GUEST,
                List.of(
                        tunnel(net.near.careOfAddress(), IPIP),
                        tunnel(net.far.careOfAddress(), GRE),
                        tunnel(net.far.careOfAddress(), IPIP))));
        Wire sender = open(new Wire(net.correspondent, "eth0"));
        Wire toNear = open(new Wire(net.internet, "site2"));
        Wire toFar = open(new Wire(net.internet, "site3"));
        Ipv4Packet sent = marked(0xba, fragment, udp(CORRESPONDENT, GUEST, 60, "to all of them"));
        sender.send(sent, net.gateway());

        Predicate<Ipv4Packet> isCopy =
                packet -> Encapsulated.is(packet) && packet.source().equals(HOME_AGENT);
        Ipv4Packet first = toNear.await(isCopy);
        List<Ipv4Packet> others = List.of(toFar.await(isCopy), toFar.await(isCopy));
        for (Ipv4Packet outer : List.of(first, others.get(0), others.get(1))) {
            Encapsulation encapsulation = outer.protocol() == Ipv4Packet.IPIP ? IPIP : GRE;
            assertEquals(test.outerTos(0xba), outer.typeOfService());
            assertEquals(63, outer.ttl());
            assertEquals(
                    fragment != 0 || test.addsDontFragment(encapsulation),
                    (outer.fragment() & Ipv4Packet.DONT_FRAGMENT) != 0);
            assertEquals(withTtl(58, sent), Encapsulated.inner(outer));
        }
        assertEquals(
                Set.of(IPIP.protocol(), GRE.protocol()),
                others.stream().map(Ipv4Packet::protocol).collect(Collectors.toSet()));
        int length = sent.toOctets().remaining();
        until(() -> traffic(home).packetsEncapsulated() == 3);
        assertEquals(3L * length, traffic(home).octetsEncapsulated());
        assertEquals(List.of(), toNear.soFar().stream().filter(isCopy).toList());
    }

    /** RFC 2003 §5.1: what fits into all tunnels. Who has a packet fragmented hears of nothing. */
    @Test
    void fragmentsWhatDoesNotFitIntoOneOfThem() throws Exception {
        int fits = 1500 - GRE.overhead();
        home(toBoth(IPIP, GRE));
        visitors(net.near, visitor(IPIP));
        visitors(net.far, visitor(GRE));
        Echo near = open(new Echo(net.near.host()));
        Echo far = open(new Echo(net.far.host()));
        Wire correspondent = open(new Wire(net.correspondent, "eth0"));
        open(new Probe(net.correspondent)).exchange(GUEST, text(4000));
        until(() -> near.received() == 1 && far.received() == 1);
        assertEquals(List.of(), errors(correspondent));

        correspondent.send(
                marked(0, Ipv4Packet.DONT_FRAGMENT, udp(CORRESPONDENT, GUEST, 64, text(fits + 1))), net.gateway());
        ByteBuffer icmp = correspondent.await(Packets::isIcmp).payload();
        assertEquals(3 << 8 | 4, icmp.getShort(0));
        assertEquals(fits, icmp.getShort(6));
        Wire nearGuest = open(new Wire(net.near.host(), "eth0"));
        Wire farGuest = open(new Wire(net.far.host(), "eth0"));
        correspondent.send(
                marked(0, Ipv4Packet.DONT_FRAGMENT, udp(CORRESPONDENT, GUEST, 64, text(fits))), net.gateway());
        for (Wire guest : List.of(nearGuest, farGuest)) {
            Ipv4Packet whole = guest.await(packet -> packet.destination().equals(GUEST));
            assertEquals(fits, whole.toOctets().remaining());
        }
        assertEquals(List.of(), errors(correspondent));
    }

    /** But for the guests' own. */
    private static List<Ipv4Packet> errors(Wire wire) {
        return wire.soFar().stream()
                .filter(packet -> Packets.isIcmp(packet) && !packet.source().equals(GUEST))
                .toList();
    }

    private HomeForwarding toBoth(Encapsulation toNear, Encapsulation toFar) {
        return new HomeForwarding(
                GUEST, List.of(tunnel(net.near.careOfAddress(), toNear), tunnel(net.far.careOfAddress(), toFar)));
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
