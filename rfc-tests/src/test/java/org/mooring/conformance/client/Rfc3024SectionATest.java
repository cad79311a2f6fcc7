package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.CORRESPONDENT;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;
import static org.mooring.conformance.client.Testbed.STRANGE_HOME_AGENT;
import static org.mooring.conformance.client.Testbed.toMobileNode;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@Programs
@DisplayName("RFC 3024 Appendix A: two visitors with one private home address, of two home agents")
class Rfc3024SectionATest {
    private static final int ATTEMPTS = 100;

    private final Testbed testbed;
    private final MobileNode node;
    private final MobileNode namesake;
    private final Visit visit;

    /** The namesake's, whose home agent shares nothing with the foreign agent. */
    private final Visit other;

    Rfc3024SectionATest(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.namesake = withHomeAddressOf(node, testbed.mobileNode());
        this.visit = new Visit(testbed, node, OTHER_HOME_AGENT);
        this.other = new Visit(testbed, namesake, STRANGE_HOME_AGENT);
    }

    private static MobileNode withHomeAddressOf(MobileNode one, MobileNode another) {
        return new MobileNode(one.homeAddress(), another.mac(), another.association());
    }

    private void registerBoth() throws Exception {
        assertEquals(Code.ACCEPTED, visit.register(300).code());
        var request = other.request(300);
        var answer = other.answer(other.relay(namesake.signed(request)), other.reply(request, Code.ACCEPTED, 300));
        assertEquals(Code.ACCEPTED, answer.code());
        assertEquals(namesake.mac(), answer.frame().destination());
    }

    /** A packet that both could have sent, and nobody before. */
    private Packet fromEither() {
        return new Datagram(Station.port(), 4000, Octets.hex("a002")).packet(node.homeAddress(), CORRESPONDENT, 64);
    }

    /** What {@code packet} has become when it leaves the foreign router for the Internet. */
    private Optional<Packet> leaving(Frame frame, Packet packet) {
        return frame.packet()
                .filter(sent -> frame.source().equals(testbed.foreignRouterOutside)
                        && sent.inner().orElse(sent).payload().equals(packet.payload()));
    }

    private Packet send(MobileNode from, Packet packet) throws Exception {
        int mark = testbed.internet.mark();
        testbed.visiting(from).send(packet);
        return testbed.internet.await(mark, frame -> leaving(frame, packet));
    }

    private void assertDelivered(Visit visit, MobileNode to) throws Exception {
        var packet = toMobileNode(to);
        var frame = visit.deliver(packet);
        assertEquals(to.mac(), frame.destination());
        assertEquals(packet.withTtl(63), frame.packet().orElseThrow());
    }

    private void assertTunnelled(MobileNode from, Address homeAgent) throws Exception {
        var packet = fromEither();
        var outer = send(from, packet);
        assertEquals(CARE_OF_ADDRESS, outer.source());
        assertEquals(homeAgent, outer.destination());
        assertEquals(packet.withTtl(63), outer.inner().orElseThrow());
    }

    @Test
    @DisplayName(
            "§A.2: what comes for each is told apart by its home agent: inner destination, outer source and destination")
    void delivers() throws Exception {
        registerBoth();
        assertDelivered(visit, node);
        assertDelivered(other, namesake);
        assertDelivered(visit, node);
    }

    @Test
    @DisplayName("§A.2: what comes with that address from a third home agent is nobody's")
    void deliversNothingOfOthers() throws Exception {
        registerBoth();
        var packet = toMobileNode(node);
        var third = Address.of("203.0.113.22");
        int mark = testbed.visited.mark();

        visit.atForeignSite(new Packet(Packet.IP_IN_IP, 64, third, CARE_OF_ADDRESS, packet.octets()));
        assertDelivered(visit, node);
        assertDelivered(other, namesake);

        assertEquals(List.of(), testbed.visited.since(mark, frame -> Visit.delivered(frame, packet)));
    }

    @Test
    @DisplayName("§A.3: what each sends is told apart by its link-layer address, and goes to its own home agent")
    void tunnels() throws Exception {
        registerBoth();
        assertTunnelled(node, OTHER_HOME_AGENT);
        assertTunnelled(namesake, STRANGE_HOME_AGENT);
        assertTunnelled(node, OTHER_HOME_AGENT);
    }

    @Test
    @DisplayName("§A.3: what a third station sends with that address has no tunnel")
    void tunnelsNothingOfOthers() throws Exception {
        registerBoth();
        var packet = fromEither();
        int mark = testbed.internet.mark();

        testbed.visiting(withHomeAddressOf(node, testbed.mobileNode())).send(packet);
        assertTunnelled(node, OTHER_HOME_AGENT);
        assertTunnelled(namesake, STRANGE_HOME_AGENT);

        assertEquals(
                List.of(),
                testbed.internet.since(
                        mark, frame -> leaving(frame, packet).filter(sent -> sent.protocol() == Packet.IP_IN_IP)));
    }

    @Test
    @DisplayName("the first deregisters, and the second stays; then the other way round")
    void deregister() throws Exception {
        registerBoth();
        var leaving = visit.request(0);
        visit.answer(visit.relay(node.signed(leaving)), visit.reply(leaving, Code.ACCEPTED, 0));
        assertLeft(visit, other, namesake);
        assertTunnelled(namesake, STRANGE_HOME_AGENT);

        visit.register(300);
        var others = other.request(0);
        other.answer(other.relay(namesake.signed(others)), other.reply(others, Code.ACCEPTED, 0));
        assertLeft(other, visit, node);
        assertTunnelled(node, OTHER_HOME_AGENT);
    }

    /**
     * Sends {@code left} something by its tunnel until that isn't delivered any more, each time before {@code still} gets what comes by the other: a
     * reply is heard before the kernel has done what it was told.
     */
    private void assertLeft(Visit left, Visit stayed, MobileNode still) throws Exception {
        var packet = toMobileNode(node);
        boolean delivered = true;
        for (int i = 0; i < ATTEMPTS && delivered; i++) {
            int mark = testbed.visited.mark();
            left.atForeignSite(left.tunnelled(packet));
            assertDelivered(stayed, still);
            delivered = !testbed.visited
                    .since(mark, frame -> Visit.delivered(frame, packet))
                    .isEmpty();
        }
        assertFalse(delivered, "it is still served");
    }

    @Test
    @DisplayName("§A.3: at the first one's link-layer address the second can't be told apart: 66")
    void atOneLinkLayerAddress() throws Exception {
        visit.register(300);
        var indistinct = new MobileNode(node.homeAddress(), node.mac(), namesake.association());
        var others = new Visit(testbed, indistinct, STRANGE_HOME_AGENT);
        assertEquals(
                Code.FA_INSUFFICIENT_RESOURCES,
                others.ask(indistinct.signed(others.request(300))).code());
    }

    @Test
    @DisplayName("§A.4: without a reverse tunnel the second is denied: 75")
    void withoutReverseTunnel() throws Exception {
        visit.register(300);
        var request = namesake.request(STRANGE_HOME_AGENT, CARE_OF_ADDRESS, 300);
        assertEquals(
                Code.FA_REVERSE_TUNNEL_MANDATORY,
                other.ask(namesake.signed(request)).code());
    }
}
