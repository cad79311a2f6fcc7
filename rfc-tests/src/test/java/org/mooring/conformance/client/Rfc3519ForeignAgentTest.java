package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.CORRESPONDENT;
import static org.mooring.conformance.client.Testbed.FOREIGN_HOME;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;
import static org.mooring.conformance.client.Testbed.toMobileNode;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.conformance.client.Octets.Fields;
import org.mooring.conformance.client.Station.Answer;
import org.mooring.conformance.client.Visit.Relayed;

@Programs(foreignAgent = """
        require-association = false
        revocation = "refused"
        nat-traversal = "behind-nat"
        nat-keepalive = 10
        """)
@DisplayName("RFC 3519: tunnels in UDP, at a foreign agent behind a NAT")
class Rfc3519ForeignAgentTest {
    private static final int UDP_TUNNELS = 0x0080;
    private static final int DECLINED = 64;

    private final Testbed testbed;
    private final MobileNode node;
    private final Visit visit;

    Rfc3519ForeignAgentTest(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.visit = new Visit(testbed, node, OTHER_HOME_AGENT);
    }

    /** §3.2, for the foreign agent. */
    private static Octets tunnelReply(int code) {
        return Extension.octets(
                Extension.UDP_TUNNEL_REPLY,
                new Fields().u8(0).u8(code).u16(0).u16(0).done());
    }

    /** Registers, and has the home agent say {@code tunnelReply}. */
    private Relayed register(Octets tunnelReply) throws Exception {
        var request = visit.request(300);
        var relayed = visit.relay(node.signed(request));
        var reply = visit.reply(request, Code.ACCEPTED, 300);
        Answer answer = visit.answer(relayed, Visit.forForeignAgent(reply.and(tunnelReply)));
        assertEquals(reply, answer.reply().message(), "§4.5: the mobile node is told nothing of it");
        return relayed;
    }

    private Packet fromVisitor() {
        return new Datagram(Station.port(), 4000, Octets.hex("beef")).packet(node.homeAddress(), CORRESPONDENT, 64);
    }

    private Optional<Packet> leaving(Frame frame, Packet packet) {
        return frame.packet()
                .filter(outer -> frame.source().equals(testbed.foreignRouterOutside)
                        && inner(outer).map(Packet::payload).equals(Optional.of(packet.payload())));
    }

    private static Optional<Packet> inner(Packet outer) {
        return outer.inner().or(() -> outer.datagram().flatMap(TunnelData::inner));
    }

    /** The visitor's packet as it leaves the foreign router. */
    private Packet sent(Packet packet) throws Exception {
        int mark = testbed.internet.mark();
        testbed.visiting(node).send(packet);
        return testbed.internet.await(mark, frame -> leaving(frame, packet));
    }

    @Test
    @DisplayName("§4.5: it asks behind the mobile node's part, under its own authentication, from its care-of address")
    void asks() throws Exception {
        var message = node.signed(visit.request(300));

        var relayed = visit.relay(message);

        assertEquals(
                FOREIGN_HOME.seal(
                        Extension.FOREIGN_HOME,
                        message.and(Extension.octets(Extension.UDP_TUNNEL_REQUEST, Octets.hex("000000000000")))),
                relayed.message());
        assertEquals(CARE_OF_ADDRESS, relayed.packet().source());
    }

    @Test
    @DisplayName("§4.5: never for a care-of address that is the mobile node's own, nor in a deregistration")
    void asksForNobodyElse() throws Exception {
        var coLocated = node.signed(node.request(OTHER_HOME_AGENT, Address.of("10.2.0.77"), 300)
                .with(Request.DECAPSULATION | Request.REVERSE_TUNNEL));
        assertEquals(coLocated, visit.relay(coLocated).message());
        var deregistration = node.signed(visit.request(0));
        assertEquals(deregistration, visit.relay(deregistration).message());
    }

    @Test
    @DisplayName("§4.2, 4.3: with an assent, the tunnel is carried in UDP, from and to the port of the request")
    void inUdp() throws Exception {
        var relayed = register(tunnelReply(0));
        var packet = fromVisitor().withTos(0x48);

        var outer = sent(packet);

        assertEquals(CARE_OF_ADDRESS, outer.source());
        assertEquals(OTHER_HOME_AGENT, outer.destination());
        var datagram = outer.datagram().orElseThrow();
        assertEquals(relayed.datagram().sourcePort(), datagram.sourcePort());
        assertEquals(Datagram.MOBILE_IP, datagram.destinationPort());
        assertEquals(TunnelData.of(packet.withTtl(63)), datagram.payload());

        var back = toMobileNode(node);
        int mark = testbed.visited.mark();
        visit.atForeignSite(new Datagram(Datagram.MOBILE_IP, datagram.sourcePort(), TunnelData.of(back))
                .packet(OTHER_HOME_AGENT, CARE_OF_ADDRESS, 64));
        var frame = visit.delivered(mark, back);
        assertEquals(node.mac(), frame.destination());
        assertEquals(back.withTtl(63), frame.packet().orElseThrow());
    }

    @Test
    @DisplayName("RFC 2003 §5.1: what a router on the way has cut is put together")
    void fragments() throws Exception {
        var relayed = register(tunnelReply(0));
        var packet = new Datagram(Station.port(), 4000, Octets.of(new byte[1200]))
                .packet(CORRESPONDENT, node.homeAddress(), 64);
        var outer = new Datagram(Datagram.MOBILE_IP, relayed.datagram().sourcePort(), TunnelData.of(packet))
                .packet(OTHER_HOME_AGENT, CARE_OF_ADDRESS, 64)
                .withIdentification(Station.port());
        int mark = testbed.visited.mark();

        outer.inTwo(600).forEach(visit::atForeignSite);

        var frame = visit.delivered(mark, packet);
        assertEquals(node.mac(), frame.destination());
        assertEquals(packet.withTtl(63), frame.packet().orElseThrow());
    }

    @Test
    @DisplayName("§4.5: with a declining answer, or none, it is carried in IP")
    void inIp() throws Exception {
        for (var answer : List.of(tunnelReply(DECLINED), Octets.NONE)) {
            register(answer);
            var packet = fromVisitor();
            assertEquals(packet.withTtl(63), sent(packet).inner().orElseThrow());
        }
    }

    @Test
    @DisplayName(
            "§4.8: what is too long is cut before it is encapsulated: each packet of the tunnel is whole, for NATs that know ports")
    void fragmentsBeforeItEncapsulates() throws Exception {
        register(tunnelReply(0));
        var packet = new Datagram(Station.port(), 4000, Octets.of(new byte[1500 - 28]))
                .packet(node.homeAddress(), CORRESPONDENT, 64)
                .withIdentification(Station.port());
        var parts = new Reassembly();
        int mark = testbed.internet.mark();

        testbed.visiting(node).send(packet);

        assertEquals(packet.payload(), testbed.internet.await(mark, frame -> {
            toHomeAgent(frame).ifPresent(outer -> add(parts, outer, packet));
            return parts.payload();
        }));
        assertTrue(parts.size() > 1);
    }

    private Optional<Packet> toHomeAgent(Frame frame) {
        return frame.packet()
                .filter(outer -> frame.source().equals(testbed.foreignRouterOutside)
                        && outer.destination().equals(OTHER_HOME_AGENT));
    }

    private static void add(Reassembly parts, Packet outer, Packet packet) {
        assertFalse(outer.isFragment(), outer::toString);
        assertTrue(outer.octets().length() <= 1500, outer::toString);
        outer.datagram()
                .flatMap(TunnelData::inner)
                .filter(inner -> inner.identification() == packet.identification())
                .ifPresent(inner -> {
                    assertEquals(packet.source(), inner.source());
                    assertEquals(packet.destination(), inner.destination());
                    parts.add(inner);
                });
    }

    @Test
    @DisplayName("§4.9, T89: keepalives of the mobile node to its home agent, through the tunnel")
    void keepalives() throws Exception {
        int mark = testbed.internet.mark();
        var relayed = register(tunnelReply(0));

        var keepalive = testbed.internet.await(
                mark,
                frame -> frame.packet()
                        .filter(packet -> packet.destination().equals(OTHER_HOME_AGENT))
                        .flatMap(Packet::datagram)
                        .filter(datagram -> TunnelData.inner(datagram)
                                .filter(inner -> inner.source().equals(node.homeAddress()))
                                .flatMap(Packet::icmp)
                                .isPresent()));

        assertEquals(relayed.datagram().sourcePort(), keepalive.sourcePort());
        var inner = TunnelData.inner(keepalive).orElseThrow();
        assertEquals(OTHER_HOME_AGENT, inner.destination());
        assertEquals(Icmp.ECHO, inner.icmp().orElseThrow().type());
    }

    @Test
    @DisplayName("§3.4: U is advertised")
    void advertises() throws Exception {
        int mark = testbed.visited.mark();
        testbed.visited.send(new Frame(
                new Mac(0x01005e000002L),
                node.mac(),
                new Icmp(Icmp.ROUTER_SOLICITATION, 0, Octets.hex("00000000"))
                        .packet(node.homeAddress(), Address.of("224.0.0.2"), 1)));
        var advertisement = testbed.visited.await(mark, Advertisement::of);
        assertTrue((advertisement.flags() & UDP_TUNNELS) != 0);
    }

    @Test
    @DisplayName("§4.5: a NAT translates all that isn't in a tunnel, so that one is required: 75")
    void requiresReverseTunnels() throws Exception {
        var request = node.request(OTHER_HOME_AGENT, CARE_OF_ADDRESS, 300);
        assertEquals(
                Code.FA_REVERSE_TUNNEL_MANDATORY,
                visit.ask(node.signed(request)).code());
    }
}
