package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.conformance.client.Testbed.CARE_OF_ADDRESS;
import static org.mooring.conformance.client.Testbed.CORRESPONDENT;
import static org.mooring.conformance.client.Testbed.FOREIGN_AGENT;
import static org.mooring.conformance.client.Testbed.FOREIGN_HOME;
import static org.mooring.conformance.client.Testbed.OTHER_HOME_AGENT;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.conformance.client.Station.Answer;

@Programs
@DisplayName("RFC 3024 §3.3, §5: delivery styles, at the foreign agent")
class Rfc3024Section5Test {
    private static final Octets STYLE = Extension.octets(Extension.ENCAPSULATING_DELIVERY, Octets.NONE);

    private final Testbed testbed;
    private final MobileNode node;
    private final Visit visit;

    Rfc3024Section5Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.visit = new Visit(testbed, node, OTHER_HOME_AGENT);
    }

    private Answer registerEncapsulating() throws Exception {
        var request = visit.request(300);
        var relayed = visit.relay(node.signed(request).and(STYLE));
        return visit.answer(relayed, Visit.forForeignAgent(visit.reply(request, Code.ACCEPTED, 300)));
    }

    private Packet from(Address source, String destination) {
        return new Datagram(Station.port(), 4000, Octets.hex("de11")).packet(source, Address.of(destination), 64);
    }

    private Packet own() {
        return from(node.homeAddress(), CORRESPONDENT.toString());
    }

    /** As the visitor gives it to the foreign agent. */
    private void encapsulate(Packet inner) {
        testbed.visiting(node).send(new Packet(Packet.IP_IN_IP, 64, node.homeAddress(), FOREIGN_AGENT, inner.octets()));
    }

    /** What {@code packet} has become when it leaves the foreign router for the Internet. */
    private Optional<Packet> leaving(Frame frame, Packet packet) {
        return frame.packet()
                .filter(sent -> frame.source().equals(testbed.foreignRouterOutside)
                        && sent.inner().orElse(sent).payload().equals(packet.payload()));
    }

    private Packet awaitLeaving(int mark, Packet packet) throws Exception {
        return testbed.internet.await(mark, frame -> leaving(frame, packet));
    }

    @Test
    @DisplayName("§3.3, T80: the extension is consumed, and the home agent sees nothing of it")
    void isConsumed() throws Exception {
        var message = node.signed(visit.request(300));
        assertEquals(
                FOREIGN_HOME.seal(Extension.FOREIGN_HOME, message),
                visit.relay(message.and(STYLE)).message());
    }

    @Test
    @DisplayName("§3.3: without T, or under the mobile node's own authentication, it is malformed: 70")
    void malformed() throws Exception {
        var plain = node.request(OTHER_HOME_AGENT, CARE_OF_ADDRESS, 300);
        assertEquals(
                Code.FA_POORLY_FORMED_REQUEST,
                visit.ask(node.signed(plain).and(STYLE)).code());
        var other = testbed.mobileNode();
        var hers = new Visit(testbed, other, OTHER_HOME_AGENT);
        assertEquals(
                Code.FA_POORLY_FORMED_REQUEST,
                hers.ask(other.signed(hers.request(300).octets().and(STYLE))).code());
    }

    @Test
    @DisplayName("§5.2.2: what the visitor encapsulates to the foreign agent goes on in the reverse tunnel")
    void encapsulated() throws Exception {
        assertEquals(Code.ACCEPTED, registerEncapsulating().code());
        var packet = own().withTos(0x48).withIdentification(3);
        int mark = testbed.internet.mark();

        encapsulate(packet);

        var outer = awaitLeaving(mark, packet);
        assertEquals(CARE_OF_ADDRESS, outer.source());
        assertEquals(OTHER_HOME_AGENT, outer.destination());
        var inner = outer.inner().orElseThrow();
        assertEquals(packet.withTtl(inner.ttl()), inner);
    }

    @Test
    @DisplayName("§5.2.1: what it doesn't encapsulate is routed, and not tunnelled")
    void plain() throws Exception {
        registerEncapsulating();
        var packet = own();
        int mark = testbed.internet.mark();

        testbed.visiting(node).send(packet);

        assertEquals(packet.withTtl(63), awaitLeaving(mark, packet));
    }

    @ParameterizedTest
    @ValueSource(strings = {"255.255.255.255", "224.0.0.251", "239.1.2.3"})
    @DisplayName("§5.3: broadcasts and multicasts go so, too")
    void broadcast(String group) throws Exception {
        registerEncapsulating();
        var packet = from(node.homeAddress(), group);
        int mark = testbed.internet.mark();

        encapsulate(packet);

        assertEquals(OTHER_HOME_AGENT, awaitLeaving(mark, packet).destination());
    }

    @ParameterizedTest
    @ValueSource(strings = {"224.0.0.251", "239.1.2.3", "255.255.255.255"})
    @DisplayName("§5.1, 5.3: those of a visitor with direct delivery stay on the link")
    void notByDirectDelivery(String group) throws Exception {
        visit.register(300);
        var packet = from(node.homeAddress(), group);
        var behind = own();
        int mark = testbed.internet.mark();

        testbed.visiting(node).send(packet);
        testbed.visiting(node).send(behind);

        assertEquals(OTHER_HOME_AGENT, awaitLeaving(mark, behind).destination());
        assertEquals(List.of(), testbed.internet.since(mark, frame -> leaving(frame, packet)));
    }

    @Test
    @DisplayName("§5.2.2: nothing goes so in another's name")
    void inAnothersName() throws Exception {
        registerEncapsulating();
        var packet = from(Address.of("10.1.0.99"), CORRESPONDENT.toString());
        var behind = own();
        int mark = testbed.internet.mark();

        encapsulate(packet);
        encapsulate(behind);

        awaitLeaving(mark, behind);
        assertEquals(List.of(), testbed.internet.since(mark, frame -> leaving(frame, packet)));
    }
}
