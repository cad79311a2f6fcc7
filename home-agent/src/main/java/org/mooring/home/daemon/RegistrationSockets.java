package org.mooring.home.daemon;

import java.net.Inet4Address;
import java.net.InetSocketAddress;
import org.mooring.home.Action;
import org.mooring.home.Endpoint;
import org.mooring.home.Event;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.runtime.Failure;
import org.mooring.runtime.loop.AgentLoop;
import org.mooring.runtime.udp.Datagram;
import org.mooring.runtime.udp.UdpSocket;

/**
 * The home agent's two sockets on port 434 of its address: one that follows the routes, and one bound to the home link, whose datagrams go
 * out there even to a mobile node that the routes still lead into a tunnel (RFC 3344 §3.8.3.1).
 */
final class RegistrationSockets implements AutoCloseable {
    /** A thousand guests may move at once. */
    private static final int RECEIVE_BUFFER = 4 << 20;

    private final UdpSocket routed;
    private final UdpSocket onHomeLink;

    private RegistrationSockets(UdpSocket routed, UdpSocket onHomeLink) {
        this.routed = routed;
        this.onHomeLink = onHomeLink;
    }

    static RegistrationSockets bind(AgentLoop<Event, Action> loop, Ipv4Address address, String homeLink)
            throws Failure {
        var routed = UdpSocket.bind(
                loop, address, UdpSocket.REGISTRATION_PORT, RECEIVE_BUFFER, datagram -> loop.post(event(datagram)));
        try {
            return new RegistrationSockets(routed, routed.alsoOn(homeLink, datagram -> loop.post(event(datagram))));
        } catch (Failure e) {
            routed.close();
            throw e;
        }
    }

    void send(Action.SendReply reply) {
        var to = new InetSocketAddress(reply.to().address().toInet(), reply.to().port());
        (reply.onHomeLink() ? onHomeLink : routed).send(to, reply.wire());
    }

    @Override
    public void close() {
        onHomeLink.close();
        routed.close();
    }

    private static Event event(Datagram datagram) {
        var from = new Endpoint(address(datagram.from()), datagram.from().getPort());
        return HandoverMessage.isOne(datagram.payload())
                ? new Event.HandoverMessageReceived(datagram.at(), from, datagram.payload())
                : new Event.DatagramReceived(
                        datagram.at(), from, address(datagram.to()), RegistrationCodec.decode(datagram.payload()));
    }

    private static Ipv4Address address(InetSocketAddress socket) {
        return Ipv4Address.of((Inet4Address) socket.getAddress());
    }
}
