package org.mooring.home.daemon;

import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.mooring.home.Action;
import org.mooring.home.Endpoint;
import org.mooring.home.Event;
import org.mooring.home.Policy;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.TunnelData;
import org.mooring.runtime.Failure;
import org.mooring.runtime.loop.AgentLoop;
import org.mooring.runtime.udp.Datagram;
import org.mooring.runtime.udp.PeerSockets;
import org.mooring.runtime.udp.UdpSocket;

/**
 * The home agent's sockets on port 434. Two have its address: one that follows the routes, and one bound to the home link, whose datagrams go
 * out there even to a mobile node that the routes still lead into a tunnel (RFC 3344 §3.8.3.1). Others take what mobile nodes send to find their
 * home agent (§3.8.2.1): to the home network's broadcast address, as a rule from far away, and to 255.255.255.255, to which a router may have
 * changed that. One takes what is sent on the home link to all mobility agents (§2.3); a foreign agent that runs here, too, reads the same from the
 * link's frames. Foreign agents with an association have sockets of their own.
 */
final class RegistrationSockets implements AutoCloseable {
    /** As much as one hook rescues at once: 16,384 packets, in fragments each. A thousand guests that move at once take less. */
    private static final int RECEIVE_BUFFER = 24 << 20;

    private static final int BROADCAST_BUFFER = 64 << 10;

    private final UdpSocket routed;
    private final UdpSocket onHomeLink;
    private final PeerSockets fromForeignAgents;

    /** The one that was opened last comes first. */
    private final Deque<UdpSocket> open;

    private RegistrationSockets(
            UdpSocket routed, UdpSocket onHomeLink, PeerSockets fromForeignAgents, Deque<UdpSocket> open) {
        this.routed = routed;
        this.onHomeLink = onHomeLink;
        this.fromForeignAgents = fromForeignAgents;
        this.open = open;
    }

    static RegistrationSockets bind(
            AgentLoop<Event, Action> loop, Ipv4Address address, Ipv4Address homeNetworkBroadcast, String homeLink)
            throws Failure {
        Consumer<Datagram> receiver = datagram -> loop.post(event(datagram));
        var open = new ArrayDeque<UdpSocket>();
        try {
            open.push(UdpSocket.bind(loop, address, UdpSocket.REGISTRATION_PORT, RECEIVE_BUFFER, receiver));
            var routed = open.element();
            open.push(routed.alsoOn(homeLink, receiver));
            var onHomeLink = open.element();
            open.push(UdpSocket.bind(
                    loop, homeNetworkBroadcast, UdpSocket.REGISTRATION_PORT, BROADCAST_BUFFER, receiver));
            open.push(UdpSocket.bindOn(
                    loop,
                    homeLink,
                    Ipv4Address.LIMITED_BROADCAST,
                    UdpSocket.REGISTRATION_PORT,
                    BROADCAST_BUFFER,
                    receiver));
            // Whose group this machine is in by HomeLinkDiscovery's doing.
            open.push(UdpSocket.bindOn(
                    loop,
                    homeLink,
                    Ipv4Address.ALL_MOBILITY_AGENTS,
                    UdpSocket.REGISTRATION_PORT,
                    BROADCAST_BUFFER,
                    datagram -> loop.post(registration(datagram))));
            return new RegistrationSockets(routed, onHomeLink, new PeerSockets(routed, receiver), open);
        } catch (Failure e) {
            open.forEach(UdpSocket::close);
            throw e;
        }
    }

    /** One socket at {@code address}, of the loopback interface, at any port, in the place of all. */
    static RegistrationSockets loopback(AgentLoop<Event, Action> loop, Ipv4Address address) throws Failure {
        Consumer<Datagram> receiver = datagram -> loop.post(event(datagram));
        var socket = UdpSocket.bind(loop, address, 0, BROADCAST_BUFFER, receiver);
        return new RegistrationSockets(
                socket, socket, new PeerSockets(socket, receiver), new ArrayDeque<>(List.of(socket)));
    }

    InetSocketAddress local() {
        return routed.local();
    }

    /**
     * Lets tunnel data be taken by a socket beside these.
     *
     * @param binding as {@link UdpSocket#beside} has it
     */
    <T, E extends Exception> T beside(UdpSocket.Binding<T, E> binding) throws E {
        return routed.beside(binding);
    }

    void follow(Policy policy) {
        fromForeignAgents.follow(policy.foreignAgents().keySet());
    }

    void send(Action.SendReply reply) {
        var to = new InetSocketAddress(reply.to().address().toInet(), reply.to().port());
        (reply.onHomeLink() ? onHomeLink : routed).send(to, reply.wire());
    }

    void send(Action.SendTunnelData action) {
        routed.send(
                new InetSocketAddress(
                        action.to().address().toInet(), action.to().port()),
                action.data().encode());
    }

    void send(Action.SendRevocationMessage message) {
        routed.send(
                new InetSocketAddress(
                        message.to().address().toInet(), message.to().port()),
                message.wire());
    }

    void send(Action.TellAtHome action) {
        var to = new InetSocketAddress(action.homeAddress().toInet(), UdpSocket.REGISTRATION_PORT);
        onHomeLink.send(to, action.message());
    }

    @Override
    public void close() {
        fromForeignAgents.close();
        open.forEach(UdpSocket::close);
    }

    private static Event event(Datagram datagram) {
        var from = new Endpoint(address(datagram.from()), datagram.from().getPort());
        var tunnelData = TunnelData.decode(datagram.payload());
        if (tunnelData.isPresent()) {
            return new Event.TunnelDataReceived(datagram.at(), from, tunnelData.get());
        }
        return HandoverMessage.isOne(datagram.payload())
                ? new Event.HandoverMessageReceived(datagram.at(), from, address(datagram.to()), datagram.payload())
                : registration(datagram);
    }

    private static Event registration(Datagram datagram) {
        return new Event.DatagramReceived(
                datagram.at(),
                new Endpoint(address(datagram.from()), datagram.from().getPort()),
                address(datagram.to()),
                RegistrationCodec.decode(datagram.payload()));
    }

    private static Ipv4Address address(InetSocketAddress socket) {
        return Ipv4Address.of((Inet4Address) socket.getAddress());
    }
}
