package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.CORRESPONDENT;
import static org.mooring.conformance.client.Testbed.FOREIGN_HOME;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.toMobileNode;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.conformance.client.Octets.Fields;
import org.mooring.conformance.client.Station.Answer;

@Programs
@DisplayName("RFC 3519: tunnels in UDP, at the home agent")
class Rfc3519HomeAgentTest {
    private static final int FORCE = 0x80;
    private static final int REGISTRATION_THROUGH_FOREIGN_AGENT = 0x40;
    private static final int GRE = 47;
    private static final int MINIMAL = 55;

    /** Behind the NAT. */
    private static final Address INSIDE = Address.of("192.168.7.7");

    private final Testbed testbed;
    private final MobileNode node;

    /** What the NAT makes of the inside. */
    private final Station outside;

    private final int port = Station.port();

    Rfc3519HomeAgentTest(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.outside = testbed.faraway();
    }

    /** §3.1. */
    private static Octets tunnelRequest(int flags, int encapsulation) {
        return Extension.octets(
                Extension.UDP_TUNNEL_REQUEST,
                new Fields().u8(0).u8(0).u8(flags).u8(encapsulation).u16(0).done());
    }

    private Request request(Address careOfAddress) {
        return node.request(HOME_AGENT, careOfAddress, 300).with(Request.DECAPSULATION | Request.REVERSE_TUNNEL);
    }

    private Answer ask(int fromPort, Octets message) throws Exception {
        return outside.ask(
                new Datagram(fromPort, Datagram.MOBILE_IP, message).packet(outside.address(), HOME_AGENT, 64));
    }

    private Answer register(Address careOfAddress, int flags) throws Exception {
        return ask(port, node.signed(request(careOfAddress).octets().and(tunnelRequest(flags, 0))));
    }

    private void assertSaid(Answer answer, int code, int flags) {
        assertEquals(Code.ACCEPTED, answer.code());
        var said = answer.reply().extension(Extension.UDP_TUNNEL_REPLY);
        assertEquals(6, said.data().length());
        assertEquals(0, said.data().u8(0));
        assertEquals(code, said.data().u8(1));
        assertEquals(flags, said.data().u16(2));
        var authentication = answer.reply().extension(Extension.MOBILE_HOME);
        assertTrue(said.offset() < authentication.offset(), "§4.6: for the mobile node");
        assertTrue(node.association().sealed(answer.reply().message(), authentication));
    }

    /** The datagram of the tunnel in {@code frame}, if {@code packet} is in it. */
    private static Optional<Packet> inUdp(Frame frame, Packet packet) {
        return frame.packet()
                .filter(outer -> outer.datagram()
                        .flatMap(TunnelData::inner)
                        .map(Packet::payload)
                        .equals(Optional.of(packet.payload())));
    }

    /** That a packet for the mobile node is tunnelled in UDP to that port outside. */
    private void assertTunnelledTo(int expectedPort) throws Exception {
        var packet = toMobileNode(node);
        int mark = testbed.internet.mark();
        testbed.arriveAtHome(packet);
        var outer = testbed.internet.await(mark, frame -> inUdp(frame, packet));
        assertEquals(HOME_AGENT, outer.source());
        assertEquals(outside.address(), outer.destination());
        var datagram = outer.datagram().orElseThrow();
        assertEquals(Datagram.MOBILE_IP, datagram.sourcePort());
        assertEquals(expectedPort, datagram.destinationPort());
        assertEquals(TunnelData.of(packet.withTtl(63)), datagram.payload());
    }

    private void sendInUdp(int fromPort, Octets tunnelData) {
        outside.send(new Datagram(fromPort, Datagram.MOBILE_IP, tunnelData).packet(outside.address(), HOME_AGENT, 64));
    }

    private Packet fromMobileNode() {
        return new Datagram(Station.port(), 4000, Octets.hex("f00d")).packet(node.homeAddress(), CORRESPONDENT, 64);
    }

    private Optional<Packet> toCorrespondent(Frame frame, Packet packet) {
        return frame.packet()
                .filter(sent -> frame.source().equals(testbed.homeRouterOutside)
                        && sent.payload().equals(packet.payload()));
    }

    /** An ICMP Echo Request of the mobile node to the home agent (§4.9). */
    private Packet echo(int sequence) {
        return new Icmp(Icmp.ECHO, 0, new Fields().u16(0x1b2).u16(sequence).done())
                .packet(node.homeAddress(), HOME_AGENT, 64);
    }

    private Optional<Packet> echoReply(Packet outer, int sequence) {
        return outer.datagram()
                .filter(datagram -> datagram.sourcePort() == Datagram.MOBILE_IP)
                .flatMap(TunnelData::inner)
                .filter(inner -> inner.icmp()
                        .filter(icmp ->
                                icmp.type() == Icmp.ECHO_REPLY && icmp.rest().u16(2) == sequence)
                        .isPresent())
                .map(inner -> outer);
    }

    @Test
    @DisplayName("§4.6, T85: through a NAT: to where the request came from, and back")
    void throughNat() throws Exception {
        var answer = register(INSIDE, 0);
        assertSaid(answer, 0, 0);
        assertEquals(Datagram.MOBILE_IP, answer.datagram().sourcePort());
        assertTunnelledTo(port);

        var packet = fromMobileNode().withTos(0x28);
        int mark = testbed.internet.mark();
        sendInUdp(port, TunnelData.of(packet));
        assertEquals(packet.withTtl(63), testbed.internet.await(mark, frame -> toCorrespondent(frame, packet)));
    }

    @Test
    @DisplayName("§4.3: tunnel data is taken from that address and port only, and with that next header")
    void discardsOthers() throws Exception {
        register(INSIDE, 0);
        var forged = List.of(fromMobileNode(), fromMobileNode(), fromMobileNode(), fromMobileNode());
        var good = fromMobileNode();
        int mark = testbed.internet.mark();

        sendInUdp(Station.port(), TunnelData.of(forged.get(0)));
        sendInUdp(port, TunnelData.of(GRE, forged.get(1)));
        sendInUdp(port, TunnelData.of(MINIMAL, forged.get(2)));
        testbed.arriveAtHome(new Packet(
                Packet.IP_IN_IP,
                64,
                outside.address(),
                HOME_AGENT,
                forged.get(3).octets()));
        sendInUdp(port, TunnelData.of(good));

        testbed.internet.await(mark, frame -> toCorrespondent(frame, good));
        forged.forEach(packet ->
                assertEquals(List.of(), testbed.internet.since(mark, frame -> toCorrespondent(frame, packet))));
    }

    @Test
    @DisplayName("RFC 2003 §5.1: what a router on the way has cut is put together")
    void fragments() throws Exception {
        register(INSIDE, 0);
        var packet = new Datagram(Station.port(), 4000, Octets.of(new byte[1200]))
                .packet(node.homeAddress(), CORRESPONDENT, 64);
        var outer = new Datagram(port, Datagram.MOBILE_IP, TunnelData.of(packet))
                .packet(outside.address(), HOME_AGENT, 64)
                .withIdentification(Station.port());
        int mark = testbed.internet.mark();

        outer.inTwo(600).forEach(outside::send);

        assertEquals(packet.withTtl(63), testbed.internet.await(mark, frame -> toCorrespondent(frame, packet)));
    }

    @Test
    @DisplayName("§4.9, T89: a keepalive is answered through the tunnel")
    void keepalive() throws Exception {
        register(INSIDE, 0);
        int mark = testbed.internet.mark();

        sendInUdp(port, TunnelData.of(echo(7)));

        var answer = outside.await(mark, packet -> echoReply(packet, 7));
        assertEquals(port, answer.datagram().orElseThrow().destinationPort());
        var inner = TunnelData.inner(answer.datagram().orElseThrow()).orElseThrow();
        assertEquals(HOME_AGENT, inner.source());
        assertEquals(node.homeAddress(), inner.destination());
        assertEquals(
                echo(7).icmp().orElseThrow().rest(), inner.icmp().orElseThrow().rest());
    }

    @Test
    @DisplayName("§4.4, T90: a registration from another port moves the tunnel there")
    void anotherPort() throws Exception {
        register(INSIDE, 0);
        assertTunnelledTo(port);
        int another = Station.port();

        ask(another, node.signed(request(INSIDE).octets().and(tunnelRequest(0, 0))));

        assertTunnelledTo(another);
    }

    @Test
    @DisplayName("§4.6, T86: without a NAT it is declined, and the tunnel is one of IP in IP")
    void withoutNat() throws Exception {
        assertSaid(register(outside.address(), 0), 64, 0);
        assertEquals(outside.address(), testbed.tunnelled(node).destination());
    }

    @Test
    @DisplayName("§4.6, T86: but whoever forces it gets it")
    void forced() throws Exception {
        assertSaid(register(outside.address(), FORCE), 0, 0x8000);
        assertTunnelledTo(port);
    }

    @Test
    @DisplayName("§4.4: whoever doesn't ask has its tunnel in IP, wherever the request came from")
    void notAskedFor() throws Exception {
        assertEquals(
                Code.ACCEPTED,
                ask(port, node.signed(request(outside.address()))).code());
        assertEquals(outside.address(), testbed.tunnelled(node).destination());
    }

    @Test
    @DisplayName("§4.6, 6.1.2: R: nothing is tunnelled before the first keepalive, and then to where that came from")
    void waitsForKeepalive() throws Exception {
        assertSaid(register(INSIDE, REGISTRATION_THROUGH_FOREIGN_AGENT), 0, 0);
        var packet = toMobileNode(node);
        int mark = testbed.internet.mark();
        testbed.arriveAtHome(packet);
        testbed.homeAgentHasAnswered();
        int another = Station.port();
        sendInUdp(another, TunnelData.of(echo(1)));
        outside.await(mark, reply -> echoReply(reply, 1));

        assertTunnelledTo(another);
        assertEquals(List.of(), testbed.internet.since(mark, frame -> inUdp(frame, packet)));
    }

    @Test
    @DisplayName("§4.6.1, T87: the mobile node's request without D, or the foreign agent's with D: 134")
    void poorlyFormed() throws Exception {
        var plain = node.request(HOME_AGENT, INSIDE, 300).with(Request.REVERSE_TUNNEL);
        assertEquals(
                Code.HA_POORLY_FORMED_REQUEST,
                ask(port, node.signed(plain.octets().and(tunnelRequest(0, 0)))).code());
        assertEquals(
                Code.HA_POORLY_FORMED_REQUEST,
                ask(port, node.signed(request(INSIDE)).and(tunnelRequest(0, 0))).code());
    }

    @ParameterizedTest
    @ValueSource(ints = {GRE, MINIMAL, 41})
    @DisplayName("§4.6.1, T88: an encapsulation that is not to be had in UDP: 142")
    void encapsulationUnavailable(int encapsulation) throws Exception {
        assertEquals(
                Code.HA_UDP_ENCAPSULATION_UNAVAILABLE,
                ask(port, node.signed(request(INSIDE).octets().and(tunnelRequest(0, encapsulation))))
                        .code());
    }

    @Test
    @DisplayName("§4.5, 4.6: a foreign agent behind a NAT: its tunnel, and the answer behind the mobile node's part")
    void foreignAgent() throws Exception {
        var inside = testbed.foreignAgent().address();
        var request = node.request(HOME_AGENT, inside, 300).with(Request.REVERSE_TUNNEL);

        var answer = ask(
                port,
                FOREIGN_HOME.seal(Extension.FOREIGN_HOME, node.signed(request).and(tunnelRequest(0, 0))));

        assertEquals(Code.ACCEPTED, answer.code());
        assertEquals(
                List.of(Extension.MOBILE_HOME, Extension.UDP_TUNNEL_REPLY, Extension.FOREIGN_HOME),
                answer.reply().types());
        assertTrue(FOREIGN_HOME.sealed(answer.reply().message(), answer.reply().extension(Extension.FOREIGN_HOME)));
        assertTunnelledTo(port);
    }
}
