package org.mooring.conformance.client;

import java.util.List;
import java.util.Optional;
import org.mooring.conformance.client.Station.Answer;

/** A mobile node on the visited link that registers by way of the foreign agent, and the home agent that this client stands in for. */
final class Visit {
    private static final int TTL = 255;

    private final Testbed testbed;
    private final MobileNode node;
    private final Address homeAgent;
    private final Station onLink;
    private final int port = Station.port();

    /** A request as it leaves the foreign agent. */
    record Relayed(Packet packet, Datagram datagram) {
        Octets message() {
            return datagram.payload();
        }
    }

    Visit(Testbed testbed, MobileNode node, Address homeAgent) {
        this.testbed = testbed;
        this.node = node;
        this.homeAgent = homeAgent;
        this.onLink = testbed.visiting(node);
    }

    /** A request for the foreign agent's care-of address and a reverse tunnel. */
    Request request(int lifetime) {
        return node.request(homeAgent, Testbed.CARE_OF_ADDRESS, lifetime).with(Request.REVERSE_TUNNEL);
    }

    /** {@code message} as the mobile node sends it. */
    Packet packet(Octets message) {
        return new Datagram(port, Datagram.MOBILE_IP, message).packet(node.homeAddress(), Testbed.FOREIGN_AGENT, TTL);
    }

    void send(Octets message) {
        onLink.send(packet(message));
    }

    /** Sends a request, and returns it as the foreign agent relays it. */
    Relayed relay(Octets message) throws InterruptedException {
        return relay(packet(message));
    }

    Relayed relay(Packet packet) throws InterruptedException {
        int mark = testbed.internet.mark();
        onLink.send(packet);
        return relayed(mark);
    }

    /** The next request that the foreign agent relays after {@code mark}. */
    Relayed relayed(int mark) throws InterruptedException {
        return testbed.internet.await(mark, frame -> relayed(frame));
    }

    /** All that it has relayed since {@code mark} of this mobile node. */
    List<Relayed> allRelayed(int mark) {
        return testbed.internet.since(mark, this::relayed);
    }

    private Optional<Relayed> relayed(Frame frame) {
        return frame.packet()
                .filter(packet -> packet.destination().equals(homeAgent))
                .flatMap(packet -> packet.datagram()
                        .filter(datagram -> datagram.destinationPort() == Datagram.MOBILE_IP
                                && (datagram.payload().address(4).equals(node.homeAddress())
                                        || datagram.payload().address(4).equals(Address.ANY)))
                        .map(datagram -> new Relayed(packet, datagram)));
    }

    /** Sends a request that is denied, and returns the denial. */
    Answer ask(Octets message) throws InterruptedException {
        return onLink.ask(packet(message));
    }

    /** The home agent's reply to {@code request}, authenticated for the mobile node. */
    Octets reply(Request request, int code, int lifetime) {
        return node.signed(
                new Reply(code, lifetime, node.homeAddress(), homeAgent, request.identification()).message());
    }

    /** Sends {@code message} back along the way of {@code relayed} and returns what comes to the mobile node. */
    Answer answer(Relayed relayed, Octets message) throws InterruptedException {
        int mark = testbed.visited.mark();
        send(relayed, message);
        return onLink.answer(mark, packet(message));
    }

    /** Sends {@code message} back along the way of {@code relayed}. */
    void send(Relayed relayed, Octets message) {
        atForeignSite(new Datagram(Datagram.MOBILE_IP, relayed.datagram().sourcePort(), message)
                .packet(homeAgent, relayed.packet().source(), 64));
    }

    /** Sends {@code packet} from the Internet to the foreign router. */
    void atForeignSite(Packet packet) {
        testbed.outsideOfForeignSite(packet.source()).send(packet);
    }

    /** {@code message} as the home agent that shares an association with the foreign agent sends it. */
    static Octets forForeignAgent(Octets message) {
        return Testbed.FOREIGN_HOME.seal(Extension.FOREIGN_HOME, message);
    }

    /** Registers for {@code lifetime} seconds. */
    Answer register(int lifetime) throws InterruptedException {
        return register(request(lifetime), lifetime);
    }

    Answer register(Request request, int granted) throws InterruptedException {
        return answer(relay(node.signed(request)), forForeignAgent(reply(request, Code.ACCEPTED, granted)));
    }

    /** What has come to the mobile node's link-layer address, or to its home address, since {@code mark}. */
    List<Frame> received(int mark) {
        return testbed.visited.since(mark).stream()
                .filter(frame -> frame.destination().equals(node.mac())
                        || frame.packet()
                                .filter(packet -> packet.destination().equals(node.homeAddress()))
                                .isPresent())
                .toList();
    }

    /** {@code inner} in the tunnel from the home agent. */
    Packet tunnelled(Packet inner) {
        return new Packet(Packet.IP_IN_IP, 64, homeAgent, Testbed.CARE_OF_ADDRESS, inner.octets());
    }

    /** Sends a packet through the tunnel, and returns the frame in which it comes to the mobile node's link. */
    Frame deliver(Packet inner) throws InterruptedException {
        int mark = testbed.visited.mark();
        atForeignSite(tunnelled(inner));
        return delivered(mark, inner);
    }

    Frame delivered(int mark, Packet inner) throws InterruptedException {
        return testbed.visited.await(mark, frame -> delivered(frame, inner));
    }

    static Optional<Frame> delivered(Frame frame, Packet inner) {
        return frame.packet()
                .filter(packet -> packet.payload().equals(inner.payload()))
                .map(packet -> frame);
    }
}
