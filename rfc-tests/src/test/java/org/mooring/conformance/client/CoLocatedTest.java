package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.HookTestbed.HOME_AGENT;
import static org.mooring.conformance.client.HookTestbed.HOST;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.conformance.client.Guest.Asked;

@Hook(serves = "[co-located]\ncare-of-address = \"10.2.0.10\"\n")
@DisplayName(
        "RFC 5944 §3.1, RFC 3519: the guest hook with a co-located care-of address, and another maker's home agent")
class CoLocatedTest {
    private static final int TRIES = 100;
    private static final long AGAIN = TimeUnit.MILLISECONDS.toNanos(200);

    private static final Address CORRESPONDENT = Address.of("203.0.113.5");

    /** RFC 3519 §3.3: tunnel data, IP. */
    private static final Octets IP_IN_UDP = Octets.hex("04040000");

    private final HookTestbed testbed;
    private final Guest guest;

    CoLocatedTest(HookTestbed testbed) {
        this.testbed = testbed;
        this.guest = testbed.visitor();
    }

    @Test
    @DisplayName(
            "§3.1, 3.6.1.1, 3.6.1.2, RFC 3519 §3.1, 4.4: straight to the home agent, from the care-of address, with D, T, and a request for UDP before the authentication")
    void request() throws Exception {
        var asked = guest.runs();
        assertEquals(HOST, asked.packet().source());
        assertEquals(HOME_AGENT, asked.packet().destination());
        assertEquals(HookTestbed.AGENT, asked.frame().destination(), "the router");
        assertTrue(asked.datagram().checksummed());
        assertEquals(
                Request.DECAPSULATION | Request.REVERSE_TUNNEL, asked.request().flags());
        assertEquals(HOST, asked.request().careOfAddress());
        assertEquals(HOME_AGENT, asked.request().homeAgent());
        assertEquals(
                Octets.hex("000000000000"),
                asked.extension(Extension.UDP_TUNNEL_REQUEST).data());
        var types = asked.types();
        assertEquals(types.size() - 1, types.indexOf(Extension.MOBILE_HOME));
        assertTrue(guest.node().association().sealed(asked.message(), asked.extension(Extension.MOBILE_HOME)));
    }

    @Test
    @DisplayName("RFC 3519 §4.4: nothing is said of UDP: IP in IP, either way")
    void inIp() throws Exception {
        var card = guest.card();
        guest.accept(guest.runs(), HookTestbed.LIFETIME);
        var packet = packet(guest.node().homeAddress(), CORRESPONDENT);
        var outer = sent(card, packet);
        assertEquals(HOME_AGENT, outer.destination());
        assertEquals(HOST, outer.source());
        assertInside(packet, outer.inner().orElseThrow());

        var back = packet(CORRESPONDENT, guest.node().homeAddress());
        assertReceived(card, back, new Packet(Packet.IP_IN_IP, 64, HOME_AGENT, HOST, back.octets()));
    }

    @Test
    @DisplayName("RFC 3519 §3.3, 4.4, V17: the home agent assents: in UDP, from the request's port, either way")
    void inUdp() throws Exception {
        var card = guest.card();
        var asked = guest.runs();
        guest.answer(asked, assent(asked));
        guest.awaitRegistration("accepted");
        var packet = packet(guest.node().homeAddress(), CORRESPONDENT);
        var outer = sent(card, packet);
        // The kernel is told after the reply has come.
        while (outer.protocol() == Packet.IP_IN_IP) {
            outer = sent(card, packet);
        }
        assertEquals(HOME_AGENT, outer.destination());
        assertEquals(HOST, outer.source());
        var datagram = outer.datagram().orElseThrow();
        assertEquals(asked.datagram().sourcePort(), datagram.sourcePort());
        assertEquals(Datagram.MOBILE_IP, datagram.destinationPort());
        assertEquals(IP_IN_UDP, datagram.payload().range(0, 4));
        assertInside(packet, Packet.of(datagram.payload().from(4)));

        var back = packet(CORRESPONDENT, guest.node().homeAddress());
        assertReceived(
                card,
                back,
                new Datagram(Datagram.MOBILE_IP, asked.datagram().sourcePort(), IP_IN_UDP.and(back.octets()))
                        .packet(HOME_AGENT, HOST, 64));
    }

    /** RFC 3519 §3.2: a keepalive after 110 seconds. */
    private Octets assent(Asked to) {
        return guest.node()
                .signed(guest.reply(to, Code.ACCEPTED, HookTestbed.LIFETIME)
                        .message()
                        .and(Extension.octets(Extension.UDP_TUNNEL_REPLY, Octets.hex("00000000006e"))));
    }

    private static Packet packet(Address source, Address destination) {
        return new Datagram(Station.port(), 4000, Octets.hex("c0ffee")).packet(source, destination, 64);
    }

    /** The guest sends {@code packet} until it comes by in a tunnel: the hook is heard before the kernel has done what it was told. */
    private Packet sent(Wire card, Packet packet) throws InterruptedException {
        int mark = testbed.link.mark();
        var carrying = Optional.<Packet>empty();
        for (int tries = 0; tries < TRIES && carrying.isEmpty(); tries++) {
            card.send(new Frame(HookTestbed.HOME_GATEWAY, guest.node().mac(), packet));
            carrying = testbed.link.await(
                    mark, AGAIN, frame -> frame.packet().filter(outer -> carries(outer.payload(), packet)));
        }
        return carrying.orElseThrow(
                () -> new AssertionError("no tunnel carries it; what came: " + testbed.link.since(mark)));
    }

    private static boolean carries(Octets octets, Packet packet) {
        return octets.length() > packet.payload().length()
                && octets.from(octets.length() - packet.payload().length()).equals(packet.payload());
    }

    private static void assertInside(Packet packet, Packet inner) {
        assertEquals(
                List.of(packet.source(), packet.destination(), packet.payload()),
                List.of(inner.source(), inner.destination(), inner.payload()));
    }

    /** The home agent sends {@code outer} to the host: the guest receives what is in it. */
    private void assertReceived(Wire card, Packet inner, Packet outer) throws InterruptedException {
        int mark = card.mark();
        testbed.link.send(new Frame(testbed.hostMac, HookTestbed.AGENT, outer));
        var frame = card.await(
                mark,
                any -> any.packet()
                        .filter(packet -> packet.payload().equals(inner.payload()))
                        .map(packet -> any));
        assertEquals(guest.node().mac(), frame.destination());
        assertEquals(Optional.of(inner.source()), frame.packet().map(Packet::source));
    }
}
