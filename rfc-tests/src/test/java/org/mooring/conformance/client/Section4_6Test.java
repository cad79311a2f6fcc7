package org.mooring.conformance.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.conformance.client.Testbed.HOME_AGENT;
import static org.mooring.conformance.client.Testbed.register;
import static org.mooring.conformance.client.Testbed.relayed;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@Programs
@DisplayName("RFC 5944 §4.6: ARP, proxy ARP and gratuitous ARP on the home link")
class Section4_6Test {
    private final Testbed testbed;
    private final MobileNode node;
    private final MobileNode away;
    private final Station foreignAgent;
    private final Station neighbour;

    Section4_6Test(Testbed testbed) {
        this.testbed = testbed;
        this.node = testbed.mobileNode();
        this.away = testbed.mobileNode();
        this.foreignAgent = testbed.foreignAgent();
        this.neighbour = testbed.neighbour();
    }

    /** Who is away for the whole test, so that its address is answered for. */
    @BeforeEach
    void another() throws Exception {
        register(away, testbed.foreignAgent(), 300);
    }

    /** A gratuitous ARP for the mobile node. */
    private Optional<Frame> gratuitous(Frame frame) {
        return gratuitous(node, frame);
    }

    private static Optional<Frame> gratuitous(MobileNode of, Frame frame) {
        return frame.arp()
                .filter(arp ->
                        arp.sender().equals(of.homeAddress()) && arp.target().equals(of.homeAddress()))
                .map(arp -> frame);
    }

    private void assertAnnounces(Mac mac, Frame frame) {
        var arp = frame.arp().orElseThrow();
        assertEquals(Mac.BROADCAST, frame.destination());
        assertEquals(mac, arp.senderMac());
        if (arp.operation() == Arp.REPLY) {
            assertEquals(mac, arp.targetMac());
        }
    }

    /** Asks for the link-layer address of an address, to a link-layer address. */
    private void whoHas(Mac destination, Address sender, Address target) {
        neighbour.wire().send(new Frame(destination, neighbour.mac(), Arp.request(neighbour.mac(), sender, target)));
    }

    private static Optional<Frame> replyFor(Frame frame, Address address) {
        return frame.arp()
                .filter(arp -> arp.operation() == Arp.REPLY
                        && arp.sender().equals(address)
                        && !arp.target().equals(address))
                .map(arp -> frame);
    }

    private void assertAnswered() throws Exception {
        int mark = testbed.home.mark();
        whoHas(Mac.BROADCAST, neighbour.address(), node.homeAddress());
        var frame = testbed.home.await(mark, came -> replyFor(came, node.homeAddress()));
        assertEquals(neighbour.mac(), frame.destination());
        assertEquals(testbed.homeRouter, frame.source());
        assertEquals(
                new Arp(Arp.REPLY, testbed.homeRouter, node.homeAddress(), neighbour.mac(), neighbour.address()),
                frame.arp().orElseThrow());
    }

    /** Asked by unicast, so that the answers come in order. */
    private boolean isAnswered() throws Exception {
        int mark = testbed.home.mark();
        whoHas(testbed.homeRouter, neighbour.address(), node.homeAddress());
        whoHas(testbed.homeRouter, neighbour.address(), away.homeAddress());
        testbed.home.await(mark, came -> replyFor(came, away.homeAddress()));
        return !testbed.home
                .since(mark, came -> replyFor(came, node.homeAddress()))
                .isEmpty();
    }

    @Test
    @DisplayName(
            "T46: the first binding is announced with the home agent's own link-layer address, by broadcast, more than once")
    void announcesTheFirstBinding() throws Exception {
        int mark = testbed.home.mark();

        register(node, foreignAgent, 300);

        var copies = new AtomicInteger();
        testbed.home.await(mark, frame -> gratuitous(frame).filter(copy -> copies.incrementAndGet() == 2));
        testbed.home.since(mark, this::gratuitous).forEach(frame -> assertAnnounces(testbed.homeRouter, frame));
    }

    @Test
    @DisplayName("T46: ARP requests for who is away are answered with the home agent's own link-layer address")
    void answersForWhoIsAway() throws Exception {
        register(node, foreignAgent, 300);
        assertAnswered();
        assertTrue(isAnswered());
    }

    @Test
    @DisplayName("also where another mobile node asks that is at home, or who speaks for it there")
    void answersMobileNodes() throws Exception {
        register(node, foreignAgent, 300);
        var asking = testbed.mobileNode();
        for (var mac : List.of(asking.mac(), neighbour.mac())) {
            int mark = testbed.home.mark();
            testbed.home.send(
                    new Frame(Mac.BROADCAST, mac, Arp.request(mac, asking.homeAddress(), node.homeAddress())));
            var arp = testbed.home
                    .await(mark, came -> replyFor(came, node.homeAddress()))
                    .arp();
            assertEquals(
                    new Arp(Arp.REPLY, testbed.homeRouter, node.homeAddress(), mac, asking.homeAddress()),
                    arp.orElseThrow());
        }
    }

    @Test
    @DisplayName("RFC 5227 §2.1.1: also an ARP probe, whose sender address is zero: the address is in use")
    void answersProbes() throws Exception {
        register(node, foreignAgent, 300);
        int mark = testbed.home.mark();
        whoHas(Mac.BROADCAST, Address.ANY, node.homeAddress());
        var arp = testbed.home
                .await(mark, came -> replyFor(came, node.homeAddress()))
                .arp();
        assertEquals(testbed.homeRouter, arp.orElseThrow().senderMac());
    }

    @Test
    @DisplayName("but who comes home finds its own address free: of two probes, only the stranger's is answered")
    void leavesTheMobileNodesOwnProbesAlone() throws Exception {
        register(node, foreignAgent, 300);
        int mark = testbed.home.mark();
        var probe = Arp.request(node.mac(), Address.ANY, node.homeAddress());
        neighbour.wire().send(new Frame(Mac.BROADCAST, neighbour.mac(), probe));
        whoHas(Mac.BROADCAST, Address.ANY, node.homeAddress());
        testbed.home.await(
                mark,
                came -> replyFor(came, node.homeAddress())
                        .filter(frame -> frame.destination().equals(neighbour.mac())));
        assertEquals(
                1,
                testbed.home
                        .since(mark, came -> replyFor(came, node.homeAddress()))
                        .size());
    }

    @Test
    @DisplayName("T47: a denied registration does nothing to ARP")
    void nothingWhenDenied() throws Exception {
        int mark = testbed.home.mark();
        var message = relayed(node, node.request(HOME_AGENT, foreignAgent.address(), 300));

        assertEquals(
                Code.HA_FOREIGN_AGENT_FAILED_AUTHENTICATION,
                foreignAgent
                        .ask(HOME_AGENT, message.flipped(message.length() - 1, 1))
                        .code());

        assertFalse(isAnswered());
        assertEquals(List.of(), testbed.home.since(mark, this::gratuitous));
    }

    @Test
    @DisplayName("T48: who moves on is answered for as before")
    void goesOnForWhoMoves() throws Exception {
        register(node, foreignAgent, 300);
        register(node, testbed.foreignAgent(), 300);
        assertAnswered();
    }

    @Test
    @DisplayName("a return home is announced with the mobile node's own link-layer address, and ends the proxy ARP")
    void announcesTheReturnHome() throws Exception {
        register(node, foreignAgent, 300);
        int mark = testbed.home.mark();

        testbed.deregisterAtHome(node);

        var frame = testbed.home.await(
                mark,
                came -> gratuitous(came)
                        .filter(arp -> arp.arp().orElseThrow().senderMac().equals(node.mac())));
        assertAnnounces(node.mac(), frame);
        assertEquals(testbed.homeRouter, frame.source());
        assertFalse(isAnswered());
    }

    @Test
    @DisplayName(
            "T32: so is one of whom nobody has told the link-layer address; it is what the mobile node's ARP says, when it returns")
    void announcesTheReturnOfWhoseAddressNobodyTold() throws Exception {
        var untold = Testbed.withoutMac();
        for (var mac : List.of(untold.mac(), Mac.of("02:00:00:00:07:13"))) {
            var now = new MobileNode(untold.homeAddress(), mac, untold.association());
            register(now, foreignAgent, 300);
            int mark = testbed.home.mark();
            // §4.6: who comes home first says so by ARP itself.
            var own = Arp.request(mac, now.homeAddress(), now.homeAddress());
            testbed.home.send(new Frame(Mac.BROADCAST, mac, own));

            testbed.deregisterAtHome(now);

            var copies = new AtomicInteger();
            testbed.home.await(
                    mark,
                    came -> gratuitous(now, came)
                            .filter(frame -> frame.source().equals(testbed.homeRouter))
                            .filter(frame ->
                                    frame.arp().orElseThrow().senderMac().equals(mac))
                            .filter(frame -> copies.incrementAndGet() == 2));
            testbed.home.leave(now.homeAddress());
        }
    }

    @Test
    @DisplayName("T49: a return home that is denied changes nothing")
    void nothingWhenTheReturnIsDenied() throws Exception {
        register(node, foreignAgent, 300);
        testbed.home.join(node.homeAddress(), node.mac());
        var stale = node.request(HOME_AGENT, node.homeAddress(), 0).withIdentification(MobileNode.timestamp(-3600));

        var answer = testbed.atHome(node).ask(HOME_AGENT, node.signed(stale));
        testbed.home.leave(node.homeAddress());

        assertEquals(Code.HA_IDENTIFICATION_MISMATCH, answer.code());
        assertAnswered();
        assertEquals(
                List.of(),
                testbed.home.since(
                        0,
                        frame -> gratuitous(frame)
                                .filter(arp ->
                                        arp.arp().orElseThrow().senderMac().equals(node.mac()))));
    }

    @Test
    @DisplayName("§4.2.3, T51: when the lifetime is over, the mobile node is not answered for, and nobody is announced")
    void endsWithTheLifetime() throws Exception {
        register(node, foreignAgent, 1);
        assertTrue(isAnswered());
        while (isAnswered()) {
            Thread.onSpinWait();
        }
        assertEquals(
                List.of(),
                testbed.home.since(
                        0,
                        frame -> gratuitous(frame)
                                .filter(arp ->
                                        arp.arp().orElseThrow().senderMac().equals(node.mac()))));
    }
}
