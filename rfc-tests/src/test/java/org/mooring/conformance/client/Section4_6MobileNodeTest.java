package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.conformance.client.Guest.Asked;

@Hook
@DisplayName("RFC 5944 §4.2.1, 4.6: what a guest's links hear of it, away and when it comes home")
class Section4_6MobileNodeTest {
    private final HookTestbed testbed;

    Section4_6MobileNodeTest(HookTestbed testbed) {
        this.testbed = testbed;
    }

    @Test
    @DisplayName(
            "§4.6, RFC 5563 §6.1, RFC 5227 §2.1.1, T93, T94: away, its questions are answered with its home gateway's address, but not its probe; the link hears none of it")
    void away() throws Exception {
        var guest = testbed.visitor();
        var node = guest.node();
        var card = guest.card();
        guest.accept(guest.runs(), HookTestbed.LIFETIME);
        int link = testbed.link.mark();
        int mark = card.mark();
        var neighbour = Address.of("10.1.0.20");
        for (var arp : List.of(
                Arp.request(node.mac(), Address.ANY, node.homeAddress()),
                Arp.request(node.mac(), node.homeAddress(), node.homeAddress()),
                Arp.request(node.mac(), node.homeAddress(), neighbour),
                Arp.request(node.mac(), node.homeAddress(), HookTestbed.HOME_AGENT))) {
            card.send(new Frame(Mac.BROADCAST, node.mac(), arp));
        }
        card.await(mark, frame -> frame.arp().filter(arp -> arp.sender().equals(HookTestbed.HOME_AGENT)));
        var answers = card.since(mark, Frame::arp);
        assertEquals(
                List.of(
                        new Arp(Arp.REPLY, HookTestbed.HOME_GATEWAY, neighbour, node.mac(), node.homeAddress()),
                        new Arp(
                                Arp.REPLY,
                                HookTestbed.HOME_GATEWAY,
                                HookTestbed.HOME_AGENT,
                                node.mac(),
                                node.homeAddress())),
                answers);

        // A packet behind it, which goes to the foreign agent alone.
        var packet = new Datagram(Station.port(), 4000, Octets.hex("c0ffee"))
                .packet(node.homeAddress(), Address.of("203.0.113.5"), 64);
        card.send(new Frame(HookTestbed.HOME_GATEWAY, node.mac(), packet));
        var sent = testbed.link.await(
                link,
                frame -> frame.packet()
                        .filter(any -> any.payload().equals(packet.payload()))
                        .map(any -> frame));
        assertEquals(HookTestbed.AGENT, sent.destination());
        assertEquals(
                List.of(),
                testbed.link.since(link, Frame::arp).stream()
                        .filter(arp -> arp.sender().equals(node.homeAddress())
                                || arp.senderMac().equals(node.mac()))
                        .toList());
    }

    @Test
    @DisplayName(
            "§4.6, 3.6.1.2, T101: at home it is announced with its own link-layer address, and then deregistered from its home address; the guest doesn't see the answer")
    void home() throws Exception {
        var guest = testbed.atHome();
        var node = guest.node();
        var card = guest.card();
        int mark = testbed.link.mark();
        int atGuest = card.mark();
        var asked = guest.runs();
        assertEquals(0, asked.request().lifetime());
        assertEquals(0, asked.request().flags());
        assertEquals(node.homeAddress(), asked.request().careOfAddress());
        assertEquals(HookTestbed.HOME_AGENT_ON_LINK, asked.request().homeAgent());
        assertEquals(node.homeAddress(), asked.packet().source());
        assertEquals(HookTestbed.HOME_AGENT_ON_LINK, asked.packet().destination());
        assertEquals(node.mac(), asked.frame().source());
        assertTrue(node.association().sealed(asked.message(), asked.extension(Extension.MOBILE_HOME)));

        var ofGuest = testbed.link.since(mark).stream()
                .filter(frame -> frame.source().equals(node.mac()))
                .filter(frame -> frame.arp().isPresent() || Asked.of(frame).isPresent())
                .toList();
        var first = ofGuest.get(0);
        assertEquals(Mac.BROADCAST, first.destination());
        assertEquals(Optional.of(node.homeAddress()), first.arp().map(Arp::target), "before the request: " + ofGuest);
        assertEquals(Optional.of(node.homeAddress()), first.arp().map(Arp::sender));
        assertEquals(Optional.of(node.mac()), first.arp().map(Arp::senderMac));

        guest.answer(asked, guest.signed(guest.reply(asked, Code.ACCEPTED, 0)));
        guest.awaitRegistration("accepted");
        // A frame behind it, which the guest does get.
        var packet = new Datagram(Station.port(), 4000, Octets.hex("c0ffee"))
                .packet(HookTestbed.HOME_AGENT_ON_LINK, node.homeAddress(), 64);
        guest.answer(asked, packet);
        card.await(atGuest, frame -> frame.packet().filter(any -> any.payload().equals(packet.payload())));
        assertEquals(
                List.of(),
                card.since(
                        atGuest,
                        frame -> frame.packet()
                                .flatMap(Packet::datagram)
                                .filter(datagram -> datagram.sourcePort() == Datagram.MOBILE_IP)));
    }
}
