package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Programs
@DisplayName("RFC 5944 §2, RFC 1256: the foreign agent's advertisements, and the solicitations that it answers")
class Section2Test {
    private static final Address ALL_SYSTEMS = Address.of("224.0.0.1");
    private static final Address ALL_ROUTERS = Address.of("224.0.0.2");
    private static final Mac ALL_ROUTERS_MAC = new Mac(0x01005e000002L);
    private static final int PREFIX_LENGTHS = 19;
    private static final int LAST_SEQUENCE_NUMBER = 0xffff;

    private static final int REGISTRATION_REQUIRED = 0x8000;
    private static final int BUSY = 0x4000;
    private static final int HOME_AGENT = 0x2000;
    private static final int FOREIGN_AGENT = 0x1000;
    private static final int RESERVED_ONCE = 0x0200;
    private static final int REVERSE_TUNNEL = 0x0100;
    private static final int RESERVED = 0x001f;

    private final Testbed testbed;
    private final MobileNode node;

    Section2Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
    }

    /** §2.2: as a Router Solicitation, with a TTL of 1. */
    private void solicit(Address source, Address destination, Icmp solicitation) {
        solicit(solicitation.packet(source, destination, 1));
    }

    private void solicit(Packet packet) {
        boolean multicast = packet.destination().bits() >>> 28 == 0xe;
        var mac = multicast ? new Mac(0x01005e000000L | (packet.destination().bits() & 0x7fffff)) : Mac.BROADCAST;
        testbed.visited.send(new Frame(mac, node.mac(), packet));
    }

    private static Icmp solicitation() {
        return new Icmp(Icmp.ROUTER_SOLICITATION, 0, Octets.hex("00000000"));
    }

    private Advertisement solicited() throws Exception {
        int mark = testbed.visited.mark();
        solicit(node.homeAddress(), ALL_ROUTERS, solicitation());
        return testbed.visited.await(mark, Advertisement::of);
    }

    @Test
    @DisplayName("§2.1.1, T83: what an advertisement says of this foreign agent")
    void fields() throws Exception {
        var advertisement = solicited();

        assertTrue(List.of(0, 16).contains(advertisement.icmp().code()));
        assertEquals(2, advertisement.entrySize(), "RFC 1256 §3");
        assertTrue(advertisement.lifetime() > 0);
        assertEquals(1800, advertisement.mobilityAgent().u16(2), "the longest registration lifetime");
        int flags = advertisement.flags();
        assertEquals(
                FOREIGN_AGENT | REVERSE_TUNNEL,
                flags
                        & (REGISTRATION_REQUIRED
                                | BUSY
                                | HOME_AGENT
                                | FOREIGN_AGENT
                                | RESERVED_ONCE
                                | REVERSE_TUNNEL
                                | RESERVED));
        assertEquals(List.of(CARE_OF_ADDRESS), advertisement.careOfAddresses());
        assertEquals(6 + 4, advertisement.mobilityAgent().length());
    }

    @Test
    @DisplayName("§2.1, 2.3.1, RFC 1256 §3: TTL 1, from and with addresses of the link only")
    void headers() throws Exception {
        var own = List.of(Testbed.FOREIGN_AGENT, Testbed.FOREIGN_ROUTER);
        var advertisement = solicited();
        assertEquals(1, advertisement.packet().ttl());
        assertTrue(own.contains(advertisement.packet().source()));
        assertEquals(testbed.foreignRouter, advertisement.frame().source());
        for (int i = 0; i < advertisement.addresses(); i++) {
            assertTrue(own.contains(advertisement.icmp().rest().address(4 + 8 * i)));
        }
    }

    @Test
    @DisplayName("§2.1: a unicast answer goes to the home address, at the link-layer address that asked")
    void unicast() throws Exception {
        var advertisement = solicited();
        if (advertisement.packet().destination().equals(node.homeAddress())) {
            assertEquals(node.mac(), advertisement.frame().destination());
        } else {
            assertForAll(advertisement);
        }
    }

    @Test
    @DisplayName("§2.1: who has no address is answered by 224.0.0.1 or 255.255.255.255")
    void withoutAddress() throws Exception {
        int mark = testbed.visited.mark();
        solicit(Address.ANY, ALL_ROUTERS, solicitation());
        assertForAll(testbed.visited.await(mark, Advertisement::of));
    }

    /** For all on the link, or by 255.255.255.255 for the one that asked, at its link-layer address. */
    private void assertForAll(Advertisement advertisement) {
        var destination = advertisement.packet().destination();
        var macs = destination.equals(ALL_SYSTEMS)
                ? List.of(new Mac(0x01005e000001L))
                : List.of(Mac.BROADCAST, node.mac());
        assertTrue(macs.contains(advertisement.frame().destination()));
        assertTrue(List.of(ALL_SYSTEMS, Address.BROADCAST).contains(destination));
        assertEquals(1, advertisement.packet().ttl());
    }

    @ParameterizedTest
    @ValueSource(strings = {"224.0.0.11", "224.0.0.2", "255.255.255.255"})
    @DisplayName("§2.3, T82: solicitations to each of these are answered, whether or not the sender is a neighbour")
    void answers(String destination) throws Exception {
        int mark = testbed.visited.mark();
        solicit(node.homeAddress(), Address.of(destination), solicitation());
        testbed.visited.await(mark, Advertisement::of);
        int next = testbed.visited.mark();
        solicit(Address.of("10.2.0.99"), Address.of(destination), solicitation());
        testbed.visited.await(next, Advertisement::of);
    }

    @Test
    @DisplayName("RFC 1256 §4.2: reserved bits, and octets beyond the first eight, are ignored")
    void ignoresTheRest() throws Exception {
        int mark = testbed.visited.mark();
        solicit(node.homeAddress(), ALL_ROUTERS, new Icmp(Icmp.ROUTER_SOLICITATION, 0, Octets.hex("ffffffff01020304")));
        testbed.visited.await(mark, Advertisement::of);
    }

    @ParameterizedTest
    @ValueSource(strings = {"code", "short", "checksum"})
    @DisplayName("RFC 1256 §4.2, T82: an invalid solicitation is discarded silently")
    void invalid(String how) throws Exception {
        var other = testbed.mobileNode();
        var good = solicitation().packet(other.homeAddress(), ALL_ROUTERS, 1);
        int mark = testbed.visited.mark();
        solicit(
                switch (how) {
                    case "code" ->
                        new Icmp(Icmp.ROUTER_SOLICITATION, 5, Octets.hex("00000000"))
                                .packet(other.homeAddress(), ALL_ROUTERS, 1);
                    case "short" ->
                        new Icmp(Icmp.ROUTER_SOLICITATION, 0, Octets.hex("000000"))
                                .packet(other.homeAddress(), ALL_ROUTERS, 1);
                    default ->
                        new Packet(
                                Packet.ICMP,
                                1,
                                good.source(),
                                ALL_ROUTERS,
                                good.payload().flipped(2, 1));
                });
        solicited();
        assertEquals(
                List.of(),
                testbed.visited.since(mark, Advertisement::of).stream()
                        .filter(advertisement ->
                                advertisement.packet().destination().equals(other.homeAddress()))
                        .toList());
    }

    @Test
    @DisplayName("§2.3.2: sequence numbers count from 0, one for each advertisement")
    void sequenceNumbers() throws Exception {
        solicited();
        solicited();
        var numbers = testbed.visited.since(0, Advertisement::of).stream()
                .map(Advertisement::sequenceNumber)
                .toList();
        assertEquals(
                IntStream.range(0, numbers.size())
                        .mapToObj(Section2Test::sequenceNumber)
                        .toList(),
                numbers);
    }

    /** Of the advertisement that so many were sent before. */
    private static int sequenceNumber(int count) {
        return count <= LAST_SEQUENCE_NUMBER ? count : 256 + (count - 256) % (LAST_SEQUENCE_NUMBER + 1 - 256);
    }

    @Test
    @DisplayName("§2.3.2, T81: after 0xffff comes 256")
    void sequenceNumbersRollOver() throws Exception {
        // It reads 2000 frames a second of one station at most, and 4000 of all those that it doesn't serve.
        var visitors = new ArrayList<MobileNode>();
        for (int i = 0; i < 32; i++) {
            var visitor = testbed.mobileNode();
            new Visit(testbed, visitor, OTHER_HOME_AGENT).register(60);
            visitors.add(visitor);
        }
        int begin = testbed.visited.mark();
        int number = solicited().sequenceNumber();
        while (number < LAST_SEQUENCE_NUMBER) {
            int wanted = Math.min(number + 8 * visitors.size(), LAST_SEQUENCE_NUMBER);
            begin = testbed.visited.mark();
            for (int next = number; next < wanted; next++) {
                var visitor = visitors.get(next % visitors.size());
                testbed.visited.send(new Frame(
                        ALL_ROUTERS_MAC, visitor.mac(), solicitation().packet(visitor.homeAddress(), ALL_ROUTERS, 1)));
            }
            number = testbed.visited.await(
                    begin,
                    frame -> Advertisement.of(frame)
                            .map(Advertisement::sequenceNumber)
                            .filter(told -> told >= wanted));
        }
        solicited();

        var numbers = testbed.visited.since(begin, Advertisement::of).stream()
                .map(Advertisement::sequenceNumber)
                .toList();
        assertEquals(256, numbers.get(numbers.indexOf(LAST_SEQUENCE_NUMBER) + 1));
    }

    @Test
    @DisplayName("§3.6.1.1: a request to the advertisement's source, at its link-layer address, is relayed")
    void registers() throws Exception {
        var advertisement = solicited();
        var visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        var packet = new Datagram(Station.port(), Datagram.MOBILE_IP, node.signed(visit.request(300)))
                .packet(node.homeAddress(), advertisement.packet().source(), 255);
        int mark = testbed.internet.mark();
        testbed.visited.send(new Frame(advertisement.frame().source(), node.mac(), packet));
        visit.relayed(mark);
    }

    @Test
    @DisplayName("§2.1.2: prefix lengths, if at all, one for each router address")
    void prefixLengths() throws Exception {
        var advertisement = solicited();
        assertTrue(advertisement.extensions().stream()
                .filter(extension -> extension.type() == PREFIX_LENGTHS)
                .allMatch(extension -> extension.data().length() == advertisement.addresses()));
    }
}
